"""The one move: every move from every state, who may, and what each move writes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leadflow.errors import Conflict, Forbidden, Invalid, NotAllowed
from leads.lifecycle import moves
from leads.models import Definition, Handoff, Lead, Transition
from leads.move_catalogue import MOVES, moves_from
from leads.states import State
from nurture import programs
from nurture.steps import StepIn
from tests import builders
from tests.builders import MONDAY
from webhooks.models import OutboxEvent
from workspaces.roles import Role

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def workspace(open_workspace):
    return open_workspace


def make(move, lead, *, at=None, **facts):
    """Make a move with facts that are in order; a lead with no handoff gets a made-up one for the moves of handoffs."""
    thing = lead
    if MOVES[move].of == "handoff":
        thing = lead.handoffs.order_by("-pass_number").first() or closed_handoff(lead)
    given = builders.facts_of(move, lead.workspace) | facts
    return moves.FUNCTIONS[move](thing, actor=builders.engine(), at=at or MONDAY + DAY, **given)


def closed_handoff(lead):
    return Handoff.everywhere.create(
        workspace=lead.workspace,
        lead=lead,
        pass_number=99,
        state="recalled",
        tier="standard",
        offered_at=MONDAY,
        closed_at=MONDAY,
    )


PATHS = {
    State.NEW: [],
    State.NURTURE: ["qualify", "return"],
    State.MQL: ["qualify"],
    State.SAL: ["qualify", "accept"],
    State.SQL: ["qualify", "accept", "promote"],
    State.WON: ["qualify", "accept", "promote", "win"],
    State.LOST: ["qualify", "accept", "promote", "lose"],
    State.DISQUALIFIED: ["disqualify"],
}


def lead_in(workspace, state):
    """Take a lead to a state through the doors; events of every hour keep the loop guard content."""
    lead = builders.lead(workspace)
    for move in PATHS[state]:
        if move == "qualify":
            make(move, lead, at=MONDAY, owner=builders.member(workspace))
        else:
            make(move, lead, at=MONDAY)
    Lead.everywhere.filter(pk=lead.pk).update(cool_off_until=None)
    builders.event(lead, "demo_request", at=MONDAY + HOUR)
    return Lead.everywhere.get(pk=lead.pk)


# the name under which the outside hears of each move
FACTS = {
    "qualify": "lead.qualified",
    "accept": "lead.accepted",
    "return": "lead.returned",
    "recall": "lead.recalled",
    "reassign": "lead.reassigned",
    "promote": "lead.promoted",
    "win": "lead.won",
    "lose": "lead.lost",
    "nurture": "lead.nurtured",
    "recycle": "lead.recycled",
    "disqualify": "lead.disqualified",
    "reopen": "lead.reopened",
}


def welcome(workspace):
    """Run a program that takes leads in marketing's care: a new lead is nurtured only where one does."""
    program = programs.create(workspace, actor=builders.engine(), name="Welcome", entry={"occasions": ["care"]})
    mail = StepIn("mail", {"subject": "Welcome", "body": "Hello"})
    programs.replace_steps(program, actor=builders.engine(), steps_in=[mail])
    programs.activate(program, actor=builders.engine())


def everything(lead):
    """Return all that a move may write, to compare."""
    return (
        Lead.everywhere.filter(pk=lead.pk).values().get(),
        list(Handoff.everywhere.filter(lead=lead).order_by("pk").values()),
        Transition.everywhere.filter(lead=lead).count(),
        OutboxEvent.everywhere.filter(lead_id=lead.pk).count(),
    )


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("name", list(MOVES))
def test_a_move_works_from_its_states_and_is_refused_from_all_others(workspace, name, state):
    welcome(workspace)
    lead = lead_in(workspace, state)
    if name == "reassign" and state in MOVES[name].sources:
        assert make(name, lead).lead.state == state
        return
    if state in MOVES[name].sources:
        before = lead.sequence
        make(name, lead)
        after = Lead.everywhere.get(pk=lead.pk)
        assert after.state == (MOVES[name].target or State.NURTURE)
        assert after.sequence == before + 1
        row = Transition.everywhere.filter(lead=lead).latest("sequence")
        assert (row.move, row.from_state, row.to_state, row.sequence) == (name, state, after.state, after.sequence)
        told = OutboxEvent.everywhere.filter(lead_id=lead.pk).exclude(type__startswith="program.")
        fact = told.latest("pk")
        assert (fact.type, fact.sequence) == (FACTS[name], after.sequence)
        return
    if not lead.passes:
        closed_handoff(lead)
    before = everything(lead)
    with pytest.raises(NotAllowed) as refusal:
        make(name, lead)
    assert refusal.value.facts["state"] == state
    assert refusal.value.facts["allowed"] == moves_from(state)
    assert everything(lead) == before


def test_a_refusal_names_who_made_the_last_move(workspace):
    rep = builders.member(workspace, Role.SALES, "Rita Rep")
    handoff = builders.handoff(workspace, owner=rep)
    moves.return_to_marketing(handoff, actor=builders.actor(rep), reason=builders.reason(workspace, "no-authority"))
    with pytest.raises(NotAllowed, match="Rita Rep made the last move: return") as refusal:
        moves.recall(handoff, actor=builders.engine(), note="Too early")
    assert refusal.value.facts["winner"]["name"] == "Rita Rep"


class TestQualify:
    def test_without_meeting_the_definition_it_takes_a_reason(self, workspace):
        lead = builders.lead(workspace)
        with pytest.raises(Conflict) as refusal:
            moves.qualify(lead, actor=builders.engine(), at=MONDAY)
        assert refusal.value.code == "definition_not_met"
        assert refusal.value.facts["verdict"]["passed"] is False
        assert not Handoff.objects.of(workspace).exists()
        handoff = moves.qualify(lead, actor=builders.engine(), override="Met at the fair", at=MONDAY)
        assert handoff.evidence["override"] == "Met at the fair"
        assert handoff.evidence["verdict"]["passed"] is False

    def test_without_an_agreement_a_person_can_still_hand_over_with_a_reason(self):
        lead = builders.lead(builders.workspace(active=False))
        with pytest.raises(Conflict, match="An agreement is active"):
            moves.qualify(lead, actor=builders.engine())
        handoff = moves.qualify(lead, actor=builders.engine(), override="Asked for it")
        assert handoff.definition is None

    def test_the_loop_guard_holds_against_a_reason_too(self, workspace):
        lead = lead_in(workspace, State.NURTURE)
        Lead.everywhere.filter(pk=lead.pk).update(cool_off_until=MONDAY + 5 * DAY)
        with pytest.raises(NotAllowed) as refusal:
            make("qualify", lead)
        assert refusal.value.code == "cooling_off"
        assert Lead.everywhere.get(pk=lead.pk).state == State.NURTURE

    def test_the_evidence_stays_as_it_was_when_the_lead_changes(self, workspace):
        lead = builders.lead(workspace, title="CEO", account=builders.account(workspace))
        builders.event(lead, "demo_request", name="Demo")
        handoff = moves.qualify(lead, actor=builders.engine(), at=MONDAY + HOUR)
        Lead.everywhere.filter(pk=lead.pk).update(title="Intern")
        builders.event(lead, "webinar")
        frozen = Handoff.everywhere.get(pk=handoff.pk)
        assert frozen.grade == frozen.evidence["grade"] == "A1"
        assert (
            sum(line["points"] for line in frozen.evidence["score_lines"] if line["kind"] == "fit")
            == (frozen.evidence["fit"]["points"])
        )
        assert frozen.definition.kind == "mql"

    def test_a_member_of_another_workspace_cannot_be_given_the_lead(self, workspace):
        stranger = builders.member(builders.workspace("Other"))
        lead = builders.lead(workspace)
        with pytest.raises(Invalid) as refusal:
            moves.qualify(lead, actor=builders.engine(), override="x", owner=stranger)
        assert refusal.value.field == "owner"
        assert Lead.everywhere.get(pk=lead.pk).state == State.NEW


class TestAccept:
    def test_only_the_owner_or_a_sales_manager_accepts(self, workspace):
        handoff = builders.handoff(workspace)
        other = builders.member(workspace, Role.SALES)
        with pytest.raises(Forbidden):
            moves.accept(handoff, actor=builders.actor(other))
        assert Handoff.everywhere.get(pk=handoff.pk).state == "offered"
        manager = builders.member(workspace, Role.SALES_MANAGER)
        accepted = moves.accept(handoff, actor=builders.actor(manager))
        assert accepted.owner == handoff.owner
        assert accepted.accepted_by == manager

    def test_the_second_is_told_who_was_faster(self, workspace):
        handoff = builders.handoff(workspace, accepted=True)
        manager = builders.member(workspace, Role.SALES_MANAGER)
        with pytest.raises(NotAllowed) as refusal:
            moves.accept(handoff, actor=builders.actor(manager))
        assert refusal.value.code == "already_accepted"
        assert refusal.value.facts["winner"]["id"] == handoff.owner_id
        assert Transition.everywhere.filter(lead=handoff.lead, move="accept").count() == 1

    def test_a_rep_who_accepts_from_the_queue_becomes_the_owner(self, workspace):
        lead = builders.lead(workspace)
        handoff = moves.qualify(lead, actor=builders.engine(), override="Fair", at=MONDAY)
        assert handoff.owner is None
        rep = builders.member(workspace, Role.SALES)
        assert moves.accept(handoff, actor=builders.actor(rep)).owner == rep
        assert Lead.everywhere.get(pk=lead.pk).owner == rep

    def test_a_rep_cannot_accept_for_somebody_else(self, workspace):
        handoff = moves.qualify(builders.lead(workspace), actor=builders.engine(), override="Fair", at=MONDAY)
        rep, other = builders.member(workspace), builders.member(workspace)
        with pytest.raises(Forbidden):
            moves.accept(handoff, actor=builders.actor(rep), owner=other)
        assert Handoff.everywhere.get(pk=handoff.pk).owner is None


class TestReturn:
    def test_the_reason_asks_for_a_revisit_date_after_today(self, workspace):
        handoff = builders.handoff(workspace)
        reason = builders.reason(workspace, "not-ready")
        for revisit_on in (None, MONDAY.date()):
            with pytest.raises(Invalid) as refusal:
                moves.return_to_marketing(
                    handoff, actor=builders.engine(), reason=reason, revisit_on=revisit_on, at=MONDAY + HOUR
                )
            assert refusal.value.field == "revisit_on"
        returned = moves.return_to_marketing(
            handoff, actor=builders.engine(), reason=reason, revisit_on=date(2027, 1, 4), at=MONDAY + HOUR
        )
        lead = returned.lead
        lead = Lead.everywhere.get(pk=lead.pk)
        assert lead.revisit_at.date() == date(2027, 1, 4)
        assert lead.cool_off_until == MONDAY + HOUR + timedelta(days=reason.cool_off_days)
        assert (lead.owner, lead.returned_at) == (None, MONDAY + HOUR)

    def test_the_reason_asks_for_a_note(self, workspace):
        handoff = builders.handoff(workspace)
        with pytest.raises(Invalid) as refusal:
            moves.return_to_marketing(
                handoff, actor=builders.engine(), reason=builders.reason(workspace, "bad-data"), note=" "
            )
        assert refusal.value.field == "note"
        assert Handoff.everywhere.get(pk=handoff.pk).state == "offered"

    def test_some_reasons_disqualify(self, workspace):
        handoff = builders.handoff(workspace)
        moves.return_to_marketing(handoff, actor=builders.engine(), reason=builders.reason(workspace, "competitor"))
        assert Lead.everywhere.get(pk=handoff.lead_id).state == State.DISQUALIFIED

    def test_another_workspaces_reason_or_another_kind_is_refused(self, workspace):
        handoff = builders.handoff(workspace)
        foreign = builders.reason(builders.workspace("Other"), "no-authority")
        for reason in (foreign, builders.reason(workspace, "price", "lose")):
            with pytest.raises(Invalid) as refusal:
                moves.return_to_marketing(handoff, actor=builders.engine(), reason=reason)
            assert refusal.value.field == "reason"
        assert Handoff.everywhere.get(pk=handoff.pk).state == "offered"

    @pytest.mark.parametrize("rating", [0, 6])
    def test_a_rating_is_one_to_five(self, workspace, rating):
        handoff = builders.handoff(workspace)
        with pytest.raises(Invalid) as refusal:
            make("return", handoff.lead, rating=rating)
        assert refusal.value.field == "rating"
        assert Handoff.everywhere.get(pk=handoff.pk).state == "offered"


class TestQueue:
    def queued(self, workspace):
        return moves.qualify(builders.lead(workspace), actor=builders.engine(), override="Fair", at=MONDAY)

    def test_a_claim_makes_the_rep_the_owner_and_the_second_is_told_who(self, workspace):
        handoff = self.queued(workspace)
        rep, slow = builders.member(workspace, name="Rita Rep"), builders.member(workspace)
        moves.claim(handoff, actor=builders.actor(rep))
        with pytest.raises(Conflict, match="Rita Rep has taken this lead") as refusal:
            moves.claim(handoff, actor=builders.actor(slow))
        assert refusal.value.facts["winner"]["id"] == rep.pk
        assert Handoff.everywhere.get(pk=handoff.pk).owner == rep

    def test_a_key_cannot_claim(self, workspace):
        handoff = self.queued(workspace)
        with pytest.raises(Invalid):
            moves.claim(handoff, actor=builders.engine())
        assert Handoff.everywhere.get(pk=handoff.pk).owner is None

    def test_an_accepted_lead_does_not_go_back_to_the_queue(self, workspace):
        handoff = builders.handoff(workspace, accepted=True)
        with pytest.raises(Conflict):
            moves.reassign(handoff, actor=builders.engine(), to=None)
        assert Handoff.everywhere.get(pk=handoff.pk).owner_id == handoff.owner_id

    @pytest.mark.parametrize("role", [Role.MARKETING, Role.VIEWER])
    def test_only_members_who_work_leads_are_given_any(self, workspace, role):
        handoff = builders.handoff(workspace)
        with pytest.raises(Invalid) as refusal:
            moves.reassign(handoff, actor=builders.engine(), to=builders.member(workspace, role))
        assert refusal.value.field == "to"
        assert Handoff.everywhere.get(pk=handoff.pk).owner_id == handoff.owner_id


class TestOutcome:
    def test_promotion_waits_for_the_answers_that_sql_asks_for(self, workspace):
        Definition.objects.of(workspace).filter(kind="sql").update(
            condition={"fact": "readiness.budget", "op": "known", "label": "The budget is known"}
        )
        handoff = builders.handoff(workspace, accepted=True)
        with pytest.raises(Conflict, match="The budget is known") as refusal:
            moves.promote(handoff, actor=builders.actor(handoff.owner))
        assert refusal.value.code == "definition_not_met"
        assert Lead.everywhere.get(pk=handoff.lead_id).state == State.SAL

    def test_a_deal_dated_before_the_first_contact_is_taken_and_flagged(self, workspace):
        lead = lead_in(workspace, State.SQL)
        make("win", lead, at=lead.first_contact_at - 10 * DAY)
        won = Lead.everywhere.get(pk=lead.pk)
        assert (won.state, won.amount, won.currency) == (State.WON, Decimal("1200.50"), "EUR")
        assert won.won_at == won.first_contact_at - 10 * DAY
        assert won.flags == ["won_before_first_contact"]

    @pytest.mark.parametrize("amount", [None, Decimal(-1), Decimal("NaN"), Decimal("Infinity"), Decimal(10) ** 13])
    def test_an_amount_that_is_no_number_is_refused(self, workspace, amount):
        lead = lead_in(workspace, State.SQL)
        with pytest.raises(Invalid) as refusal:
            make("win", lead, amount=amount)
        assert refusal.value.field == "amount"
        assert Lead.everywhere.get(pk=lead.pk).state == State.SQL

    def test_a_currency_is_three_letters(self, workspace):
        lead = lead_in(workspace, State.SQL)
        with pytest.raises(Invalid) as refusal:
            make("win", lead, currency="euro")
        assert refusal.value.field == "currency"
        assert make("win", lead, currency="usd").lead.currency == "USD"

    def test_a_loss_proposes_its_revisit_date_and_plans_the_engines_look(self, workspace):
        lead = lead_in(workspace, State.SQL)
        make("lose", lead)
        lost = Lead.everywhere.get(pk=lead.pk)
        assert lost.revisit_at == lost.next_at == MONDAY + DAY + timedelta(days=180)

    def test_reopening_takes_a_note(self, workspace):
        lead = lead_in(workspace, State.DISQUALIFIED)
        with pytest.raises(Invalid) as refusal:
            make("reopen", lead, note="")
        assert refusal.value.field == "note"
        assert Lead.everywhere.get(pk=lead.pk).state == State.DISQUALIFIED


def test_the_log_keeps_when_it_happened_and_when_we_heard(workspace):
    lead = builders.lead(workspace)
    moves.qualify(lead, actor=builders.engine(), override="From the old system", at=MONDAY - 300 * DAY)
    row = Transition.everywhere.get(lead=lead, move="qualify")
    assert row.at == MONDAY - 300 * DAY
    assert row.recorded_at > row.at
    assert Lead.everywhere.get(pk=lead.pk).state_since == MONDAY - 300 * DAY


# What each move costs without the clocks and programs that listen to it: the lead, its handoff, their rows, the log
# and the outbox; qualify also reads the relations, assesses (six) and routes, promote asks for the SQL definition,
# reassign for the follow-ups that go along.
COSTS = {"accept": 9, "return": 7, "recall": 7, "promote": 8, "win": 7, "lose": 7, "reassign": 8, "disqualify": 5}
FROM = {
    "accept": State.MQL,
    "return": State.SAL,
    "recall": State.MQL,
    "promote": State.SAL,
    "win": State.SQL,
    "lose": State.SQL,
    "reassign": State.MQL,
    "disqualify": State.NEW,
}


@pytest.fixture
def silence():
    """Disconnect the rooms above: their statements are theirs to count."""
    from leads import signals

    heard, signals.moved.receivers = signals.moved.receivers, []
    signals.moved.sender_receivers_cache.clear()
    yield
    signals.moved.receivers = heard
    signals.moved.sender_receivers_cache.clear()


@pytest.mark.parametrize("name", list(COSTS))
def test_a_move_costs_a_fixed_number_of_statements(workspace, silence, name):
    lead = lead_in(workspace, FROM[name])
    facts = {
        "return": {"reason": builders.reason(workspace, "no-authority")},
        "reassign": {"to": builders.member(workspace)},
        "lose": {"reason": builders.reason(workspace, "price", "lose")},
        "disqualify": {"reason": builders.reason(workspace, "spam", "disqualify")},
    }.get(name, {})
    handoff = lead.handoffs.first()
    move = moves.return_to_marketing if name == "return" else getattr(moves, name)
    if name == "recall":
        facts = {"note": "Too early"}
    if name == "win":
        facts = {"amount": Decimal(5)}
    with CaptureQueriesContext(connection) as statements:
        move(lead if name == "disqualify" else handoff, actor=builders.engine(), at=MONDAY + DAY, **facts)
    spoken = [s["sql"] for s in statements if "SAVEPOINT" not in s["sql"]]
    assert len(spoken) == COSTS[name], "\n".join(spoken)


def test_qualifying_costs_a_fixed_number_of_statements_however_much_the_lead_did(workspace, silence):
    pool = workspace_pool(workspace)
    for _ in range(5):
        builders.place(pool, builders.member(workspace))
    lead = builders.lead(workspace, account=builders.account(workspace))
    for number in range(40):
        builders.event(lead, "page", at=MONDAY - number * HOUR)
    with CaptureQueriesContext(connection) as statements:
        moves.qualify(lead, actor=builders.engine(), override="Fair", at=MONDAY + DAY)
    spoken = [s["sql"] for s in statements if "SAVEPOINT" not in s["sql"]]
    assert len(spoken) == 17, "\n".join(spoken)


def workspace_pool(workspace):
    from leads.models import Pool

    return Pool.objects.of(workspace).get(name="Sales")
