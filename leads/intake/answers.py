"""Read answers to qualifying questions, and take in those that a lead gives on a form."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from leadflow.errors import Invalid
from leads import payloads, summaries
from leads.models import Answer, Lead, Question
from leads.states import MARKETING_STATES
from webhooks import outbox
from webhooks.payloads import ActorSummary
from workspaces.actors import Actor
from workspaces.models import Workspace

LONGEST_ANSWER = 2000
LARGEST_NUMBER = Decimal(10) ** 15
_YES_OR_NO = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}


def of_codes(workspace: Workspace | int, codes: list[str]) -> list[Question]:
    """Return the active questions with these codes, in the order of the codes."""
    rows = Question.objects.of(workspace).filter(code__in=codes, active=True)
    return sorted(rows, key=lambda row: codes.index(row.code))


def fill(lead: Lead, given: Mapping[Question, Any], *, actor: Actor, at: datetime) -> list[Answer]:
    """Keep what a lead answered by itself where no answer is known; the caller holds the lead's lock, and wakes it.

    Nothing is overwritten, and nothing is kept while sales cares for the lead: they are its owner's to keep then.
    """
    if not given or lead.state not in MARKETING_STATES:
        return []
    known = set(Answer.everywhere.filter(lead=lead, question__in=list(given)).values_list("question", flat=True))
    made = [
        Answer(workspace_id=lead.workspace_id, lead=lead, question=question, value=value, at=at, **actor.row())
        for question, value in given.items()
        if question.pk not in known
    ]
    if not made:
        return []
    Answer.everywhere.bulk_create(made)
    summary, author = summaries.read_one(lead.pk), ActorSummary.of(actor)
    facts = [
        payloads.LeadAnswered(
            lead=summary,
            actor=author,
            handoff=None,
            question=payloads.QuestionSummary(code=each.question.code, label=each.question.label),
            value=each.value,
        )
        for each in made
    ]
    outbox.record_many(lead.workspace_id, [outbox.RecordedEvent(fact, at) for fact in facts])
    return made


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
