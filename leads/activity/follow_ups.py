"""Plan next actions with a lead, and finish them."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.errors import Invalid
from leads import signals
from leads.lifecycle import guards, locks
from leads.models import FollowUp, Handoff, Lead
from workspaces.actors import Actor


@transaction.atomic
def plan(lead: Lead, *, actor: Actor, due_at: datetime, note: str = "", at: datetime | None = None) -> FollowUp:
    """Promise a next action for `due_at` (aware), by the handoff's owner, else by the actor.

    Raise `Invalid` when that has passed, `Forbidden` when the open handoff is somebody else's.
    """
    now = timezone.now()
    at = at or now
    if due_at <= at:
        raise Invalid("The follow-up must lie in the future.", field="due_at")
    if len(note) > 300:
        raise Invalid("Keep the note of a follow-up to 300 characters.", field="note")
    lead, handoff = locks.lock_lead(lead)
    if handoff is not None and handoff.owner_id is not None:
        guards.check_worker(actor, handoff)
    follow_up = FollowUp(
        workspace_id=lead.workspace_id,
        lead=lead,
        handoff=handoff,
        member=(handoff and handoff.owner) or actor.member,
        due_at=due_at,
        note=note.strip(),
        created_at=at,
        **actor.row(),
    )
    follow_up.save(force_insert=True)
    _send(follow_up, lead, handoff, actor, at, now)
    return follow_up


@transaction.atomic
def finish(follow_up: FollowUp, *, actor: Actor, at: datetime | None = None) -> FollowUp:
    """Mark a follow-up as done without a touch. One that is done already stays as it is."""
    now = timezone.now()
    at = at or now
    lead, handoff = locks.lock_lead(follow_up.lead)
    follow_up = db.lock(FollowUp.everywhere.all(), follow_up.pk)
    mine = actor.member is not None and follow_up.member_id == actor.member.pk
    if not mine and handoff is not None and handoff.owner_id is not None:
        guards.check_worker(actor, handoff)
    if follow_up.done_at is None:
        follow_up.done_at = at
        follow_up.save(update_fields=["done_at"])
        _send(follow_up, lead, handoff, actor, at, now)
    return follow_up


def fulfil(lead: Lead, handoff: Handoff | None, actor: Actor, at: datetime, now: datetime) -> None:
    """Mark what was promised for a lead before the touch as done, and send the signal of each."""
    promised = FollowUp.everywhere.filter(lead_id=lead.pk, done_at__isnull=True, created_at__lte=at)
    for follow_up in db.locked(promised):
        follow_up.done_at = at
        follow_up.save(update_fields=["done_at"])
        _send(follow_up, lead, handoff, actor, at, now, by_touch=True)


def _send(
    follow_up: FollowUp,
    lead: Lead,
    handoff: Handoff | None,
    actor: Actor,
    at: datetime,
    now: datetime,
    *,
    by_touch: bool = False,
) -> None:
    """Send the signal that a follow-up was promised or done."""
    facts = {"follow_up": follow_up, "lead": lead, "handoff": handoff, "actor": actor, "at": at, "now": now}
    signals.planned.send(sender=Lead, **facts, by_touch=by_touch)
