"""Working days: cases worked out by hand, and what holds for every calendar, zone and shift of the clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla import durations, worktime
from tests.sla.test_worktime import hours, wall
from tests.sla.test_worktime_counter import INSTANTS, SHIFTS, ZONES, build, weeks

OFFICE = [(weekday, "09:00", "17:00") for weekday in range(5)]
SHORT_FRIDAY = [*OFFICE[:4], (4, "09:00", "13:00")]
ALWAYS = [(weekday, "00:00", "24:00") for weekday in range(7)]
MICROSECOND = timedelta(microseconds=1)
NEAR = timedelta(seconds=1)  # shares of days of unlike length are rounded


@pytest.mark.parametrize(
    ("windows", "start", "days", "due"),
    [
        (OFFICE, "2026-11-23 10:00", 1, "2026-11-24 10:00"),  # the same time of the next day
        (OFFICE, "2026-11-26 10:00", 2, "2026-11-30 10:00"),  # Thursday to Monday, over the weekend
        (OFFICE, "2026-11-23 09:00", 1, "2026-11-23 17:00"),  # begun with the day: the whole of that day
        (OFFICE, "2026-11-21 12:00", 1, "2026-11-23 17:00"),  # begun while closed: the whole of the next one
        (OFFICE, "2026-11-23 17:00", 1, "2026-11-24 17:00"),  # at its close: the whole of the next one
        (OFFICE, "2026-11-23 12:00", 0, "2026-11-23 12:00"),
        (SHORT_FRIDAY, "2026-11-26 13:00", 1, "2026-11-27 11:00"),  # half of Thursday, half of a short Friday
        (SHORT_FRIDAY, "2026-11-27 11:00", 1, "2026-11-30 13:00"),
        (ALWAYS, "2026-11-23 10:30", 9, "2026-12-02 10:30"),
    ],
)
def test_a_working_day_is_a_day_of_the_calendar(windows, start, days, due):
    assert worktime.add_days(hours(windows), wall(start), days) == wall(due)


def test_a_holiday_is_no_working_day():
    calendar = hours(OFFICE, holidays=["2026-12-25"])

    assert worktime.add_days(calendar, wall("2026-12-24 10:00"), 1) == wall("2026-12-28 10:00")


def test_a_calendar_of_seven_hours_does_not_multiply_nine_days():
    short = hours([(weekday, "09:00", "16:00") for weekday in range(5)])
    start, promised = wall("2026-11-23 09:30"), durations.days(9)

    assert promised.after(hours([(d, "00:00", "24:00") for d in range(5)]), start) == wall("2026-12-04 09:30")
    assert promised.after(short, start) == wall("2026-12-04 09:30")
    assert durations.hours(216).after(short, start) > wall("2027-01-01 00:00")  # what the old form made of it


def test_where_the_calendar_never_opens_or_not_often_enough_nothing_is_due():
    assert worktime.add_days(hours([]), wall("2026-11-23 09:00"), 1) is None
    once = worktime.Hours("UTC", hours([(0, "09:00", "10:00")]).windows, frozenset())
    assert worktime.add_days(once, wall("2026-11-23 09:30"), 5000) is None


def test_negative_days_and_naive_instants_are_refused():
    with pytest.raises(ValueError, match="zero or more"):
        worktime.add_days(hours(OFFICE), wall("2026-11-23 09:00"), -1)
    with pytest.raises(ValueError, match="time zone"):
        worktime.add_days(hours(OFFICE), wall("2026-11-23 09:00").replace(tzinfo=None), 1)


STARTS = st.one_of(
    INSTANTS,
    st.tuples(st.sampled_from(SHIFTS), st.integers(0, 8 * 1440)).map(
        lambda drawn: datetime.fromisoformat(drawn[0][1]).replace(tzinfo=UTC) + timedelta(minutes=drawn[1])
    ),
)
HOLIDAYS = frozenset({date(2026, 3, 29), date(2026, 12, 25)})


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ZONES), weeks().filter(bool), STARTS, st.integers(1, 12), st.integers(1, 12))
def test_days_are_additive_and_end_within_open_time_or_at_its_edge(zone, windows, start, some, more):
    calendar = build(zone, windows, HOLIDAYS)

    first = worktime.add_days(calendar, start, some)
    both = worktime.add_days(calendar, start, some + more)

    assert first is not None
    assert both is not None
    assert first < both
    assert (
        abs(worktime.add_days(calendar, first, more) - both) <= NEAR
        or worktime.between(calendar, *sorted((worktime.add_days(calendar, first, more), both))) <= 1 / 60
    )
    assert worktime.add(calendar, first - MICROSECOND, 0) == first - MICROSECOND  # open until then
    assert worktime.days_between(calendar, start, both) == pytest.approx(some + more, abs=1e-3)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ZONES), weeks().filter(bool), STARTS, st.integers(0, 5 * 1440), st.integers(0, 12))
def test_who_begins_later_is_not_due_earlier(zone, windows, start, later, days):
    calendar = build(zone, windows, HOLIDAYS)

    one = worktime.add_days(calendar, start, days)
    other = worktime.add_days(calendar, start + timedelta(minutes=later), days)

    assert one <= other + MICROSECOND


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["UTC", "Asia/Kolkata"]), STARTS, st.integers(0, 40))
def test_where_days_are_equally_long_they_are_that_many_times_their_hours(zone, start, days):
    calendar = worktime.Hours(zone, hours(OFFICE).windows)

    assert worktime.add_days(calendar, start, days) == worktime.add(calendar, start, days * 480)
