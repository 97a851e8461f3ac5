"""What a hosted form does with an answer."""

import pytest

from leadflow.errors import Invalid, Missing
from leads.intake import forms
from leads.intake.upsert import Person, upsert
from leads.models import Answer, Campaign, Consent, Event, Form, Lead, Question, Topic
from tests import builders
from workspaces.actors import engine
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def form():
    workspace = Workspace.objects.create(name="Acme", slug="acme")
    Topic.everywhere.create(workspace=workspace, code="pricing", label="Pricing")
    return Form.everywhere.create(
        workspace=workspace,
        token="t" * 32,
        name="demo",
        heading="Ask for a demo",
        fields=["first_name", "employees"],
        event_type="demo_request",
        topics=["pricing"],
        source="website",
        consent_wording="Write to me",
        campaign=Campaign.everywhere.create(workspace=workspace, code="spring", name="Spring"),
    )


def test_an_answer_makes_a_lead_with_source_campaign_consent_and_event(form):
    forms.submit(form, {"email": "A@acme.example", "first_name": "Ada", "employees": "50", "consent": "on"})
    lead = Lead.objects.of(form.workspace).get()
    assert (lead.email, lead.first_name, lead.source, lead.campaign_id) == (
        "a@acme.example",
        "Ada",
        "website",
        form.campaign_id,
    )
    assert (lead.consent, Consent.objects.of(form.workspace).get().wording) == ("opted_in", "Write to me")
    event = Event.objects.of(form.workspace).get()
    assert (event.type, event.topics, event.lead_id) == ("demo_request", ["pricing"], lead.pk)
    answers = {"email": "A@acme.example", "first_name": "Ada", "employees": "50", "consent": "Write to me"}
    assert event.properties == answers


def test_a_known_lead_is_not_overwritten_by_what_anybody_may_type(form):
    upsert(form.workspace, Person(email="a@acme.example", first_name="Ada"), actor=engine("test"))
    forms.submit(form, {"email": "a@acme.example", "first_name": "Eve"})
    assert Lead.objects.of(form.workspace).get().first_name == "Ada"
    assert Event.objects.of(form.workspace).get().properties["first_name"] == "Eve"


def test_nobody_opts_another_person_in_again_through_a_form(form):
    upsert(form.workspace, Person(email="a@acme.example", consent="opted_out"), actor=engine("test"))
    result = forms.submit(form, {"email": "a@acme.example", "first_name": "Ada", "consent": "on"})
    lead = Lead.objects.of(form.workspace).get()
    assert (result.lead.pk, lead.consent, lead.first_name) == (lead.pk, "opted_out", "Ada")
    assert Consent.objects.of(form.workspace).get().state == "opted_out"
    assert Event.objects.of(form.workspace).get().properties["consent"] == "Write to me"


def test_a_box_that_is_not_ticked_is_no_consent(form):
    assert forms.submit(form, {"email": "a@acme.example"}).lead.consent == "unknown"


def test_a_field_that_the_form_does_not_have_is_not_taken(form):
    assert forms.submit(form, {"email": "a@acme.example", "title": "Boss"}).lead.title == ""


@pytest.mark.parametrize(
    ("data", "field"),
    [({}, "email"), ({"email": "x"}, "email"), ({"email": "a@acme.example", "employees": "many"}, "employees")],
)
def test_an_answer_that_cannot_be_taken_is_refused_by_field(form, data, field):
    with pytest.raises(Invalid) as refusal:
        forms.submit(form, data)
    assert refusal.value.field == field
    assert not Lead.objects.of(form.workspace).exists()


def test_a_closed_form_takes_nothing(form):
    form.active = False
    with pytest.raises(Missing):
        forms.submit(form, {"email": "a@acme.example"})
    assert not Lead.objects.of(form.workspace).exists()


@pytest.fixture
def asking(form):
    for code, choices in (("budget", ["Approved", "None"]), ("timeline", ["Now", "Later"])):
        Question.everywhere.create(
            workspace=form.workspace, code=code, label=f"What {code}?", kind="choice", choices=choices
        )
    form.questions = ["timeline", "budget"]
    form.save()
    return form


def test_an_answer_to_a_qualifying_question_is_kept_with_the_form_that_asked(asking):
    result = forms.submit(asking, {"email": "a@acme.example", "question_budget": "approved", "question_timeline": ""})
    answer = Answer.objects.of(asking.workspace).get()
    assert (answer.lead_id, answer.question.code, answer.value) == (result.lead.pk, "budget", "Approved")
    assert answer.actor_name == "Leadflow (form demo)"
    assert Event.objects.of(asking.workspace).get().properties["question_budget"] == "Approved"
    assert [row.data["value"] for row in builders.recorded(asking.workspace, "lead.answered")] == ["Approved"]
    assert Lead.objects.of(asking.workspace).get().next_at is not None


def test_a_form_overwrites_no_answer_and_leaves_those_in_the_care_of_sales_alone(asking):
    forms.submit(asking, {"email": "a@acme.example", "question_budget": "Approved"})
    forms.submit(asking, {"email": "a@acme.example", "question_budget": "None"})
    assert Answer.objects.of(asking.workspace).get().value == "Approved"
    Lead.objects.of(asking.workspace).update(state="sql", passes=1)
    forms.submit(asking, {"email": "a@acme.example", "question_timeline": "Now"})
    assert Answer.objects.of(asking.workspace).count() == 1


def test_an_answer_that_is_none_of_the_choices_is_refused_beside_its_field(asking):
    with pytest.raises(Invalid) as refused:
        forms.submit(asking, {"email": "a@acme.example", "question_budget": "a million"})
    assert refused.value.field == "question_budget"
    assert not Lead.objects.of(asking.workspace).exists()


def test_a_form_asks_only_questions_of_its_workspace_that_are_in_use(asking):
    Question.objects.of(asking.workspace).filter(code="budget").update(active=False)
    assert [question.code for question in forms.questions_of(asking)] == ["timeline"]
    with pytest.raises(Invalid) as refused:
        forms.edit(asking, actor=engine("test"), questions=["budget"])
    assert refused.value.field == "questions"
