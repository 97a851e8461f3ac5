"""Rate the quality of handed-over leads."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from leadflow.errors import Conflict
from leads import payloads, summaries
from leads.lifecycle import guards, locks
from leads.models import Handoff, HandoffState
from webhooks import outbox
from webhooks.payloads import ActorSummary
from workspaces.actors import Actor


@transaction.atomic
def rate(handoff: Handoff, *, actor: Actor, rating: int, at: datetime | None = None) -> Handoff:
    """Rate the quality of a handed-over lead, 1 (poor) to 5 (excellent); it may be changed and outlives the handoff.

    Raise `Conflict` while it has not been accepted or closed: there is nothing to judge yet.
    """
    guards.check_rating(rating)
    lead, handoff = locks.lock_handoff(handoff)
    guards.check_worker(actor, handoff)
    if handoff.state in (HandoffState.OFFERED, HandoffState.RECALLED):
        raise Conflict("Accept the lead before you rate it.", **guards.state_of(lead))
    handoff.rating = rating
    handoff.save(update_fields=["rating"])
    rated = payloads.HandoffRated(
        lead=summaries.read_one(lead.pk),
        actor=ActorSummary.of(actor),
        handoff=summaries.of_handoff(handoff),
        rating=rating,
    )
    outbox.record(lead.workspace_id, rated, at=at or timezone.now())
    return handoff
