"""When a mail may go."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from nurture import windows
from nurture.windows import Caps, SendWindow

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = SendWindow(BERLIN, time(8), time(18))
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Africa/Cairo",
]


def test_inside_the_window_a_mail_goes_at_once():
    at = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    assert windows.next_open(OFFICE, at) == at


def test_after_hours_it_waits_for_the_next_morning_of_the_zone():
    assert windows.next_open(OFFICE, datetime(2026, 11, 3, 17, tzinfo=UTC)) == datetime(2026, 11, 4, 7, tzinfo=UTC)


def test_on_a_weekend_it_waits_for_monday():
    assert windows.next_open(OFFICE, datetime(2026, 11, 7, 10, tzinfo=UTC)) == datetime(2026, 11, 9, 7, tzinfo=UTC)


def test_a_window_without_days_never_opens():
    assert (
        windows.next_open(SendWindow(BERLIN, time(8), time(18), frozenset()), datetime(2026, 1, 1, tzinfo=UTC)) is None
    )


def test_a_window_inside_the_hour_that_the_clocks_skip_opens_on_another_day():
    gap = SendWindow(BERLIN, time(2, 15), time(2, 45), frozenset({6}))
    at = datetime(2026, 3, 29, 0, tzinfo=UTC)  # the Sunday on which 2:00 becomes 3:00
    opened = windows.next_open(gap, at)
    assert opened is not None
    assert opened - at < timedelta(days=8)


@settings(max_examples=150)
@given(
    zone=st.sampled_from(ZONES),
    month=st.sampled_from([3, 4, 10, 11]),
    minute=st.integers(0, 30 * 24 * 60),
    opens=st.integers(3, 12),
    hours=st.integers(1, 8),
    days=st.frozensets(st.integers(0, 6), min_size=1),
)
def test_the_next_opening_is_the_first_open_minute_that_a_counter_finds(zone, month, minute, opens, hours, days):
    window = SendWindow(ZoneInfo(zone), time(opens), time(opens + hours), days)
    at = datetime(2026, month, 1, tzinfo=UTC) + timedelta(minutes=minute)
    found = windows.next_open(window, at)
    counted = at
    while True:
        wall = counted.astimezone(window.zone)
        if wall.weekday() in days and window.opens <= wall.time() < window.closes:
            break
        counted += timedelta(minutes=1)
    assert found == counted


def test_the_daily_cap_is_of_the_days_of_the_zone():
    late = datetime(2026, 11, 3, 22, 30, tzinfo=UTC)  # 23:30 in Berlin
    soon = late + timedelta(minutes=45)
    assert windows.under_caps(Caps(1, 9), [late], soon, BERLIN) == soon
    assert windows.under_caps(Caps(1, 9), [late], soon, ZoneInfo("UTC")) == datetime(2026, 11, 4, tzinfo=UTC)


def test_the_weekly_cap_waits_until_the_oldest_is_seven_days_old():
    start = datetime(2026, 11, 2, 9, tzinfo=UTC)
    sent = [start, start + timedelta(days=1), start + timedelta(days=2)]
    assert windows.under_caps(Caps(5, 3), sent, start + timedelta(days=3), BERLIN) == start + timedelta(days=7)


def test_a_cap_of_zero_lets_nothing_go():
    assert windows.under_caps(Caps(0, 3), [], datetime(2026, 11, 2, tzinfo=UTC), BERLIN) is None


def test_window_and_cap_hold_together():
    friday = datetime(2026, 11, 6, 9, tzinfo=UTC)
    assert windows.earliest(OFFICE, Caps(1, 9), [friday], friday + timedelta(hours=1)) == datetime(
        2026, 11, 9, 7, tzinfo=UTC
    )
