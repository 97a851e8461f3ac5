"""Entering, going on, leaving."""

from datetime import UTC, datetime, timedelta

import pytest

from leadflow.errors import Conflict
from leads.lifecycle import moves
from leads.people import consent
from nurture import enrolments, ledger, programs, sending, suppression
from nurture.models import Enrolment, Program, Seen, Send
from nurture.steps import StepIn
from tests import builders
from tests.nurture.conftest import MAIL

WAIT = StepIn("wait", {"days": 3})
CONTENT = StepIn("content", {"stage": ""})


def advance(enrolment: Enrolment, at: datetime) -> Enrolment:
    enrolment.refresh_from_db()
    enrolments.advance(enrolment, at)
    enrolment.refresh_from_db()
    return enrolment


def refused(lead, program, actor, at) -> str:
    with pytest.raises(Conflict) as error:
        enrolments.enrol(lead, program, actor=actor, why={}, at=at)
    return error.value.code


def test_a_lead_enters_and_waits_for_its_first_step(make_program, enrolled, at):
    program = make_program()
    enrolment = enrolled(program)
    assert (enrolment.state, enrolment.next_at, enrolment.step) == ("active", at, program.steps.get())
    assert enrolment.why["words"] == "By hand."


def test_a_lead_that_opted_out_is_refused(make_program, workspace, actor, at):
    lead = builders.lead(workspace)
    consent.change(lead, state="opted_out", source="test", at=at)
    assert refused(lead, make_program(), actor, at) == "opted_out"
    assert not Enrolment.everywhere.exists()


def test_a_suppressed_address_is_refused_whatever_its_case(make_program, workspace, actor, at):
    lead = builders.lead(workspace)
    suppression.add(workspace, lead.email.upper(), why="by_hand", at=at)
    assert refused(lead, make_program(), actor, at) == "suppressed"


def test_a_lead_with_sales_is_refused(make_program, workspace, actor, at):
    handoff = builders.handoff(workspace)
    assert refused(handoff.lead, make_program(), actor, at) == "handed_over"


def test_a_disqualified_lead_is_refused(make_program, workspace, actor, at):
    lead = builders.lead(workspace)
    reason = builders.reason(workspace, "spam", "disqualify")
    lead = moves.disqualify(lead, actor=actor, reason=reason, at=at)
    assert refused(lead, make_program(), actor, at) == "disqualified"


def test_a_lead_without_an_address_is_refused(make_program, workspace, actor, at):
    assert refused(builders.lead(workspace, email=""), make_program(), actor, at) == "no_email"


def test_a_lead_is_not_in_a_program_twice_at_once(make_program, enrolled, actor, at):
    program = make_program()
    enrolment = enrolled(program)
    assert refused(enrolment.lead, program, actor, at) == "already_enrolled"
    assert Enrolment.everywhere.count() == 1


def test_a_program_that_takes_each_lead_once_refuses_the_second_time(make_program, enrolled, actor, at):
    program = make_program(reentry="never")
    enrolment = enrolled(program)
    enrolments.exit(enrolment, reason="By hand", at=at)
    assert refused(enrolment.lead, program, actor, at) == "no_reentry"


def test_a_program_may_take_a_lead_again_after_it_left(make_program, enrolled, at):
    program = make_program()
    enrolment = enrolled(program)
    enrolments.exit(enrolment, reason="By hand", at=at)
    again = enrolled(program, enrolment.lead)
    assert again.state == "active"


def test_a_paused_program_takes_nobody(make_program, workspace, actor, at):
    program = programs.pause(make_program(), actor=actor)
    assert refused(builders.lead(workspace), program, actor, at) == "program_not_active"


def test_a_lead_of_another_workspace_is_not_found(make_program, actor, at):
    stranger = builders.lead(builders.workspace("Other"))
    with pytest.raises(stranger.DoesNotExist):
        enrolments.enrol(stranger, make_program(), actor=actor, why={}, at=at)
    assert not Enrolment.everywhere.exists()


def test_the_wait_after_a_mail_counts_from_when_it_went(make_program, enrolled, smtp, at):
    enrolment = enrolled(make_program(MAIL, WAIT, MAIL))
    advance(enrolment, at)
    went = at + timedelta(hours=2)
    sending.sweep(at=went)
    enrolment.refresh_from_db()
    assert enrolment.next_at == went
    advance(enrolment, went)
    assert enrolment.next_at == went + timedelta(days=3)
    assert enrolment.step.position == 3


def test_an_enrolment_whose_mail_is_not_settled_takes_no_further_step(make_program, enrolled, at):
    enrolment = enrolled(make_program(MAIL, MAIL))
    advance(enrolment, at)
    advance(enrolment, at + timedelta(hours=1))
    assert Send.everywhere.count() == 1
    assert enrolment.state == "active"


def test_a_program_ends_after_its_last_mail(make_program, enrolled, smtp, at):
    enrolment = enrolled(make_program())
    advance(enrolment, at)
    sending.sweep(at=at)
    advance(enrolment, at)
    assert (enrolment.state, enrolment.end_reason, enrolment.ended_at) == ("finished", "Finished", at)


def test_a_branch_goes_on_at_its_other_step_when_the_condition_does_not_hold(make_program, enrolled, workspace, at):
    german = {"fact": "lead.country", "op": "is", "value": "DE"}
    program = make_program(
        StepIn("branch", {"condition": german, "otherwise": 3}),
        StepIn("exit", {"outcome": "German"}),
        StepIn("exit", {"outcome": "Elsewhere"}),
    )
    ends = [
        advance(enrolled(program, builders.lead(workspace, country=country)), at).end_reason for country in ("DE", "FR")
    ]
    assert ends == ["German", "Elsewhere"]


def test_waiting_until_a_date_ends_at_midnight_of_the_leads_zone(make_program, enrolled, workspace, at):
    lead = builders.lead(workspace, time_zone="America/New_York")
    enrolment = enrolled(make_program(StepIn("wait", {"until": "2026-11-20"}), MAIL), lead)
    assert advance(enrolment, at).next_at == datetime(2026, 11, 20, 5, tzinfo=UTC)


def test_a_date_that_is_past_is_not_waited_for(make_program, enrolled, at):
    enrolment = enrolled(make_program(StepIn("wait", {"until": "2020-01-01"}), StepIn("exit", {"outcome": "On"})))
    assert advance(enrolment, at).end_reason == "On"


def test_meeting_the_goal_ends_the_program(make_program, enrolled, workspace, at):
    goal = {"condition": {"fact": "lead.country", "op": "is", "value": "DE"}}
    enrolment = enrolled(make_program(exit=goal), builders.lead(workspace, country="DE"))
    advance(enrolment, at)
    assert (enrolment.state, enrolment.end_reason) == ("exited", "Goal met")
    assert not Send.everywhere.exists()


def test_content_is_noted_with_the_mail_that_shows_it(make_program, enrolled, make_content, at):
    guide = make_content("Guide")
    enrolment = enrolled(make_program(CONTENT))
    advance(enrolment, at)
    send = Send.everywhere.get()
    assert (send.content, send.subject) == (guide, "Guide")
    assert Seen.everywhere.get().send == send
    assert send.why["words"].startswith("Best of 1 not yet sent")


def test_when_nothing_is_left_unseen_the_step_is_skipped_and_says_why(make_program, enrolled, at):
    enrolment = advance(enrolled(make_program(CONTENT)), at)
    assert enrolment.state == "finished"
    assert not Send.everywhere.exists()
    assert enrolment.why["skipped"][0]["step"] == 1
    assert enrolment.why["skipped"][0]["words"].startswith("Nothing left")


def test_content_whose_mail_was_cancelled_may_be_sent_later(make_program, enrolled, make_content, at):
    make_content("Guide")
    enrolment = enrolled(make_program(CONTENT))
    advance(enrolment, at)
    enrolments.exit(enrolment, reason="By hand", at=at)
    assert Send.everywhere.get().state == "cancelled"
    assert not Seen.everywhere.exists()


def test_mails_of_the_control_group_are_trapped_and_the_program_goes_on(make_program, enrolled, smtp, workspace, at):
    program = make_program(MAIL, StepIn("exit", {"outcome": "End"}), holdout_percent=90)
    lead = next(
        each for each in iter(lambda: builders.lead(workspace), None) if enrolments.in_control_group(program, each)
    )
    enrolment = advance(enrolled(program, lead), at)
    sending.sweep(at=at)
    assert enrolment.holdout
    assert Send.everywhere.get().state == "trapped"
    assert enrolment.end_reason == "End"
    assert smtp.accepted == []


def test_the_hold_out_is_a_fair_and_lasting_share(make_program):
    program = Program(pk=7, holdout_percent=20)
    leads = [builders.Lead(pk=number) for number in range(5000)]
    held = [enrolments.in_control_group(program, lead) for lead in leads]
    assert 900 < sum(held) < 1100
    assert held == [enrolments.in_control_group(program, lead) for lead in leads]


def test_the_send_window_of_the_leads_zone_decides_when_a_mail_is_planned_for(make_program, enrolled, workspace, at):
    lead = builders.lead(workspace, time_zone="Asia/Kathmandu")  # 10:00 UTC is 15:45 there
    program = make_program(send_from="08:00", send_until="12:00")
    advance(enrolled(program, lead), at)
    assert Send.everywhere.get().next_at == datetime(2026, 11, 4, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("place", "next_at"),
    [
        ({"country": "US", "region": "California"}, datetime(2026, 11, 3, 16, tzinfo=UTC)),
        ({"country": "JP"}, datetime(2026, 11, 3, 23, tzinfo=UTC)),
    ],
)
def test_no_mail_is_planned_at_night_for_a_lead_whose_country_alone_is_known(
    make_program, enrolled, workspace, at, place, next_at
):
    program = make_program(send_from="08:00", send_until="12:00")
    advance(enrolled(program, builders.lead(workspace, **place)), at)
    assert Send.everywhere.get().next_at == next_at


def test_an_opt_out_ends_the_program_at_the_next_step(make_program, enrolled, at):
    enrolment = enrolled(make_program())
    consent.change(enrolment.lead, state="opted_out", source="API", at=at)
    advance(enrolment, at)
    assert (enrolment.state, enrolment.end_reason) == ("exited", "The lead has opted out of marketing mail.")


def test_an_enrolment_that_was_not_woken_looks_at_its_mail_again(make_program, enrolled, smtp, at, monkeypatch):
    enrolment = enrolled(make_program())
    advance(enrolment, at)
    monkeypatch.setattr(ledger, "wake", lambda ids, at: None)  # the worker dies before it wakes anybody
    sending.sweep(at=at)
    enrolment.refresh_from_db()
    assert enrolment.next_at == at + enrolments.LOOK_AGAIN
    assert advance(enrolment, at + enrolments.LOOK_AGAIN).state == "finished"
