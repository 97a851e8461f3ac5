"""Take in what sales did to a lead, will do, and learned from it."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils import timezone

from leadflow.errors import Conflict, Invalid
from leads import guards, lifecycle, signals
from leads.models import Answer, FollowUp, Handoff, HandoffState, Lead, Question, Touch
from leads.models.touch import Channel, Outcome
from webhooks import outbox
from workspaces.actors import Actor

LONGEST_ANSWER = 2000
LARGEST_NUMBER = Decimal(10) ** 15
_YES_OR_NO = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}


@transaction.atomic
def log_touch(
    lead: Lead, *, actor: Actor, channel: str, outcome: str, note: str = "", at: datetime | None = None
) -> Touch:
    """Log that sales called, wrote to or met the lead at `at`. It fulfils the follow-ups promised for this lead.

    A touch from before the open handoff was offered is kept, and belongs to no handoff: it meets none of its clocks.
    Raise `Invalid` for an unknown channel or outcome, `Forbidden` when the open handoff is somebody else's.
    """
    now = timezone.now()
    at = at or now
    _demand_choice(channel, Channel, "channel")
    _demand_choice(outcome, Outcome, "outcome")
    lead, handoff = lifecycle.lock_lead(lead)
    if handoff is not None and handoff.owner_id is not None:
        guards.demand_worker(actor, handoff)
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
    _fulfil(lead, handoff, actor, at, now)
    data = {"lead": lead.pk, "handoff": handoff and handoff.pk, "channel": channel, "outcome": outcome}
    outbox.record(lead.workspace_id, "touch.logged", at=at, data={**data, "actor": actor.name}, lead_id=lead.pk)
    signals.touched.send(sender=Lead, touch=touch, lead=lead, handoff=handoff, actor=actor, at=at, now=now)
    return touch


@transaction.atomic
def plan_follow_up(
    lead: Lead, *, actor: Actor, due_at: datetime, note: str = "", at: datetime | None = None
) -> FollowUp:
    """Promise a next action for `due_at` (aware), by the handoff's owner, else by the actor.

    Raise `Invalid` when that has passed, `Forbidden` when the open handoff is somebody else's.
    """
    now = timezone.now()
    at = at or now
    if due_at <= at:
        raise Invalid("The follow-up must lie in the future.", field="due_at")
    if len(note) > 300:
        raise Invalid("Keep the note of a follow-up to 300 characters.", field="note")
    lead, handoff = lifecycle.lock_lead(lead)
    if handoff is not None and handoff.owner_id is not None:
        guards.demand_worker(actor, handoff)
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
    signals.planned.send(sender=Lead, follow_up=follow_up, lead=lead, handoff=handoff, actor=actor, at=at, now=now)
    return follow_up


@transaction.atomic
def finish_follow_up(follow_up: FollowUp, *, actor: Actor, at: datetime | None = None) -> FollowUp:
    """Mark a follow-up as done by hand. One that is done already stays as it is."""
    now = timezone.now()
    at = at or now
    lead, handoff = lifecycle.lock_lead(follow_up.lead)
    follow_up = FollowUp.everywhere.select_for_update(of=("self",)).get(pk=follow_up.pk)
    mine = actor.member is not None and follow_up.member_id == actor.member.pk
    if not mine and handoff is not None and handoff.owner_id is not None:
        guards.demand_worker(actor, handoff)
    if follow_up.done_at is None:
        follow_up.done_at = at
        follow_up.save(update_fields=["done_at"])
        signals.planned.send(sender=Lead, follow_up=follow_up, lead=lead, handoff=handoff, actor=actor, at=at, now=now)
    return follow_up


@transaction.atomic
def answer(lead: Lead, *, actor: Actor, question: Question, value: Any, at: datetime | None = None) -> Answer:
    """Keep what the lead answered to a qualifying question, in place of the answer before, and wake the engine.

    While sales cares for the lead, its answers are its owner's to keep (or a sales manager's): they decide whether it
    may be promoted. In marketing's care, and in the queue, whoever edits leads may keep one. Raise `Forbidden`
    otherwise, `Invalid` when the value is not of the question's kind; a choice is taken in any case of letters.
    """
    now = timezone.now()
    at = at or now
    if question.workspace_id != lead.workspace_id or not question.active:
        raise Invalid("Choose one of the workspace's questions.", field="question")
    value = read_answer(question, value)
    lead, handoff = lifecycle.lock_lead(lead)
    if handoff is not None and handoff.owner_id is not None:
        guards.demand_worker(actor, handoff)
    kept, _ = Answer.everywhere.update_or_create(
        lead=lead,
        question=question,
        defaults={"workspace_id": lead.workspace_id, "value": value, "at": at, **actor.row()},
    )
    lead.next_at = now
    lead.save(update_fields=["next_at"])
    data = {"lead": lead.pk, "handoff": handoff and handoff.pk, "question": question.code, "value": value}
    outbox.record(lead.workspace_id, "lead.answered", at=at, data={**data, "actor": actor.name}, lead_id=lead.pk)
    return kept


@transaction.atomic
def rate(handoff: Handoff, *, actor: Actor, rating: int, at: datetime | None = None) -> Handoff:
    """Rate the quality of a handed-over lead, 1 (poor) to 5 (excellent); it may be changed and outlives the handoff.

    Raise `Conflict` while it has not been accepted or closed: there is nothing to judge yet.
    """
    guards.demand_rating(rating)
    lead, handoff = lifecycle.lock(handoff)
    guards.demand_worker(actor, handoff)
    if handoff.state in (HandoffState.OFFERED, HandoffState.RECALLED):
        raise Conflict("Accept the lead before you rate it.", **guards.state_of(lead))
    handoff.rating = rating
    handoff.save(update_fields=["rating"])
    data = {"lead": lead.pk, "handoff": handoff.pk, "rating": rating, "actor": actor.name}
    outbox.record(lead.workspace_id, "handoff.rated", at=at or timezone.now(), data=data, lead_id=lead.pk)
    return handoff


def read_answer(question: Question, value: Any) -> Any:
    """Return a value as the question's kind keeps it. Raise `Invalid` with words that say what would do."""
    if value is None or (isinstance(value, str) and not value.strip()):
        raise Invalid(f"Give an answer to “{question.label}”.", field="value")
    if question.kind == Question.Kind.CHOICE:
        return _read_choice(question, value)
    if question.kind == Question.Kind.NUMBER:
        return _read_number(question, value)
    if question.kind == Question.Kind.BOOLEAN:
        return _read_boolean(question, value)
    if not isinstance(value, str) or len(value) > LONGEST_ANSWER:
        raise Invalid(f"Answer “{question.label}” with a text of up to {LONGEST_ANSWER} characters.", field="value")
    return value.strip()


def _read_choice(question: Question, value: Any) -> str:
    given = str(value).strip().casefold()
    for choice in question.choices:
        if choice.casefold() == given:
            return choice
    raise Invalid(f"Answer “{question.label}” with one of: {', '.join(question.choices)}.", field="value")


def _read_number(question: Question, value: Any) -> int | float:
    try:
        number = Decimal(str(value).strip()[:40]) if not isinstance(value, bool) else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or abs(number) > LARGEST_NUMBER:
        raise Invalid(f"Answer “{question.label}” with a number, for instance 25000 or 2.5.", field="value")
    return int(number) if number == int(number) else float(number)


def _read_boolean(question: Question, value: Any) -> bool:
    given = str(value).strip().lower()
    if given not in _YES_OR_NO:
        raise Invalid(f"Answer “{question.label}” with yes or no.", field="value")
    return _YES_OR_NO[given]


def _fulfil(lead: Lead, handoff: Handoff | None, actor: Actor, at: datetime, now: datetime) -> None:
    """Mark what was promised for a lead before the touch as done, and tell of each."""
    promised = FollowUp.everywhere.filter(lead_id=lead.pk, done_at__isnull=True, created_at__lte=at)
    for follow_up in promised.select_for_update(of=("self",)).order_by("pk"):
        follow_up.done_at = at
        follow_up.save(update_fields=["done_at"])
        signals.planned.send(sender=Lead, follow_up=follow_up, lead=lead, handoff=handoff, actor=actor, at=at, now=now)


def _demand_choice(value: str, choices: Any, field: str) -> None:
    if value not in choices.values:
        raise Invalid(f"Choose one of: {', '.join(choices.values)}.", field=field)
