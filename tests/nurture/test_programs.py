"""Making and changing programs."""

import pytest

from leadflow.errors import Conflict, Invalid
from nurture import enrolments, programs, sending
from nurture.models import Program, Send, Step
from nurture.steps import StepIn
from tests.nurture.conftest import MAIL
from workspaces.models import AuditEntry


def test_a_new_workspace_begins_with_drafts_for_returned_and_for_new_leads(workspace):
    drafts = list(Program.objects.of(workspace))
    assert {program.status for program in drafts} == {"draft"}
    assert [program.entry["occasions"] for program in drafts] == [["return", "revisit"], ["care"]]


def test_the_default_drafts_pass_the_check(workspace, actor):
    for program in Program.objects.of(workspace):
        programs.edit(program, actor=actor, entry=program.entry)
        same = [StepIn(step.kind, step.config, step.pk) for step in program.steps.all()]
        programs.replace_steps(program, actor=actor, steps_in=same)


def test_a_program_without_steps_cannot_be_activated(workspace, actor):
    program = programs.create(workspace, actor=actor, name="Empty")
    with pytest.raises(Conflict) as refused:
        programs.activate(program, actor=actor)
    assert refused.value.code == "program_without_steps"
    program.refresh_from_db()
    assert program.status == "draft"


def test_an_unknown_merge_field_is_refused_by_name_with_the_known_ones_and_nothing_changes(make_program, actor):
    program = make_program(active=False)
    bad = StepIn("mail", {"subject": "Hi", "body": "Dear {{ lead.frist_name }}"})
    with pytest.raises(Invalid) as refused:
        programs.replace_steps(program, actor=actor, steps_in=[MAIL, bad])
    assert refused.value.field == "steps.1.body"
    assert refused.value.facts["merge_field"] == "lead.frist_name"
    assert "lead.first_name" in refused.value.facts["known"]
    assert "Did you mean {{ lead.first_name }}?" in refused.value.message
    assert program.steps.count() == 1


@pytest.mark.parametrize(
    ("step", "field"),
    [
        (StepIn("poem"), "steps.0.kind"),
        (StepIn("mail", {"subject": "", "body": "x"}), "steps.0.subject"),
        (StepIn("mail", {"subject": "x", "body": "{% if %}"}), "steps.0.body"),
        (StepIn("mail", {"subject": "x", "body": "{% include 'secret' %}"}), "steps.0.body"),
        (StepIn("mail", {"subject": "x", "body": "{{ lead.email | shell }}"}), "steps.0.body"),
        (StepIn("mail", {"subject": "{{ content.title }}", "body": "x"}), "steps.0.subject"),
        (StepIn("mail", {"subject": "x", "body": "{{ lead }}"}), "steps.0.body"),
        (StepIn("content", {"stage": "late"}), "steps.0.stage"),
        (StepIn("wait", {}), "steps.0"),
        (StepIn("wait", {"days": 1, "minutes": 1}), "steps.0"),
        (StepIn("wait", {"days": -1}), "steps.0.days"),
        (StepIn("wait", {"until": "soon"}), "steps.0.until"),
        (
            StepIn("branch", {"condition": {"fact": "lead.country", "op": "is", "value": "DE"}, "otherwise": 1}),
            "steps.0.otherwise",
        ),
        (
            StepIn("branch", {"condition": {"fact": "lead.contry", "op": "is", "value": "DE"}, "otherwise": 2}),
            "steps.0.condition.fact",
        ),
        (StepIn("exit", {"reason": "x"}), "steps.0.reason"),
    ],
)
def test_a_step_that_cannot_run_is_refused_with_its_place(make_program, actor, step, field):
    program = make_program(active=False)
    with pytest.raises(Invalid) as refused:
        programs.replace_steps(program, actor=actor, steps_in=[step])
    assert refused.value.field == field
    assert [each.kind for each in program.steps.all()] == ["mail"]


def test_entry_by_a_reason_that_the_workspace_does_not_have_is_refused(workspace, actor):
    with pytest.raises(Invalid) as refused:
        programs.create(workspace, actor=actor, name="P", entry={"reasons": ["no-such"]})
    assert refused.value.field == "entry.reasons"
    assert not Program.objects.of(workspace).filter(name="P").exists()


def test_a_name_that_is_taken_is_refused(make_program, workspace, actor):
    make_program(name="Twin")
    with pytest.raises(Invalid) as refused:
        programs.create(workspace, actor=actor, name="Twin")
    assert refused.value.field == "name"


def test_a_change_stands_in_the_audit_log(make_program, workspace, actor):
    program = make_program()
    programs.edit(program, actor=actor, holdout_percent=10)
    entry = AuditEntry.objects.of(workspace).filter(action="program.changed").get()
    assert entry.changes == {"holdout_percent": [0, 10]}


def test_a_lead_that_had_a_mail_does_not_get_it_again_when_steps_are_put_before_it(
    make_program, enrolled, actor, smtp, at
):
    program = make_program(MAIL, StepIn("wait", {"days": 3}))
    enrolment = enrolled(program)
    enrolments.advance(enrolment, at)
    sending.sweep(at=at)
    first, wait = program.steps.all()
    new = StepIn("mail", {"subject": "New", "body": "New"})
    programs.replace_steps(
        program,
        actor=actor,
        steps_in=[new, StepIn("mail", first.config, first.pk), StepIn("wait", wait.config, wait.pk)],
    )
    enrolment.refresh_from_db()
    enrolments.advance(enrolment, at)
    assert Send.everywhere.filter(enrolment=enrolment).count() == 1


def test_a_lead_before_a_step_that_goes_away_stands_before_the_next(make_program, enrolled, actor):
    program = make_program(StepIn("wait", {"days": 3}), MAIL)
    enrolment = enrolled(program)
    mail = program.steps.last()
    programs.replace_steps(program, actor=actor, steps_in=[StepIn("mail", mail.config, mail.pk)])
    enrolment.refresh_from_db()
    assert enrolment.step == mail


def test_a_step_of_another_program_is_refused(make_program, actor):
    one, two = make_program(name="One"), make_program(name="Two")
    with pytest.raises(Invalid):
        programs.replace_steps(one, actor=actor, steps_in=[StepIn("mail", MAIL.config, two.steps.get().pk)])
    assert Step.everywhere.filter(program=two).count() == 1


def test_archiving_takes_everybody_out_and_cancels_what_is_planned(make_program, enrolled, actor, at):
    program = make_program()
    enrolment = enrolled(program)
    enrolments.advance(enrolment, at)
    programs.archive(program, actor=actor, at=at)
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.end_reason) == ("exited", "The program was archived")
    assert Send.everywhere.get().state == "cancelled"


def test_an_archived_program_stays_archived(make_program, actor):
    program = programs.archive(make_program(), actor=actor)
    with pytest.raises(Conflict):
        programs.activate(program, actor=actor)
    program.refresh_from_db()
    assert program.status == "archived"
