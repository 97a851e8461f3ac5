"""Where a promise stands: `of` measures it, `tell` puts it into words. All that shows a clock goes through the two.

Both count in the work time of the version of the agreement that the clock began under, whatever runs now. Clocks are
read with their version (`sla.selectors.with_version`), so that a page reads no agreement of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from django.utils import timezone

from sla import agreements, openings, words, worktime
from sla.durations import Unit
from sla.models import Agreement, Clock

AHEAD = timedelta(days=3)  # how far a page that stays open can go on counting


class State(StrEnum):
    DUE = "due"
    WARNED = "warned"
    LATE = "late"
    MET = "met"
    MET_LATE = "met_late"
    MISSED = "missed"  # it ended undone
    CANCELLED = "cancelled"
    CANCELLED_LATE = "cancelled_late"  # nothing is owed any more, and it was late by then: counted as late


RUNNING = (State.DUE, State.WARNED, State.LATE)
WERE_LATE = (State.LATE, State.MET_LATE, State.MISSED, State.CANCELLED_LATE)


@dataclass(frozen=True)
class Standing:
    """Hold where a clock stands at `at`; minutes and working days are work time of its own calendar.

    `left` and `late` are 0 where they do not apply; `left_days` and `late_days` are given where the promise was made
    in working days. `opens_at` is the next opening where the calendar is closed at `at` and the clock runs.
    """

    state: State
    at: datetime
    due_at: datetime | None
    total: float  # minutes of work time from the start to the due time
    used: float  # the share of them that is over, from 0 to 1
    left: float
    late: float
    left_days: float | None
    late_days: float | None
    opens_at: datetime | None
    always_open: bool
    version: int
    superseded: bool  # another version runs now


@dataclass(frozen=True)
class Telling:
    """Hold a standing in words: `text` is the heart of it, `more` what a reader needs beside; it may be empty."""

    text: str
    more: str


def of(clock: Clock, at: datetime | None = None) -> Standing:
    """Measure where a clock stands at an instant (now by default): by its own version, in work time.

    What counts as late is what reports count: a breach on record, or a clock that runs and is over.
    """
    at = at or timezone.now()
    hours, due_at = agreements.terms_of(clock.agreement).hours, clock.due_at
    state = _state(clock, at)
    until = clock.stopped_at or at
    total = worktime.between(hours, clock.started_at, due_at) if due_at else 0.0
    over = due_at is not None and until >= due_at
    in_days = clock.target_unit == Unit.DAYS
    span = (until, due_at) if due_at and not over else (due_at, until) if due_at else None
    distance = worktime.between(hours, *span) if span else 0.0
    days = worktime.days_between(hours, *span) if span and in_days else None
    running = state in RUNNING
    opening = worktime.add(hours, at, 0) if running else None
    return Standing(
        state=state,
        at=at,
        due_at=due_at,
        total=total,
        used=1.0 if over or (due_at and not total) else 1 - distance / total if total else 0.0,
        left=0.0 if over or not running else distance,
        late=distance if over and state in WERE_LATE else 0.0,
        left_days=days if running and not over else None,
        late_days=days if over and state in WERE_LATE else None,
        opens_at=opening if opening and opening > at else None,
        always_open=hours.always_open,
        version=clock.agreement.version,
        superseded=clock.agreement.status == Agreement.Status.SUPERSEDED,
    )


def tell(standing: Standing, zone: tzinfo | None = None) -> Telling:
    """Put a standing into words, its times in the reader's zone (the current one by default)."""
    text, more = _text(standing, zone), [_beside(standing, zone)]
    if standing.opens_at is not None:
        more.append(f"closed, opens {words.near(standing.opens_at, standing.at, zone, in_full=True)}")
    if standing.superseded:
        more.append(f"by agreement {standing.version}")
    return Telling(text, "; ".join(part for part in more if part))


def left(standing: Standing) -> str:
    """Say how much is left in the unit of the promise: "1 h 20 min"; "2.5 working days" while it is a day or more."""
    return words.length(standing.left, standing.left_days)


def late(standing: Standing) -> str:
    """Say how late a promise is or was, in the unit it was made in."""
    return words.length(standing.late, standing.late_days)


def span(agreement: Agreement, start: datetime, end: datetime) -> float:
    """Measure minutes between two instants in the work time of a version of the agreement."""
    return worktime.between(agreements.terms_of(agreement).hours, start, end)


def open_ahead(clock: Clock, at: datetime) -> list[tuple[datetime, datetime]]:
    """List when the calendar of a clock is open in the next days (UTC)."""
    return openings.between(agreements.terms_of(clock.agreement).hours, at, at + AHEAD)


def _state(clock: Clock, at: datetime) -> State:
    breached = clock.breached_at is not None
    if clock.state == Clock.State.MET:
        return State.MET_LATE if breached else State.MET
    if clock.state == Clock.State.MISSED:
        return State.MISSED
    if clock.state == Clock.State.CANCELLED:
        return State.CANCELLED_LATE if breached else State.CANCELLED
    if breached or (clock.due_at is not None and at >= clock.due_at):
        return State.LATE
    return State.WARNED if clock.warn_at is not None and at >= clock.warn_at else State.DUE


def _text(standing: Standing, zone: tzinfo | None) -> str:
    match standing.state:
        case State.DUE | State.WARNED:
            return words.near(standing.due_at, standing.at, zone) if standing.due_at else "never due"
        case State.LATE:
            return f"overdue {late(standing)}"
        case State.MET:
            return "met in time"
        case State.MET_LATE:
            return f"met {late(standing)} late"
        case State.MISSED:
            return "missed"
        case State.CANCELLED:
            return "no longer owed"
        case State.CANCELLED_LATE:
            return f"{late(standing)} late"


def _beside(standing: Standing, zone: tzinfo | None) -> str:
    match standing.state:
        case State.DUE | State.WARNED if standing.due_at is None:
            return "the calendar never opens"
        case State.DUE | State.WARNED:
            of_what = "" if standing.always_open or _in_days(standing) else " of working time"
            return f"{left(standing)}{of_what} left"
        case State.LATE if standing.due_at is not None:
            return f"was due {words.near(standing.due_at, standing.at, zone)}"
        case State.CANCELLED_LATE:
            return "then no longer owed"
        case _:
            return ""


def _in_days(standing: Standing) -> bool:
    return standing.left_days is not None and standing.left_days >= 1
