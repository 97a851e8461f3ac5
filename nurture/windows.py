"""When a mail may go: send windows in a zone's wall time, and frequency caps. Pure: no Django here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WORKING_DAYS = frozenset(range(5))
DAYS_AHEAD = 370


@dataclass(frozen=True, slots=True)
class SendWindow:
    """The hours of a day, `[opens, closes)` on the wall clock of `zone`, and the weekdays (0 Monday) they hold on."""

    zone: ZoneInfo
    opens: time
    closes: time
    weekdays: frozenset[int] = WORKING_DAYS


@dataclass(frozen=True, slots=True)
class Caps:
    """At most so many mails on one day of the zone, and in any seven days. Zero allows none at all."""

    daily: int
    weekly: int


def next_open(window: SendWindow, at: datetime) -> datetime | None:
    """Return the first instant from `at` (aware) on at which the window is open, in UTC; None when it never is.

    A bound that the clocks skip moves on with them; of a bound that comes twice, the first opens and the second closes.
    """
    at = at.astimezone(UTC)
    day = at.astimezone(window.zone).date() - timedelta(days=1)
    for _ in range(DAYS_AHEAD):
        if day.weekday() in window.weekdays:
            opens = _instant(day, window.opens, window.zone, fold=0)
            closes = _instant(day, window.closes, window.zone, fold=1)
            start = max(opens, at)
            if start < closes:
                return start
        day += timedelta(days=1)
    return None


def under_caps(caps: Caps, sent: Iterable[datetime], at: datetime, tz: ZoneInfo) -> datetime | None:
    """Return the first instant from `at` on at which one more mail stays under the caps; None when a cap is zero.

    `sent` are the times (aware) of the mails of the last seven days, in any order. A day is a day of `tz`.
    """
    if caps.daily < 1 or caps.weekly < 1:
        return None
    times = sorted(each.astimezone(UTC) for each in sent)
    at = at.astimezone(UTC)
    while True:
        week = [each for each in times if each > at - timedelta(days=7)]
        today = at.astimezone(tz).date()
        if len(week) >= caps.weekly:
            at = week[-caps.weekly] + timedelta(days=7)
        elif sum(each.astimezone(tz).date() == today for each in times) >= caps.daily:
            at = _instant(today + timedelta(days=1), time(0), tz, fold=0)
        else:
            return at


def earliest(window: SendWindow, caps: Caps, sent: Iterable[datetime], at: datetime) -> datetime | None:
    """Return the first instant from `at` on that both the window and the caps allow, in UTC; None when none does."""
    times = list(sent)
    moment: datetime | None = at.astimezone(UTC)
    while moment is not None:
        opened = next_open(window, moment)
        if opened is None:
            return None
        moment = under_caps(caps, times, opened, window.zone)
        if moment == opened:
            return opened
    return None


def _instant(day: date, wall: time, tz: ZoneInfo, *, fold: int) -> datetime:
    return datetime.combine(day, wall.replace(fold=fold), tz).astimezone(UTC)
