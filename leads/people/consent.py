"""Keep what a lead agreed to: a ledger of opt-ins and opt-outs, and the present state on the lead."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.errors import Invalid
from leads import summaries
from leads.models import Consent, Lead
from leads.models.lead import ConsentState
from leads.payloads import LeadConsentChanged, LeadUpdated
from webhooks import outbox
from webhooks.payloads import ActorSummary
from workspaces.actors import Actor, engine

_THE_LEAD = engine("consent")  # the lead itself is no actor: it asks, by a link or its mail program


@transaction.atomic
def change(
    lead: Lead, *, state: str, source: str, wording: str = "", actor: Actor = _THE_LEAD, at: datetime | None = None
) -> Consent:
    """Write an opt-in or opt-out into the ledger, put it on the lead, record the outbox event and wake the engine.

    `source` says where it came from ("one-click unsubscribe", "form demo"). The lead is locked; the given instance
    is brought up to date. Raise `Invalid` on another state. A repeated opt-out changes nothing but the ledger.
    """
    if state not in (ConsentState.OPTED_IN, ConsentState.OPTED_OUT):
        raise Invalid("Give the consent as opted_in or opted_out.", field="consent")
    now = timezone.now()
    at = at or now
    locked = db.lock(Lead.objects.of(lead.workspace_id), lead.pk)
    row = Consent.everywhere.create(
        workspace_id=lead.workspace_id, lead=locked, state=state, source=source[:80], wording=wording, at=at
    )
    if locked.consent != state:
        locked.consent, locked.next_at = state, now
        locked.sequence += 1
        locked.save(update_fields=["consent", "next_at", "sequence"])
        _record(locked, row, actor)
    lead.consent, lead.next_at, lead.sequence = locked.consent, locked.next_at, locked.sequence
    return row


def _record(lead: Lead, row: Consent, actor: Actor) -> None:
    summary, author = summaries.read_one(lead.pk), ActorSummary.of(actor)
    facts = [
        LeadUpdated(lead=summary, actor=author, changed=["consent"]),
        LeadConsentChanged.of(row, summary, author),
    ]
    outbox.record_many(lead.workspace_id, [outbox.RecordedEvent(fact, row.at) for fact in facts])
