"""What a member holds is handed on while others move the same leads."""

import threading
from functools import partial

import pytest
from django.db import connection, transaction

from leadflow.errors import Invalid, NotAllowed
from leads.lifecycle import handing_on, holdings, moves
from leads.lifecycle.handing_on import Destination
from leads.lifecycle.holdings import Kind
from leads.models import Handoff, HandoffState, Lead, Transition
from tests import builders
from tests.leads.lifecycle.test_moves_race import at_once
from workspaces import members
from workspaces.roles import Role

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_a_lead_accepted_meanwhile_is_asked_for_and_nothing_is_half_done():
    workspace = builders.workspace()
    rita, otto = builders.member(workspace), builders.member(workspace)
    admin = builders.actor(builders.member(workspace, Role.ADMIN))
    accepted, offer = builders.handoff(workspace, owner=rita), builders.handoff(workspace, owner=rita)
    outcome, started = [], threading.Event()

    @transaction.atomic
    def leave():
        changed = members.deactivate(rita, actor=admin)
        started.set()
        handing_on.hand_on(changed, {Kind.OFFERS: Destination(member=otto)}, actor=admin)

    def work():
        try:
            leave()
        except Invalid as error:
            outcome.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=work)
    with transaction.atomic():
        moves.accept(accepted, actor=builders.actor(rita))  # holds the lead until the end of the block
        other.start()
        assert started.wait(10)
        other.join(0.5)
        assert other.is_alive(), "it has to wait for the lead"
    other.join()
    assert [each.field for each in outcome] == [Kind.ACCEPTED]
    rita.refresh_from_db()
    assert rita.active
    assert set(Handoff.everywhere.filter(owner=rita)) == {accepted, offer}
    assert not Transition.everywhere.filter(move="reassign").exists()


def test_with_a_destination_for_both_kinds_it_goes_as_what_it_is_by_then():
    workspace = builders.workspace()
    rita, otto = builders.member(workspace), builders.member(workspace)
    admin = builders.actor(builders.member(workspace, Role.ADMIN))
    to = {Kind.OFFERS: Destination(), Kind.ACCEPTED: Destination(member=otto)}
    for _ in range(5):
        handoff = builders.handoff(workspace, owner=rita)
        accepted, handed_on = at_once(
            partial(moves.accept, handoff, actor=builders.actor(rita)),
            partial(handing_on.hand_on, rita, to, actor=admin),
        )
        now = Handoff.everywhere.get(pk=handoff.pk)
        if isinstance(accepted, Handoff) and now.owner == otto:  # accepted first, then handed on
            assert now.state == HandoffState.ACCEPTED
        elif isinstance(accepted, Handoff):  # handed to the queue first: Rita, who is still here, took it out of it
            assert now.owner == rita
            moves.reassign(now, actor=admin, to=otto)
        else:
            raise AssertionError((accepted, handed_on))
        now.refresh_from_db()
        assert Lead.everywhere.get(pk=handoff.lead_id).owner_id == now.owner_id == otto.pk
        assert not isinstance(handed_on, Exception), handed_on


def test_two_who_hand_on_at_once_give_each_lead_away_once():
    workspace = builders.workspace()
    rita = builders.member(workspace)
    takers = [builders.member(workspace) for _ in range(2)]
    admin = builders.actor(builders.member(workspace, Role.ADMIN))
    leads = [builders.handoff(workspace, owner=rita).lead_id for _ in range(6)]
    at_once(
        *(partial(handing_on.hand_on, rita, {Kind.OFFERS: Destination(member=each)}, actor=admin) for each in takers)
    )
    assert not holdings.of(rita)
    assert Transition.everywhere.filter(move="reassign", lead__in=leads).count() == 6
    assert len({each.owner_id for each in Handoff.everywhere.filter(lead__in=leads)}) == 1


def test_a_lead_that_a_manager_gives_away_meanwhile_stays_where_he_gave_it():
    workspace = builders.workspace()
    rita, otto, theirs = (builders.member(workspace) for _ in range(3))
    boss = builders.actor(builders.member(workspace, Role.SALES_MANAGER))
    for _ in range(4):
        handoff = builders.handoff(workspace, owner=rita)
        given, _ = at_once(
            partial(moves.reassign, handoff, actor=boss, to=theirs),
            partial(handing_on.hand_on, rita, {Kind.OFFERS: Destination(member=otto)}, actor=boss),
        )
        assert not isinstance(given, NotAllowed)
        assert Handoff.everywhere.get(pk=handoff.pk).owner == theirs  # whoever was first: the manager meant this lead
        assert not holdings.of(rita)
