"""Act on revisit dates that have come: the log says it, marketing and the rep who promised are told."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from leadflow import db
from leads import summaries
from leads.backdating import is_history
from leads.lifecycle import moves
from leads.models import Handoff, Lead
from leads.payloads import LeadRevisitDue
from leads.states import MARKETING_STATES, State
from webhooks import outbox
from webhooks.payloads import ActorSummary
from workspaces import access, actors, notices
from workspaces.models import Member
from workspaces.roles import Role

_REVISIT = actors.engine("revisit")


def act(leads: Sequence[Lead], at: datetime) -> tuple[list[Lead], set[int]]:
    """Act on the revisit dates of locked leads of one workspace that have come by `at`.

    Return the leads in their order as they are then, and the ids of those whose date had come. A lost lead is recycled,
    one by one; for the others it takes a fixed number of statements, and none while no date has come.
    """
    due = {lead.pk: lead for lead in leads if lead.revisit_at and lead.revisit_at <= at}
    if not due:
        return list(leads), set()
    promised = {pk: lead.revisit_at for pk, lead in due.items() if lead.revisit_at}
    waiting = [lead for lead in due.values() if lead.state in MARKETING_STATES]
    _record(waiting, at)
    for pk, lead in due.items():
        if lead.state == State.LOST:
            due[pk] = moves.recycle(lead, actor=_REVISIT, note="The revisit date has come", at=at)
    told = [lead for lead in due.values() if lead.state in MARKETING_STATES]
    _tell(told, promised, at)
    for lead in due.values():
        lead.revisit_at = None  # the caller saves it
    return [due.get(lead.pk, lead) for lead in leads], {lead.pk for lead in told}


def _record(leads: Sequence[Lead], at: datetime) -> None:
    """Record the webhook event of leads in marketing's care: a receiver orders it by the lead's sequence."""
    if not leads:
        return
    for lead in leads:
        lead.sequence += 1
    db.update_many(list(leads), ["sequence"])
    found, author = summaries.read([lead.pk for lead in leads]), ActorSummary.of(_REVISIT)
    due = [
        LeadRevisitDue(lead=found[lead.pk], actor=author, revisit_at=lead.revisit_at)
        for lead in leads
        if lead.revisit_at is not None
    ]
    outbox.record_many(leads[0].workspace_id, [outbox.RecordedEvent(each, at) for each in due])


def _tell(leads: Sequence[Lead], promised: dict[int, datetime], at: datetime) -> None:
    """Tell marketing, and of each lead the rep who handed it back with that date. Once for each lead and date."""
    if not leads or is_history(at, timezone.now()):
        return
    marketing = list(access.members_of(leads[0].workspace_id, roles=[Role.MARKETING_MANAGER, Role.MARKETING]))
    passes = Handoff.everywhere.filter(lead__in=leads, closed_at__isnull=False).select_related("owner__user")
    last = {row.lead_id: row for row in passes.order_by("pass_number")}
    notes = []
    for lead in leads:
        owner = last[lead.pk].owner if lead.pk in last else None
        members: list[Member] = [*marketing, *([owner] if owner and owner not in marketing else [])]
        day = promised[lead.pk].date().isoformat()
        text = f"Today {lead} is to be looked at again, as was agreed when it came back from sales."
        notes.append(
            notices.Note(members, "lead.revisit", text, key=f"lead.revisit:{lead.pk}:{day}", url=f"/leads/{lead.pk}/")
        )
    notices.notify_many(notes, at=at)
