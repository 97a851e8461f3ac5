"""Clocks by the API: the promise in its own unit, and where it stands in the work time of its version."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine

from sla import terms, worktime
from sla.models import Agreement, Clock
from tests import builders

OFFICE = worktime.Hours("UTC", tuple(worktime.Window(day, time(9), time(17)) for day in range(5)))
FRIDAY = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock(workspace, rep) -> Clock:
    """Return a clock of a version that another has followed: an hour from Friday 16:30 to Monday 9:30."""
    stored = replace(terms.default(), calendar=worktime.to_json(OFFICE)).to_stored()
    agreement = Agreement.everywhere.create(
        workspace=workspace, version=7, status="superseded", terms=stored, content_hash=terms.digest(stored)
    )
    handoff = builders.handoff(workspace, owner=rep)
    return Clock.everywhere.create(
        workspace=workspace,
        kind="decide",
        agreement=agreement,
        lead=handoff.lead,
        handoff=handoff,
        member=rep,
        tier="hot",
        target_amount=1,
        target_unit="hours",
        started_at=FRIDAY,
        due_at=MONDAY + HOUR / 2,
    )


def shown(api, clock, at: datetime) -> dict:
    with time_machine.travel(at, tick=False):
        [row] = json.loads(api.get(f"/api/v1/clocks?handoff={clock.handoff_id}&kind=decide").content)["results"]
    return row


def test_a_clock_says_its_promise_its_version_and_where_it_stands(api, clock):
    row = shown(api, clock, SUNDAY)

    assert row["target"] == {"amount": 1, "unit": "hours"}
    assert row["agreement_version"] == 7
    assert row["standing"] == {
        "state": "due",
        "minutes_left": 30.0,
        "minutes_late": 0.0,
        "share_used": 0.5,
        "opens_at": "2026-11-23T09:00:00Z",
    }


def test_late_is_said_in_work_time(api, clock):
    row = shown(api, clock, MONDAY + 24 * HOUR)

    assert row["standing"]["state"] == "late"
    assert row["standing"]["minutes_late"] == 7.5 * 60  # of Monday; the night does not count
    assert row["standing"]["opens_at"] is None


def test_where_a_date_was_promised_there_is_no_length(api, clock):
    Clock.everywhere.filter(pk=clock.pk).update(target_amount=None, target_unit="")

    assert shown(api, clock, SUNDAY)["target"] is None
