"""Every lead in marketing's care is looked after: programs take those that are in none."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leadflow.errors import Conflict
from leads.activity import returns
from leads.lifecycle import evaluation, moves
from leads.models import Lead, Topic, Transition
from leads.queries import care, lead_filters
from leads.queries.timeline import timeline
from nurture import enrolments, programs, sending, suppression
from nurture.models import Enrolment, Send
from nurture.steps import StepIn
from nurture.tasks import run_sweeps
from tests import builders
from tests.nurture.conftest import MAIL
from workspaces.models import Notice
from workspaces.roles import Role

CARE = {"occasions": ["care"]}
GERMAN = {"fact": "lead.country", "op": "is", "value": "DE"}
WAIT = StepIn("wait", {"days": 3})
OTHER = StepIn("mail", {"subject": "More", "body": "There is more."})


@pytest.fixture(autouse=True)
def _today(time_machine, at):
    """The moves of these tests happen now: what is told long after is history."""
    time_machine.move_to(at)


def states(leads) -> list[str]:
    return [Lead.everywhere.get(pk=lead.pk).state for lead in leads]


def test_a_program_that_is_activated_takes_the_new_leads_for_which_its_condition_holds(make_program, workspace, at):
    german, french = builders.lead(workspace, country="DE"), builders.lead(workspace, country="FR")
    program = make_program(name="Welcome", entry={**CARE, "condition": GERMAN})
    evaluation.sweep(at=at + timedelta(minutes=1))
    assert states([german, french]) == ["nurture", "new"]
    assert Enrolment.everywhere.get().program == program
    row = Transition.everywhere.get(lead=german)
    assert (row.move, row.from_state, row.to_state) == ("nurture", "new", "nurture")
    assert row.note.startswith("“Welcome”: It takes leads in marketing's care that are in no program")
    assert [each.type for each in builders.recorded(workspace, "lead.nurtured")] == ["lead.nurtured"]
    assert len(builders.recorded(workspace, "program.entered")) == 1


def test_a_topic_is_asked_for_too(make_program, workspace, at):
    builders.event(read := builders.lead(workspace), "page", at=at, topics=["crm"])
    builders.lead(workspace)
    Topic.everywhere.create(workspace=workspace, code="crm", label="CRM")
    make_program(entry={**CARE, "topics": ["crm"]})
    evaluation.sweep(at=at + timedelta(minutes=1))
    assert list(Enrolment.everywhere.values_list("lead", flat=True)) == [read.pk]


def test_a_lead_that_meets_the_condition_later_enters_then(make_program, workspace, at):
    lead = builders.lead(workspace, country="FR")
    make_program(entry={**CARE, "condition": GERMAN})
    evaluation.sweep(at=at + timedelta(minutes=1))
    assert not Enrolment.everywhere.exists()
    Lead.everywhere.filter(pk=lead.pk).update(country="DE", next_at=at)
    evaluation.sweep(at=at + timedelta(minutes=2))
    assert Enrolment.everywhere.get().lead == lead


def test_who_may_get_no_mail_or_is_with_sales_or_in_a_program_is_left_alone(make_program, enrolled, workspace, at):
    busy = enrolled(make_program(name="Busy")).lead
    handed = builders.handoff(workspace).lead
    nobody, stopped = builders.lead(workspace, email=""), builders.lead(workspace)
    suppression.add(workspace, stopped.email, why="by_hand", at=at)
    make_program(OTHER, name="Welcome", entry=CARE)
    evaluation.sweep(at=at + timedelta(minutes=1))
    assert Enrolment.everywhere.get().lead == busy
    assert states([handed, nobody, stopped]) == ["mql", "new", "new"]


def test_who_finished_a_program_is_not_taken_by_it_again(make_program, workspace, smtp, at):
    lead = builders.lead(workspace)
    make_program(StepIn("content", {"stage": ""}), name="Welcome", entry=CARE)
    for minute in range(1, 4):
        Lead.everywhere.filter(pk=lead.pk).update(next_at=at)
        evaluation.sweep(at=at + timedelta(minutes=minute))
        run_sweeps(at=at + timedelta(minutes=minute))
    assert Enrolment.everywhere.get().state == "finished"


def test_marketing_takes_a_new_lead_into_nurture_by_hand_only_where_a_program_takes_it(
    make_program, workspace, actor, at
):
    lead = builders.lead(workspace)
    with pytest.raises(Conflict) as refused:
        moves.nurture(lead, actor=actor, at=at)
    assert refused.value.code == "no_program"
    assert states([lead]) == ["new"]
    assert not Transition.everywhere.filter(lead=lead).exists()
    program = make_program(entry=CARE)
    moves.nurture(lead, actor=actor, note="Met at the fair", at=at)
    assert states([lead]) == ["nurture"]
    assert Enrolment.everywhere.get().program == program


def test_a_new_lead_that_is_enrolled_by_hand_is_in_nurture(make_program, enrolled, workspace):
    lead = enrolled(make_program()).lead
    assert states([lead]) == ["nurture"]
    assert Transition.everywhere.get(lead=lead).note == "“Drip”: By hand."


def test_a_lead_leaves_a_program_as_soon_as_its_exit_condition_holds(make_program, enrolled, workspace, at):
    program = make_program(MAIL, WAIT, exit={"condition": GERMAN})
    enrolment = enrolled(program)
    Lead.everywhere.filter(pk=enrolment.lead_id).update(country="DE", next_at=at)
    evaluation.sweep(at=at + timedelta(minutes=1))
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.end_reason) == ("exited", "Goal met")


@pytest.mark.parametrize("number", [2, 40])
def test_leads_enter_in_sets(make_program, workspace, at, number):
    make_program(entry={**CARE, "condition": GERMAN})
    for _ in range(number):
        builders.lead(workspace, country="DE", next_at=at)
    with CaptureQueriesContext(connection) as statements:
        evaluation.sweep(at=at + timedelta(minutes=1))
    assert Enrolment.everywhere.count() == number
    spoken = [each["sql"] for each in statements if "SAVEPOINT" not in each["sql"]]
    assert len(spoken) == 23, "\n".join(each[:110] for each in spoken)


class TestTheLedgerOfMails:
    """Nobody gets a mail twice."""

    def test_a_lead_that_enters_again_goes_on_where_it_left(self, make_program, enrolled, smtp, workspace, at):
        program = make_program(MAIL, WAIT, OTHER)
        first = enrolled(program)
        run_sweeps(at=at)
        enrolments.exit(first, reason="By hand", at=at)
        again = enrolled(program, first.lead)
        assert again.step.position == 2
        assert again.why["had"].startswith("It had these mails, which are left out: step 1")
        for day in (0, 1, 4, 5):
            run_sweeps(at=at + timedelta(days=day))
        assert [mail.subject for mail in Send.everywhere.order_by("pk")] == ["News for Lea", "More"]

    def test_the_same_mail_in_another_program_is_left_out(self, make_program, enrolled, smtp, workspace, at):
        lead = builders.lead(workspace)
        enrolled(make_program(MAIL, name="One"), lead)
        enrolled(make_program(MAIL, OTHER, name="Two"), lead)
        for hour in range(3):
            run_sweeps(at=at + timedelta(hours=hour))
        assert sorted(Send.everywhere.values_list("subject", flat=True)) == ["More", "News for Lea"]

    def test_a_lead_that_had_all_the_mails_is_refused_unless_the_program_repeats_them(
        self, make_program, enrolled, smtp, actor, at
    ):
        program = make_program(MAIL)
        first = enrolled(program)
        run_sweeps(at=at)
        enrolments.exit(first, reason="By hand", at=at)
        with pytest.raises(Conflict) as refused:
            enrolled(program, first.lead)
        assert refused.value.code == "nothing_left"
        programs.edit(program, actor=actor, reentry="repeat")
        again = enrolled(program, first.lead)
        assert again.why["had"] == "It gets again: step 1 (Mail “News for {{ lead.first_name }}”)."
        run_sweeps(at=at + timedelta(hours=1))
        assert Send.everywhere.count() == 2

    def test_the_database_refuses_a_second_mail_of_the_same_words(self, make_program, enrolled, smtp, at):
        enrolled(make_program(MAIL))
        run_sweeps(at=at)
        send = Send.everywhere.get()
        send.pk, send.enrolment, send.message_id = None, None, "<another@example.test>"
        with pytest.raises(IntegrityError), transaction.atomic():
            send.save(force_insert=True)

    def test_a_mail_that_was_cancelled_was_not_had(self, make_program, enrolled, smtp, workspace, at):
        night = at.replace(hour=22)
        program = make_program(MAIL)
        first = enrolled(program)
        enrolments.advance(first, night)
        enrolments.exit(first, reason="By hand", at=night)
        assert Send.everywhere.get().state == "cancelled"
        enrolled(program, first.lead)
        sending.sweep(at=night)
        run_sweeps(at=at + timedelta(days=1))
        assert Send.everywhere.filter(state="sent").count() == 1


class TestARevisitDate:
    """On the day everybody concerned is told."""

    @pytest.fixture
    def returned(self, workspace, at):
        handoff = builders.handoff(workspace, accepted=True, at=at - timedelta(hours=2))
        reason, owner = builders.reason(workspace, "not-ready"), builders.actor(handoff.owner)
        day = date(2026, 11, 10)
        moves.return_to_marketing(handoff, actor=owner, reason=reason, revisit_on=day, at=at)
        return handoff

    def test_marketing_and_the_rep_are_told_once_and_the_timeline_says_it(
        self, returned, workspace, actor, time_machine, at
    ):
        day = at.replace(day=10, hour=12)
        time_machine.move_to(day)
        for _ in range(2):
            Lead.everywhere.filter(pk=returned.lead_id).update(next_at=day)
            evaluation.sweep(at=day)
        told = Notice.objects.of(workspace).filter(kind="lead.revisit")
        assert {notice.member for notice in told} == {actor.member, returned.owner}
        assert told.count() == 2
        titles = [entry.title for entry in timeline(returned.lead).entries]
        assert titles[0] == "The revisit date has come"

    def test_the_lead_waits_until_then_and_enters_the_program_made_for_it(
        self, returned, make_program, time_machine, at
    ):
        make_program(name="Welcome", entry=CARE)
        wanted = make_program(OTHER, name="Look again", entry={"occasions": ["revisit"]})
        evaluation.sweep(at=at + timedelta(days=1))
        assert not Enrolment.everywhere.exists()
        day = at.replace(day=10, hour=12)
        time_machine.move_to(day)
        evaluation.sweep(at=day)
        assert Enrolment.everywhere.get().program == wanted


def test_who_is_looked_after_by_nobody_is_counted_and_listed(make_program, enrolled, workspace, at):
    neglected, busy = builders.lead(workspace), enrolled(make_program()).lead
    waiting = builders.lead(workspace, revisit_at=at + timedelta(days=9))
    builders.handoff(workspace)
    assert care.count_neglected(workspace) == 1
    wanted = {"nobody": neglected, "program": busy, "revisit": waiting}
    for way, lead in wanted.items():
        found = lead_filters.narrow(Lead.objects.of(workspace), workspace, lead_filters.Filters(care=way))
        assert list(found) == [lead]


@pytest.mark.parametrize("code", ["duplicate", "wrong-territory", "not-our-customer"])
def test_reasons_that_must_not_nurture_do_not(make_program, workspace, at, code):
    make_program(name="Any", entry={"occasions": ["return", "care", "revisit"]})
    handoff = builders.handoff(workspace, accepted=True, at=at - timedelta(hours=2))
    reason, owner = builders.reason(workspace, code), builders.actor(handoff.owner)
    moves.return_to_marketing(handoff, actor=owner, reason=reason, note="As said", at=at)
    evaluation.sweep(at=at + timedelta(minutes=1))
    assert not Enrolment.everywhere.exists()
    assert care.count_neglected(workspace) == 0  # marketing owes an answer to its return
    returns.answer(handoff, actor=builders.actor(builders.member(workspace, Role.MARKETING)), text="True", at=at)
    evaluation.sweep(at=at + timedelta(minutes=2))
    assert not Enrolment.everywhere.exists()
    assert care.count_neglected(workspace) == 1
