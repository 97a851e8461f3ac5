"""The catalogue of clocks: one row of `Kind` and one entry for each, from which all else that knows kinds is made.

A new kind is a row, an entry and its line in `of`; the migration lists its code. Forms, pages, API, scoreboard,
notices and the receivers of moves read the catalogue. One that promises a length of its own needs a member in the
terms as well (`sla.terms`), and so a new format of what is signed.
"""

from dataclasses import dataclass
from typing import assert_never

from django.db import models

from sla.effects import Cause, Effect, Effects
from sla.sides import Side
from sla.targets import MarketingLength, PromisedDate, Target, TierAttempts, TierLength


class Kind(models.TextChoices):
    ACCEPT = "accept", "Accept or return"
    FIRST_TOUCH = "first_touch", "First touch"
    ATTEMPTS = "attempts", "Attempts"
    DECIDE = "decide", "Decide"
    FOLLOW_UP = "follow_up", "Follow-up"
    TRIAGE = "triage", "Answer the return"


@dataclass(frozen=True)
class ClockKind:
    """What one kind of clock promises, the words it is shown in, and what starts and ends it.

    `waits` speaks to the owner of a `{lead}`, `owes` to a manager of an `{owner}`; `action` is what the inbox says is
    next. `moves_owner`: a step of the escalation may give the lead to another member. `lacked` is how one that is
    missed ended, "returned without a touch"; "" for one that no cause can miss.
    """

    side: Side  # which owes it
    target: Target
    promise: str  # its name in the agreement
    action: str
    waits: str
    owes: str
    moves_owner: bool
    effects: Effects
    lacked: str = ""


_ACCEPT = ClockKind(
    side=Side.SALES,
    target=TierLength("accept_within", "Accept or return within"),
    promise="Accept or return",
    action="Accept or return",
    waits="{lead} waits for your answer",
    owes="{owner} has to accept or return: {lead}",
    moves_owner=True,
    effects=Effects(
        qualify=Effect.STARTS,
        accept=Effect.MET,
        return_contested=Effect.MET,
        return_needs_attempts=Effect.MET,
        return_disqualifying=Effect.MET,
        return_to_nurture=Effect.MET,
        recall=Effect.CANCELLED,
        reassign=Effect.RESTARTS,
        promote=Effect.RUNS_ON,
        win=Effect.CANCELLED,
        lose=Effect.CANCELLED,
        lose_needs_attempts=Effect.CANCELLED,
        disqualify=Effect.CANCELLED,
        touch=Effect.RUNS_ON,
        connection=Effect.RUNS_ON,
        follow_up_planned=Effect.RUNS_ON,
        follow_up_done=Effect.RUNS_ON,
        follow_up_dropped=Effect.RUNS_ON,
        return_answered=Effect.RUNS_ON,
    ),
)
_FIRST_TOUCH = ClockKind(
    side=Side.SALES,
    target=TierLength("first_touch_within", "First touch within"),
    promise="First touch",
    action="Make the first touch",
    waits="{lead} waits for your first touch",
    owes="{owner} has to make the first touch: {lead}",
    moves_owner=True,
    effects=Effects(
        qualify=Effect.RUNS_ON,
        accept=Effect.STARTS,
        return_contested=Effect.CANCELLED,
        return_needs_attempts=Effect.MET_IF_TOUCHED,
        return_disqualifying=Effect.CANCELLED,
        return_to_nurture=Effect.CANCELLED,
        recall=Effect.CANCELLED,
        reassign=Effect.PASSED_ON,
        promote=Effect.MET_IF_TOUCHED,
        win=Effect.MET_IF_TOUCHED,
        lose=Effect.MET_IF_TOUCHED,
        lose_needs_attempts=Effect.MET_IF_TOUCHED,
        disqualify=Effect.CANCELLED,
        touch=Effect.MET,
        connection=Effect.MET,
        follow_up_planned=Effect.RUNS_ON,
        follow_up_done=Effect.RUNS_ON,
        follow_up_dropped=Effect.RUNS_ON,
        return_answered=Effect.RUNS_ON,
    ),
    lacked="without a touch",
)
_ATTEMPTS = ClockKind(
    side=Side.SALES,
    target=TierAttempts("attempts_within", "Attempts within"),
    promise="Attempts",
    action="Try again",
    waits="{lead} waits for more attempts",
    owes="{owner} has to make more attempts: {lead}",
    moves_owner=True,
    effects=Effects(
        qualify=Effect.RUNS_ON,
        accept=Effect.STARTS,
        return_contested=Effect.CANCELLED,
        return_needs_attempts=Effect.MET_OR_MISSED,
        return_disqualifying=Effect.CANCELLED,
        return_to_nurture=Effect.CANCELLED,
        recall=Effect.CANCELLED,
        reassign=Effect.PASSED_ON,
        promote=Effect.MET_IF_TOUCHED,
        win=Effect.MET_IF_TOUCHED,
        lose=Effect.MET_IF_TOUCHED,
        lose_needs_attempts=Effect.MET_OR_MISSED,
        disqualify=Effect.CANCELLED,
        touch=Effect.MET_IF_ENOUGH,
        connection=Effect.MET,
        follow_up_planned=Effect.RUNS_ON,
        follow_up_done=Effect.RUNS_ON,
        follow_up_dropped=Effect.RUNS_ON,
        return_answered=Effect.RUNS_ON,
    ),
    lacked="with too few attempts",
)
_DECIDE = ClockKind(
    side=Side.SALES,
    target=TierLength("decide_within", "Decide within"),
    promise="Decide: promote or return",
    action="Promote or return",
    waits="{lead} waits for your decision",
    owes="{owner} has to decide: {lead}",
    moves_owner=True,
    effects=Effects(
        qualify=Effect.RUNS_ON,
        accept=Effect.STARTS,
        return_contested=Effect.MET,
        return_needs_attempts=Effect.MET,
        return_disqualifying=Effect.MET,
        return_to_nurture=Effect.MET,
        recall=Effect.CANCELLED,
        reassign=Effect.PASSED_ON,
        promote=Effect.MET,
        win=Effect.MET,
        lose=Effect.MET,
        lose_needs_attempts=Effect.MET,
        disqualify=Effect.CANCELLED,
        touch=Effect.RUNS_ON,
        connection=Effect.RUNS_ON,
        follow_up_planned=Effect.RUNS_ON,
        follow_up_done=Effect.RUNS_ON,
        follow_up_dropped=Effect.RUNS_ON,
        return_answered=Effect.RUNS_ON,
    ),
)
_FOLLOW_UP = ClockKind(
    side=Side.SALES,
    target=PromisedDate(),
    promise="Follow-up",
    action="Follow up",
    waits="{lead} expects your follow-up",
    owes="{owner} has to follow up: {lead}",
    moves_owner=False,
    effects=Effects(
        qualify=Effect.RUNS_ON,
        accept=Effect.RUNS_ON,
        return_contested=Effect.CANCELLED,
        return_needs_attempts=Effect.CANCELLED,
        return_disqualifying=Effect.CANCELLED,
        return_to_nurture=Effect.CANCELLED,
        recall=Effect.CANCELLED,
        reassign=Effect.PASSED_ON,
        promote=Effect.RUNS_ON,
        win=Effect.CANCELLED,
        lose=Effect.CANCELLED,
        lose_needs_attempts=Effect.CANCELLED,
        disqualify=Effect.CANCELLED,
        touch=Effect.MET_WITH_FOLLOW_UP,
        connection=Effect.MET_WITH_FOLLOW_UP,
        follow_up_planned=Effect.STARTS,
        follow_up_done=Effect.MET,
        follow_up_dropped=Effect.CANCELLED,
        return_answered=Effect.RUNS_ON,
    ),
)
_TRIAGE = ClockKind(
    side=Side.MARKETING,
    target=MarketingLength("triage_within", "Answer a contested return within"),
    promise="Answer a return that blames data or definition",
    action="Answer the return",
    waits="{lead} was returned and waits for marketing's answer",
    owes="Marketing has the return of {lead} to answer",
    moves_owner=False,
    effects=Effects(
        qualify=Effect.RUNS_ON,
        accept=Effect.RUNS_ON,
        return_contested=Effect.STARTS,
        return_needs_attempts=Effect.RUNS_ON,
        return_disqualifying=Effect.RUNS_ON,
        return_to_nurture=Effect.RUNS_ON,
        recall=Effect.CANCELLED,
        reassign=Effect.RUNS_ON,
        promote=Effect.RUNS_ON,
        win=Effect.CANCELLED,
        lose=Effect.CANCELLED,
        lose_needs_attempts=Effect.CANCELLED,
        disqualify=Effect.CANCELLED,
        touch=Effect.RUNS_ON,
        connection=Effect.RUNS_ON,
        follow_up_planned=Effect.RUNS_ON,
        follow_up_done=Effect.RUNS_ON,
        follow_up_dropped=Effect.RUNS_ON,
        return_answered=Effect.MET,
    ),
)


def of(code: str) -> ClockKind:
    """Return the entry of a kind. Raise `ValueError` for a code that is none."""
    kind = Kind(code)
    match kind:
        case Kind.ACCEPT:
            return _ACCEPT
        case Kind.FIRST_TOUCH:
            return _FIRST_TOUCH
        case Kind.ATTEMPTS:
            return _ATTEMPTS
        case Kind.DECIDE:
            return _DECIDE
        case Kind.FOLLOW_UP:
            return _FOLLOW_UP
        case Kind.TRIAGE:
            return _TRIAGE
        case _:
            assert_never(kind)


def owed_by(side: Side) -> tuple[Kind, ...]:
    """List the kinds that a side owes."""
    return tuple(kind for kind in Kind if of(kind).side is side)


def affected(cause: Cause, *effects: Effect) -> tuple[Kind, ...]:
    """List the kinds on which a cause has one of these effects."""
    return tuple(kind for kind in Kind if of(kind).effects.of(cause) in effects)


def met_by(cause: Cause) -> tuple[Kind, ...]:
    """List the kinds that a cause meets whatever else is the case."""
    return affected(cause, Effect.MET)


def started_by(cause: Cause) -> tuple[Kind, ...]:
    """List the kinds that a cause starts."""
    return affected(cause, Effect.STARTS)


def by_attempts() -> tuple[Kind, ...]:
    """List the kinds that enough attempts meet."""
    return affected(Cause.TOUCH, Effect.MET_IF_ENOUGH)


def table() -> str:
    """Write every cause and its effect on every kind as a table in Markdown, for the documentation."""
    rows = [["", *(str(kind.label) for kind in Kind)], ["---"] * (len(Kind) + 1)]
    rows += [[cause.words, *(of(kind).effects.of(cause).value for kind in Kind)] for cause in Cause]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
