"""Clocks of what is handed on: they go with their leads, and with the follow-ups that somebody else does."""

from datetime import timedelta

import pytest
import time_machine

from leads.activity import follow_ups
from leads.lifecycle import handing_on, moves
from leads.lifecycle.handing_on import Destination
from leads.lifecycle.holdings import Kind
from leads.models import FollowUp
from sla.models import Clock
from tests.sla.conftest import MONDAY, actor, clock, sweep
from workspaces.models import Notice

HOUR = timedelta(hours=1)
DUE = MONDAY + timedelta(days=3)


@pytest.fixture
def hand_on(rep, other_rep, sales_head, at_time):
    """Hand on all that the rep has to the other one, an hour later."""

    def do():
        to = dict.fromkeys(Kind, Destination(member=other_rep))
        with at_time(MONDAY + HOUR):
            return handing_on.hand_on(rep, to, actor=actor(sales_head), at=MONDAY + HOUR)

    return do


def plan(lead, by) -> FollowUp:
    with time_machine.travel(MONDAY, tick=False):
        return follow_ups.plan(lead, actor=actor(by), due_at=DUE, at=MONDAY)


def test_the_clocks_of_offers_start_afresh_as_the_agreement_says(agreement, offer, rep, other_rep, at_time, hand_on):
    with at_time(MONDAY):
        offers = [offer(rep, at=MONDAY) for _ in range(2)]
    hand_on()
    for handoff in offers:
        first, second = Clock.everywhere.filter(handoff=handoff, kind="accept").order_by("pk")
        assert (first.state, second.state, second.member) == ("cancelled", "running", other_rep)
        assert second.due_at == first.due_at + HOUR


def test_the_clocks_of_offers_run_on_where_the_agreement_says_so(sign, offer, rep, other_rep, at_time, hand_on):
    sign(reassign_restarts_accept=False)
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    due_at = clock(handoff, "accept").due_at
    hand_on()
    after = clock(handoff, "accept")
    assert (after.due_at, after.member) == (due_at, other_rep)


def test_a_planned_follow_up_its_clock_and_its_alarm_go_with_the_lead(
    agreement, offer, rep, other_rep, at_time, hand_on
):
    with at_time(MONDAY):
        handoff = moves.accept(offer(rep, at=MONDAY), actor=actor(rep), at=MONDAY)
    promised = plan(handoff.lead, rep)
    hand_on()
    assert FollowUp.everywhere.get(pk=promised.pk).member == other_rep
    running = clock(handoff, "follow_up")
    assert (running.member, running.due_at, running.state) == (other_rep, DUE, "running")
    Notice.everywhere.all().delete()
    sweep(DUE - timedelta(minutes=1))
    told = set(Notice.everywhere.filter(key__startswith=f"clock:{running.pk}:").values_list("member", flat=True))
    assert told == {other_rep.pk}


def test_a_follow_up_of_an_earlier_pass_goes_with_the_lead_as_well(
    agreement, offer, rep, other_rep, sales_head, at_time
):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    promised = plan(handoff.lead, rep)
    FollowUp.everywhere.filter(pk=promised.pk).update(handoff=None)
    Clock.everywhere.filter(follow_up=promised).update(handoff=None)
    with at_time(MONDAY + HOUR):
        moves.reassign(handoff, actor=actor(sales_head), to=other_rep, at=MONDAY + HOUR)
    assert Clock.everywhere.get(follow_up=promised).member == other_rep


def test_the_clock_of_a_follow_up_on_another_lead_goes_to_whoever_does_it(
    agreement, offer, rep, other_rep, sales_head, at_time, hand_on
):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    promised = plan(handoff.lead, rep)
    Clock.everywhere.filter(follow_up=promised).update(handoff=None)
    FollowUp.everywhere.filter(pk=promised.pk).update(handoff=None)
    with at_time(MONDAY):
        moves.recall(handoff, actor=actor(sales_head), note="Too early", at=MONDAY)
    hand_on()
    assert Clock.everywhere.get(follow_up=promised).member == other_rep


def test_whoever_takes_the_lead_out_of_the_queue_takes_over_what_was_promised(
    agreement, offer, rep, other_rep, sales_head, at_time
):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    promised = plan(handoff.lead, rep)
    with at_time(MONDAY + HOUR):
        moves.reassign(handoff, actor=actor(sales_head), to=None, at=MONDAY + HOUR)
        assert Clock.everywhere.get(follow_up=promised).member is None
        moves.accept(handoff, actor=actor(other_rep), at=MONDAY + HOUR)
    assert Clock.everywhere.get(follow_up=promised).member == other_rep
