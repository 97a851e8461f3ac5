"""The due meter: how much of a promise is used, in colour and in words, in work time and the reader's zone."""

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone

from sla import terms
from sla.models import Agreement, Clock
from sla.worktime import Hours, Window, to_json

ALWAYS = Hours("UTC", tuple(Window(day, time(0), time(0)) for day in range(7)))
OFFICE = Hours("UTC", tuple(Window(day, time(9), time(17)) for day in range(5)))
WEDNESDAY = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def clock(hours: Hours, started: datetime, due: datetime, warn: datetime | None = None, **fields) -> Clock:
    stored = replace(terms.default(), calendar=to_json(hours)).to_stored()
    known = {"target_amount": 1, "target_unit": "hours", "agreement": Agreement(version=3, terms=stored)}
    return Clock(started_at=started, due_at=due, warn_at=warn, **known | fields)


def shown(found: Clock | None, at: datetime) -> str:
    return Template("{% load wording %}{% due clock at %}").render(Context({"clock": found, "at": at}))


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize(
    ("due", "fields", "css", "said"),
    [
        (2 * HOUR, {}, "due-ok", "today 15:00 2 h left"),
        (2 * HOUR, {"warn": -MINUTE}, "due-warn", "today 15:00 2 h left"),
        (-22 * MINUTE, {}, "due-late", "overdue 22 min was due today 12:38"),
        (0 * HOUR, {}, "due-late", "overdue under a minute was due today 13:00"),
        (-HOUR, {"state": "met", "stopped": -2 * HOUR}, "due-met", "met in time"),
        (-2 * HOUR, {"state": "met", "stopped": -HOUR, "breached": True}, "due-late", "met 1 h late"),
        (HOUR, {"state": "cancelled", "stopped": -HOUR}, "due-stopped", "no longer owed"),
        (
            -2 * HOUR,
            {"state": "cancelled", "stopped": -HOUR, "breached": True},
            "due-late",
            "1 h late then no longer owed",
        ),
    ],
)
def test_a_due_meter_goes_neutral_amber_red_and_says_it(due, fields, css, said):
    now = WEDNESDAY
    found = clock(
        ALWAYS,
        now - 4 * HOUR,
        now + due,
        now + fields["warn"] if "warn" in fields else None,
        state=fields.get("state", "running"),
        stopped_at=now + fields["stopped"] if "stopped" in fields else None,
        breached_at=now + due if fields.get("breached") else None,
    )
    page = shown(found, now)
    assert css in page
    assert words(page) == said


def test_fifteen_working_minutes_late_are_not_two_days_and_sixteen_hours():
    # Due on Friday 16:50, looked at on Monday 09:05: ten minutes of Friday and five of Monday.
    page = shown(clock(OFFICE, FRIDAY - HOUR, FRIDAY + 20 * MINUTE), MONDAY + 5 * MINUTE)

    assert "overdue 15 min" in words(page)


def test_outside_hours_it_says_when_the_calendar_opens_and_the_bar_stands_still():
    found = clock(OFFICE, FRIDAY, MONDAY + 30 * MINUTE)
    page = shown(found, SUNDAY)

    assert words(page) == "tomorrow 09:30 30 min of working time left; closed, opens tomorrow 09:00"
    assert 'meter-fill" width="50%"' in page
    assert 'meter-fill" width="50%"' in shown(found, FRIDAY + HOUR)


def test_the_time_is_that_of_the_reader():
    found = clock(OFFICE, FRIDAY, MONDAY + HOUR)
    with timezone.override(ZoneInfo("America/New_York")):
        assert words(shown(found, FRIDAY)).startswith("Mon 05:00 1 h 30 min of working time left")


def test_a_promise_in_working_days_is_told_in_them():
    nine = {"target_amount": 9, "target_unit": "days"}
    found = clock(OFFICE, WEDNESDAY, datetime(2026, 12, 1, 13, tzinfo=UTC), **nine)

    page = shown(found, datetime(2026, 11, 23, 13, tzinfo=UTC))
    assert "1 Dec 13:00 6 working days left" in words(page)
    assert "promised within 9 working days" in page
    assert "overdue 2 working days" in words(shown(found, datetime(2026, 12, 3, 13, tzinfo=UTC)))


def test_a_page_that_stays_open_is_given_when_the_calendar_is_open():
    page = shown(clock(OFFICE, FRIDAY, MONDAY + HOUR), FRIDAY)
    begin, end = MONDAY.timestamp() * 1000, MONDAY.replace(hour=16, minute=30).timestamp() * 1000
    friday_end = FRIDAY.replace(hour=17, minute=0).timestamp() * 1000

    assert f'data-open="{FRIDAY.timestamp() * 1000:.0f}-{friday_end:.0f} {begin:.0f}-{end:.0f}"' in page
    assert 'data-left="90.00"' in page
    assert 'data-total="90.00"' in page


def test_what_is_ended_does_not_go_on_counting():
    page = shown(clock(OFFICE, FRIDAY, MONDAY, state="met", stopped_at=FRIDAY), MONDAY)
    assert "data-due" not in page


def test_a_clock_that_never_falls_due_says_why_and_none_is_a_dash():
    never = clock(Hours("UTC", ()), WEDNESDAY, WEDNESDAY)
    never.due_at = None
    assert words(shown(never, WEDNESDAY)) == "never due the calendar never opens"
    assert words(shown(None, WEDNESDAY)) == "–"
