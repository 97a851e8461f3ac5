"""Keep what a lead agreed to: a ledger of opt-ins and opt-outs, and the present state on the lead."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.errors import Invalid
from leads.models import Consent, Lead
from leads.models.lead import ConsentState
from webhooks import outbox


@transaction.atomic
def change(lead: Lead, *, state: str, source: str, wording: str = "", at: datetime | None = None) -> Consent:
    """Write an opt-in or opt-out into the ledger, put it on the lead, tell the outside and wake the engine.

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
        data = {
            "lead": {"id": locked.pk, "email": locked.email, "state": locked.state, "grade": locked.grade},
            "changed": ["consent"],
            "consent": state,
            "actor": source,
        }
        outbox.record(lead.workspace_id, "lead.updated", at=at, data=data, lead_id=locked.pk, sequence=locked.sequence)
    lead.consent, lead.next_at, lead.sequence = locked.consent, locked.next_at, locked.sequence
    return row
