"""Record what a lead answered to the qualifying questions."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.errors import Invalid
from leads import payloads, summaries
from leads.lifecycle import guards, locks
from leads.models import Answer, Lead, Question
from webhooks import outbox
from webhooks.payloads import ActorSummary
from workspaces.actors import Actor

LONGEST_ANSWER = 2000


LARGEST_NUMBER = Decimal(10) ** 15


_YES_OR_NO = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}


@transaction.atomic
def record(lead: Lead, *, actor: Actor, question: Question, value: Any, at: datetime | None = None) -> Answer:
    """Keep what the lead answered to a qualifying question, in place of the answer before, and wake the engine.

    While sales cares for the lead, its answers are its owner's to keep (or a sales manager's): they decide whether it
    may be promoted. In marketing's care, and in the queue, whoever edits leads may keep one. Raise `Forbidden`
    otherwise, `Invalid` when the value is not of the question's kind; a choice is accepted in any case of letters.
    """
    now = timezone.now()
    at = at or now
    if question.workspace_id != lead.workspace_id or not question.active:
        raise Invalid("Choose one of the workspace's questions.", field="question")
    value = read(question, value)
    lead, handoff = locks.lock_lead(lead)
    if handoff is not None and handoff.owner_id is not None:
        guards.check_worker(actor, handoff)
    values = {"workspace_id": lead.workspace_id, "value": value, "at": at, **actor.row()}
    kept, _ = db.upsert(Answer.everywhere.all(), values, lead=lead, question=question)
    lead.next_at = now
    lead.save(update_fields=["next_at"])
    answered = payloads.LeadAnswered(
        lead=summaries.read_one(lead.pk),
        actor=ActorSummary.of(actor),
        handoff=summaries.of_handoff(handoff) if handoff else None,
        question=payloads.QuestionSummary(code=question.code, label=question.label),
        value=value,
    )
    outbox.record(lead.workspace_id, answered, at=at)
    return kept


def read(question: Question, value: Any) -> Any:
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
    choices: list[str] = question.choices
    for choice in choices:
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
