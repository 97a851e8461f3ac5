"""What is recorded of clocks for outside: each once, and nothing of what was over before it was reported."""

from datetime import timedelta

import pytest

from leads.lifecycle import moves
from tests.sla.conftest import MONDAY, actor, clock, sweep
from webhooks.models import OutboxEvent

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def recorded(handoff) -> list[tuple[str, str, object]]:
    rows = OutboxEvent.everywhere.filter(lead_id=handoff.lead_id, type__startswith="clock.").order_by("pk")
    return [(row.type, row.data["clock"]["kind"], row.at) for row in rows]


def test_a_clock_is_warned_breached_and_met_once_each(agreement, offer, rep, at_time):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    running = clock(handoff, "accept")
    for at in (running.warn_at, running.warn_at, running.due_at, running.due_at + HOUR):
        sweep(at)
    late = running.due_at + 2 * HOUR
    with at_time(late):
        moves.accept(handoff, actor=actor(rep), at=late)
    assert recorded(handoff) == [
        ("clock.warned", "accept", running.warn_at),
        ("clock.breached", "accept", running.due_at),
        ("clock.met", "accept", late),
    ]
    met = OutboxEvent.everywhere.get(type="clock.met")
    assert met.data["in_time"] is False
    assert met.data["clock"]["owner"]["id"] == rep.pk


def test_history_raises_no_alarm_outside(agreement, offer, rep):
    handoff = offer(rep, at=MONDAY)  # and the wall clock says months later
    sweep(MONDAY + timedelta(days=300))
    assert clock(handoff, "accept").breached_at is not None
    assert recorded(handoff) == []


def test_a_clock_that_is_cancelled_was_not_met(agreement, offer, rep, marketing_head, at_time):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
        moves.recall(handoff, actor=actor(marketing_head), note="Too early", at=MONDAY + HOUR)
    assert clock(handoff, "accept").state == "cancelled"
    assert recorded(handoff) == []
