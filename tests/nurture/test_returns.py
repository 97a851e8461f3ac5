"""A move in the life of a lead, and its programs."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from leadflow.errors import Invalid
from leads.activity import answers, returns
from leads.lifecycle import moves
from leads.models import Lead, Question, Reason, Topic
from nurture import choosing, programs
from nurture.models import Enrolment, Program
from tests import builders


@pytest.fixture(autouse=True)
def _topics(workspace) -> None:
    Topic.everywhere.bulk_create(Topic(workspace=workspace, code=code, label=code) for code in ("crm", "seo", "hr"))


def return_to_marketing(handoff, code: str, at, **facts):
    reason = builders.reason(handoff.lead.workspace, code)
    owner = builders.actor(handoff.owner)
    return moves.return_to_marketing(handoff, actor=owner, reason=reason, note="As said", at=at, **facts)


def interested(handoff, **points):
    """Give the lead its interests, as scoring would."""
    Lead.everywhere.filter(pk=handoff.lead_id).update(interests=points)
    return handoff


@pytest.fixture(autouse=True)
def _today(time_machine, at):
    """The moves of these tests happen now: what is told long after is history."""
    time_machine.move_to(at)


def test_a_returned_lead_enters_the_program_of_its_reason_and_interests(make_program, workspace, at):
    make_program(name="Any")
    make_program(name="By topic", entry={"topics": ["crm"]})
    make_program(name="Reason, other topic", entry={"reasons": ["no-response"], "topics": ["seo"]})
    wanted = make_program(name="Reason and topic", entry={"reasons": ["no-response"], "topics": ["crm", "hr"]})
    handoff = interested(builders.handoff(workspace, accepted=True), crm=20)
    return_to_marketing(handoff, "no-response", at)
    enrolment = Enrolment.everywhere.get()
    assert (enrolment.program, enrolment.handoff, enrolment.lead) == (wanted, handoff, handoff.lead)
    assert enrolment.why["words"] == ("It takes leads returned as “Never answered”, and the lead is interested in crm.")
    assert enrolment.why["points"] == 20


def test_of_programs_for_one_reason_the_first_in_the_workspaces_order_is_chosen(make_program, workspace, actor, at):
    first = make_program(name="First", entry={"reasons": ["no-response"]})
    second = make_program(name="Second", entry={"reasons": ["no-response"]})
    assert choosing.ahead_of(first) == {}
    assert choosing.ahead_of(second) == {"leads returned as “Never answered”": first}
    programs.put_before(second, first, actor=actor)
    second.refresh_from_db()
    first.refresh_from_db()
    assert choosing.ahead_of(first) == {"leads returned as “Never answered”": second}
    return_to_marketing(builders.handoff(workspace), "no-response", at)
    assert Enrolment.everywhere.get().program == second


def test_without_a_program_for_the_reason_the_first_that_takes_any_is_chosen(make_program, workspace, at):
    make_program(name="Another reason", entry={"reasons": ["no-budget"], "topics": ["crm"]})
    wanted = make_program(name="CRM", entry={"topics": ["crm"]})
    make_program(name="Any")
    return_to_marketing(interested(builders.handoff(workspace), crm=3), "no-response", at)
    assert Enrolment.everywhere.get().program == wanted


def test_without_reason_and_interest_the_program_that_takes_all_is_chosen(make_program, workspace, at):
    make_program(name="CRM", entry={"topics": ["crm"]})
    wanted = make_program(name="Any")
    return_to_marketing(builders.handoff(workspace), "no-response", at)
    assert Enrolment.everywhere.get().program == wanted


def test_a_program_that_takes_each_lead_once_is_passed_over_the_second_time(make_program, workspace, at):
    make_program(name="Once", entry={"reasons": ["no-response"]}, reentry="never")
    wanted = make_program(name="Any")
    handoff = builders.handoff(workspace, at=at - timedelta(hours=9))
    return_to_marketing(handoff, "no-response", at - timedelta(hours=8))
    Reason.everywhere.update(cool_off_days=0)
    Lead.everywhere.update(cool_off_until=None)
    builders.event(handoff.lead, "demo_request", at=at - timedelta(hours=2))
    again = builders.handoff(workspace, lead=handoff.lead, at=at - timedelta(hours=1))
    return_to_marketing(again, "no-response", at)
    assert Enrolment.everywhere.get(state="active").program == wanted


def test_programs_by_hand_drafts_and_those_with_another_condition_are_left_out(make_program, workspace, at):
    make_program(name="By hand", entry={"manual": True})
    make_program(name="Draft", active=False)
    make_program(name="French", entry={"condition": {"fact": "lead.country", "op": "is", "value": "FR"}})
    handoff = builders.handoff(workspace, country="DE")
    return_to_marketing(handoff, "no-response", at)
    assert not Enrolment.everywhere.exists()
    assert Lead.everywhere.get(pk=handoff.lead_id).state == "nurture"
    assert choosing.choose_for_return(workspace, handoff.lead, None, at=at).why["words"] == (
        "No active program takes this lead."
    )


def test_a_return_that_disqualifies_enrols_nobody(make_program, workspace, at):
    make_program(name="Any")
    return_to_marketing(builders.handoff(workspace), "competitor", at)
    assert not Enrolment.everywhere.exists()


def test_a_lead_that_may_get_no_mail_is_returned_all_the_same(make_program, workspace, at):
    make_program(name="Any")
    handoff = builders.handoff(workspace, email="")
    return_to_marketing(handoff, "no-response", at)
    assert Lead.everywhere.get(pk=handoff.lead_id).state == "nurture"
    assert not Enrolment.everywhere.exists()


def test_a_return_that_is_told_long_after_starts_no_program(make_program, workspace, at):
    make_program(name="Any")
    handoff = builders.handoff(workspace, at=at - timedelta(days=400))
    return_to_marketing(handoff, "no-response", at - timedelta(days=390))
    assert not Enrolment.everywhere.exists()


def test_a_return_is_history_as_soon_as_an_offer_is(make_program, workspace, at):
    make_program(name="Any")
    for hours in (30, 20):
        handoff = builders.handoff(workspace, at=at - timedelta(days=3))
        return_to_marketing(handoff, "no-response", at - timedelta(hours=hours))
        assert Enrolment.everywhere.filter(lead=handoff.lead_id).exists() is (hours < 24)


def test_a_lead_that_becomes_an_mql_leaves_its_programs(make_program, enrolled, workspace, at):
    enrolment = enrolled(make_program())
    builders.handoff(workspace, lead=enrolment.lead, at=at)
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.end_reason, enrolment.ended_at) == ("exited", "Became an MQL", at)


def test_a_disqualified_lead_leaves_its_programs(make_program, enrolled, workspace, actor, at):
    enrolment = enrolled(make_program())
    reason = builders.reason(workspace, "spam", "disqualify")
    moves.disqualify(enrolment.lead, actor=actor, reason=reason, at=at)
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.end_reason) == ("exited", "Disqualified")


def test_a_lost_lead_that_is_recycled_enters_the_program_of_its_reason(make_program, workspace, actor, at):
    wanted = make_program(name="Price", entry={"reasons": ["price"]})
    handoff = builders.handoff(workspace, accepted=True, at=at - timedelta(hours=2))
    owner = builders.actor(handoff.owner)
    _answer_all(handoff.lead, owner, at - timedelta(hours=1))
    moves.promote(handoff, actor=owner, at=at - timedelta(hours=1))
    reason = builders.reason(workspace, "price", "lose")
    moves.lose(handoff, actor=owner, reason=reason, revisit_on=date(2027, 1, 1), at=at)
    moves.recycle(handoff.lead, actor=actor, at=at)
    assert Enrolment.everywhere.get().program == wanted


def test_a_won_lead_is_in_no_program(make_program, workspace, at):
    make_program(name="Any")
    handoff = builders.handoff(workspace, accepted=True, at=at - timedelta(hours=2))
    owner = builders.actor(handoff.owner)
    _answer_all(handoff.lead, owner, at - timedelta(hours=1))
    moves.promote(handoff, actor=owner, at=at)
    moves.win(handoff, actor=owner, amount=Decimal(10), at=at)
    assert not Enrolment.everywhere.exists()


def _answer_all(lead, owner, at) -> None:
    for question in Question.objects.of(lead.workspace):
        value = question.choices[0] if question.choices else "Yes"
        answers.record(lead, actor=owner, question=question, value=value, at=at)


@pytest.mark.parametrize("number", [1, 20])
def test_the_choice_takes_four_statements_however_many_leads_and_programs(
    make_program, workspace, at, number, django_assert_num_queries
):
    for name in range(number):
        make_program(name=f"P{name}", entry={"topics": ["crm"]})
    leads = [builders.lead(workspace, interests={"crm": 1}) for _ in range(number)]
    with django_assert_num_queries(4):
        chosen = choosing.choose(workspace, leads, Program.Occasion.RETURN, at=at)
    assert {each.program.name for each in chosen.values()} == {"P0"}


@pytest.mark.parametrize("code", ["duplicate", "wrong-territory", "not-our-customer"])
def test_a_reason_that_keeps_its_leads_from_nurture_enrols_nobody(make_program, workspace, at, code):
    make_program(name="Any")
    make_program(name="CRM", entry={"topics": ["crm"]})
    handoff = interested(builders.handoff(workspace), crm=20)
    return_to_marketing(handoff, code, at)
    lead = Lead.everywhere.get(pk=handoff.lead_id)
    assert (lead.state, lead.kept_from_nurture) == ("nurture", True)
    assert not Enrolment.everywhere.exists()
    words = choosing.choose_for_return(workspace, lead, builders.reason(workspace, code), at=at).why["words"]
    assert words.startswith("No mail: ")


def test_a_lead_is_kept_from_nurture_until_it_is_handed_over_again_or_reopened(workspace, at, actor):
    handoff = builders.handoff(workspace, at=at - timedelta(days=40))
    return_to_marketing(handoff, "duplicate", at - timedelta(days=39))
    returns.answer(handoff, actor=actor, text="It is another person")
    builders.event(handoff.lead, "demo_request", at=at - timedelta(hours=2))
    again = builders.handoff(workspace, lead=handoff.lead, at=at - timedelta(hours=1))
    assert Lead.everywhere.get(pk=handoff.lead_id).kept_from_nurture is False
    return_to_marketing(again, "no-authority", at)
    assert Lead.everywhere.get(pk=handoff.lead_id).kept_from_nurture is False


def test_a_program_does_not_name_a_reason_that_keeps_its_leads_out(make_program):
    with pytest.raises(Invalid, match="keeps its leads out of every program"):
        make_program(entry={"reasons": ["duplicate"]})
    assert not Program.everywhere.filter(status="active").exists()


def test_every_reason_that_sends_a_lead_back_lets_it_rest_first(workspace):
    back = Reason.objects.of(workspace).filter(kind="return", disqualifies=False)
    assert back.count() == 10
    assert min(back.values_list("cool_off_days", flat=True)) >= 7
