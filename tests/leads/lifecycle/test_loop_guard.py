"""A lead does not go back to the rep who returned it, whoever chooses, unless the reason says so."""

from datetime import timedelta

import pytest

from leadflow.errors import NotAllowed
from leads.lifecycle import moves
from leads.models import Handoff, Lead, Transition
from tests import builders
from tests.builders import MONDAY
from workspaces.roles import Role

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = MONDAY + 120 * DAY


@pytest.fixture
def rep(workspace):
    return builders.member(workspace)


@pytest.fixture
def return_to_marketing(workspace, rep):
    """Have the rep return a lead for a reason; then it does something new."""

    def returned(code: str = "no-response") -> Lead:
        handoff = builders.handoff(workspace, owner=rep, accepted=True)
        reason = builders.reason(workspace, code)
        facts = {"note": "Nobody there", "revisit_on": (MONDAY + 90 * DAY).date()}
        moves.return_to_marketing(handoff, actor=builders.actor(rep), reason=reason, at=MONDAY + DAY, **facts)
        lead = Lead.everywhere.get(pk=handoff.lead_id)
        builders.event(lead, "demo_request", at=LATER - DAY)
        return lead

    return returned


def offer(lead, owner=None):
    """Hand the lead over again, by default to the queue: nobody is in the pool."""
    return moves.qualify(lead, actor=builders.engine(), override="Asked again", owner=owner, at=LATER)


def check_refused(door, handoff, **facts):
    """Assert that a door refuses the rep with the state and the moves, and changes nothing."""
    rows = Transition.everywhere.count()
    with pytest.raises(NotAllowed, match="returned this lead") as refusal:
        door(handoff, at=LATER, **facts)
    assert refusal.value.code == "returned_before"
    assert {"state", "allowed"} <= refusal.value.facts.keys()
    assert Transition.everywhere.count() == rows


def test_nobody_hands_a_lead_over_to_the_rep_who_returned_it(return_to_marketing, rep):
    lead = return_to_marketing()
    check_refused(moves.qualify, lead, actor=builders.engine(), override="Asked again", owner=rep)
    assert Handoff.everywhere.filter(lead=lead).count() == 1


def test_the_rep_who_returned_a_lead_does_not_accept_it_out_of_the_queue(return_to_marketing, rep):
    handoff = offer(return_to_marketing())
    check_refused(moves.accept, handoff, actor=builders.actor(rep))
    assert Handoff.everywhere.get(pk=handoff.pk).owner is None


def test_nobody_accepts_a_lead_in_the_name_of_the_rep_who_returned_it(return_to_marketing, rep):
    handoff = offer(return_to_marketing())
    check_refused(moves.accept, handoff, actor=builders.engine(), owner=rep)
    assert Handoff.everywhere.get(pk=handoff.pk).owner is None


def test_the_rep_who_returned_a_lead_does_not_claim_it(return_to_marketing, rep):
    handoff = offer(return_to_marketing())
    check_refused(moves.claim, handoff, actor=builders.actor(rep))
    assert Handoff.everywhere.get(pk=handoff.pk).owner is None


def test_a_manager_does_not_reassign_a_lead_to_the_rep_who_returned_it(workspace, return_to_marketing, rep):
    other = builders.member(workspace)
    handoff = offer(return_to_marketing(), owner=other)
    manager = builders.actor(builders.member(workspace, Role.SALES_MANAGER))
    check_refused(moves.reassign, handoff, actor=manager, to=rep)
    assert Handoff.everywhere.get(pk=handoff.pk).owner == other


def test_a_lead_whose_reason_allows_it_goes_back_to_the_rep_who_returned_it(return_to_marketing, rep):
    assert offer(return_to_marketing("no-budget"), owner=rep).owner == rep
    handoff = offer(return_to_marketing("no-budget"))
    assert moves.claim(handoff, actor=builders.actor(rep), at=LATER).owner == rep
