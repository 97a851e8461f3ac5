"""The engine: scoring, handing over, revisiting, and when it looks again."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.lifecycle import evaluation, moves
from leads.models import Definition, Handoff, Lead, Pool, Scoring, Transition
from leads.qualification import definitions
from tests import builders
from tests.builders import MONDAY
from webhooks.models import OutboxEvent

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def due(lead, at=MONDAY):
    Lead.everywhere.filter(pk=lead.pk).update(next_at=at)


def sweep(lead, at):
    """Run the engine at `at` on this lead and return the lead afterwards."""
    due(lead, at)
    evaluation.sweep(at=at)
    after = Lead.everywhere.get(pk=lead.pk)
    assert after.dead_reason == ""
    assert after.attempts == 0
    return after


def fitting(workspace, **fields):
    return builders.lead(workspace, title="CEO", country="DE", account=builders.account(workspace), **fields)


def returned(workspace, code="no-authority", **facts):
    """A lead that fits, was handed over for a demo request and returned on Monday."""
    lead = fitting(workspace)
    builders.event(lead, "demo_request", at=MONDAY - DAY)
    handoff = builders.handoff(workspace, lead=lead, at=MONDAY - HOUR)
    moves.return_to_marketing(
        handoff, actor=builders.actor(handoff.owner), reason=builders.reason(workspace, code), at=MONDAY, **facts
    )
    return lead


def test_a_lead_is_scored_and_its_lines_add_up(workspace):
    lead = fitting(workspace)
    builders.event(lead, "download", topics=["routing"])
    after = sweep(lead, MONDAY + HOUR)
    assert after.grade == after.fit_grade + str(after.interest_level)
    assert sum(line["points"] for line in after.score_lines) == after.fit_points + after.interest_points
    assert after.interests == {"routing": 10.0}
    assert after.scored_at == MONDAY + HOUR
    assert after.state == "new"


def test_a_lead_that_meets_the_definition_is_handed_over_with_nobody_watching(workspace):
    rep = builders.member(workspace)
    builders.place(Pool.objects.of(workspace).get(), rep)
    lead = fitting(workspace)
    builders.event(lead, "demo_request", name="Demo")
    after = sweep(lead, MONDAY + HOUR)
    handoff = Handoff.everywhere.get(lead=lead)
    assert (after.state, after.owner) == ("mql", rep)
    assert (handoff.owner, handoff.tier, handoff.offered_at) == (rep, "hot", MONDAY + HOUR)
    assert handoff.evidence["verdict"]["passed"] is True
    assert Transition.everywhere.get(lead=lead, move="qualify").actor_name == "Leadflow (definition)"
    sweep(lead, MONDAY + 2 * HOUR)
    assert Handoff.everywhere.filter(lead=lead).count() == 1


def test_without_an_agreement_nothing_is_handed_over():
    workspace = builders.workspace(active=False)
    lead = fitting(workspace)
    builders.event(lead, "demo_request")
    assert sweep(lead, MONDAY + HOUR).state == "new"


def test_activating_a_definition_wakes_the_leads_that_meet_it():
    workspace = builders.workspace(active=False)
    lead = fitting(workspace)
    builders.event(lead, "demo_request")
    sweep(lead, MONDAY + HOUR)
    definitions.activate(Definition.objects.of(workspace).get(kind="mql"), at=MONDAY + 2 * HOUR)
    evaluation.sweep(at=MONDAY + 2 * HOUR)
    assert Lead.everywhere.get(pk=lead.pk).state == "mql"


def test_a_disqualified_lead_is_never_handed_over(workspace):
    lead = fitting(workspace)
    builders.event(lead, "demo_request")
    moves.disqualify(lead, actor=builders.engine(), reason=builders.reason(workspace, "spam", "disqualify"))
    after = sweep(lead, MONDAY + HOUR)
    assert (after.state, after.next_at) == ("disqualified", None)


class TestLoopGuard:
    def test_a_returned_lead_stays_until_something_new_speaks_for_it(self, workspace):
        lead = returned(workspace)
        assert sweep(lead, MONDAY + 31 * DAY).state == "nurture"
        builders.event(lead, "demo_request", at=MONDAY + 32 * DAY)
        assert sweep(lead, MONDAY + 32 * DAY).state == "mql"
        assert Handoff.everywhere.filter(lead=lead).count() == 2

    def test_the_engine_looks_again_when_the_cool_off_is_over(self, workspace):
        lead = returned(workspace)
        builders.event(lead, "demo_request", at=MONDAY + DAY)
        due(lead, MONDAY + 29 * DAY + 12 * HOUR)
        evaluation.sweep(at=MONDAY + 29 * DAY + 12 * HOUR)
        waiting = Lead.everywhere.get(pk=lead.pk)
        assert (waiting.state, waiting.next_at) == ("nurture", MONDAY + 30 * DAY)
        evaluation.sweep(at=MONDAY + 30 * DAY)
        assert Lead.everywhere.get(pk=lead.pk).state == "mql"

    def test_no_more_passes_than_agreed(self, workspace):
        Definition.objects.of(workspace).filter(kind="mql").update(loop_guard={"max_passes": 1})
        lead = returned(workspace)
        builders.event(lead, "demo_request", at=MONDAY + 40 * DAY)
        assert sweep(lead, MONDAY + 40 * DAY).state == "nurture"

    def test_what_marketing_recalled_is_not_handed_over_again_for_the_same_reasons(self, workspace):
        lead = fitting(workspace)
        builders.event(lead, "demo_request", at=MONDAY - DAY)
        sweep(lead, MONDAY)
        moves.recall(lead.handoffs.get(), actor=builders.engine(), note="Not yet", at=MONDAY + HOUR)
        assert sweep(lead, MONDAY + 2 * HOUR).state == "nurture"
        builders.event(lead, "webinar", at=MONDAY + 3 * HOUR)  # not what the definition asks for, by itself
        assert sweep(lead, MONDAY + 4 * HOUR).state == "nurture"
        builders.event(lead, "demo_request", at=MONDAY + 5 * HOUR)
        assert sweep(lead, MONDAY + 6 * HOUR).state == "mql"


class TestRevisit:
    def test_a_lost_lead_is_recycled_on_its_revisit_date(self, workspace):
        Definition.objects.of(workspace).filter(kind="sql").update(condition={"fact": "lead.email", "op": "known"})
        handoff = builders.handoff(workspace, accepted=True)
        moves.promote(handoff, actor=builders.engine(), at=MONDAY)
        moves.lose(handoff, actor=builders.engine(), reason=builders.reason(workspace, "price", "lose"), at=MONDAY)
        evaluation.sweep(at=MONDAY + 179 * DAY)
        assert Lead.everywhere.get(pk=handoff.lead_id).state == "lost"
        evaluation.sweep(at=MONDAY + 180 * DAY)
        after = Lead.everywhere.get(pk=handoff.lead_id)
        assert (after.state, after.revisit_at, after.owner) == ("nurture", None, None)
        assert Transition.everywhere.get(lead=after, move="recycle").actor_name == "Leadflow (revisit)"

    def test_a_revisit_date_in_nurture_is_reached_once_and_told(self, workspace):
        lead = returned(workspace, "not-ready", revisit_on=(MONDAY + 60 * DAY).date())
        revisit_at = Lead.everywhere.get(pk=lead.pk).revisit_at
        assert sweep(lead, revisit_at - HOUR).next_at == revisit_at
        evaluation.sweep(at=revisit_at)
        after = Lead.everywhere.get(pk=lead.pk)
        assert (after.state, after.revisit_at) == ("nurture", None)
        sweep(lead, revisit_at + DAY)
        fact = OutboxEvent.everywhere.get(lead_id=lead.pk, type="lead.revisit_due")
        assert fact.at == revisit_at
        assert fact.sequence == after.sequence


class TestNextLook:
    def test_a_lead_that_did_nothing_is_left_alone(self, workspace):
        assert sweep(builders.lead(workspace), MONDAY).next_at is None

    def test_interest_fades_by_the_day_until_it_is_gone(self, workspace):
        lead = builders.lead(workspace)
        builders.event(lead, "download")
        after = sweep(lead, MONDAY)
        assert (after.interest_points, after.next_at) == (10, MONDAY + DAY)
        assert sweep(lead, MONDAY + 30 * DAY).interest_points == 5
        gone = sweep(lead, MONDAY + 300 * DAY)
        assert (gone.interest_points, gone.next_at) == (0, None)

    def test_a_won_lead_is_not_looked_at_again(self, workspace):
        Definition.objects.of(workspace).filter(kind="sql").update(condition={"fact": "lead.email", "op": "known"})
        handoff = builders.handoff(workspace, accepted=True)
        builders.event(handoff.lead, "download")
        moves.promote(handoff, actor=builders.engine())
        moves.win(handoff, actor=builders.engine(), amount=Decimal(1))
        assert Lead.everywhere.get(pk=handoff.lead_id).next_at is None


def test_one_lead_that_fails_does_not_stop_the_others_and_is_shown(workspace):
    """A definition that cannot be read is the only way in which a lead of one workspace fails for good."""
    broken = builders.workspace("Broken")
    Definition.objects.of(broken).filter(kind="mql").update(loop_guard={"max_passes": "many"})
    bad, good = fitting(broken), fitting(workspace)
    due(bad)
    due(good)
    evaluation.sweep(at=MONDAY)
    bad, good = Lead.everywhere.get(pk=bad.pk), Lead.everywhere.get(pk=good.pk)
    assert (bad.attempts, bad.scored_at) == (1, None)
    assert bad.next_at > MONDAY
    assert good.scored_at == MONDAY
    for _ in range(4):
        Lead.everywhere.filter(pk=bad.pk).update(next_at=MONDAY)
        evaluation.sweep(at=MONDAY)
    assert "max_passes" in Lead.everywhere.get(pk=bad.pk).dead_reason


@pytest.mark.parametrize("number", [1, 20])
def test_a_batch_reads_and_writes_in_sets(workspace, number):
    for _ in range(number):
        lead = fitting(workspace)
        for age in range(4):
            builders.event(lead, "page", at=MONDAY - age * HOUR)
        due(lead)
    with CaptureQueriesContext(connection) as statements:
        assert evaluation.sweep(at=MONDAY) == number
    spoken = [s["sql"] for s in statements if "SAVEPOINT" not in s["sql"]]
    # the claim, the accounts, what assessing takes (six), what is stored, what is recorded of the new grades (two),
    # and who is in a program and which programs take leads in marketing's care
    assert len(spoken) == 14, "\n".join(spoken)[:5000]


def test_scoring_that_cannot_be_read_is_kept_on_the_leads_of_that_workspace(workspace):
    broken = builders.workspace("Broken")
    Scoring.objects.of(broken).update(rules={"fit": "none"})
    bad, good = fitting(broken), fitting(workspace)
    due(bad)
    due(good)
    evaluation.sweep(at=MONDAY)
    assert Lead.everywhere.get(pk=bad.pk).attempts == 1
    assert Lead.everywhere.get(pk=good.pk).scored_at == MONDAY


def test_the_sweep_of_the_room_runs_the_engine(workspace):
    from leads import tasks

    lead = fitting(workspace)
    due(lead)
    assert tasks.run_sweeps() == 1
    assert Lead.everywhere.get(pk=lead.pk).scored_at is not None
