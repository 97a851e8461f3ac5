"""Programs from the pages: the steps editor, its problems, preview and test, and turning one on and off."""

from typing import Any

import pytest
from django.core import mail

from leads.models import Topic
from nurture import enrolments, programs
from nurture.models import Enrolment, Program, Send
from nurture.steps import StepIn
from tests import builders
from tests.dashboard.desk import HTMX
from tests.dashboard.marketing import program

pytestmark = pytest.mark.django_db


def typed(**changes: Any) -> dict[str, Any]:
    """Fill in the page of a new program: a mail, a wait and a mail."""
    return {
        "name": "Two mails",
        "occasions": ["return"],
        "reasons": ["not-ready"],
        "reentry": "resume",
        "send_from": "08:00",
        "send_until": "18:00",
        "rows": ["0-mail", "1-wait", "2-mail"],
        "s0-subject": "One",
        "s0-body": "Hello {{ lead.first_name }}",
        "s1-amount": "3",
        "s1-unit": "days",
        "s2-subject": "Two",
        "s2-body": "Still there?",
        "act": "save",
        **changes,
    }


def kinds(answer: Any) -> list[str]:
    return [form.kind for form in answer.context["steps"].forms]


def test_a_program_with_two_mails_and_a_wait_is_proposed_filled_in_and_activated(desk, browser):
    assert kinds(browser.get("/programs/new/")) == ["mail", "wait", "mail"]
    answer = browser.post("/programs/new/", typed(act="activate"))
    made = Program.objects.of(desk.workspace).get(name="Two mails")
    assert answer["Location"] == f"/programs/{made.pk}/"
    assert made.status == "active"
    assert made.entry["reasons"] == ["not-ready"]
    assert [(step.kind, step.config) for step in made.steps.all()] == [
        ("mail", {"subject": "One", "body": "Hello {{ lead.first_name }}"}),
        ("wait", {"days": 3}),
        ("mail", {"subject": "Two", "body": "Still there?"}),
    ]


def test_returns_and_losses_are_ticked_apart_and_named_by_their_labels(desk, browser):
    topic = Topic.everywhere.create(workspace=desk.workspace, code="crm", label="Customer records")
    browser.post("/programs/new/", typed(lost=["price"], topics=[topic.code]))
    made = Program.objects.of(desk.workspace).get(name="Two mails")
    assert made.entry["reasons"] == ["not-ready", "price"]
    assert browser.get(f"/programs/{made.pk}/").context["entry"] == (
        "Leads returned as “Interested, but not ready to buy”, or recycled that were lost because of “Price”; "
        f"only those interested in one of “{topic.label}”."
    )
    form = browser.get(f"/programs/{made.pk}/edit/").context["form"]
    assert "price" not in dict(form.fields["reasons"].choices)
    assert "not-ready" not in dict(form.fields["lost"].choices)
    browser.post(f"/programs/{made.pk}/edit/", typed())
    made.refresh_from_db()
    assert made.entry["reasons"] == ["not-ready"]


@pytest.mark.parametrize(
    ("act", "wanted"),
    [
        ("add:branch", ["mail", "wait", "mail", "branch"]),
        ("up:1", ["wait", "mail", "mail"]),
        ("down:0", ["wait", "mail", "mail"]),
        ("up:0", ["mail", "wait", "mail"]),
        ("remove:1", ["mail", "mail"]),
        ("add:rocket", ["mail", "wait", "mail"]),
        ("remove:99", ["mail", "wait", "mail"]),
    ],
)
def test_a_button_changes_the_steps_and_keeps_what_was_typed_and_saves_nothing(desk, browser, act, wanted):
    answer = browser.post("/programs/new/", typed(act=act, **{"s0-subject": "Kept"}))
    assert answer.status_code == 200
    assert kinds(answer) == wanted
    assert "Kept" in answer.content.decode()
    assert "<html" in answer.content.decode()
    part = browser.post("/programs/new/", typed(act=act), headers=HTMX).content.decode()
    assert "<html" not in part
    assert 'id="steps"' in part
    assert not Program.objects.of(desk.workspace).filter(name="Two mails").exists()


def test_an_unknown_merge_field_is_told_beside_its_field_and_nothing_is_saved(desk, browser):
    answer = browser.post("/programs/new/", typed(**{"s2-body": "Hello {{ lead.frist_name }}"}))
    assert answer.status_code == 422
    first, _, last = answer.context["steps"].forms
    assert not first.errors
    assert "Did you mean {{ lead.first_name }}?" in last.errors["body"][0]
    assert not Program.objects.of(desk.workspace).filter(name="Two mails").exists()


def test_a_mail_without_subject_a_wait_without_length_and_a_name_taken_are_told(desk, browser):
    program(desk, "Taken")
    assert browser.post("/programs/new/", typed(**{"s0-subject": ""})).context["steps"].forms[0].errors["subject"]
    assert browser.post("/programs/new/", typed(**{"s1-amount": ""})).context["steps"].forms[1].errors["amount"]
    assert browser.post("/programs/new/", typed(name="Taken")).context["form"].errors["name"]
    assert Program.objects.of(desk.workspace).filter(name="Two mails").count() == 0


def test_a_step_that_stays_keeps_its_identity_when_others_move(desk, browser):
    made = program(desk)
    first, wait, last = made.steps.all()
    page = browser.get(f"/programs/{made.pk}/edit/").content.decode()
    assert f'value="{wait.pk}"' in page
    rows = {"rows": ["2-mail", "0-mail"], "s2-step_id": last.pk, "s0-step_id": first.pk}
    browser.post(f"/programs/{made.pk}/edit/", typed(name=made.name, **rows))
    assert [step.pk for step in made.steps.all()] == [last.pk, first.pk]


def test_a_branch_is_made_of_a_fact_and_goes_on_later(desk, browser):
    rows = {
        "rows": ["0-mail", "5-branch", "2-mail"],
        "s5-fact": "interest.level",
        "s5-op": "at_least",
        "s5-value": "2",
        "s5-otherwise": "4",
    }
    assert browser.post("/programs/new/", typed(**rows)).status_code == 302
    branch = Program.objects.of(desk.workspace).get(name="Two mails").steps.get(kind="branch")
    assert branch.config == {
        "condition": {"fact": "interest.level", "op": "at_least", "value": 2},
        "otherwise": 4,
    }
    back = browser.post("/programs/new/", typed(**{**rows, "s5-otherwise": "1"}, name="Loop"))
    assert "Go on at a later step" in back.context["steps"].forms[1].errors["otherwise"][0]


def test_a_condition_of_several_parts_survives_the_editor(desk, browser):
    made = program(desk)
    tree = {"any": [{"fact": "interest.level", "op": "at_least", "value": 2}, {"fact": "lead.title", "op": "known"}]}
    programs.replace_steps(
        made, actor=builders.engine(), steps_in=[StepIn("branch", {"condition": tree, "otherwise": 2})]
    )
    form = browser.get(f"/programs/{made.pk}/edit/").context["steps"].forms[0]
    assert "Interest level" in form.spec.note
    kept = {"rows": ["0-branch"], "s0-step_id": made.steps.get().pk, "s0-tree": form["tree"].value(), "s0-otherwise": 2}
    assert browser.post(f"/programs/{made.pk}/edit/", typed(name=made.name, **kept)).status_code == 302
    assert made.steps.get().config == {"condition": tree, "otherwise": 2}


def test_a_program_is_paused_activated_and_archived_by_its_buttons(desk, browser):
    made = program(desk)
    lead = builders.lead(desk.workspace)
    enrolments.enrol(lead, made, actor=builders.engine(), why={"words": "By hand."})
    for to, status in (("pause", "paused"), ("activate", "active"), ("archive", "archived")):
        browser.post(f"/programs/{made.pk}/turn/", {"to": to})
        made.refresh_from_db()
        assert made.status == status
    assert Enrolment.objects.of(desk.workspace).get().state == "exited"
    refused = browser.post(f"/programs/{made.pk}/turn/", {"to": "activate"}, follow=True)
    assert "The program is archived." in refused.content.decode()
    made.refresh_from_db()
    assert made.status == "archived"
    assert browser.post(f"/programs/{made.pk}/turn/", {"to": "explode"}).status_code == 404


def test_the_page_lists_who_is_in_it_with_the_next_step_and_why(desk, browser):
    made = program(desk)
    lead = builders.lead(desk.workspace, first_name="Priya", last_name="Raman")
    enrolments.enrol(lead, made, actor=builders.engine(), why={"words": "Asked for news."})
    page = browser.get(f"/programs/{made.pk}/").content.decode()
    for words in ("Priya Raman", "Asked for news.", "Mail “For {{ lead.first_name }}”", "Wait 3 days"):
        assert words in page, words
    assert "Priya Raman" not in browser.get(f"/programs/{made.pk}/?state=finished").content.decode()


def test_a_mail_is_shown_as_a_lead_would_get_it_and_a_test_goes_to_oneself_alone(desk, browser):
    made = program(desk)
    lead = builders.lead(desk.workspace, first_name="Priya")
    path = f"/programs/{made.pk}/steps/{made.steps.first().pk}/"
    page = browser.get(path).content.decode()
    assert "For Priya" in page
    assert "Hello Priya." in page
    assert browser.get(path, {"lead": "nobody@x.example"}).status_code == 422
    sent = browser.post(path, {"lead": lead.email, "to": "me@x.example"})
    assert sent.status_code == 200
    assert [each.to for each in mail.outbox] == [["me@x.example"]]
    assert mail.outbox[0].subject == "[Test] For Priya"
    assert not Send.objects.of(desk.workspace).exists()


def test_sales_reads_programs_and_changes_none(desk):
    made = program(desk)
    browser = desk.browser(desk.rep)
    assert browser.get(f"/programs/{made.pk}/").status_code == 200
    assert browser.post("/programs/new/", typed()).status_code == 403
    assert browser.post(f"/programs/{made.pk}/turn/", {"to": "pause"}).status_code == 403
    path = f"/programs/{made.pk}/steps/{made.steps.first().pk}/"
    builders.lead(desk.workspace)
    browser.post(path, {"to": "me@x.example"})
    assert mail.outbox == []
    made.refresh_from_db()
    assert made.status == "active"
