"""Business time: the open hours of a calendar, and arithmetic in them. Pure; no Django, no clock of its own.

One rule decides everything: a calendar is open at an instant exactly when the wall clock of its zone shows a
time inside a window of that weekday, on a date that is not a holiday. From it follows, without special cases:

- a window that spans a shift lasts as long as it really lasts: 01:00-04:00 has two hours in the night when
  the clock jumps from 02:00 to 03:00, and four when it falls back from 03:00 to 02:00;
- a window edge that the clock skips takes effect at the jump; a window that is skipped whole does not happen;
- wall time that is shown twice is open twice, so a window edge inside it cuts both showings.

Instants are aware datetimes, in any zone on the way in and in UTC on the way out.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from leadflow.formats import build
from sla.offsets import LAST, Stretch, midnight, stretches

HORIZON = timedelta(days=50 * 366)
"""How far ahead of its start a search looks before it answers that the time is never reached."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MIDNIGHT = "24:00"  # the end of a window that lasts until the day ends
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NONE = timedelta(0)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Hold one stretch of opening, from `start` up to but not including `end`, in the calendar's wall time.

    `weekday` counts from 0 for Monday. An `end` of 00:00 is the midnight that ends the day, shown as 24:00.
    Raise ValueError when it is empty, runs over midnight, or is not given in whole minutes.
    """

    weekday: int
    start: time
    end: time

    def __post_init__(self) -> None:
        if self.weekday not in range(7):
            raise ValueError(f"{self.weekday!r} is not a weekday: use 0 for Monday to 6 for Sunday.")
        for edge in (self.start, self.end):
            if edge.second or edge.microsecond or edge.tzinfo is not None:
                raise ValueError(f"{edge} is not a plain time in whole minutes.")
        if self.closes <= self.opens:
            raise ValueError(
                f"{self} does not end after it starts. Enter hours over midnight as two windows: "
                "one that ends at 24:00, and one that starts at 00:00 on the next day."
            )

    def __str__(self) -> str:
        return f"{_WEEKDAYS[self.weekday]} {self.start:%H:%M}-{_clock(self.end, is_end=True)}"

    @property
    def opens(self) -> timedelta:
        """Give the wall time of opening, counted from the midnight that begins the day."""
        return timedelta(hours=self.start.hour, minutes=self.start.minute)

    @property
    def closes(self) -> timedelta:
        """Give the wall time of closing, counted from the midnight that begins the day."""
        return timedelta(hours=self.end.hour, minutes=self.end.minute) or _DAY


@dataclass(frozen=True)
class Hours:
    """Hold the open hours of a calendar: a zone, the windows of a week, and the dates on which none applies.

    Windows are kept in the order of the week, whatever order they are given in. A calendar without any is
    allowed, and never opens. Raise ValueError for an unknown zone or for windows that overlap.
    """

    zone: str
    windows: tuple[Window, ...]
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        _check_zone(self.zone)
        ordered = tuple(sorted(self.windows, key=lambda window: (window.weekday, window.opens)))
        for earlier, later in pairwise(ordered):
            if earlier.weekday == later.weekday and later.opens < earlier.closes:
                raise ValueError(f"{earlier} and {later} overlap.")
        object.__setattr__(self, "windows", ordered)

    @cached_property
    def by_weekday(self) -> tuple[tuple[Window, ...], ...]:
        """Group the windows by weekday, Monday first."""
        return tuple(tuple(w for w in self.windows if w.weekday == weekday) for weekday in range(7))

    @cached_property
    def day_lengths(self) -> tuple[timedelta, ...]:
        """Sum the wall time of the windows of each weekday, Monday first, holidays left aside."""
        return tuple(sum((w.closes - w.opens for w in day), _NONE) for day in self.by_weekday)

    @cached_property
    def always_open(self) -> bool:
        """Return whether the calendar never closes, so that its work time is all time."""
        return not self.holidays and all(length == _DAY for length in self.day_lengths)

    @cached_property
    def sorted_holidays(self) -> tuple[date, ...]:
        """List the holidays in order, so that those of a period are found by bisection."""
        return tuple(sorted(self.holidays))

    def windows_on(self, day: date) -> tuple[Window, ...]:
        """List the windows that apply on a local date, in order; none on a holiday."""
        return () if day in self.holidays else self.by_weekday[day.weekday()]


def add(hours: Hours, start: datetime, minutes: float) -> datetime | None:
    """Find the first instant (UTC) at which `minutes` of open time have passed since `start`.

    Time that runs out with a window ends at its close: Monday 16:00 plus an hour is Monday 17:00, not the
    next opening. Zero minutes give `start` when it is open and the next opening otherwise: a promise made at
    night is not broken at night. Fractions of a minute count to the microsecond; the point at which to warn
    is `add(hours, start, share * minutes)`.
    Answer None when the calendar never opens or the time is not reached within HORIZON of `start`.
    Raise ValueError for a naive `start` or negative minutes.
    """
    begin = _naive_utc(start)
    if not minutes >= 0:
        raise ValueError(f"Cannot add {minutes} minutes: give zero or more.")
    if not hours.windows or minutes > HORIZON / _MINUTE:
        return None
    left = timedelta(minutes=minutes)
    for stretch in stretches(hours.zone, begin, min(begin, LAST - HORIZON) + HORIZON):
        found = _count(hours, stretch.begin, stretch.end)
        if found and found >= left:
            return (_locate(hours, stretch, left) - stretch.offset).replace(tzinfo=UTC)
        left -= found
    return None


def between(hours: Hours, start: datetime, end: datetime) -> float:
    """Count the open minutes from `start` to `end`, to the microsecond; 0 when `end` is not after `start`.

    Raise ValueError for naive datetimes.
    """
    return _open(hours, _naive_utc(start), _naive_utc(end)) / _MINUTE


def add_days(hours: Hours, start: datetime, days: int) -> datetime | None:
    """Find the instant (UTC) at which `days` working days have passed since `start`.

    A working day is a local date with open time, whole, however long it is open. The share of its first day that was
    over at the start is over on the last one: from Monday 10:00, two working days of 9 to 17 end on Wednesday 10:00;
    from Thursday at the half of its day, one ends at the half of a short Friday. What begins with a day, or before it
    opens, ends at the close of the last one. Where all days are equally long that is `days` times their length; days
    added one after the other make the same as all at once.
    Answer None as `add` does. Raise ValueError for a naive `start` or a negative number.
    """
    if days < 0:
        raise ValueError(f"Cannot add {days} days: give zero or more.")
    begin = add(hours, start, 0)
    if begin is None or not days:
        return begin
    moment = _naive_utc(begin)
    walk = _working_days(hours, moment)
    first = next(walk)
    used = _open(hours, first.begin, moment)
    last = first
    for _ in range(days if used else days - 1):
        following = next(walk, None)
        if following is None:
            return None
        last = following
    length = used * (last.length / first.length) if used else last.length
    return add(hours, last.begin.replace(tzinfo=UTC), length / _MINUTE)


def days_between(hours: Hours, start: datetime, end: datetime) -> float:
    """Count the working days from `start` to `end`, by the share of each that lies between: undo `add_days`.

    Raise ValueError for naive datetimes.
    """
    since, until = _naive_utc(start), _naive_utc(end)
    total = 0.0
    if since < until:
        for day in _working_days(hours, since):
            if day.begin >= until:
                break
            total += _open(hours, max(day.begin, since), min(day.end, until)) / day.length
    return total


def from_stored(data: Mapping[str, Any]) -> Hours:
    """Read hours as they were stored, in their present form; members that are not known are left out."""
    return build(
        Hours,
        data,
        windows=lambda items: tuple(build(Window, item, start=time.fromisoformat, end=_end) for item in items),
        holidays=lambda items: frozenset(date.fromisoformat(item["date"]) for item in items),
    )


def from_json(data: Any) -> Hours:
    """Check and read hours in their JSON shape, as given by `to_json`; `holidays` and their names may be left out.

    Raise ValueError, naming the place and what is wanted there, when the shape or a value is not right.
    """
    data = _members("The calendar", data, "zone", "windows", "holidays")
    if not isinstance(data.get("zone"), str):
        raise ValueError("zone: give the name of a time zone, such as Europe/Berlin.")
    windows = _list("windows", data.get("windows"))
    holidays = _list("holidays", data.get("holidays", []))
    return Hours(
        data["zone"],
        tuple(_read_window(f"windows[{i}]", item) for i, item in enumerate(windows)),
        frozenset(_read_holiday(f"holidays[{i}]", item) for i, item in enumerate(holidays)),
    )


def to_json(hours: Hours, names: Mapping[date, str] | None = None) -> dict[str, Any]:
    """Write hours in their JSON shape, windows and holidays in order.

    Hours know the dates of holidays alone: pass `names` to have them written with their names.
    """
    names = names or {}
    return {
        "zone": hours.zone,
        "windows": [_write_window(window) for window in hours.windows],
        "holidays": [{"date": day.isoformat(), "name": names.get(day, "")} for day in hours.sorted_holidays],
    }


@dataclass(frozen=True)
class _WorkingDay:
    """A local date with open time, from its first instant to that of the next date, in naive UTC."""

    begin: datetime
    end: datetime
    length: timedelta


def _working_days(hours: Hours, moment: datetime) -> Iterator[_WorkingDay]:
    """Yield the working days from the one that holds a moment (naive UTC) on, within HORIZON of it."""
    until = min(moment, LAST - HORIZON) + HORIZON
    day = moment.date() - _DAY
    end = midnight(hours.zone, day)
    while end < until:
        begin, end = end, midnight(hours.zone, day + _DAY)
        # A clock that falls back over midnight shows the end of a date twice, the second time within the next one.
        is_open = hours.windows_on(day) or hours.windows_on(day - _DAY)
        if end > moment and is_open and (length := _open(hours, begin, end)):
            yield _WorkingDay(begin, end, length)
        day += _DAY


def _open(hours: Hours, begin: datetime, end: datetime) -> timedelta:
    """Sum the open time between two instants, in naive UTC."""
    return sum((_count(hours, each.begin, each.end) for each in stretches(hours.zone, begin, end)), _NONE)


def _count(hours: Hours, begin: datetime, end: datetime) -> timedelta:
    """Sum the open time between two wall times of one stretch, without a walk over the weeks between them."""
    first, last = begin.date(), end.date()
    return _count_days(hours, first, last) - _count_until(hours, begin) + _count_until(hours, end)


def _count_days(hours: Hours, first: date, last: date) -> timedelta:
    """Sum the open wall time of the dates from `first` up to but not including `last`."""
    lengths = hours.day_lengths
    weeks, rest = divmod((last - first).days, 7)
    total = sum(lengths, _NONE) * weeks
    for ahead in range(rest):
        total += lengths[(first.weekday() + ahead) % 7]
    closed = hours.sorted_holidays
    for holiday in closed[bisect_left(closed, first) : bisect_left(closed, last)]:
        total -= lengths[holiday.weekday()]
    return total


def _count_until(hours: Hours, wall: datetime) -> timedelta:
    """Sum the open wall time of a date before the given time of day."""
    since_midnight = wall - datetime.combine(wall, time.min)
    windows = hours.windows_on(wall.date())
    return sum((max(_NONE, min(w.closes, since_midnight) - w.opens) for w in windows), _NONE)


def _locate(hours: Hours, stretch: Stretch, left: timedelta) -> datetime:
    """Find the wall time at which `left` of open time has passed; the stretch must hold that much."""
    midnight = datetime.combine(stretch.begin, time.min)
    while True:
        for window in hours.windows_on(midnight.date()):
            opens = max(midnight + window.opens, stretch.begin)
            length = midnight + window.closes - opens
            if length > _NONE:
                if length >= left:
                    return opens + left
                left -= length
        midnight += _DAY


def _naive_utc(at: datetime) -> datetime:
    """Turn an aware datetime into naive UTC, in which the sums are done. Raise ValueError if naive."""
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no time zone: pass an aware datetime.")
    return at.astimezone(UTC).replace(tzinfo=None)


def _check_zone(zone: str) -> None:
    """Raise ValueError unless the zone is known."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:  # in this order: unknown, malformed, a folder of zones
        raise ValueError(f"{zone!r} is not a known time zone: give a name such as Europe/Berlin.") from error


def _clock(value: time, *, is_end: bool = False) -> str:
    """Write a time of day as HH:MM, with 24:00 for the midnight that ends a window."""
    return _MIDNIGHT if is_end and value == time.min else f"{value:%H:%M}"


def _write_window(window: Window) -> dict[str, Any]:
    start, end = _clock(window.start), _clock(window.end, is_end=True)
    return {"weekday": window.weekday, "start": start, "end": end}


def _read_window(place: str, item: Any) -> Window:
    item = _members(place, item, "weekday", "start", "end")
    weekday = item.get("weekday")
    if not isinstance(weekday, int) or isinstance(weekday, bool):
        raise ValueError(f"{place}.weekday: give a whole number, 0 for Monday to 6 for Sunday.")
    start = _read_clock(f"{place}.start", item.get("start"))
    end = time.min if item.get("end") == _MIDNIGHT else _read_clock(f"{place}.end", item.get("end"))
    try:
        return Window(weekday, start, end)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


def _end(text: str) -> time:
    """Read the end of a stored window."""
    return time.min if text == _MIDNIGHT else time.fromisoformat(text)


def _read_clock(place: str, value: Any) -> time:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{place}: {value!r} is not a time of day, written as 09:00.")
    return time(int(match[1]), int(match[2]))


def _read_holiday(place: str, item: Any) -> date:
    item = _members(place, item, "date", "name")
    if not isinstance(item.get("name", ""), str):
        raise ValueError(f"{place}.name: give text.")
    value = item.get("date")
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{place}.date: {value!r} is not a date, written as 2026-12-25.") from None


def _members(place: str, item: Any, *known: str) -> dict[str, Any]:
    """Check that an item is an object with known members alone, so that a misspelt one is not ignored."""
    if not isinstance(item, dict):
        raise ValueError(f"{place}: give an object with {', '.join(known)}.")
    for member in item:
        if member not in known:
            raise ValueError(f"{place}: {member!r} is not known here. Known are {', '.join(known)}.")
    return item


def _list(place: str, items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise ValueError(f"{place}: give a list.")
    return items
