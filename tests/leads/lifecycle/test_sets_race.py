"""What happens around a set of leads that is handed over: others write the same rows at the same moment."""

import threading
from functools import partial

import pytest
from django.db import connection, transaction

from leads.lifecycle import evaluation, moves
from leads.lifecycle.moves import Candidate
from leads.models import Handoff, Lead, Pool, RoutingRule
from leads.people import identity
from tests import builders
from tests.builders import MONDAY
from tests.leads.lifecycle.test_moves_race import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_a_lead_is_judged_with_the_account_that_it_got_while_its_lock_was_awaited():
    workspace = builders.workspace()
    lead = builders.lead(workspace, title="CEO")
    account = builders.account(workspace)
    written, waited = threading.Event(), threading.Event()

    def give_account():
        with transaction.atomic():
            Lead.everywhere.filter(pk=lead.pk).update(account=account)
            written.set()
            waited.wait(1)  # until the other one waits for the row, as it does at once

    def hand_over():
        written.wait(10)
        return moves.qualify_many([Candidate(lead, MONDAY, "Fair")], actor=builders.engine())

    _, outcomes = at_once(give_account, hand_over)
    [handoff] = outcomes
    labels = {line["label"] for line in handoff.evidence["score_lines"]}
    assert {"Company of 200 people or more", "Industry we serve"} <= labels


def test_events_that_wake_leads_and_a_set_that_hands_them_over_wait_for_each_other():
    workspace = builders.workspace()
    leads = [builders.lead(workspace) for _ in range(40)]
    for lead in leads[:20]:  # their rows come behind the others now, where an UPDATE finds them
        Lead.everywhere.filter(pk=lead.pk).update(title="Moved")
    ids = [lead.pk for lead in leads]

    def wake():
        for _ in range(20):
            with transaction.atomic():
                identity.wake(ids, now=MONDAY)

    def hand_over():
        candidates = [Candidate(lead, MONDAY, "Fair") for lead in leads]
        for _ in range(10):
            moves.qualify_many(candidates, actor=builders.engine())

    assert at_once(wake, hand_over, wake, hand_over) == [None] * 4
    assert Handoff.objects.of(workspace).count() == len(leads)


def test_two_batches_of_the_same_two_workspaces_wait_for_each_other():
    batches: list[list[Lead]] = [[], []]
    for name in ("First", "Second"):
        workspace = builders.workspace(name)
        pool = Pool.objects.of(workspace).get(name="Sales")
        builders.place(pool, builders.member(workspace))
        assert RoutingRule.objects.of(workspace).get().pool_id == pool.pk
        for batch in batches:
            lead = builders.lead(workspace, title="CEO", account=builders.account(workspace), phone="1", country="DE")
            builders.event(lead, "demo_request", at=MONDAY)
            batch.append(Lead.everywhere.get(pk=lead.pk))
    batches[1].reverse()

    def evaluate(batch):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '100ms'")
            evaluation.evaluate(batch, MONDAY)

    assert at_once(*(partial(evaluate, batch) for batch in batches)) == [None, None]
    assert Handoff.everywhere.count() == 4
