"""Business time: cases worked out by hand. The comparison with a counter is in test_worktime_counter.py."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from sla import worktime
from sla.worktime import Hours, Window

BERLIN = "Europe/Berlin"
OFFICE = [(day, "09:00", "17:00") for day in range(5)]
LUNCH = [(day, *half) for day in range(5) for half in (("09:00", "12:00"), ("13:00", "17:00"))]
ALWAYS = [(day, "00:00", "24:00") for day in range(7)]


def hours(windows: list[tuple[int, str, str]], zone: str = BERLIN, holidays: tuple[str, ...] = ()) -> Hours:
    return worktime.from_json(
        {
            "zone": zone,
            "windows": [{"weekday": day, "start": start, "end": end} for day, start, end in windows],
            "holidays": [{"date": day, "name": "Closed"} for day in holidays],
        }
    )


def wall(text: str, zone: str = BERLIN, fold: int = 0) -> datetime:
    """Read what a wall clock shows, as UTC; `fold=1` is the second time it shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


# November 2026: the 20th is a Friday, the 21st a Saturday, the 23rd a Monday.
ADDED = {
    "Saturday afternoon waits for Monday": (OFFICE, "2026-11-21 15:00", 60, "2026-11-23 10:00"),
    "inside one window": (OFFICE, "2026-11-23 10:15", 90, "2026-11-23 11:45"),
    "before opening": (OFFICE, "2026-11-23 06:00", 60, "2026-11-23 10:00"),
    "ends at the close, not at the next opening": (OFFICE, "2026-11-20 16:00", 60, "2026-11-20 17:00"),
    "ends with the last open minute before a shift": (OFFICE, "2026-03-27 16:00", 60, "2026-03-27 17:00"),
    "one minute more is the next working day": (OFFICE, "2026-11-20 16:00", 61, "2026-11-23 09:01"),
    "starts at the close": (OFFICE, "2026-11-20 17:00", 1, "2026-11-23 09:01"),
    "steps over lunch": (LUNCH, "2026-11-23 11:30", 60, "2026-11-23 13:30"),
    "starts at lunch": (LUNCH, "2026-11-23 12:20", 60, "2026-11-23 14:00"),
    "ends as lunch begins": (LUNCH, "2026-11-23 11:30", 30, "2026-11-23 12:00"),
    "zero while open": (OFFICE, "2026-11-23 10:15", 0, "2026-11-23 10:15"),
    "zero while closed": (OFFICE, "2026-11-21 15:00", 0, "2026-11-23 09:00"),
    "zero at the close": (OFFICE, "2026-11-20 17:00", 0, "2026-11-23 09:00"),
    "exactly one week": (OFFICE, "2026-11-23 09:00", 40 * 60, "2026-11-27 17:00"),
    "many weeks": (OFFICE, "2026-11-23 09:00", 400 * 60 + 60, "2027-02-01 10:00"),
    "over the end of the year": (OFFICE, "2026-12-31 16:30", 60, "2027-01-01 09:30"),
    "round the clock over the end of the year": (ALWAYS, "2026-12-31 23:30", 60, "2027-01-01 00:30"),
    "round the clock over the leap day": (ALWAYS, "2028-02-28 12:00", 2 * 1440, "2028-03-01 12:00"),
    "up to midnight and on": (
        [(0, "22:00", "24:00"), (1, "00:00", "02:00")],
        "2026-11-23 23:30",
        60,
        "2026-11-24 00:30",
    ),
    "one short window a week": ([(2, "10:00", "10:10")], "2026-11-23 00:00", 25, "2026-12-09 10:05"),
    "thirty seconds": (OFFICE, "2026-11-20 16:59:45", 0.5, "2026-11-23 09:00:15"),
}


def is_open(calendar: Hours, at: datetime) -> bool:
    """Tell whether a calendar is open at an instant: then no time at all, added to it, is that instant."""
    return worktime.add(calendar, at, 0) == at


@pytest.mark.parametrize(("windows", "start", "minutes", "due"), ADDED.values(), ids=ADDED.keys())
def test_time_is_added_in_open_hours_alone(windows, start, minutes, due):
    assert worktime.add(hours(windows), wall(start), minutes) == wall(due)


@pytest.mark.parametrize(("windows", "start", "minutes", "due"), ADDED.values(), ids=ADDED.keys())
def test_the_time_added_is_the_time_counted_between(windows, start, minutes, due):
    assert worktime.between(hours(windows), wall(start), wall(due)) == minutes


def test_a_due_time_is_given_in_utc():
    due = worktime.add(hours(OFFICE), wall("2026-11-21 15:00"), 60)

    assert due == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert due.tzinfo is UTC


def test_a_start_may_come_in_any_zone():
    start = datetime(2026, 11, 21, 9, 0, tzinfo=timezone(timedelta(hours=-5)))

    assert worktime.add(hours(OFFICE), start, 60) == wall("2026-11-23 10:00")


def test_holidays_are_stepped_over():
    # Christmas Day is a Friday, and the Monday after the weekend is taken off as well.
    calendar = hours(OFFICE, holidays=("2026-12-25", "2026-12-28"))

    assert worktime.add(calendar, wall("2026-12-24 16:30"), 60) == wall("2026-12-29 09:30")
    assert worktime.between(calendar, wall("2026-12-24 00:00"), wall("2026-12-30 00:00")) == 2 * 8 * 60
    assert not is_open(calendar, wall("2026-12-25 10:00"))


def test_a_holiday_on_a_closed_day_takes_nothing_away():
    calendar = hours(OFFICE, holidays=("2026-12-26",))

    assert worktime.between(calendar, wall("2026-12-21 00:00"), wall("2026-12-28 00:00")) == 40 * 60


def test_a_holiday_is_a_date_of_the_calendar_s_zone():
    # 24 December 20:00 in New York is 25 December in UTC, and not yet the holiday.
    calendar = hours(ALWAYS, "America/New_York", holidays=("2026-12-25",))

    assert is_open(calendar, datetime(2026, 12, 25, 1, 0, tzinfo=UTC))
    assert not is_open(calendar, datetime(2026, 12, 25, 5, 0, tzinfo=UTC))
    assert is_open(calendar, datetime(2026, 12, 26, 5, 0, tzinfo=UTC))


SHIFTS = {
    "Berlin loses an hour": (BERLIN, "2026-03-29", "01:00", "04:00", 120),
    "Berlin gains an hour": (BERLIN, "2026-10-25", "01:00", "04:00", 240),
    "a window that is skipped whole": (BERLIN, "2026-03-29", "02:10", "02:50", 0),
    "a window that starts in the gap": (BERLIN, "2026-03-29", "02:30", "04:00", 60),
    "a window that ends in the gap": (BERLIN, "2026-03-29", "01:00", "02:30", 60),
    "a window that is shown twice": (BERLIN, "2026-10-25", "02:10", "02:50", 80),
    "a window that starts in the fold": (BERLIN, "2026-10-25", "02:30", "04:00", 120),
    "a window that ends in the fold": (BERLIN, "2026-10-25", "01:00", "02:30", 120),
    "Lord Howe loses half an hour": ("Australia/Lord_Howe", "2026-10-04", "01:00", "04:00", 150),
    "Lord Howe gains half an hour": ("Australia/Lord_Howe", "2026-04-05", "01:00", "04:00", 210),
    "Apia has no 30 December 2011": ("Pacific/Apia", "2011-12-30", "09:00", "17:00", 0),
    "the whole day in which an hour is lost": (BERLIN, "2026-03-29", "00:00", "24:00", 23 * 60),
    "the whole day in which an hour is gained": (BERLIN, "2026-10-25", "00:00", "24:00", 25 * 60),
}


@pytest.mark.parametrize(("zone", "day", "start", "end", "minutes"), SHIFTS.values(), ids=SHIFTS.keys())
def test_a_window_lasts_as_long_as_it_really_lasts_when_the_clock_shifts(zone, day, start, end, minutes):
    calendar = hours([(date.fromisoformat(day).weekday(), start, end)], zone)
    noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)

    assert worktime.between(calendar, noon - timedelta(days=3), noon + timedelta(days=3)) == minutes


def test_a_due_time_after_a_lost_hour_is_an_hour_later_on_the_wall():
    calendar = hours(ALWAYS)

    assert worktime.add(calendar, wall("2026-03-29 01:30"), 60) == wall("2026-03-29 03:30")


def test_a_due_time_in_an_hour_shown_twice_is_the_first_that_fits():
    calendar = hours(ALWAYS)

    assert worktime.add(calendar, wall("2026-10-25 01:30"), 60) == wall("2026-10-25 02:30", fold=0)
    assert worktime.add(calendar, wall("2026-10-25 01:30"), 120) == wall("2026-10-25 02:30", fold=1)


def test_office_hours_keep_their_place_on_the_wall_across_a_shift():
    calendar = hours(OFFICE)

    due = worktime.add(calendar, wall("2026-03-27 16:00"), 120)

    assert due == wall("2026-03-30 10:00")
    assert due - wall("2026-03-27 16:00") == timedelta(days=2, hours=17)


@pytest.mark.parametrize(
    ("at", "open_then"),
    [
        ("2026-11-23 08:59:59", False),
        ("2026-11-23 09:00", True),
        ("2026-11-23 11:59:59", True),
        ("2026-11-23 12:00", False),
        ("2026-11-23 13:00", True),
        ("2026-11-23 17:00", False),
        ("2026-11-22 10:00", False),
    ],
)
def test_a_calendar_is_open_from_opening_up_to_closing(at, open_then):
    assert is_open(hours(LUNCH), wall(at)) is open_then


@pytest.mark.parametrize(
    ("at", "opening"),
    [
        ("2026-11-23 10:10:10", "2026-11-23 10:10:10"),
        ("2026-11-23 12:00", "2026-11-23 13:00"),
        ("2026-11-20 17:00", "2026-11-23 09:00"),
        ("2026-11-21 15:00", "2026-11-23 09:00"),
    ],
)
def test_the_next_opening_is_now_or_the_next_window(at, opening):
    assert worktime.add(hours(LUNCH), wall(at), 0) == wall(opening)


def test_a_calendar_without_windows_never_opens():
    never = hours([])
    start, end = wall("2026-11-21 15:00"), wall("2027-11-21 15:00")

    assert worktime.add(never, start, 60) is None
    assert worktime.add(never, start, 0) is None
    assert worktime.between(never, start, end) == 0
    assert not is_open(never, start)


def test_a_calendar_closed_for_longer_than_the_horizon_has_no_due_time():
    # Open on Fridays alone, and every Friday up to the horizon is a holiday.
    fridays = frozenset(date(2027, 1, 1) + timedelta(weeks=week) for week in range(53 * 52))
    calendar = Hours(BERLIN, (Window(4, time(9), time(17)),), fridays)

    assert worktime.add(calendar, wall("2027-01-01 00:00"), 1) is None
    assert worktime.add(calendar, wall("2027-01-01 00:00"), 0) is None


def test_more_time_than_the_horizon_holds_has_no_due_time():
    start = wall("2026-11-21 15:00")

    assert worktime.add(hours([(0, "09:00", "09:01")]), start, 10_000 * 60) is None
    assert worktime.add(hours(ALWAYS), start, 1e300) is None


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_are_answered_not_crashed_into(year):
    at = datetime(year, 12, 31, 23, 59, tzinfo=UTC)
    calendar = hours(ALWAYS, "America/New_York")

    worktime.add(calendar, at, 60)
    assert worktime.between(calendar, at, at + timedelta(seconds=30)) == 0


def test_ten_thousand_hours_are_added_without_a_walk_over_the_minutes():
    calendar = hours(OFFICE)
    start = wall("2026-11-23 09:00")

    began = process_time()
    due = worktime.add(calendar, start, 10_000 * 60)
    spent = process_time() - began

    assert due == wall("2031-09-05 17:00")
    assert worktime.between(calendar, start, due) == 10_000 * 60
    assert spent < 0.1  # some milliseconds, most of them to read the zone's shifts for the first time


def test_no_time_lies_between_an_end_and_an_earlier_start():
    assert worktime.between(hours(ALWAYS), wall("2026-11-23 12:00"), wall("2026-11-23 10:00")) == 0


def test_a_warning_point_is_a_share_of_the_minutes():
    start = wall("2026-11-20 16:00")

    warn = worktime.add(hours(OFFICE), start, 0.75 * 120)

    assert warn == wall("2026-11-23 09:30")


@pytest.mark.parametrize("minutes", [-1, -0.001, float("nan")])
def test_time_that_is_not_zero_or_more_is_refused(minutes):
    with pytest.raises(ValueError, match="zero or more"):
        worktime.add(hours(OFFICE), wall("2026-11-23 09:00"), minutes)


def test_naive_times_are_refused():
    naive, aware = datetime.fromisoformat("2026-11-23 09:00"), wall("2026-11-23 09:00")

    for ask in (
        lambda: worktime.add(hours(OFFICE), naive, 1),
        lambda: worktime.between(hours(OFFICE), naive, aware),
        lambda: worktime.between(hours(OFFICE), aware, naive),
    ):
        with pytest.raises(ValueError, match="no time zone"):
            ask()


def test_windows_that_overlap_are_refused_by_name():
    with pytest.raises(ValueError, match="Tuesday 09:00-12:00 and Tuesday 11:30-24:00 overlap"):
        hours([(1, "11:30", "24:00"), (0, "11:30", "24:00"), (1, "09:00", "12:00")])


def test_windows_that_touch_are_one_opening():
    calendar = hours([(0, "12:00", "17:00"), (0, "09:00", "12:00")])

    assert is_open(calendar, wall("2026-11-23 12:00"))
    assert worktime.add(calendar, wall("2026-11-23 11:30"), 60) == wall("2026-11-23 12:30")


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ((0, time(17), time(9)), "Monday 17:00-09:00 does not end after it starts.*two windows"),
        ((0, time(9), time(9)), "Monday 09:00-09:00 does not end after it starts"),
        ((7, time(9), time(17)), "7 is not a weekday"),
        ((0, time(9, 0, 30), time(17)), "whole minutes"),
        ((0, time(9, tzinfo=UTC), time(17)), "plain time"),
    ],
)
def test_a_window_that_cannot_be_is_refused(window, words):
    with pytest.raises(ValueError, match=words):
        Window(*window)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "Europe", "../etc/passwd", "a\0b", "x" * 5000])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(ValueError, match="not a known time zone"):
        Hours(zone, ())


def test_hours_survive_the_way_to_json_and_back():
    data = {
        "zone": "Asia/Kathmandu",
        "windows": [
            {"weekday": 0, "start": "09:00", "end": "12:30"},
            {"weekday": 0, "start": "13:15", "end": "24:00"},
            {"weekday": 6, "start": "00:00", "end": "01:00"},
        ],
        "holidays": [{"date": "2026-12-25", "name": "Christmas Day"}, {"date": "2027-01-01", "name": ""}],
    }

    calendar = worktime.from_json(data)

    assert calendar.windows[1] == Window(0, time(13, 15), time(0))
    assert worktime.to_json(calendar, {date(2026, 12, 25): "Christmas Day"}) == data
    assert worktime.from_json(worktime.to_json(calendar)) == calendar


WINDOW = {"weekday": 0, "start": "09:00", "end": "17:00"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "The calendar: give an object"),
        ({"windows": []}, "zone: give the name"),
        ({"zone": "Nowhere/Here", "windows": []}, "'Nowhere/Here' is not a known time zone"),
        ({"zone": BERLIN}, "windows: give a list"),
        ({"zone": BERLIN, "windows": {}}, "windows: give a list"),
        ({"zone": BERLIN, "windows": [], "holiday": []}, "'holiday' is not known here"),
        ({"zone": BERLIN, "windows": [WINDOW, 5]}, r"windows\[1\]: give an object"),
        ({"zone": BERLIN, "windows": [{**WINDOW, "weekday": 7}]}, r"windows\[0\]: 7 is not a weekday"),
        ({"zone": BERLIN, "windows": [{**WINDOW, "weekday": True}]}, r"windows\[0\]\.weekday: give a whole"),
        (
            {"zone": BERLIN, "windows": [{**WINDOW, "start": "9am"}]},
            r"windows\[0\]\.start: '9am' is not a time",
        ),
        ({"zone": BERLIN, "windows": [{**WINDOW, "start": "24:00"}]}, r"windows\[0\]\.start: '24:00'"),
        ({"zone": BERLIN, "windows": [{**WINDOW, "start": "٠٩:٠٠"}]}, r"windows\[0\]\.start: "),
        ({"zone": BERLIN, "windows": [{**WINDOW, "end": None}]}, r"windows\[0\]\.end: None is not a time"),
        ({"zone": BERLIN, "windows": [{**WINDOW, "end": "08:00"}]}, r"windows\[0\]: .* does not end after"),
        ({"zone": BERLIN, "windows": [WINDOW, WINDOW]}, "Monday 09:00-17:00 and Monday 09:00-17:00 overlap"),
        ({"zone": BERLIN, "windows": [], "holidays": ["2026-12-25"]}, r"holidays\[0\]: give an object"),
        (
            {"zone": BERLIN, "windows": [], "holidays": [{"date": "20261225"}]},
            r"holidays\[0\]\.date: '20261225'",
        ),
        ({"zone": BERLIN, "windows": [], "holidays": [{"date": "2026-02-30"}]}, r"holidays\[0\]\.date"),
        (
            {"zone": BERLIN, "windows": [], "holidays": [{"date": "2026-12-25", "name": 1}]},
            r"\.name: give text",
        ),
    ],
)
def test_bad_json_is_refused_with_the_place_and_what_is_wanted(data, words):
    with pytest.raises(ValueError, match=words):
        worktime.from_json(data)
