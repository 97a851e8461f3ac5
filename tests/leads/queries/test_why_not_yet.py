"""Why not yet: each criterion of the definition on a lead in marketing's care, and what would close it."""

import json

import pytest

from leads.activity import answers
from leads.models import Question
from leads.queries.why_not_yet import why_not_yet
from tests import builders
from tests.api.conftest import caller
from tests.builders import MONDAY
from tests.dashboard.desk import Desk, html

pytestmark = pytest.mark.django_db


def remedies(found):
    return {each.label.partition(":")[0]: each.remedy for each in found.criteria if each.remedy}


def test_each_criterion_says_what_would_close_it(workspace):
    lead = builders.lead(workspace, title="Head of Sales", country="DE")
    found = why_not_yet(lead, MONDAY)
    assert not found.passed
    assert found.definition_version == 1
    closes = remedies(found)
    assert closes["Readiness is some or better"].startswith(
        "20 points of readiness are missing: ask: What budget is there?"
    )
    assert closes["Interest level is 2 or better"].startswith("30 points of interest are missing: ")
    assert "company size" in remedies(why_not_yet(builders.lead(workspace), MONDAY))["Fit is B or better"]


def test_what_another_alternative_makes_up_for_needs_nothing(workspace):
    lead = builders.lead(workspace)  # its e-mail is known: nobody has to find its phone number
    found = why_not_yet(lead, MONDAY)
    assert {each.label: each.remedy for each in found.criteria}["Phone is not known"] == ""
    assert not [line for line in found.in_the_way if "Phone" in line]


def test_an_answer_that_was_given_is_not_asked_for_again(workspace):
    lead = builders.lead(workspace)
    budget = Question.objects.of(workspace).get(code="budget")
    answers.record(lead, actor=builders.engine(), question=budget, value="None", at=MONDAY)
    assert "What budget" not in remedies(why_not_yet(lead, MONDAY))["Readiness is ready"]


def test_without_an_agreement_it_says_what_is_missing():
    found = why_not_yet(builders.lead(builders.workspace(active=False)), MONDAY)
    assert (found.passed, found.definition_version) == (False, 0)
    assert "agreement" in found.criteria[0].remedy


def test_it_stands_on_the_page_before_the_hand_over_and_in_the_api():
    desk = Desk()
    lead = builders.lead(desk.workspace)
    browser = desk.browser(desk.marketer)
    assert "Why not yet" in html(browser.get(f"/leads/{lead.pk}/"))
    assert "points of readiness are missing" in html(browser.get(f"/leads/{lead.pk}/qualify/"))
    api = caller(desk.workspace, "read")
    given = json.loads(api.get(f"/api/v1/leads/{lead.pk}/why-not-yet").content)
    assert not given["passed"]
    assert any(each["remedy"] for each in given["criteria"])
    offered = desk.offer()
    assert api.get(f"/api/v1/leads/{offered.lead_id}/why-not-yet").status_code == 409
    assert "Why not yet" not in html(browser.get(f"/leads/{offered.lead_id}/"))
