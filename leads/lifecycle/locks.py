"""Lock a lead, then its handoff: every change of a lead starts here."""

from collections.abc import Collection, Sequence

from django.db.models import QuerySet, prefetch_related_objects

from leadflow import db
from leads.models import Handoff, Lead
from leads.models.handoff import OPEN
from leads.qualification import assessment
from leads.states import SALES_STATES


def lock_handoff(handoff: Handoff) -> tuple[Lead, Handoff]:
    """Lock a handoff's lead, then the handoff, and read both afresh. The caller holds a transaction.

    The order is the same everywhere, so that two changes of one lead wait for each other and never deadlock.
    """
    lead = _lead(handoff.lead_id)
    locked = _handoffs(lead).get(pk=handoff.pk)
    locked.lead = lead
    return lead, locked


def lock_handoffs(workspace_id: int, lead_ids: Collection[int]) -> list[tuple[Lead, Handoff]]:
    """Lock leads of a workspace in the order of their ids, then the open handoffs of those, and read both afresh.

    Return the pairs by lead; a lead without an open handoff is locked as well, and in none. Two statements.
    """
    rows = Lead.objects.of(workspace_id).select_related("workspace").filter(pk__in=lead_ids)
    leads = {lead.pk: lead for lead in db.locked(rows)}
    open_ones = Handoff.objects.of(workspace_id).filter(lead__in=leads, state__in=OPEN).select_related("owner__user")
    pairs = []
    for handoff in db.locked(open_ones):
        handoff.lead = leads[handoff.lead_id]
        pairs.append((handoff.lead, handoff))
    return sorted(pairs, key=lambda pair: pair[0].pk)


def lock_lead(lead: Lead) -> tuple[Lead, Handoff | None]:
    """Lock a lead, then its open handoff if it has one, and read both afresh. The caller holds a transaction."""
    locked = lock_lead_alone(lead)
    return locked, open_handoff(locked)


def lock_lead_alone(lead: Lead) -> Lead:
    """Lock a lead and read it afresh; `open_handoff` follows where a move needs it. The caller holds a transaction."""
    return _lead(lead.pk)


def _lead(pk: int) -> Lead:
    return db.lock(Lead.everywhere.select_related("workspace"), pk)


def lock_leads(leads: Sequence[Lead]) -> dict[int, Lead]:
    """Lock leads in the order of their ids, and read them afresh; then what assessing them needs.

    Not in one statement: where PostgreSQL has to wait for a row, what is joined to it may be as it was before.
    """
    rows = Lead.everywhere.select_related("workspace").filter(pk__in=[lead.pk for lead in leads])
    locked = {lead.pk: lead for lead in db.locked(rows)}
    prefetch_related_objects(list(locked.values()), *assessment.RELATIONS)
    return locked


def _handoffs(lead: Lead) -> QuerySet[Handoff]:
    return db.locked(Handoff.everywhere.filter(lead_id=lead.pk).select_related("owner__user"))


def open_handoff(lead: Lead) -> Handoff | None:
    """Return the open handoff, locked; only a lead in sales' care has one."""
    return _handoffs(lead).filter(state__in=OPEN).first() if lead.state in SALES_STATES else None
