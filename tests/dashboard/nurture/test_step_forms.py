"""The forms of steps: what is stored comes back as it was, problems stand beside inputs, a new kind is one class."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from dashboard.nurture.step_forms import Steps
from leads.conditions import trees
from nurture import enrolments, programs
from nurture.models import Enrolment, Program, Step
from nurture.steps import StepIn, catalogue
from tests import builders
from tests.api.conftest import caller
from tests.dashboard.desk import Desk, html
from tests.dashboard.marketing import program
from tests.nurture import made_up

pytestmark = pytest.mark.django_db

LEVEL = {"fact": "interest.level", "op": "at_least", "value": 2}
SEVERAL = {"any": [LEVEL, {"fact": "lead.title", "op": "known"}]}
STORED: list[tuple[str, dict[str, Any]]] = [
    ("mail", {"subject": "For {{ lead.first_name }}", "body": "Hello,\n\n  read on.\n"}),
    ("content", {"stage": ""}),
    ("content", {"stage": "decision", "subject": "Read {{ content.title }}", "body": "Two\nlines"}),
    ("wait", {"days": 3}),
    ("wait", {"minutes": 45}),
    ("wait", {"minutes": 120}),
    ("wait", {"until": "2026-11-20"}),
    ("branch", {"condition": LEVEL, "otherwise": 2}),
    ("branch", {"condition": {"fact": "lead.country", "op": "in", "value": ["DE", "AT"]}, "otherwise": 2}),
    ("branch", {"condition": {"fact": "lead.free_mail", "op": "is", "value": True}, "otherwise": 2}),
    ("branch", {"condition": {"fact": "lead.phone", "op": "known"}, "otherwise": 2}),
    ("branch", {"condition": SEVERAL, "otherwise": 2}),
    # what one typed part could not say is kept as it is
    ("branch", {"condition": {**LEVEL, "label": "Eager"}, "otherwise": 2}),
    ("branch", {"condition": {"fact": "interest.points", "op": "at_least", "value": 2.5}, "otherwise": 2}),
    ("branch", {"condition": {"fact": "lead.title", "op": "in", "value": ["Head, sales"]}, "otherwise": 2}),
    ("branch", {"condition": {"fact": "lead.attributes.size", "op": "is", "value": 5}, "otherwise": 2}),
    ("exit", {"outcome": ""}),
    ("exit", {"outcome": "Bought"}),
]


def posted(steps: Steps) -> QueryDict:
    """Return what a browser sends back when nobody changes anything, with its line breaks."""
    data = QueryDict(mutable=True)
    for name, form in steps.rows:
        data.appendlist("rows", name)
        for bound in form:
            value = bound.value()
            data[bound.html_name] = "" if value is None else str(value).replace("\n", "\r\n")
    return data


def typed(**fields: Any) -> dict[str, Any]:
    """Fill in the page of a new program of one step."""
    return {"name": "New", "reentry": "resume", "send_from": "08:00", "send_until": "18:00", "act": "save", **fields}


def made(desk: Desk) -> Program | None:
    return Program.objects.of(desk.workspace).filter(name="New").first()


def test_every_kind_is_stored_below():
    assert {kind for kind, _ in STORED} == set(catalogue.KINDS)


@pytest.mark.parametrize(("kind", "config"), STORED)
def test_what_is_stored_comes_out_of_its_form_as_it_was(desk, kind, config):
    stored = Step(pk=7, position=1, kind=kind, config=config)
    again = Steps.read(posted(Steps.of([stored])))
    assert again.check(desk.workspace)
    (step,) = again.steps_in()
    assert (step.kind, step.config, step.id) == (kind, config, 7)
    back = Steps.of([Step(pk=7, position=1, kind=kind, config=step.config)])
    assert posted(back) == posted(Steps.of([stored]))


@pytest.mark.parametrize("kind", list(catalogue.KINDS))
def test_each_kind_is_added_by_its_button(browser, kind):
    answer = browser.post("/programs/new/", typed(act=f"add:{kind}"))
    (form,) = answer.context["steps"].forms
    assert (form.kind, form.is_bound) == (kind, False)
    assert {name: form[name].value() for name in catalogue.KINDS[kind].new} == catalogue.KINDS[kind].new
    page = answer.content.decode()
    assert f'value="add:{kind}"' in page
    assert all(f'name="s0-{name}"' in page for name in form.fields)


@pytest.mark.parametrize(
    ("kind", "fields", "name"),
    [
        ("mail", {"subject": "x" * 251, "body": "x"}, "subject"),
        ("mail", {"subject": "x", "body": "{{ lead.shoes }}"}, "body"),
        ("content", {"stage": "late"}, "stage"),
        ("content", {"subject": "x"}, "body"),
        ("wait", {"amount": "0", "unit": "days"}, "amount"),
        ("wait", {"amount": "-2", "unit": "hours"}, "amount"),
        ("wait", {"unit": "until"}, "__all__"),
        ("wait", {"unit": "until", "until": "soon"}, "until"),
        ("branch", {"fact": "interest.level", "op": "at_least", "value": "9", "otherwise": "2"}, "value"),
        ("branch", {"fact": "interest.level", "op": "likes", "value": "2", "otherwise": "2"}, "op"),
        ("branch", {"fact": "interest.level", "op": "at_least", "value": "2", "otherwise": "1"}, "otherwise"),
        ("exit", {"outcome": "x" * 101}, "outcome"),
        ("exit", {"step_id": "x"}, "__all__"),
    ],
)
def test_a_problem_stands_beside_its_input_and_nothing_is_saved(desk, browser, kind, fields, name):
    given = {f"s0-{each}": value for each, value in fields.items()}
    answer = browser.post("/programs/new/", typed(rows=[f"0-{kind}"], **given))
    assert answer.status_code == 422
    (form,) = answer.context["steps"].forms
    assert name in form.errors
    assert form.errors.as_data()[name][0].message.split()[0] in answer.content.decode()
    assert made(desk) is None


def test_the_problems_of_all_steps_are_shown_at_once(desk, browser):
    given = {"rows": ["0-mail", "1-wait"], "s0-subject": "x" * 300, "s0-body": " ", "s1-amount": "", "s1-unit": "days"}
    first, second = browser.post("/programs/new/", typed(name="", **given)).context["steps"].forms
    assert (set(first.errors), set(second.errors)) == ({"subject", "body"}, {"amount"})
    assert made(desk) is None


def test_a_condition_of_several_parts_that_will_not_do_is_told_above_the_step(desk, browser):
    strange = {"all": [LEVEL, {"fact": "lead.contry", "op": "is", "value": "DE"}]}
    given = {"rows": ["0-branch"], "s0-tree": json.dumps(strange), "s0-otherwise": "2"}
    answer = browser.post("/programs/new/", typed(**given))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "There is no fact" in page
    assert f"If {trees.describe(strange).splitlines()[0]}" in page
    assert made(desk) is None


@pytest.mark.parametrize("tree", ["{", "[" * 100_000, "5", "[]", '{"all": 5}', '{"fact": []}', "null"])
def test_a_hidden_condition_that_is_none_asks_again(desk, browser, tree):
    answer = browser.post("/programs/new/", typed(rows=["0-branch"], **{"s0-tree": tree, "s0-otherwise": "2"}))
    assert answer.status_code == 422
    assert set(answer.context["steps"].forms[0].errors) == {"fact", "op"}
    assert made(desk) is None


def test_a_stored_kind_that_nobody_knows_is_named_on_the_pages(desk, browser):
    made = program(desk)
    made.steps.filter(position=2).update(kind="poem")
    for path in (f"/programs/{made.pk}/", f"/programs/{made.pk}/edit/"):
        answer = browser.get(path)
        assert answer.status_code == 409
        assert "Step 2 is of the kind “poem”" in answer.content.decode()


# --- a new kind of step: the class of tests/nurture/made_up/weekday.py and nothing else ---


@pytest.fixture
def weekday(monkeypatch: pytest.MonkeyPatch) -> None:
    for code, kind in catalogue.find(made_up).items():
        monkeypatch.setitem(catalogue.KINDS, code, kind)


@pytest.mark.usefixtures("weekday")
def test_a_made_up_kind_is_filled_in_refused_saved_shown_and_changed_on_the_pages(desk, browser):
    page = html(browser.post("/programs/new/", typed(act="add:weekday")))
    assert "Day of the week</button>" in page
    assert '<option value="3">Thursday</option>' in page
    refused = browser.post("/programs/new/", typed(rows=["0-weekday"], **{"s0-day": "6"}))
    assert refused.context["steps"].forms[0].errors["day"] == ["Nobody reads mail on a weekend."]
    assert made(desk) is None
    browser.post("/programs/new/", typed(rows=["0-weekday"], **{"s0-day": "3"}))
    step = made(desk).steps.get()
    assert (step.kind, step.config) == ("weekday", {"day": 3})
    assert "1. Wait for Thursday" in browser.get(f"/programs/{made(desk).pk}/").content.decode()
    form = browser.get(f"/programs/{made(desk).pk}/edit/").context["steps"].forms[0]
    assert (form["day"].value(), form["step_id"].value()) == (3, step.pk)


@pytest.mark.usefixtures("weekday")
def test_a_made_up_kind_runs(desk):
    actor = builders.actor(desk.marketer)
    made = programs.create(desk.workspace, actor=actor, name="New")
    programs.replace_steps(made, actor=actor, steps_in=[StepIn("weekday", {"day": 4}), StepIn("exit")])
    programs.activate(made, actor=actor)
    entered = enrolments.enrol(builders.lead(desk.workspace), made, actor=actor, why={"words": "By hand."})
    at = entered.next_at + timedelta(days=(3 - entered.next_at.weekday()) % 7)  # a Thursday
    enrolments.advance(entered, at)
    entered = Enrolment.objects.of(desk.workspace).get()
    assert (entered.next_at, entered.step.position) == (at + timedelta(days=1), 2)
    enrolments.advance(entered, at + timedelta(days=1))
    assert Enrolment.objects.of(desk.workspace).get().state == "finished"


@pytest.mark.usefixtures("weekday")
def test_a_made_up_kind_is_in_the_api_and_its_document(desk, browser):
    browser.post("/programs/new/", typed(rows=["0-weekday"], **{"s0-day": "3"}))
    listed = caller(desk.workspace).get("/api/v1/programs").json()["results"]
    (step,) = next(each["steps"] for each in listed if each["name"] == "New")
    assert {"position": 1, "kind": "weekday", "config": {"day": 3}}.items() <= step.items()
    document = Client().get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    parts = document["components"]["schemas"]
    assert parts["Step"]["discriminator"]["mapping"]["weekday"] == "#/components/schemas/WeekdayStep"
    assert {"$ref": "#/components/schemas/WeekdayStep"} in parts["Step"]["oneOf"]
    assert parts["WeekdayStep"]["properties"]["config"] == {
        "type": "object",
        "additionalProperties": False,
        "properties": {"day": {"type": "integer", "minimum": 0, "maximum": 4}},
        "required": ["day"],
    }
