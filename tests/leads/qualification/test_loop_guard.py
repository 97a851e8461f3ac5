"""What counts as new evidence of a lead that came back, and what holds it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Answer, Definition, Lead, Question
from leads.qualification import assessment, loop_guard
from tests import builders
from tests.builders import MONDAY

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = MONDAY + 3 * DAY


@pytest.fixture
def fitting(workspace):
    """A lead of fit A that asked for a demo, read much, was handed over and returned on Monday."""
    lead = builders.lead(workspace, title="Head of Operations", account=builders.account(workspace), country="DE")
    builders.event(lead, "demo_request", at=MONDAY - DAY)
    for hours in range(5):
        builders.event(lead, "download", at=MONDAY - hours * timedelta(hours=1) - timedelta(minutes=1))
    return returned(lead)


def returned(lead, **fields):
    Lead.everywhere.filter(pk=lead.pk).update(passes=1, returned_at=MONDAY, **fields)
    return Lead.everywhere.get(pk=lead.pk)


def code(lead, at=LATER):
    """Return the code of the refusal, or nothing; what the lead did is read again."""
    found = loop_guard.refusal(lead, assessment.assess(lead, at), at)
    return found.code if found else ""


def define(workspace, condition):
    Definition.objects.of(workspace).filter(kind="mql").update(condition=condition)


def test_a_lead_never_handed_over_is_free(workspace):
    assert code(builders.lead(workspace)) == ""


def test_a_returned_lead_that_still_meets_the_definition_is_not_handed_over_for_one_more_page_view(fitting):
    assert assessment.assess(fitting, LATER).verdict.passed
    assert code(fitting) == "no_new_evidence"
    builders.event(fitting, "page", at=MONDAY + DAY)
    builders.event(fitting, "download", at=MONDAY + DAY)
    assert assessment.assess(fitting, LATER).verdict.passed
    assert code(fitting) == "no_new_evidence"


def test_what_the_definition_asks_for_is_evidence(fitting):
    builders.event(fitting, "demo_request", at=MONDAY + DAY)
    assert code(fitting) == ""


def test_interest_that_is_enough_by_itself_is_evidence(workspace, fitting):
    fits, interested = ("fit.grade", "at_least", "B"), ("interest.level", "at_least", 2)
    define(workspace, {"all": [{"fact": f, "op": op, "value": value} for f, op, value in (fits, interested)]})
    for hours in range(6):
        builders.event(fitting, "webinar", at=MONDAY + DAY + hours * timedelta(hours=1))
    assert code(fitting) == ""


def test_an_event_that_another_part_of_the_definition_asks_for_does_not_do_alone(workspace, fitting):
    page = {"fact": "events.page.count_30d", "op": "at_least", "value": 1}
    define(workspace, {"all": [page, {"fact": "interest.level", "op": "at_least", "value": 2}]})
    builders.event(fitting, "page", at=MONDAY + DAY)
    assert assessment.assess(fitting, LATER).verdict.passed
    assert code(fitting) == "no_new_evidence"


def test_that_nothing_was_done_is_no_evidence(workspace, fitting):
    none = {"fact": "events.unsubscribe.count_30d", "op": "is", "value": 0}
    define(workspace, {"all": [none, {"fact": "fit.grade", "op": "at_least", "value": "B"}]})
    builders.event(fitting, "page", at=MONDAY + DAY)
    assert assessment.assess(fitting, LATER).verdict.passed
    assert code(fitting) == "no_new_evidence"


def test_an_event_is_counted_by_when_it_was(workspace, fitting):
    twice = {"fact": "events.demo_request.count_30d", "op": "at_least", "value": 2}
    define(workspace, twice)
    builders.event(fitting, "demo_request", at=MONDAY + DAY)  # the second, but the first since the return
    assert assessment.assess(fitting, LATER).verdict.passed
    assert code(fitting) == "no_new_evidence"
    builders.event(fitting, "demo_request", at=MONDAY + 2 * DAY)
    assert code(fitting) == ""


def test_the_time_of_the_last_event_counts_if_it_is_since(workspace, fitting):
    define(workspace, {"fact": "events.webinar.last_at", "op": "within_days", "value": 60})
    builders.event(fitting, "webinar", at=MONDAY - DAY)
    assert assessment.assess(fitting, LATER).verdict.passed
    assert code(fitting) == "no_new_evidence"
    builders.event(fitting, "webinar", at=MONDAY + DAY)
    assert code(fitting) == ""


def test_a_person_who_decides_against_the_verdict_needs_one_criterion_that_was_met_since(workspace, fitting):
    demo = {"fact": "events.demo_request.count_30d", "op": "at_least", "value": 1}
    define(workspace, {"all": [demo, {"fact": "lead.phone", "op": "known"}]})
    assert not assessment.assess(fitting, LATER).verdict.passed
    builders.event(fitting, "page", at=MONDAY + DAY)
    assert code(fitting) == "no_new_evidence"
    builders.event(fitting, "demo_request", at=MONDAY + DAY)
    assert code(fitting) == ""


def test_without_a_definition_whatever_earns_points_is_evidence(fitting):
    Definition.everywhere.update(status="superseded")
    assert code(fitting) == "no_new_evidence"
    builders.event(fitting, "download", at=MONDAY + DAY)
    assert code(fitting) == ""


def test_an_answer_is_evidence(workspace, fitting):
    question = Question.objects.of(workspace).get(code="need")
    told = MONDAY + DAY
    Answer.everywhere.create(
        workspace=workspace, lead=fitting, question=question, value="More of it", at=told, **builders.engine().row()
    )
    assert code(fitting) == ""


def test_a_changed_title_or_company_is_evidence(fitting):
    assert code(returned(fitting, profile_changed_at=MONDAY)) == "no_new_evidence"
    assert code(returned(fitting, profile_changed_at=MONDAY + DAY)) == ""


def test_the_cool_off_holds_even_with_new_evidence(fitting):
    lead = returned(fitting, cool_off_until=MONDAY + 14 * DAY)
    builders.event(lead, "demo_request", at=MONDAY + DAY)
    assert code(lead, MONDAY + 2 * DAY) == "cooling_off"
    assert code(lead, MONDAY + 14 * DAY) == ""


def test_no_more_passes_than_the_agreement_allows(fitting):
    lead = returned(fitting)
    lead.passes = 3
    builders.event(lead, "demo_request", at=MONDAY + DAY)
    assert code(lead) == "too_many_passes"


def test_the_guard_asks_the_database_nothing(fitting):
    builders.event(fitting, "demo_request", at=MONDAY + DAY)
    assessed = assessment.assess(fitting, LATER)
    with CaptureQueriesContext(connection) as statements:
        assert loop_guard.refusal(fitting, assessed, LATER) is None
    assert len(statements) == 0
