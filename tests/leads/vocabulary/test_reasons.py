"""The options of reasons stand in one table, and one wording says what a reason leads to."""

import pytest
from rest_framework.test import APIClient

from api.v1.vocabulary import ReasonShape
from dashboard.settings.rule_forms import ReasonForm
from dashboard.wording import promises
from leads.models import Reason
from leads.models.reason import OPTIONS, leads_to
from sla import agreements
from tests import builders
from workspaces import keys
from workspaces.models import Member

OF_EVERY_REASON = {"id", "created_at", "workspace", "kind", "code", "label", "position", "active"}


def test_every_option_of_the_model_is_in_the_table_and_in_the_form_and_in_the_api():
    options = {field.name for field in Reason._meta.concrete_fields} - OF_EVERY_REASON
    assert set(OPTIONS) == options
    assert options <= set(ReasonForm.base_fields)
    assert options <= set(ReasonShape().fields)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ({"kind": "return"}, "Back to nurture, goes to another rep next time"),
        (
            {"kind": "return", "needs_note": True, "needs_revisit": True, "revisit_days": 1, "same_rep": True},
            "Back to nurture, asks for a note, asks for a revisit date, looked at again after 1 day, "
            "may go to the same rep",
        ),
        (
            {"kind": "return", "cool_off_days": 30, "blames": "data"},
            "Back to nurture, not handed over again for 30 days, marketing answers, on a clock, "
            "goes to another rep next time",
        ),
        (
            {"kind": "return", "not_nurtured": True, "cool_off_days": 30, "same_rep": True},
            "Back to marketing, and no program takes it, not handed over again for 30 days, may go to the same rep",
        ),
        ({"kind": "return", "disqualifies": True, "not_nurtured": True}, "The lead is disqualified"),
        ({"kind": "return", "disqualifies": True, "revisit_days": 9}, "The lead is disqualified"),
        ({"kind": "lose", "revisit_days": 180, "cool_off_days": 30}, "Looked at again after 180 days"),
        ({"kind": "lose"}, "Nothing more"),
        ({"kind": "disqualify", "needs_note": True}, "The lead is disqualified, asks for a note"),
    ],
)
def test_a_reason_says_what_it_leads_to(reason, words):
    assert Reason(**reason).leads_to == words


def test_what_a_form_asks_can_be_left_out():
    reason = Reason(kind="return", needs_note=True, needs_revisit=True, revisit_days=90, cool_off_days=14)
    words = leads_to(vars(reason), asked=False)
    assert words == "Back to nurture, not handed over again for 14 days, goes to another rep next time"


def test_a_copy_that_was_signed_before_an_option_came_up_says_nothing_of_it():
    assert leads_to({"kind": "return", "disqualifies": False}) == "Back to nurture"


@pytest.mark.django_db
def test_the_agreement_and_the_api_say_the_same_of_a_reason():
    workspace = builders.workspace()
    reason = builders.reason(workspace, "duplicate")
    terms = agreements.complete(agreements.in_work(workspace))
    [(_, promised), *_] = promises.say(terms).reasons
    assert {each.label: each.words for each in promised}[reason.label] == reason.leads_to
    admin = builders.actor(Member.everywhere.get(workspace=workspace))
    _, secret = keys.create(workspace, name="CRM", scopes=["read"], actor=admin)
    shown = APIClient().get("/api/v1/reasons", HTTP_AUTHORIZATION=f"Bearer {secret}").json()["results"]
    assert {each["id"]: each["leads_to"] for each in shown}[reason.pk] == reason.leads_to
