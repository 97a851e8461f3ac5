"""A return that blames: it holds the lead until marketing answers; sales may object once, the sales manager decides."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from leadflow.errors import Conflict, Forbidden, Invalid, NotAllowed
from leads.activity import returns
from leads.intake import upsert
from leads.intake.upsert import Person
from leads.lifecycle import evaluation, moves
from leads.models import Definition, Handoff, Lead, ReturnAnswer, ReturnObjection
from leads.queries.timeline import timeline
from tests import builders
from workspaces.models import Notice
from workspaces.roles import Role

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def now(time_machine):
    time_machine.move_to(builders.MONDAY, tick=False)
    return timezone.now()


@pytest.fixture
def rep(workspace):
    return builders.member(workspace, Role.SALES, "Rita Rep")


@pytest.fixture
def boss(workspace):
    return builders.member(workspace, Role.SALES_MANAGER, "Sam Sales")


@pytest.fixture
def marketer(workspace):
    return builders.member(workspace, Role.MARKETING, "Mia Market")


@pytest.fixture
def contest(workspace, rep, now):
    """Have the rep return a lead that met the definition, a month ago, for a reason that blames."""

    def returned(code: str = "bad-data") -> Handoff:
        ago = now - 30 * DAY
        account = builders.account(workspace)
        lead = builders.lead(workspace, email=f"ceo@{account.domain}", title="CEO", country="DE", account=account)
        builders.event(lead, "demo_request", at=ago - DAY)
        handoff = builders.handoff(workspace, lead=lead, owner=rep, at=ago - HOUR)
        reason = builders.reason(workspace, code)
        return moves.return_to_marketing(
            handoff, actor=builders.actor(rep), reason=reason, note="Not in use", rating=2, at=ago
        )

    return returned


def told(member) -> list[str]:
    return list(Notice.everywhere.filter(member=member, kind__startswith="return.").values_list("kind", flat=True))


def fresh(handoff) -> Lead:
    return Lead.everywhere.get(pk=handoff.lead_id)


def look(handoff, now) -> str:
    """Let the engine look at the lead, which has asked for a demo again; return its state then."""
    builders.event(handoff.lead, "demo_request", at=now - HOUR)
    Lead.everywhere.filter(pk=handoff.lead_id).update(next_at=now)
    evaluation.sweep(at=now)
    return fresh(handoff).state


def test_a_lead_returned_for_its_data_is_not_offered_again_unanswered(contest, marketer, now):
    handoff = contest()
    assert fresh(handoff).held_for == "data"
    assert look(handoff, now) == "nurture"
    with pytest.raises(NotAllowed, match="answer the return") as refusal:
        moves.qualify(fresh(handoff), actor=builders.actor(marketer), override="They called")
    assert refusal.value.code == "answer_awaited"
    returns.answer(handoff, actor=builders.actor(marketer), text="The number is right now")
    assert fresh(handoff).next_at == now
    evaluation.sweep(at=now)
    assert fresh(handoff).state == "mql"


def test_a_correction_of_the_data_releases_a_lead_that_was_returned_for_it(workspace, contest, marketer, now):
    Definition.objects.of(workspace).filter(kind="mql").update(condition={"fact": "lead.email", "op": "known"})
    handoff = contest()
    person = Person(email=handoff.lead.email, phone="+49 30 901820")
    upsert.edit(fresh(handoff), person, actor=builders.actor(marketer))
    lead = fresh(handoff)
    assert (lead.held_for, lead.profile_changed_at) == ("", now)
    evaluation.sweep(at=now)
    assert fresh(handoff).state == "mql"


def test_other_facts_are_no_correction_and_the_definition_is_not_corrected_by_the_lead(contest, marketer, now):
    data, definition = contest(), contest("wrong-territory")
    actor = builders.actor(marketer)
    upsert.edit(fresh(data), Person(email=data.lead.email, language="de", source="fair"), actor=actor)
    upsert.edit(fresh(definition), Person(email=definition.lead.email, phone="+49 30 901820"), actor=actor)
    assert (fresh(data).held_for, fresh(definition).held_for) == ("data", "definition")
    assert (look(data, now), look(definition, now)) == ("nurture", "nurture")


def test_a_correction_from_before_the_return_is_none(contest, marketer, now):
    handoff = contest()
    person = Person(email=handoff.lead.email, phone="+49 30 901820")
    upsert.upsert(handoff.workspace, person, actor=builders.actor(marketer), at=now - 40 * DAY)
    assert fresh(handoff).held_for == "data"


def test_a_new_title_is_evidence_for_a_lead_that_was_returned_for_something_else(workspace, contest, marketer, now):
    handoff = contest("no-authority")
    Definition.objects.of(workspace).filter(kind="mql").update(condition={"fact": "lead.title", "op": "known"})
    Lead.everywhere.filter(pk=handoff.lead_id).update(next_at=now)
    evaluation.sweep(at=now)
    assert (fresh(handoff).held_for, fresh(handoff).state) == ("", "nurture")
    person = Person(email=handoff.lead.email, title="Chief Executive")
    upsert.edit(fresh(handoff), person, actor=builders.actor(marketer))
    evaluation.sweep(at=now)
    assert fresh(handoff).state == "mql"


def test_the_answer_reaches_the_rep_and_the_sales_managers_once(contest, rep, boss, marketer):
    other = builders.member(rep.workspace, Role.SALES)
    handoff = contest()
    returns.answer(handoff, actor=builders.actor(marketer), text="Corrected")
    for member in (rep, boss):
        [notice] = Notice.everywhere.filter(member=member, kind="return.answered")
        assert (notice.url, notice.next_at is not None) == ("/returns/answers/", True)  # it goes as a mail, too
        assert "Corrected" in notice.text
    assert told(other) == told(marketer) == []
    with pytest.raises(Conflict):
        returns.answer(handoff, actor=builders.actor(marketer), text="Once more")
    assert ReturnAnswer.everywhere.get().text == "Corrected"


def test_history_is_answered_in_silence(contest, rep, marketer, now):
    returns.answer(contest(), actor=builders.actor(marketer), text="Corrected", at=now - 20 * DAY)
    assert told(rep) == []


def test_only_a_return_that_blames_is_answered(workspace, contest, marketer):
    for handoff in (contest("no-authority"), builders.handoff(workspace)):
        with pytest.raises(Conflict) as refusal:
            returns.answer(handoff, actor=builders.actor(marketer), text="Thanks")
        assert refusal.value.code == "nothing_to_answer"
    assert not ReturnAnswer.everywhere.exists()


def test_the_rep_objects_once_and_the_sales_manager_decides(contest, rep, boss, marketer):
    handoff = contest()
    with pytest.raises(Conflict) as early:
        returns.object_to(handoff, actor=builders.actor(rep), text="No")
    assert early.value.code == "nothing_to_object_to"
    returns.answer(handoff, actor=builders.actor(marketer), text="It is right")
    with pytest.raises(Conflict) as undue:
        returns.decide(handoff, actor=builders.actor(boss), decision="sales")
    assert undue.value.code == "nothing_to_decide"
    returns.object_to(handoff, actor=builders.actor(rep), text="I tried it: dead")
    assert "return.objected" in told(marketer)
    assert "return.objected" in told(boss)
    with pytest.raises(Conflict) as again:
        returns.object_to(handoff, actor=builders.actor(rep), text="Still dead")
    assert again.value.code == "objected_before"
    with pytest.raises(Invalid):
        returns.decide(handoff, actor=builders.actor(boss), decision="nobody")
    returns.decide(handoff, actor=builders.actor(boss), decision="sales", note="I heard it myself")
    assert "return.decided" in told(rep)
    assert "return.decided" in told(marketer)
    with pytest.raises(Conflict):
        returns.decide(handoff, actor=builders.actor(boss), decision="marketing")
    kept = ReturnObjection.everywhere.get()
    assert (kept.text, kept.decision, kept.decided_by) == ("I tried it: dead", "sales", boss)


def test_nobody_objects_for_somebody_else(contest, marketer, workspace):
    handoff = contest()
    returns.answer(handoff, actor=builders.actor(marketer), text="It is right")
    with pytest.raises(Forbidden):
        returns.object_to(handoff, actor=builders.actor(builders.member(workspace, Role.SALES)), text="No")
    assert not ReturnObjection.everywhere.exists()


def test_what_is_blank_says_nothing(contest, rep, marketer):
    handoff = contest()
    with pytest.raises(Invalid):
        returns.answer(handoff, actor=builders.actor(marketer), text="  ")
    returns.answer(handoff, actor=builders.actor(marketer), text="It is right")
    with pytest.raises(Invalid):
        returns.object_to(handoff, actor=builders.actor(rep), text="\n")


def test_the_database_keeps_one_answer_one_objection_and_no_held_lead_with_sales(contest, rep, marketer):
    handoff = contest()
    answer = returns.answer(handoff, actor=builders.actor(marketer), text="It is right")
    objection = returns.object_to(handoff, actor=builders.actor(rep), text="No")
    again = {"workspace": handoff.workspace, "text": "x", "at": answer.at, **builders.engine().row()}
    for write in (
        lambda: ReturnAnswer.everywhere.create(handoff=handoff, lead=handoff.lead, **again),
        lambda: ReturnObjection.everywhere.create(answer=answer, **again),
        lambda: ReturnObjection.everywhere.filter(pk=objection.pk).update(decision="sales"),
        lambda: Lead.everywhere.filter(pk=handoff.lead_id).update(state="mql", held_for="data"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_an_answer_to_an_earlier_return_does_not_release_the_lead_from_the_later_one(contest, rep, marketer, now):
    first = contest()
    actor = builders.actor(marketer)
    upsert.edit(fresh(first), Person(email=first.lead.email, phone="+49 30 901820"), actor=actor)
    builders.event(first.lead, "demo_request", at=now - 2 * HOUR)
    other = builders.member(rep.workspace)
    second = builders.handoff(rep.workspace, lead=fresh(first), owner=other, at=now - HOUR)
    reason = builders.reason(rep.workspace, "wrong-territory")
    moves.return_to_marketing(second, actor=builders.actor(other), reason=reason, note="Far away", at=now)
    returns.answer(first, actor=actor, text="The first was corrected")
    assert fresh(first).held_for == "definition"
    returns.answer(second, actor=actor, text="And so was the rule")
    assert fresh(first).held_for == ""


def test_a_reopened_lead_still_waits_for_the_answer(workspace, contest, marketer):
    reason = builders.reason(workspace, "too-small")
    reason.blames = "definition"
    reason.save()
    handoff = contest("too-small")
    assert fresh(handoff).state == "disqualified"
    lead = moves.reopen(fresh(handoff), actor=builders.actor(marketer), note="They have grown")
    assert lead.held_for == "definition"


def test_answer_objection_and_decision_stand_in_the_timeline(contest, rep, boss, marketer, now):
    handoff = contest()
    returns.answer(handoff, actor=builders.actor(marketer), text="It is right", at=now - 3 * HOUR)
    returns.object_to(handoff, actor=builders.actor(rep), text="It is not", at=now - 2 * HOUR)
    returns.decide(handoff, actor=builders.actor(boss), decision="marketing", note="It is", at=now - HOUR)
    entries = [each for each in timeline(handoff.lead).entries if each.kind == "return"]
    assert [(each.what, each.body, each.by) for each in entries] == [
        ("decided", "It is", "Sam Sales"),
        ("objected", "It is not", "Rita Rep"),
        ("answered", "It is right", "Mia Market"),
    ]
    older = timeline(handoff.lead, limit=1, before=timeline(handoff.lead, limit=1).older)
    assert [each.what for each in older.entries] == ["objected"]
