"""The kinds of step, each by itself: its check, what it does, its words. Forms: `tests.dashboard.test_step_forms`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.errors import Conflict, Invalid
from nurture import enrolments, steps
from nurture.models import Send, Step
from nurture.steps import StepIn, catalogue, kinds
from nurture.steps.base import End, GoOn, GoTo, SendMail, Skip, StepContext, WaitUntil
from tests import builders
from tests.nurture import made_up

GERMAN = {"fact": "lead.country", "op": "is", "value": "DE"}
MAIL = {"subject": "For {{ lead.first_name }}", "body": "Hello {{ lead.first_name }}."}
LIST = "steps.0"


def load(kind: str, config: dict[str, Any]) -> Any:
    return catalogue.load(Step(kind=kind, config=config, position=1))


@pytest.fixture
def context(make_program, enrolled, workspace, at) -> StepContext:
    enrolment = enrolled(make_program(), builders.lead(workspace, first_name="Priya", country="DE"))
    return StepContext(enrolment, enrolment.lead, at)


def test_every_kind_has_its_cases_below():
    assert set(catalogue.KINDS) == {"mail", "content", "wait", "branch", "exit"}
    assert set(CHECKS) == set(DESCRIBED) == set(catalogue.KINDS)


def test_a_code_fits_its_column_and_an_icon_is_there(settings):
    column = Step._meta.get_field("kind").max_length
    for kind in catalogue.KINDS.values():
        assert 0 < len(kind.code) <= column
        assert (settings.BASE_DIR / "static" / "icons" / f"{kind.icon}.svg").exists()


# --- check: the configurations that will do; those that will not, with the place of each problem ---

CHECKS: dict[str, tuple[list[dict[str, Any]], list[tuple[dict[str, Any], list[str]]]]] = {
    "mail": (
        [MAIL, {"subject": "{{ lead.attributes.size }}", "body": "x"}],
        [
            ({}, ["subject", "body"]),
            ({"subject": 5, "body": None}, ["subject", "body"]),
            ({"subject": "x" * 251, "body": "x" * 100_001}, ["subject", "body"]),
            ({"subject": "x", "body": "{{ lead.shoes }}"}, ["body"]),
            ({"subject": "{{ content.title }}", "body": "x"}, ["subject"]),
            ({**MAIL, "cc": "x"}, ["cc"]),
        ],
    ),
    "content": (
        [{}, {"stage": "decision"}, {"stage": "", "subject": "{{ content.title }}", "body": "x"}],
        [({"stage": "late"}, ["stage"]), ({"stage": [], "subject": "x"}, ["stage", "body"])],
    ),
    "wait": (
        [{"days": 730}, {"minutes": 1}, {"until": "2026-11-20"}, {"days": 3, "until": ""}],
        [
            ({}, [""]),
            ({"days": 1, "minutes": 1}, [""]),
            ({"days": 731}, ["days"]),
            ({"days": True}, ["days"]),
            ({"minutes": 1.5}, ["minutes"]),
            ({"until": "soon"}, ["until"]),
            ({"until": 5}, ["until"]),
        ],
    ),
    "branch": (
        [{"condition": GERMAN, "otherwise": 2}],
        [
            ({}, ["condition", "otherwise"]),
            ({"condition": {**GERMAN, "fact": "lead.contry"}, "otherwise": 2}, ["condition.fact"]),
            ({"condition": {"any": [{**GERMAN, "op": "likes"}]}, "otherwise": 2}, ["condition.any.0.op"]),
            ({"condition": GERMAN, "otherwise": 1}, ["otherwise"]),
            ({"condition": GERMAN, "otherwise": 3}, ["otherwise"]),
            ({"condition": GERMAN, "otherwise": True}, ["otherwise"]),
        ],
    ),
    "exit": (
        [{}, {"outcome": "Bought"}],
        [({"outcome": "x" * 101}, ["outcome"]), ({"outcome": 5}, ["outcome"]), ({"reason": "x"}, ["reason"])],
    ),
}


def places(kind: str, config: Any) -> list[str]:
    found = steps.problems([StepIn(kind, config)], attributes={"size"})
    assert all(isinstance(each, Invalid) and each.message for each in found)
    return [(each.field or "") for each in found]


@pytest.mark.parametrize(("kind", "config"), [(kind, each) for kind in CHECKS for each in CHECKS[kind][0]])
def test_a_configuration_that_can_run_has_no_problem_and_is_read(kind, config):
    assert places(kind, config) == []
    assert load(kind, config).describe()


@pytest.mark.parametrize(("kind", "config", "wanted"), [(kind, *each) for kind in CHECKS for each in CHECKS[kind][1]])
def test_each_problem_of_a_configuration_has_its_place(kind, config, wanted):
    assert places(kind, config) == [f"{LIST}.{member}".rstrip(".") for member in wanted]


@pytest.mark.parametrize("kind", list(CHECKS))
@pytest.mark.parametrize("config", [None, [], "x", 5])
def test_what_is_no_object_is_no_configuration(kind, config):
    assert places(kind, config) == [LIST]


def test_the_problems_of_all_steps_are_listed_and_a_strange_kind_is_one():
    found = steps.problems([StepIn("mail", {}), StepIn("wait", {"days": 1}), StepIn("poem")], attributes=set())
    assert [each.field for each in found] == ["steps.0.subject", "steps.0.body", "steps.2.kind"]
    assert steps.problems([StepIn("exit")] * 101, attributes=set())[0].field == "steps"


# --- run ---


def test_a_mail_is_filled_for_the_lead(context):
    mail = load("mail", MAIL).run(context)
    assert isinstance(mail, SendMail)
    assert (mail.filled.subject, mail.filled.text, mail.content) == ("For Priya", "Hello Priya.", None)


def test_the_best_content_is_sent_with_its_reason_and_nothing_is_a_skip(context, make_content):
    nothing = load("content", {"stage": ""}).run(context)
    assert isinstance(nothing, Skip)
    assert nothing.why["words"].startswith("Nothing left")
    guide = make_content("Guide")
    mail = load("content", {"stage": "", "subject": "Read {{ content.title }}", "body": "x"}).run(context)
    assert isinstance(mail, SendMail)
    assert (mail.content, mail.filled.subject) == (guide, "Read Guide")
    assert mail.why["words"].startswith("Best of 1")
    assert isinstance(load("content", {"stage": "decision"}).run(context), Skip)


@pytest.mark.parametrize(
    ("config", "length"), [({"minutes": 90}, timedelta(minutes=90)), ({"days": 3, "until": ""}, timedelta(days=3))]
)
def test_a_wait_counts_from_now(context, config, length):
    assert load("wait", config).run(context) == WaitUntil(context.at + length)


def test_a_wait_for_a_day_ends_at_midnight_of_the_lead(context):
    context.lead.time_zone = "America/New_York"
    assert load("wait", {"until": "2026-11-20"}).run(context) == WaitUntil(datetime(2026, 11, 20, 5, tzinfo=UTC))


def test_a_branch_goes_on_where_its_condition_holds_else_elsewhere(context):
    assert load("branch", {"condition": GERMAN, "otherwise": 7}).run(context) == GoOn()
    assert load("branch", {"condition": {"not": GERMAN}, "otherwise": 7}).run(context) == GoTo(7)


def test_an_exit_ends_the_program_with_its_outcome(context):
    assert load("exit", {"outcome": "Bought"}).run(context) == End("Bought")
    assert load("exit", {}).run(context) == End("Finished")


# --- describe ---

DESCRIBED: dict[str, list[tuple[dict[str, Any], str]]] = {
    "mail": [(MAIL, "Mail “For {{ lead.first_name }}”")],
    "content": [({}, "Best unseen content"), ({"stage": "decision"}, "Best unseen content, decision")],
    "wait": [
        ({"days": 1}, "Wait 1 day"),
        ({"days": 3}, "Wait 3 days"),
        ({"minutes": 90}, "Wait 1 h 30 min"),
        ({"until": "2026-11-20"}, "Wait until 2026-11-20"),
    ],
    "branch": [({"condition": GERMAN, "otherwise": 4}, "If Country is DE, else go on at step 4")],
    "exit": [({}, "End"), ({"outcome": "Bought"}, "Bought")],
}


@pytest.mark.parametrize(("kind", "config", "words"), [(kind, *each) for kind in DESCRIBED for each in DESCRIBED[kind]])
def test_a_step_says_in_a_few_words_what_it_does(kind, config, words):
    assert load(kind, config).describe() == words


# --- the engine ---


def test_a_stored_kind_that_nobody_knows_is_named_and_the_lead_stays_where_it_is(make_program, enrolled, at):
    program = make_program()
    enrolment = enrolled(program)
    program.steps.update(kind="poem")
    with pytest.raises(Conflict) as refused:
        enrolments.advance(enrolment, at)
    assert refused.value.code == "unknown_step_kind"
    assert "Step 1 is of the kind “poem”" in refused.value.message
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.next_at, enrolment.step) == ("active", at, program.steps.get())
    assert not Send.everywhere.exists()


def test_a_stored_configuration_that_nobody_can_read_is_named(make_program):
    program = make_program()
    program.steps.update(config={"subject": "x"})
    with pytest.raises(Conflict) as refused:
        catalogue.load(program.steps.get())
    assert refused.value.code == "unreadable_step"
    assert "step 1 (Mail)" in refused.value.message


def test_a_step_never_leads_back_whatever_is_stored(make_program, enrolled, at):
    program = make_program(
        StepIn("branch", {"condition": {"not": GERMAN}, "otherwise": 2}),
        StepIn("branch", {"condition": GERMAN, "otherwise": 3}),
        StepIn("exit", {"outcome": "Through"}),
    )
    program.steps.filter(position=2).update(config={"condition": GERMAN, "otherwise": 1})
    enrolment = enrolled(program)
    enrolments.advance(enrolment, at)
    assert (enrolment.state, enrolment.end_reason) == ("finished", "Through")


def test_the_facts_of_a_lead_are_read_once_for_the_goal_and_all_branches(make_program, enrolled, workspace, at):
    forks = [StepIn("branch", {"condition": GERMAN, "otherwise": position}) for position in (3, 4, 5)]
    program = make_program(*forks, StepIn("exit"), exit={"condition": {"not": GERMAN}})
    enrolment = enrolled(program, builders.lead(workspace, country="DE"))
    with CaptureQueriesContext(connection) as seen:
        enrolments.advance(enrolment, at)
    assert enrolment.state == "finished"
    assert sum('FROM "leads_externalid"' in each["sql"] for each in seen) == 1


def test_a_kind_is_found_in_its_module_alone_and_in_its_order():
    assert list(catalogue.find(kinds)) == ["mail", "content", "wait", "branch", "exit"]
    assert [kind.__name__ for kind in catalogue.find(made_up).values()] == ["Weekday"]
