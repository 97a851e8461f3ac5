"""Say how promises ended and why, and what a move is going to make of them."""

from collections.abc import Iterable
from datetime import datetime

from leads.models import Handoff, Reason
from sla import attempts, endings, kinds, reports, selectors
from sla.attempts import Attempts
from sla.effects import Cause, cause_of
from sla.kinds import Kind
from sla.models import Clock

ENDED: dict[str, str] = {
    Cause.RETURN_CONTESTED: "returned",
    Cause.RETURN_NEEDS_ATTEMPTS: "returned",
    Cause.RETURN_DISQUALIFYING: "returned",
    Cause.RETURN_TO_NURTURE: "returned",
    Cause.RECALL: "recalled by marketing",
    Cause.REASSIGN: "given to another owner",
    Cause.PROMOTE: "promoted",
    Cause.WIN: "won",
    Cause.LOSE: "lost",
    Cause.LOSE_NEEDS_ATTEMPTS: "lost",
    Cause.DISQUALIFY: "disqualified",
    Cause.FOLLOW_UP_DROPPED: "marked as done without a touch",
}


def why(clock: Clock) -> str:
    """Say what ended a promise that was missed or cancelled, with the reason of its handoff; "" for any other.

    Reads the handoff and its reason.
    """
    if clock.state not in (Clock.State.MISSED, Clock.State.CANCELLED):
        return ""
    said = ENDED.get(clock.ended_by, "nothing is owed any more")
    by_reason = clock.ended_by.startswith((Cause.LOSE.value, "return_", Cause.DISQUALIFY.value))
    if clock.state == Clock.State.MISSED:
        said = f"{said} {kinds.of(clock.kind).lacked}".rstrip()
    if by_reason and clock.handoff is not None and clock.handoff.reason is not None:
        said += f": {clock.handoff.reason}"
    return said


def not_kept(clocks: Iterable[Clock], at: datetime) -> str:
    """Name those of the promises that were not kept by a time, "first touch (missed), attempts (late)"; "" for none."""
    parts = [(clock, reports.outcome_of(clock, at)) for clock in clocks]
    broken = [f"{clock.get_kind_display().lower()} ({part})" for clock, part in parts if part in reports.BROKEN]
    return ", ".join(broken)


def foretell(handoff: Handoff, move: str, chosen: Reason | None, reasons: Iterable[Reason] = ()) -> tuple[str, bool]:
    """Say what a return, loss or promotion makes of the promised attempts, and whether it misses a promise.

    While no reason is chosen, name those of `reasons` for which it would. "" where nothing was promised. Three
    statements, four for an offer, and one for the reasons.
    """
    counted = attempts.of([handoff]).get(handoff.pk)
    if counted is None:
        return "", False
    clocks = selectors.clocks_of([handoff]).get(handoff.pk, ())
    running = {clock.kind for clock in clocks if clock.state == Clock.State.RUNNING}
    asks = list(reasons) if chosen is None else []
    if asks:
        return _of_reasons(handoff, move, counted, running, asks), False
    if chosen is None and move != Cause.PROMOTE:
        return "", False
    cause = cause_of(move, chosen)
    if cause is None:
        return "", False
    missed, cancelled = endings.foresee(handoff, cause, counted, running)
    done = f"{counted.words}{', and somebody was reached' if counted.connected else ''}"
    if missed:
        return f"{done}: this counts as a missed promise ({_names(missed)}).", True
    if cancelled_work := [kind for kind in cancelled if kinds.of(kind).lacked]:
        words = f"{done}: no more are owed. The scoreboard shows the promise as cancelled ({_names(cancelled_work)})."
        return words, False
    return (f"{done}: what was promised is kept.", False) if counted.enough else ("", False)


def _of_reasons(handoff: Handoff, move: str, counted: Attempts, running: set[str], reasons: Iterable[Reason]) -> str:
    missing = []
    for reason in reasons:
        cause = cause_of(move, reason)
        if cause is not None and endings.foresee(handoff, cause, counted, running)[0]:
            missing.append(f"“{reason.label}”")
    if not missing:
        return ""
    return f"{counted.words} so far. It counts as a missed promise for {', '.join(missing)}."


def _names(named: Iterable[Kind]) -> str:
    return ", ".join(str(kind.label).lower() for kind in named)
