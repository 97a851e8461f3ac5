"""Business time against a counter that shares nothing with it: walk the minutes of UTC, read the wall clock
at each, and see whether a window names it. Over the nights in which the clocks of nine zones shift.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla import worktime
from sla.worktime import Hours, Window

MINUTE = timedelta(minutes=1)
DAYS = 8

# Zone, a date in the days before the shift, and what the clock gains on its offset, in minutes.
SHIFTS = [
    ("Europe/Berlin", "2026-03-26", 60),
    ("Europe/Berlin", "2026-10-22", -60),
    ("America/New_York", "2026-03-05", 60),
    ("America/New_York", "2026-10-29", -60),
    ("Australia/Lord_Howe", "2026-10-01", 30),
    ("Australia/Lord_Howe", "2026-04-02", -30),
    ("America/St_Johns", "2026-03-05", 60),
    ("America/St_Johns", "2010-11-04", -60),  # 00:01 went back to 23:01 of the day before
    ("Pacific/Chatham", "2026-09-24", 60),
    ("Pacific/Chatham", "2026-04-02", -60),
    ("Pacific/Apia", "2011-12-27", 24 * 60),  # 30 December was left out
    ("Asia/Tehran", "2021-03-19", 60),  # at midnight
    ("Asia/Tehran", "2021-09-19", -60),
    ("Africa/Casablanca", "2026-02-12", -60),  # for Ramadan
    ("Asia/Kathmandu", "1985-12-29", 15),  # +5:30 became +5:45
    ("Asia/Kathmandu", "2026-03-26", 0),
]
IDS = [f"{zone} {day}" for zone, day, _ in SHIFTS]


class Counter:
    """Count open minutes one by one from 00:00 UTC of a day, for DAYS days."""

    def __init__(self, zone: str, windows: list[tuple[int, int, int]], holidays: frozenset[date], day: str):
        self.first = datetime.fromisoformat(day).replace(tzinfo=UTC)
        spoken_for = {weekday * 1440 + m for weekday, start, end in windows for m in range(start, end)}
        shown = wall_minutes(zone, day)
        self.open = [minute in spoken_for and on not in holidays for minute, on in shown]
        self.ticks = [i for i, is_open in enumerate(self.open) if is_open]

    def between(self, start: int, end: int) -> int:
        return bisect_left(self.ticks, end) - bisect_left(self.ticks, start)

    def add(self, start: int, minutes: int) -> int | None:
        """Give the end of the open minute that completes the count; for none, the first open minute."""
        ahead = self.ticks[bisect_left(self.ticks, start) :]
        if len(ahead) < max(minutes, 1):
            return None
        return ahead[minutes - 1] + 1 if minutes else ahead[0]


@lru_cache(maxsize=32)
def wall_minutes(zone: str, day: str) -> list[tuple[int, date]]:
    """Read the wall clock at each minute: the minute of the week and the date it shows."""
    first, info = datetime.fromisoformat(day).replace(tzinfo=UTC), ZoneInfo(zone)
    shown = [(first + i * MINUTE).astimezone(info) for i in range(DAYS * 1440)]
    return [(wall.weekday() * 1440 + wall.hour * 60 + wall.minute, wall.date()) for wall in shown]


@st.composite
def weeks(draw: st.DrawFn) -> list[tuple[int, int, int]]:
    """Draw windows (weekday, first minute, end minute): up to three a day, with breaks, or none at all."""
    windows = []
    for weekday in range(7):
        # Small hours are drawn often, since that is when clocks shift.
        edge = st.one_of(st.integers(0, 300), st.integers(0, 1440), st.just(1440), st.integers(1320, 1440))
        edges = sorted(draw(st.sets(edge, max_size=6)))
        windows += [(weekday, *pair) for pair in zip(edges[::2], edges[1::2], strict=False)]
    return windows


def build(zone: str, windows: list[tuple[int, int, int]], holidays: frozenset[date]) -> Hours:
    def clock(minute: int) -> time:
        return time(minute // 60 % 24, minute % 60)

    return Hours(zone, tuple(Window(day, clock(start), clock(end)) for day, start, end in windows), holidays)


@pytest.mark.parametrize(("zone", "day", "gain"), SHIFTS, ids=IDS)
def test_the_days_compared_hold_the_shift_they_are_here_for(zone, day, gain):
    first = datetime.fromisoformat(day).replace(tzinfo=UTC)
    offsets = [at.astimezone(ZoneInfo(zone)).utcoffset() for at in (first, first + timedelta(days=DAYS))]

    assert offsets[1] - offsets[0] == gain * MINUTE


@pytest.mark.parametrize(("zone", "day"), [(zone, day) for zone, day, _ in SHIFTS], ids=IDS)
@settings(max_examples=25)
@given(data=st.data())
def test_open_time_agrees_with_a_count_of_the_minutes(zone, day, data):
    windows = data.draw(weeks(), label="windows")
    days_off = data.draw(st.sets(st.integers(0, DAYS), max_size=3), label="days off")
    holidays = frozenset(date.fromisoformat(day) + timedelta(days=i) for i in days_off)
    start = data.draw(st.integers(0, DAYS * 1440 - 1), label="start")
    end = data.draw(st.integers(start, DAYS * 1440), label="end")
    counter, hours = Counter(zone, windows, holidays, day), build(zone, windows, holidays)
    # Whatever is left of the days, and a little more.
    minutes = data.draw(st.integers(0, counter.between(start, DAYS * 1440) + 5), label="minutes")

    def instant(minute: int) -> datetime:
        return counter.first + minute * MINUTE

    assert worktime.between(hours, instant(start), instant(end)) == counter.between(start, end)
    assert (worktime.add(hours, instant(start), 0) == instant(start)) == counter.open[start]
    due, expected = worktime.add(hours, instant(start), minutes), counter.add(start, minutes)
    opening, first_open = worktime.add(hours, instant(start), 0), counter.add(start, 0)
    past = instant(DAYS * 1440)
    assert due == instant(expected) if expected is not None else due is None or due >= past
    assert opening == instant(first_open) if first_open is not None else opening is None or opening >= past
    assert (due is None) == (not windows)


ZONES = sorted({zone for zone, _, _ in SHIFTS})
EPOCH = datetime(1990, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 70 * 365 * 86400).map(lambda seconds: EPOCH + timedelta(seconds=seconds))


@settings(max_examples=100)
@given(st.sampled_from(ZONES), weeks().filter(bool), INSTANTS, st.integers(0, 600_000))
def test_what_was_added_is_counted_again_over_years(zone, windows, start, minutes):
    hours = build(zone, windows, frozenset({date(2026, 12, 25), date(2027, 1, 1)}))

    due = worktime.add(hours, start, minutes)

    if due is None:
        assert worktime.between(hours, start, start + worktime.HORIZON) < minutes
    else:
        assert worktime.between(hours, start, due) == minutes
        if minutes:
            assert worktime.between(hours, start, due - timedelta(seconds=1)) < minutes


@settings(max_examples=100)
@given(st.sampled_from(ZONES), weeks(), INSTANTS, st.lists(st.integers(0, 10**8), min_size=2, max_size=2))
def test_open_time_in_two_parts_adds_up_to_the_whole(zone, windows, start, seconds):
    hours = build(zone, windows, frozenset({date(2026, 12, 25), date(2027, 1, 1)}))
    middle, end = (start + timedelta(seconds=s) for s in sorted(seconds))

    parts = worktime.between(hours, start, middle) + worktime.between(hours, middle, end)

    assert worktime.between(hours, start, end) == pytest.approx(parts, abs=1e-6)


@pytest.mark.parametrize("zone", ZONES)
def test_three_years_agree_with_a_count_of_the_quarter_hours(zone):
    windows = [(day, *half) for day in range(5) for half in ((0, 210), (540, 720), (780, 1020))]
    holidays = frozenset({date(2026, 12, 25), date(2027, 1, 1), date(2027, 5, 6), date(2028, 2, 29)})
    hours, info = build(zone, windows, holidays), ZoneInfo(zone)
    quarter, start = 15 * MINUTE, datetime(2026, 2, 3, 4, 30, tzinfo=UTC)

    counted, at = 0, start
    while at < datetime(2029, 2, 1, tzinfo=UTC):
        wall = at.astimezone(info)
        minute = wall.hour * 60 + wall.minute
        if wall.date() not in holidays and wall.weekday() < 5:
            counted += any(opens <= minute < closes for _, opens, closes in windows[:3])
        at += quarter

    assert worktime.between(hours, start, at) == counted * 15
    assert worktime.add(hours, start, counted * 15) <= at
    assert worktime.add(hours, start, counted * 15 + 15) > at
