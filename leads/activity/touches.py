"""Log what sales did to a lead."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from leadflow.errors import Invalid
from leads import payloads, signals, summaries
from leads.activity import follow_ups
from leads.lifecycle import guards, locks
from leads.models import Lead, Touch
from leads.models.touch import Channel, Outcome
from webhooks import outbox
from webhooks.payloads import ActorSummary
from workspaces.actors import Actor


@transaction.atomic
def log(lead: Lead, *, actor: Actor, channel: str, outcome: str, note: str = "", at: datetime | None = None) -> Touch:
    """Log that sales called, wrote to or met the lead at `at`. It fulfils the follow-ups promised for this lead.

    A touch from before the open handoff was offered is kept, and belongs to no handoff: it meets none of its clocks.
    Raise `Invalid` for an unknown channel or outcome, or a member's touch in the future; `Forbidden` when the open
    handoff is somebody else's.
    """
    now = timezone.now()
    at = at or now
    _check_choice(channel, Channel, "channel")
    _check_choice(outcome, Outcome, "outcome")
    if actor.member is not None and at > now:
        raise Invalid("A touch lies in the past. Plan a follow-up for the future.", field="at")
    lead, handoff = locks.lock_lead(lead)
    if handoff is not None and handoff.owner_id is not None:
        guards.check_worker(actor, handoff)
    if handoff is not None and at < handoff.offered_at.replace(second=0, microsecond=0):  # people give whole minutes
        handoff = None
    touch = Touch(
        workspace_id=lead.workspace_id,
        lead=lead,
        handoff=handoff,
        channel=channel,
        outcome=outcome,
        note=note.strip(),
        at=at,
        **actor.row(),
    )
    touch.save(force_insert=True)
    if handoff is not None and (handoff.first_touch_at is None or at < handoff.first_touch_at):
        handoff.first_touch_at = max(at, handoff.offered_at)
        handoff.save(update_fields=["first_touch_at"])
    follow_ups.fulfil(lead, handoff, actor, at, now)
    logged = payloads.TouchLogged(
        lead=summaries.read_one(lead.pk),
        actor=ActorSummary.of(actor),
        handoff=summaries.of_handoff(handoff) if handoff else None,
        touch=payloads.TouchSummary(id=touch.pk, channel=Channel(channel), outcome=Outcome(outcome), note=touch.note),
    )
    outbox.record(lead.workspace_id, logged, at=at)
    signals.touched.send(sender=Lead, touch=touch, lead=lead, handoff=handoff, actor=actor, at=at, now=now)
    return touch


def _check_choice(value: str, choices: Any, field: str) -> None:
    if value not in choices.values:
        raise Invalid(f"Choose one of: {', '.join(choices.values)}.", field=field)
