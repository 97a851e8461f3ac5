"""The UTC offsets of a time zone: the periods in which wall time and elapsed time are the same. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
# Outside these, conversion to a zone may leave what datetime can hold. Nothing is open there.
FIRST, LAST = (datetime.combine(date(year, 1, 1), time.min) for year in (2, 9998))


@dataclass(frozen=True)
class Stretch:
    """A period of one UTC offset, as naive wall times. In it, wall time and elapsed time are the same."""

    begin: datetime
    end: datetime
    offset: timedelta


def stretches(zone: str, begin: datetime, end: datetime) -> Iterator[Stretch]:
    """Cut the time from `begin` to `end` (naive UTC) where the zone shifts and at New Year, in order."""
    begin, end = max(begin, FIRST), min(end, LAST)
    for year in range(begin.year, end.year + 1):
        for since, until, offset in _offsets(zone, year):
            first, last = max(begin, since), min(end, until)
            if first < last:
                yield Stretch(first + offset, last + offset, offset)


@lru_cache(maxsize=8192)
def midnight(zone: str, day: date) -> datetime:
    """Find the first instant (naive UTC) at which a zone shows a date, or a later one where the clock skips it."""
    wall = datetime.combine(day, time.min)
    for stretch in stretches(zone, wall - 2 * _DAY, wall + 2 * _DAY):
        if stretch.end > wall:
            return max(stretch.begin, wall) - stretch.offset
    return min(max(wall, FIRST), LAST)  # beyond what is counted


@lru_cache(maxsize=4096)
def _offsets(zone: str, year: int) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """List the offsets of a zone in a year of UTC, each with the naive UTC times between which it holds.

    zoneinfo keeps its shifts to itself, so they are found by looking at every midnight and bisecting the days
    between two that differ. No zone on record shifts there and back within a day.
    """
    info = ZoneInfo(zone)
    since, end = (datetime.combine(date(new_year, 1, 1), time.min) for new_year in (year, year + 1))
    moment = since
    offset = _offset(info, since)
    found = []
    while moment < end:
        if _offset(info, moment + _DAY) != offset:
            shift = _shift(info, moment, moment + _DAY)
            if shift < end:
                found.append((since, shift, offset))
                since, offset = shift, _offset(info, shift)
        moment += _DAY
    return (*found, (since, end, offset))


def _offset(info: ZoneInfo, moment: datetime) -> timedelta:
    """Give the UTC offset of a zone at a naive UTC time."""
    return info.fromutc(moment.replace(tzinfo=info)).replace(tzinfo=None) - moment


def _shift(info: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Find the second at which the offset changes between two naive UTC times."""
    old = _offset(info, before)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _offset(info, middle) == old:
            before = middle
        else:
            after = middle
    return after
