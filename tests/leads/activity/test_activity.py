"""What sales did, will do and learned."""

from datetime import timedelta

import pytest

from leadflow.errors import Conflict, Forbidden, Invalid
from leads import signals
from leads.activity import answers, follow_ups, ratings, touches
from leads.lifecycle import moves
from leads.models import Answer, FollowUp, Handoff, Lead, Question, Touch
from tests import builders
from tests.builders import MONDAY
from webhooks.models import OutboxEvent
from workspaces.roles import Role

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def handoff(workspace):
    return builders.handoff(workspace, accepted=True)


@pytest.fixture
def rep(handoff):
    return builders.actor(handoff.owner)


@pytest.fixture
def heard():
    """Collect the signals of this room."""
    news = []

    def on_touched(**facts):
        news.append(("touched", facts))

    def on_planned(**facts):
        news.append(("planned", facts))

    signals.touched.connect(on_touched)
    signals.planned.connect(on_planned)
    yield news
    signals.touched.disconnect(on_touched)
    signals.planned.disconnect(on_planned)


class TestTouch:
    def test_the_first_touch_of_a_handoff_is_kept(self, handoff, rep, heard):
        first = touches.log(handoff.lead, actor=rep, channel="call", outcome="no_answer", at=MONDAY + HOUR)
        touches.log(handoff.lead, actor=rep, channel="email", outcome="sent", at=MONDAY + 2 * HOUR)
        assert Handoff.everywhere.get(pk=handoff.pk).first_touch_at == MONDAY + HOUR
        assert [name for name, _ in heard] == ["touched", "touched"]
        assert heard[0][1]["touch"] == first
        assert heard[0][1]["handoff"] == handoff
        assert OutboxEvent.everywhere.filter(lead_id=handoff.lead_id, type="touch.logged").count() == 2

    def test_an_earlier_touch_that_is_heard_of_later_counts_as_the_first(self, handoff, rep):
        touches.log(handoff.lead, actor=rep, channel="call", outcome="connected", at=MONDAY + 3 * HOUR)
        touches.log(handoff.lead, actor=rep, channel="call", outcome="connected", at=MONDAY + HOUR)
        assert Handoff.everywhere.get(pk=handoff.pk).first_touch_at == MONDAY + HOUR

    def test_one_from_before_the_offer_is_kept_and_belongs_to_no_handoff(self, handoff, rep, heard):
        touch = touches.log(handoff.lead, actor=rep, channel="call", outcome="connected", at=MONDAY - DAY)
        assert Touch.everywhere.get(lead=handoff.lead).at == MONDAY - DAY
        assert touch.handoff is None
        assert heard[0][1]["handoff"] is None
        assert Handoff.everywhere.get(pk=handoff.pk).first_touch_at is None

    def test_one_in_the_minute_of_the_offer_belongs_to_it_and_is_not_before_it(self, workspace):
        offered = builders.handoff(workspace, at=MONDAY + timedelta(seconds=40))
        touches.log(offered.lead, actor=builders.actor(offered.owner), channel="call", outcome="sent", at=MONDAY)
        assert Handoff.everywhere.get(pk=offered.pk).first_touch_at == offered.offered_at

    def test_it_fulfils_what_was_promised(self, handoff, rep, heard):
        promised = follow_ups.plan(handoff.lead, actor=rep, due_at=MONDAY + 5 * HOUR, at=MONDAY)
        touches.log(handoff.lead, actor=rep, channel="call", outcome="connected", at=MONDAY + 4 * HOUR)
        assert FollowUp.everywhere.get(pk=promised.pk).done_at == MONDAY + 4 * HOUR
        assert [name for name, _ in heard] == ["planned", "planned", "touched"]
        assert heard[1][1]["follow_up"].done_at == MONDAY + 4 * HOUR

    def test_it_does_not_fulfil_what_was_promised_after_it(self, handoff, rep):
        promised = follow_ups.plan(handoff.lead, actor=rep, due_at=MONDAY + 50 * HOUR, at=MONDAY + 9 * HOUR)
        touches.log(handoff.lead, actor=rep, channel="call", outcome="connected", at=MONDAY + HOUR)
        assert FollowUp.everywhere.get(pk=promised.pk).done_at is None

    @pytest.mark.parametrize(("field", "facts"), [("channel", {"channel": "pigeon"}), ("outcome", {"outcome": "lost"})])
    def test_an_unknown_channel_or_outcome_is_refused_with_those_that_exist(self, handoff, rep, field, facts):
        with pytest.raises(Invalid, match="Choose one of") as refusal:
            touches.log(handoff.lead, actor=rep, **{"channel": "call", "outcome": "sent", **facts})
        assert refusal.value.field == field
        assert not Touch.everywhere.filter(lead=handoff.lead).exists()

    def test_another_rep_cannot_touch_somebodys_lead(self, workspace, handoff):
        other = builders.actor(builders.member(workspace, Role.SALES))
        with pytest.raises(Forbidden):
            touches.log(handoff.lead, actor=other, channel="call", outcome="connected")
        assert not Touch.everywhere.filter(lead=handoff.lead).exists()


class TestFollowUp:
    def test_it_is_the_owners(self, workspace, handoff):
        manager = builders.actor(builders.member(workspace, Role.SALES_MANAGER))
        planned = follow_ups.plan(handoff.lead, actor=manager, due_at=MONDAY + HOUR, note="Ring", at=MONDAY)
        assert planned.member == handoff.owner
        assert planned.actor_name == manager.name

    def test_it_lies_in_the_future(self, handoff, rep):
        with pytest.raises(Invalid) as refusal:
            follow_ups.plan(handoff.lead, actor=rep, due_at=MONDAY, at=MONDAY)
        assert refusal.value.field == "due_at"
        assert not FollowUp.everywhere.filter(lead=handoff.lead).exists()

    def test_finishing_it_twice_keeps_the_first_time(self, handoff, rep, heard):
        planned = follow_ups.plan(handoff.lead, actor=rep, due_at=MONDAY + HOUR, at=MONDAY)
        follow_ups.finish(planned, actor=rep, at=MONDAY + HOUR)
        follow_ups.finish(planned, actor=rep, at=MONDAY + 2 * HOUR)
        assert FollowUp.everywhere.get(pk=planned.pk).done_at == MONDAY + HOUR
        assert len(heard) == 2

    def test_another_rep_cannot_finish_it(self, workspace, handoff, rep):
        planned = follow_ups.plan(handoff.lead, actor=rep, due_at=MONDAY + HOUR, at=MONDAY)
        with pytest.raises(Forbidden):
            follow_ups.finish(planned, actor=builders.actor(builders.member(workspace)))
        assert FollowUp.everywhere.get(pk=planned.pk).done_at is None


class TestAnswer:
    def ask(self, workspace, kind, **fields):
        return Question.everywhere.create(workspace=workspace, code=f"q-{kind}", label="How many?", kind=kind, **fields)

    def test_an_answer_replaces_the_one_before_and_wakes_the_engine(self, workspace, handoff, rep):
        question = Question.objects.of(workspace).get(code="budget")
        answers.record(handoff.lead, actor=rep, question=question, value="planned", at=MONDAY)
        answers.record(handoff.lead, actor=rep, question=question, value="APPROVED", at=MONDAY + HOUR)
        kept = Answer.everywhere.get(lead=handoff.lead)
        assert (kept.value, kept.at, kept.actor_member) == ("Approved", MONDAY + HOUR, handoff.owner)
        assert Lead.everywhere.get(pk=handoff.lead_id).next_at is not None

    @pytest.mark.parametrize(
        ("kind", "given", "kept"),
        [
            ("text", " More leads ", "More leads"),
            ("choice", "two", "Two"),
            ("number", "25000", 25000),
            ("number", 2.5, 2.5),
            ("boolean", "Yes", True),
            ("boolean", False, False),
        ],
    )
    def test_a_value_of_the_questions_kind_is_taken(self, workspace, handoff, rep, kind, given, kept):
        question = self.ask(workspace, kind, choices=["One", "Two"] if kind == "choice" else [])
        answer = answers.record(handoff.lead, actor=rep, question=question, value=given)
        assert answer.value == kept
        assert type(answer.value) is type(kept)

    @pytest.mark.parametrize(
        ("kind", "given", "words"),
        [
            ("text", "", "Give an answer"),
            ("text", 7, "with a text"),
            ("text", "x" * 2001, "up to 2000 characters"),
            ("choice", "Three", "one of: One, Two"),
            ("number", "many", "with a number"),
            ("number", True, "with a number"),
            ("number", "NaN", "with a number"),
            ("number", "1e400", "with a number"),
            ("boolean", "perhaps", "yes or no"),
            ("boolean", None, "Give an answer"),
        ],
    )
    def test_any_other_value_is_refused_with_what_would_do(self, workspace, handoff, rep, kind, given, words):
        question = self.ask(workspace, kind, choices=["One", "Two"] if kind == "choice" else [])
        with pytest.raises(Invalid, match=words) as refusal:
            answers.record(handoff.lead, actor=rep, question=question, value=given)
        assert refusal.value.field == "value"
        assert not Answer.everywhere.filter(lead=handoff.lead).exists()

    @pytest.mark.parametrize("role", [Role.SALES, Role.MARKETING])
    def test_while_sales_cares_for_the_lead_nobody_but_its_owner_answers(self, workspace, handoff, role):
        question = Question.objects.of(workspace).get(code="budget")
        other = builders.actor(builders.member(workspace, role))
        with pytest.raises(Forbidden):
            answers.record(handoff.lead, actor=other, question=question, value="Approved")
        assert not Answer.everywhere.filter(lead=handoff.lead).exists()

    def test_a_sales_manager_answers_for_anybody(self, workspace, handoff):
        question = Question.objects.of(workspace).get(code="budget")
        manager = builders.actor(builders.member(workspace, Role.SALES_MANAGER))
        assert answers.record(handoff.lead, actor=manager, question=question, value="Approved").value == "Approved"

    def test_while_marketing_cares_for_the_lead_marketing_answers(self, workspace):
        question = Question.objects.of(workspace).get(code="budget")
        marketer = builders.actor(builders.member(workspace, Role.MARKETING))
        lead = builders.lead(workspace)
        assert answers.record(lead, actor=marketer, question=question, value="Approved").actor_name == marketer.name

    def test_another_workspaces_question_is_refused(self, handoff, rep):
        foreign = Question.objects.of(builders.workspace("Other")).get(code="budget")
        with pytest.raises(Invalid) as refusal:
            answers.record(handoff.lead, actor=rep, question=foreign, value="Approved")
        assert refusal.value.field == "question"
        assert not Answer.everywhere.filter(lead=handoff.lead).exists()


class TestRating:
    def test_it_may_be_given_after_the_handoff_was_closed(self, workspace, handoff, rep):
        moves.return_to_marketing(handoff, actor=rep, reason=builders.reason(workspace, "no-authority"))
        assert ratings.rate(handoff, actor=rep, rating=2).rating == 2

    @pytest.mark.parametrize("rating", [0, 6])
    def test_it_is_one_to_five(self, handoff, rep, rating):
        with pytest.raises(Invalid) as refusal:
            ratings.rate(handoff, actor=rep, rating=rating)
        assert refusal.value.field == "rating"
        assert Handoff.everywhere.get(pk=handoff.pk).rating is None

    def test_an_offered_lead_has_nothing_to_rate_yet(self, workspace):
        offered = builders.handoff(workspace)
        with pytest.raises(Conflict):
            ratings.rate(offered, actor=builders.actor(offered.owner), rating=3)
        assert Handoff.everywhere.get(pk=offered.pk).rating is None
