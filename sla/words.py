"""Put durations, times and clocks into words, for notices and pages."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sla import kinds
from sla.models import Clock
from sla.sides import Side
from sla.worktime import Hours


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
    """Describe to its owner what a clock waits for: "Priya Raman waits for your answer"."""
    return kinds.of(clock.kind).waits.format(lead=clock.lead.name)


def owes(clock: Clock) -> str:
    """Describe to a manager who owes what: "Ben Okafor has to accept or return: Priya Raman"."""
    kind = kinds.of(clock.kind)
    if kind.side is Side.SALES and clock.member is None:
        return f"Nobody has taken {clock.lead.name} from the queue"
    return kind.owes.format(owner=clock.member, lead=clock.lead.name)


def _day_minutes(hours: Hours) -> int:
    """Return the length of the calendar's working days in minutes, or 0 when they differ."""
    lengths = {length for length in hours.day_lengths if length}
    return int(lengths.pop().total_seconds() // 60) if len(lengths) == 1 else 0
