"""The workspace's business hours as people edit them."""

import pytest

from leadflow.errors import Invalid
from sla import amendments, calendars
from tests.sla.conftest import actor
from workspaces.models import AuditEntry

SPLIT = {
    "zone": "Europe/Vienna",
    "windows": [
        {"weekday": 0, "start": "08:00", "end": "12:00"},
        {"weekday": 0, "start": "13:00", "end": "16:30"},
    ],
    "holidays": [{"date": "2026-05-04", "name": "Works outing"}],
}


def test_hours_are_replaced_and_the_change_is_in_the_audit_log(workspace, sales_head):
    before = calendars.of(workspace).hours
    calendars.edit(workspace, actor=actor(sales_head), hours=SPLIT)

    assert calendars.of(workspace).hours == SPLIT
    entry = AuditEntry.objects.of(workspace).get(action="calendar.changed")
    assert entry.changes == {"hours": [before, SPLIT]}
    assert entry.actor_name == "Sam Sales"


def test_hours_that_overlap_are_refused_with_the_place_and_nothing_changes(workspace, sales_head):
    before = calendars.of(workspace).hours
    windows = [{"weekday": 0, "start": "08:00", "end": "12:00"}, {"weekday": 0, "start": "11:00", "end": "13:00"}]

    with pytest.raises(Invalid, match="overlap"):
        calendars.edit(workspace, actor=actor(sales_head), hours={**SPLIT, "windows": windows})

    assert calendars.of(workspace).hours == before
    assert not AuditEntry.objects.of(workspace).filter(action="calendar.changed").exists()


def test_public_holidays_are_copied_in_with_their_names_beside_those_there_already(workspace, sales_head):
    calendars.edit(workspace, actor=actor(sales_head), hours=SPLIT)
    amendments.add_holidays(workspace, actor=actor(sales_head), country="at", year=2026)

    held = calendars.of(workspace).hours
    rows = {row["date"]: row["name"] for row in held["holidays"]}
    assert rows["2026-05-04"] == "Works outing"
    assert rows["2026-10-26"]
    amendments.add_holidays(workspace, actor=actor(sales_head), country="AT", year=2026)
    assert calendars.of(workspace).hours == held


def test_a_country_without_known_holidays_is_refused(workspace, sales_head):
    before = calendars.of(workspace).hours

    with pytest.raises(Invalid, match="No holidays are known"):
        amendments.add_holidays(workspace, actor=actor(sales_head), country="XX", year=2026)

    assert calendars.of(workspace).hours == before
