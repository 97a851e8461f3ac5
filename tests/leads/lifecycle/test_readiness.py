"""Readiness: how ready a lead is to buy by its own answers, kept beside fit and interest."""

from datetime import timedelta

import pytest

from leads.activity import answers
from leads.lifecycle import evaluation
from leads.models import Handoff, Lead, Question
from tests import builders
from tests.builders import MONDAY

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
READY = {"budget": "Approved", "authority": "Decides", "timeline": "Within 3 months"}


def answered(lead, given):
    for code, value in given.items():
        question = Question.objects.of(lead.workspace).get(code=code)
        answers.record(lead, actor=builders.engine(), question=question, value=value, at=MONDAY)


def evaluated(lead):
    Lead.everywhere.filter(pk=lead.pk).update(next_at=MONDAY + HOUR)
    evaluation.sweep(at=MONDAY + HOUR)
    return Lead.everywhere.get(pk=lead.pk)


def fitting(workspace):
    return builders.lead(workspace, title="CEO", country="DE", account=builders.account(workspace))


def student(workspace):
    return builders.lead(workspace, title="Student", country="KP")


@pytest.mark.parametrize(
    ("given", "level", "points"),
    [
        ({}, "none", 0),
        ({"timeline": "Later"}, "none", -10),
        ({"budget": "Planned"}, "some", 25),
        (READY, "ready", 70),
    ],
)
def test_the_answers_decide_the_level_with_lines_that_add_up(workspace, given, level, points):
    lead = student(workspace)
    answered(lead, given)
    after = evaluated(lead)
    assert (after.readiness, after.readiness_points) == (level, points)
    assert sum(line["points"] for line in after.score_lines if line["kind"] == "readiness") == points


def test_a_student_who_asks_for_a_demo_is_not_handed_over(workspace):
    lead = student(workspace)
    answered(lead, READY)
    builders.event(lead, "demo_request")
    after = evaluated(lead)
    assert (after.state, after.fit_grade, after.readiness) == ("new", "D", "ready")
    assert not Handoff.everywhere.filter(lead=lead).exists()


def test_interest_alone_is_nurtured_and_an_answer_hands_the_lead_over(workspace):
    lead = fitting(workspace)
    for _ in range(4):
        builders.event(lead, "webinar")
    after = evaluated(lead)
    assert (after.state, after.interest_level, after.readiness) == ("new", 2, "none")
    answered(lead, {"budget": "Planned"})
    assert evaluated(lead).state == "mql"
    handoff = Handoff.everywhere.get(lead=lead)
    assert (handoff.readiness, handoff.evidence["readiness"]) == ("some", {"points": 25, "level": "some"})


def test_a_change_of_readiness_is_reported_though_the_grade_stays(workspace):
    lead = student(workspace)
    evaluated(lead)
    answered(lead, READY)
    evaluated(lead)
    changed = builders.recorded(workspace, "lead.grade_changed")[-1].data
    assert (changed["previous"], changed["grade"]) == ("D4", "D4")
    assert (changed["previous_readiness"], changed["readiness"], changed["readiness_points"]) == ("none", "ready", 70)
    assert changed["lead"]["readiness"] == "ready"
