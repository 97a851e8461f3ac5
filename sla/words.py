"""Put durations, times and clocks into words, for notices and pages."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sla.models import Clock
from sla.models.clock import Kind
from sla.worktime import Hours

_WAITS = {
    Kind.ACCEPT: "waits for your answer",
    Kind.FIRST_TOUCH: "waits for your first touch",
    Kind.ATTEMPTS: "waits for more attempts",
    Kind.DECIDE: "waits for your decision",
    Kind.FOLLOW_UP: "expects your follow-up",
    Kind.TRIAGE: "was returned and waits for marketing's answer",
}
_OWES = {
    Kind.ACCEPT: "to accept or return",
    Kind.FIRST_TOUCH: "to make the first touch",
    Kind.ATTEMPTS: "to make more attempts",
    Kind.DECIDE: "to decide",
    Kind.FOLLOW_UP: "to follow up",
    Kind.TRIAGE: "to answer the return",
}


def duration(minutes: float, hours: Hours | None = None) -> str:
    """Write minutes of work time as "45 min", "1 h 30 min" or, given a calendar's hours, "10 working days".

    Working days are written only where the calendar's days are of one length and the duration is whole days.
    """
    whole = max(round(minutes), 0)
    day = _day_minutes(hours) if hours else 0
    if day and whole >= day and whole % day == 0:
        days = whole // day
        return f"{days} working day{'s' if days > 1 else ''}"
    full, rest = divmod(whole, 60)
    return " ".join(part for part in (f"{full} h" if full else "", f"{rest} min" if rest or not full else "") if part)


def moment(at: datetime, zone: str, now: datetime) -> str:
    """Write an instant in a zone: "Monday 10:00" within six days of `now`, else "Monday 12 January 2026, 10:00"."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if abs((local.date() - today.date()).days) < 7:
        return f"{local:%A %H:%M}"
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"


def waits(clock: Clock) -> str:
    """Say to its owner what a clock waits for: "Priya Raman waits for your answer"."""
    return f"{clock.lead.name} {_WAITS[Kind(clock.kind)]}"


def owes(clock: Clock) -> str:
    """Say to a manager who owes what: "Ben Okafor has Priya Raman to accept or return"."""
    if clock.kind == Kind.TRIAGE:
        return f"Marketing has the return of {clock.lead.name} to answer"
    if clock.member is None:
        return f"Nobody has taken {clock.lead.name} from the queue"
    return f"{clock.member} has {_OWES[Kind(clock.kind)]}: {clock.lead.name}"


def _day_minutes(hours: Hours) -> int:
    """Return the length of the calendar's working days in minutes, or 0 when they differ."""
    lengths = {length for length in hours.day_lengths if length}
    return int(lengths.pop().total_seconds() // 60) if len(lengths) == 1 else 0
