"""Assessing a lead: facts, scores, verdict, loop guard."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Answer, Definition, Event, ExternalId, Question
from leads.qualification import assessment, definitions, lead_facts
from tests import builders
from tests.builders import MONDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def fitting(workspace):
    """A lead of fit A that has asked for a demo."""
    lead = builders.lead(workspace, title="Head of Operations", account=builders.account(workspace), country="DE")
    builders.event(lead, "demo_request", at=MONDAY, name="Demo", topics=["routing"])
    return lead


def test_a_lead_that_fits_and_asked_for_a_demo_meets_the_default_definition(fitting):
    assessed = assessment.assess(fitting, MONDAY + timedelta(hours=1))
    assert assessed.verdict.passed
    assert (assessed.grade, assessed.tier) == ("A1", "hot")
    assert sum(line.points for line in assessed.score.lines if line.kind == "fit") == assessed.score.fit_points
    assert assessed.newest_evidence_at == MONDAY
    assert list(assessed.interests) == ["routing"]


def test_evidence_is_json_that_names_the_criteria_and_the_lines(fitting):
    evidence = assessment.assess(fitting, MONDAY).evidence(override="Known from the fair")
    assert evidence["override"] == "Known from the fair"
    assert evidence["grade"] == "A1"
    assert all({"label", "passed", "observed"} <= set(criterion) for criterion in evidence["verdict"]["criteria"])
    assert {line["kind"] for line in evidence["score_lines"]} == {"fit", "interest"}


def test_without_an_agreement_the_verdict_fails_and_says_so():
    lead = builders.lead(builders.workspace(active=False))
    assessed = assessment.assess(lead, MONDAY)
    assert not assessed.verdict.passed
    assert [criterion.label for criterion in assessed.verdict.criteria] == ["An agreement is active"]
    assert assessed.definition is None
    assert assessed.tier == "standard"


def test_assessing_writes_nothing_and_costs_a_fixed_number_of_statements(fitting):
    for number in range(30):
        builders.event(fitting, "page", at=MONDAY - timedelta(days=number))
    again = type(fitting).everywhere.get(pk=fitting.pk)
    with CaptureQueriesContext(
        connection,
    ) as statements:
        assessment.assess(again, MONDAY)
    assert len(statements) == 7
    assert all(statement["sql"].startswith("SELECT") for statement in statements)


def test_counts_of_events_are_zero_for_what_never_happened_and_other_facts_are_missing(fitting):
    known = lead_facts.of(fitting, MONDAY)
    assert known["events.demo_request.count_30d"] == 1
    assert known.get("events.webinar.count_30d") == 0
    assert known.get("lead.attributes.size") is None
    with pytest.raises(KeyError):
        known["events.webinar.last_at"]


@pytest.mark.parametrize(
    "fields",
    [{"human": False}, {"clock_skew": "future"}, {"at": MONDAY + timedelta(days=2)}],
    ids=["robot", "clock skew", "later"],
)
def test_an_event_that_does_not_count_is_no_fact_and_no_point(workspace, fields):
    lead = builders.lead(workspace)
    builders.event(lead, "demo_request", **fields)
    assessed = assessment.assess(lead, MONDAY + timedelta(hours=1))
    assert assessed.facts["events.demo_request.count_30d"] == 0
    assert assessed.score.interest_points == 0


def test_an_event_of_31_days_ago_is_known_but_not_counted(workspace):
    lead = builders.lead(workspace)
    builders.event(lead, "webinar", at=MONDAY - timedelta(days=31))
    known = lead_facts.of(lead, MONDAY)
    assert known["events.webinar.count_30d"] == 0
    assert known["events.webinar.last_at"] == MONDAY - timedelta(days=31)


def test_answers_attributes_and_external_ids_are_facts(workspace):
    lead = builders.lead(workspace, attributes={"seats": 40}, email="")
    ExternalId.everywhere.create(workspace=workspace, lead=lead, system="crm", value="7")
    question = Question.objects.of(workspace).get(code="budget")
    Answer.everywhere.create(
        workspace=workspace, lead=lead, question=question, value="Approved", at=MONDAY, **builders.engine().row()
    )
    known = lead_facts.of(lead, MONDAY)
    assert known["readiness.budget"] == "Approved"
    assert known["readiness.answered"] == 1
    assert known["lead.attributes.seats"] == 40
    assert known["lead.external_ids"] == ["crm:7"]
    assert known["lead.free_mail"] is None


def test_data_is_complete_with_a_name_a_company_and_a_way_to_reach_the_person(workspace):
    lead = builders.lead(workspace, account=builders.account(workspace))
    assert lead_facts.of(lead, MONDAY)["data.complete"] is True
    lead.email = ""
    assert lead_facts.of(lead, MONDAY)["data.complete"] is False


def test_the_path_of_a_page_scores_by_what_it_contains(workspace):
    lead = builders.lead(workspace)
    builders.event(lead, "page", url="https://example.test/pricing?x=1", name="Prices")
    labels = [line.label for line in assessment.assess(lead, MONDAY).score.lines]
    assert "Looked at pricing" in labels


class TestLoopGuard:
    def returned(self, workspace, lead, **fields):
        type(lead).everywhere.filter(pk=lead.pk).update(passes=1, returned_at=MONDAY, **fields)
        return type(lead).everywhere.get(pk=lead.pk)

    def refusal(self, lead, at):
        return assessment.loop_guard(lead, assessment.assess(lead, at), at)

    def test_a_lead_never_handed_over_is_free(self, fitting):
        assert self.refusal(fitting, MONDAY) is None

    def test_a_returned_lead_needs_evidence_newer_than_its_return(self, workspace, fitting):
        lead = self.returned(workspace, fitting)
        later = MONDAY + timedelta(days=3)
        assert self.refusal(lead, later).code == "no_new_evidence"
        builders.event(lead, "download", at=MONDAY + timedelta(days=1))
        assert self.refusal(lead, later) is None

    def test_an_answer_is_evidence(self, workspace, fitting):
        lead = self.returned(workspace, fitting)
        question = Question.objects.of(workspace).get(code="need")
        told = MONDAY + timedelta(days=1)
        Answer.everywhere.create(
            workspace=workspace, lead=lead, question=question, value="More of it", at=told, **builders.engine().row()
        )
        assert self.refusal(lead, told) is None

    def test_the_cool_off_holds_even_with_new_evidence(self, workspace, fitting):
        lead = self.returned(workspace, fitting, cool_off_until=MONDAY + timedelta(days=14))
        builders.event(lead, "demo_request", at=MONDAY + timedelta(days=1))
        assert self.refusal(lead, MONDAY + timedelta(days=2)).code == "cooling_off"
        assert self.refusal(lead, MONDAY + timedelta(days=14)) is None

    def test_no_more_passes_than_the_agreement_allows(self, workspace, fitting):
        lead = self.returned(workspace, fitting)
        lead.passes = 3
        builders.event(lead, "demo_request", at=MONDAY + timedelta(days=1))
        assert self.refusal(lead, MONDAY + timedelta(days=2)).code == "too_many_passes"


def test_sql_asks_for_the_agreed_answers_and_for_nothing_without_an_agreement(workspace):
    assert not assessment.verdict("sql", builders.lead(workspace), MONDAY).passed
    bare = builders.workspace("Bare", active=False)
    assert assessment.verdict("sql", builders.lead(bare), MONDAY).passed


def test_another_workspace_is_judged_by_its_own_definition(workspace, fitting):
    other = builders.workspace("Other", active=False)
    assert definitions.active(other, Definition.Kind.MQL) is None
    assert definitions.active(workspace, Definition.Kind.MQL) is not None
    assert Event.objects.of(other).count() == 0
