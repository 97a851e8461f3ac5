"""Two people move one lead at once: one wins, the other is told who."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from leadflow import db, sweeps
from leadflow.errors import NotAllowed
from leads.lifecycle import moves
from leads.models import Handoff, Lead, Pool, Transition
from tests import builders
from tests.builders import MONDAY
from workspaces.roles import Role

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*moves):
    """Run the moves in threads that start together; return what each came to."""
    start, outcomes = threading.Barrier(len(moves)), [None] * len(moves)

    def work(number):
        try:
            start.wait()
            outcomes[number] = moves[number]()
        except Exception as error:  # noqa: BLE001  the test asks what it was
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(moves))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_four_managers_accept_one_handoff_and_three_are_told_who_won():
    workspace = builders.workspace()
    for _ in range(5):
        handoff = builders.handoff(workspace)
        managers = [builders.member(workspace, Role.SALES_MANAGER) for _ in range(4)]
        outcomes = at_once(*(partial(moves.accept, handoff, actor=builders.actor(manager)) for manager in managers))
        winners = [outcome for outcome in outcomes if isinstance(outcome, Handoff)]
        refusals = [outcome for outcome in outcomes if isinstance(outcome, NotAllowed)]
        assert (len(winners), len(refusals)) == (1, 3), outcomes
        winner = winners[0].accepted_by
        assert {refusal.facts["winner"]["id"] for refusal in refusals} == {winner.pk}
        assert Transition.everywhere.filter(lead=handoff.lead, move="accept").count() == 1


def test_a_recall_and_an_accept_at_once_leave_one_winner():
    workspace = builders.workspace()
    marketer = builders.member(workspace, Role.MARKETING)
    for _ in range(5):
        handoff = builders.handoff(workspace)
        accepted, recalled = at_once(
            partial(moves.accept, handoff, actor=builders.actor(handoff.owner)),
            partial(moves.recall, handoff, actor=builders.actor(marketer), note="Too early"),
        )
        refused = [outcome for outcome in (accepted, recalled) if isinstance(outcome, NotAllowed)]
        assert len(refused) == 1, (accepted, recalled)
        state = Lead.everywhere.get(pk=handoff.lead_id).state
        assert state == ("nurture" if refused[0] is accepted else "sal")
        assert refused[0].facts["winner"]["id"] == (marketer if refused[0] is accepted else handoff.owner).pk
        assert Transition.everywhere.filter(lead=handoff.lead).count() == 2


def test_two_marketers_qualify_one_lead_and_one_handoff_is_opened():
    workspace = builders.workspace()
    lead = builders.lead(workspace)
    marketers = [builders.member(workspace, Role.MARKETING) for _ in range(2)]
    outcomes = at_once(
        *(partial(moves.qualify, lead, actor=builders.actor(each), override="Fair") for each in marketers)
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Handoff", "NotAllowed"]
    assert Handoff.objects.of(workspace).count() == 1


def test_a_sweep_that_loses_a_deadlock_takes_the_row_again_within_seconds():
    workspace = builders.workspace()
    first, second = (Pool.everywhere.create(workspace=workspace, name=name) for name in ("First", "Second"))
    lead = builders.lead(workspace, next_at=MONDAY)
    both_hold_one = threading.Barrier(2)

    def lock(pool):
        db.lock(Pool.everywhere.all(), pool.pk)

    def other_request():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '10s'")  # so that it is the sweep that finds the deadlock
            lock(second)
            both_hold_one.wait()
            lock(first)

    def act(row, at):
        lock(first)
        both_hold_one.wait()
        lock(second)

    outcomes = at_once(other_request, partial(sweeps.run, Lead, act, at=MONDAY))
    assert outcomes == [None, 1]
    after = Lead.everywhere.get(pk=lead.pk)
    assert (after.attempts, after.dead_reason) == (1, "")
    assert after.next_at == MONDAY + timedelta(seconds=5)
