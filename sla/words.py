"""Put durations, times and clocks into words, for notices and pages."""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from django.utils import timezone

from sla import kinds
from sla.models import Clock
from sla.sides import Side

_NEAR = {0: "today", 1: "tomorrow", -1: "yesterday"}


def duration(minutes: float) -> str:
    """Write minutes of work time as "45 min" or "1 h 30 min"."""
    whole = max(round(minutes), 0)
    full, rest = divmod(whole, 60)
    return " ".join(part for part in (f"{full} h" if full else "", f"{rest} min" if rest or not full else "") if part)


def moment(at: datetime, zone: str, now: datetime) -> str:
    """Write an instant in a zone: "Monday 10:00" within six days of `now`, else "Monday 12 January 2026, 10:00"."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if abs((local.date() - today.date()).days) < 7:
        return f"{local:%A %H:%M}"
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"


def length(minutes: float, days: float | None) -> str:
    """Write work time in the unit of a promise: working days, to the half, while there is one; else hours and minutes.

    `days` is None for a promise in minutes or hours.
    """
    if days is not None and days >= 1:
        halves = int(2 * days + 1e-6) / 2
        return f"{halves:g} working day{'' if halves == 1 else 's'}"
    return duration(minutes) if minutes >= 1 else "under a minute"


def near(at: datetime, now: datetime, zone: tzinfo | None = None, *, in_full: bool = False) -> str:
    """Write an instant as people say it: "today 16:40", "Mon 10:00", "12 Jan 10:00"; `in_full`, "Monday 10:00".

    In a zone, the reader's by default; the year stands where it is another one.
    """
    local, today = timezone.localtime(at, zone), timezone.localtime(now, zone)
    away = (local.date() - today.date()).days
    if away in _NEAR:
        return f"{_NEAR[away]} {local:%H:%M}"
    if 0 < away < 7:
        return f"{local:%A %H:%M}" if in_full else f"{local:%a %H:%M}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def waits(clock: Clock) -> str:
    """Describe to its owner what a clock waits for: "Priya Raman waits for your answer"."""
    return kinds.of(clock.kind).waits.format(lead=clock.lead.name)


def owes(clock: Clock) -> str:
    """Describe to a manager who owes what: "Ben Okafor has to accept or return: Priya Raman"."""
    kind = kinds.of(clock.kind)
    if kind.side is Side.SALES and clock.member is None:
        return f"Nobody has taken {clock.lead.name} from the queue"
    return kind.owes.format(owner=clock.member, lead=clock.lead.name)
