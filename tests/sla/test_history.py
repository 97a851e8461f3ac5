"""History brought in from elsewhere: recorded as it was, without an alarm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leads.lifecycle import moves
from leads.models import Reason
from sla import durations, terms
from sla.models import Clock, Escalation
from tests.sla.conftest import MONDAY, actor, clock, sweep
from workspaces.models import Notice

THEN = datetime(2017, 5, 8, 9, tzinfo=UTC)  # a Monday
NOW = MONDAY + timedelta(days=30)
HOUR = timedelta(hours=1)


@pytest.fixture
def alarms(workspace):
    """Sweep for a long while, and return what was raised on clocks."""

    def raised() -> tuple[int, int]:
        for days in (0, 1, 30, 400):
            sweep(NOW + timedelta(days=days))
        return Notice.objects.of(workspace).filter(kind__startswith="clock.").count(), Escalation.everywhere.count()

    return raised


def test_a_clock_that_was_over_before_we_heard_of_it_is_late_and_silent(agreement, offer, rep, at_time, alarms):
    with at_time(NOW):
        handoff = offer(rep, at=THEN)

    recorded = clock(handoff, "accept")
    assert (recorded.state, recorded.silent, recorded.next_at) == ("running", True, None)
    assert recorded.breached_at == recorded.due_at == THEN + 4 * HOUR
    assert alarms() == (0, 0)


def test_a_clock_that_was_over_minutes_before_we_heard_of_it_is_silent_too(sign, offer, rep, at_time):
    sign(sales=tuple(replace(policy, accept_within=durations.minutes(2)) for policy in terms.default().sales))
    with at_time(MONDAY + timedelta(minutes=3)):
        handoff = offer(rep, at=MONDAY)

    recorded = clock(handoff, "accept")
    assert (recorded.silent, recorded.breached_at) == (True, recorded.due_at)
    sweep(MONDAY + 6 * HOUR)
    assert not Notice.everywhere.filter(kind__startswith="clock.").exists()
    assert not Escalation.everywhere.exists()


def test_a_promise_kept_in_the_past_is_recorded_as_kept(agreement, offer, rep, at_time, alarms):
    with at_time(NOW):
        handoff = offer(rep, at=THEN)
        moves.accept(handoff, actor=actor(rep), at=THEN + HOUR)

    met = clock(handoff, "accept")
    assert (met.state, met.stopped_at, met.breached_at) == ("met", THEN + HOUR, None)
    assert {c.kind for c in Clock.everywhere.filter(handoff=handoff, silent=True)} == {
        "accept",
        "first_touch",
        "attempts",
        "decide",
    }
    assert alarms() == (0, 0)


def test_a_promise_broken_in_the_past_is_recorded_as_broken(agreement, offer, rep, workspace, at_time, alarms):
    returned = THEN + timedelta(days=60)
    reason = Reason.objects.of(workspace).get(kind="return", code="no-response")
    with at_time(NOW):
        handoff = offer(rep, at=THEN)
        moves.accept(handoff, actor=actor(rep), at=THEN + 6 * HOUR)
        moves.return_to_marketing(handoff, actor=actor(rep), reason=reason, at=returned)

    late = {c.kind: c.breached_at is not None for c in Clock.everywhere.filter(handoff=handoff)}
    assert late == {"accept": True, "first_touch": True, "attempts": True, "decide": True}
    assert clock(handoff, "decide").stopped_at == returned
    assert alarms() == (0, 0)


def test_what_was_asked_in_the_past_and_is_due_in_the_future_warns_as_ever(agreement, offer, rep, at_time):
    with at_time(MONDAY + HOUR):
        handoff = offer(rep, at=MONDAY)

    running = clock(handoff, "accept")
    assert (running.silent, running.next_at) == (False, MONDAY + 3 * HOUR)
    sweep(MONDAY + 4 * HOUR)
    assert clock(handoff, "accept").breached_at == MONDAY + 4 * HOUR
    assert Notice.everywhere.filter(kind="clock.breached", member=rep).exists()
