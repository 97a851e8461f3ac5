"""The catalogue of clocks: every cause and its effect on every kind, walked through real moves."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from dashboard.agreement.forms import PolicyForm, TermsForm
from leads.activity import follow_ups, touches
from leads.lifecycle import moves
from leads.models import Definition, FollowUp, Handoff, Reason
from sla import clocks, kinds, terms
from sla.effects import Cause, Effect
from sla.kinds import Kind
from sla.models import Clock
from sla.sides import Side
from sla.targets import MarketingLength, PromisedDate, TierAttempts, TierLength
from tests import builders
from tests.sla.conftest import MONDAY, actor

HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
AT = MONDAY + 2 * HOUR  # when what the table lists happens
MISSED = "missed"  # no effect of its own: it depends on the attempts
# What is agreed, written apart from the catalogue: S starts, M met, N met once there are enough, E met if there are
# enough and else missed, T met if sales touched the lead and else missed, F met with the follow-up, C cancelled,
# P passed on, A starts again where that is agreed (else passed on), a point: runs on.
AGREED = """
                      accept first_touch attempts decide follow_up triage
qualify               S      .           .        .      .         .
accept                M      S           S        S      .         .
return_contested      M      C           C        M      C         S
return_needs_attempts M      T           E        M      C         .
return_disqualifying  M      C           C        M      C         .
return_to_nurture     M      C           C        M      C         .
recall                C      C           C        C      C         C
reassign              A      P           P        P      P         .
promote               .      T           T        M      .         .
win                   C      T           T        M      C         C
lose                  C      T           T        M      C         C
lose_needs_attempts   C      T           E        M      C         C
disqualify            C      C           C        C      C         C
touch                 .      M           N        .      F         .
connection            .      M           M        .      F         .
follow_up_planned     .      .           .        .      S         .
follow_up_done        .      .           .        .      M         .
follow_up_dropped     .      .           .        .      C         .
return_answered       .      .           .        .      .         M
"""
LETTERS = {
    "S": Effect.STARTS,
    "M": Effect.MET,
    "N": Effect.MET_IF_ENOUGH,
    "E": Effect.MET_OR_MISSED,
    "T": Effect.MET_IF_TOUCHED,
    "F": Effect.MET_WITH_FOLLOW_UP,
    "C": Effect.CANCELLED,
    "P": Effect.PASSED_ON,
    "A": Effect.RESTARTS,
    ".": Effect.RUNS_ON,
}


def agreed() -> dict[Cause, dict[Kind, Effect]]:
    """Read the table above."""
    head, *rows = [line.split() for line in AGREED.strip().splitlines()]
    found = {
        Cause(cause): {Kind(code): LETTERS[letter] for code, letter in zip(head, letters, strict=True)}
        for cause, *letters in rows
    }
    assert list(found) == list(Cause)
    assert head == Kind.values
    return found


@pytest.fixture
def world(workspace, sign, offer, rep, other_rep, at_time):
    """Sign what is easily or hardly kept, and offer a lead that may be promoted without an answer."""
    Definition.objects.of(workspace).filter(kind="sql").update(condition={"fact": "lead.email", "op": "known"})

    def made(*, easy: bool) -> Handoff:
        attempts, channels = (1, 1) if easy else (6, 2)
        sales = tuple(replace(each, attempts=attempts, channels=channels) for each in terms.default().sales)
        sign(sales=sales, reassign_restarts_accept=not easy)
        with at_time(MONDAY):
            return offer(rep, at=MONDAY, email="p@example.com")

    return made


def bring_to(cause: Cause, handoff: Handoff) -> None:
    """Bring a lead to where the cause can happen."""
    engine = builders.engine()
    closing = (Cause.WIN, Cause.LOSE, Cause.LOSE_NEEDS_ATTEMPTS)
    if cause in (Cause.RETURN_NEEDS_ATTEMPTS, Cause.PROMOTE, *closing):
        moves.accept(handoff, actor=engine, at=MONDAY)
    if cause in closing:
        moves.promote(handoff, actor=engine, at=MONDAY)
    if cause is Cause.QUALIFY:  # for the second time; its clocks are of another handoff
        moves.recall(handoff, actor=engine, note="Sent too early", at=MONDAY)


def plant(handoff: Handoff, rep, cause: Cause) -> dict[Kind, Clock]:
    """Let a clock of every kind run on a handoff, but for those that the cause is to start."""
    starting = _having(cause, Effect.STARTS)
    agreement = Clock.everywhere.filter(handoff=handoff).first().agreement
    Clock.everywhere.filter(handoff=handoff).delete()
    planted = {}
    for kind in Kind:
        follow_up = None
        if kind in starting:
            continue
        if isinstance(kinds.of(kind).target, PromisedDate):
            follow_up = FollowUp.everywhere.create(
                workspace=handoff.workspace,
                lead=handoff.lead,
                handoff=handoff,
                member=rep,
                due_at=MONDAY + YEAR,
                created_at=MONDAY,
                **actor(rep).row(),
            )
        planted[kind] = Clock.everywhere.create(
            workspace=handoff.workspace,
            kind=kind,
            agreement=agreement,
            lead=handoff.lead,
            handoff=handoff,
            follow_up=follow_up,
            member=rep,
            tier=handoff.tier,
            started_at=MONDAY,
            due_at=MONDAY + YEAR,
        )
    return planted


def _having(cause: Cause, effect: Effect) -> list[Kind]:
    return [kind for kind, found in agreed()[cause].items() if found is effect]


def happen(cause: Cause, handoff: Handoff, rep, other_rep) -> None:
    """Let the cause happen, through the functions that pages and API call."""
    lead, engine = handoff.lead, builders.engine()

    def return_to_marketing(code: str) -> None:
        reason = builders.reason(handoff.workspace, code)
        moves.return_to_marketing(handoff, actor=engine, reason=reason, note="So they say", at=AT)

    def touch(outcome: str) -> None:
        touches.log(lead, actor=actor(rep), channel="call", outcome=outcome, at=AT)

    def reason(code: str, kind: str):
        return builders.reason(handoff.workspace, code, kind)

    match cause:
        case Cause.QUALIFY:
            moves.qualify(lead, actor=engine, override="Asked again", owner=rep, at=AT)
        case Cause.ACCEPT:
            moves.accept(handoff, actor=engine, at=AT)
        case Cause.RETURN_CONTESTED:
            return_to_marketing("wrong-territory")
        case Cause.RETURN_NEEDS_ATTEMPTS:
            return_to_marketing("no-response")
        case Cause.RETURN_DISQUALIFYING:
            return_to_marketing("too-small")
        case Cause.RETURN_TO_NURTURE:  # none of the reasons that a workspace begins with leaves it at that
            Reason.objects.of(handoff.workspace).filter(code="no-authority").update(needs_attempts=False)
            return_to_marketing("no-authority")
        case Cause.RECALL:
            moves.recall(handoff, actor=engine, note="Sent too early", at=AT)
        case Cause.REASSIGN:
            moves.reassign(handoff, actor=engine, to=other_rep, at=AT)
        case Cause.PROMOTE:
            moves.promote(handoff, actor=engine, at=AT)
        case Cause.WIN:
            moves.win(handoff, actor=engine, amount=Decimal(1), at=AT)
        case Cause.LOSE:
            moves.lose(handoff, actor=engine, reason=reason("price", "lose"), at=AT)
        case Cause.LOSE_NEEDS_ATTEMPTS:
            moves.lose(handoff, actor=engine, reason=reason("went-silent", "lose"), at=AT)
        case Cause.DISQUALIFY:
            moves.disqualify(lead, actor=engine, reason=reason("spam", "disqualify"), at=AT)
        case Cause.TOUCH:
            touch("no_answer")
        case Cause.CONNECTION:
            touch("connected")
        case Cause.FOLLOW_UP_PLANNED:
            follow_ups.plan(lead, actor=actor(rep), due_at=AT + YEAR, at=AT)
        case Cause.FOLLOW_UP_DONE:
            follow_ups.fulfil(lead, handoff, actor(rep), AT, AT)
        case Cause.FOLLOW_UP_DROPPED:
            follow_ups.finish(FollowUp.everywhere.get(handoff=handoff), actor=actor(rep), at=AT)
        case Cause.RETURN_ANSWERED:
            clocks.answer_triage(handoff, actor=engine, note="Rule mended", at=AT)


def seen(clock: Clock, other_rep) -> Effect | str:
    """Return what became of a clock."""
    clock.refresh_from_db()
    if clock.state in (Clock.State.MET, Clock.State.MISSED):
        assert clock.stopped_at == AT
        missed = clock.state == Clock.State.MISSED
        assert clock.breached_at == (AT if missed else None)
        return MISSED if missed else Effect.MET
    if clock.state == Clock.State.CANCELLED:
        assert clock.stopped_at == AT
        again = Clock.everywhere.filter(handoff=clock.handoff, kind=clock.kind, started_at=AT, member=other_rep)
        return Effect.RESTARTS if again.exists() else Effect.CANCELLED
    assert clock.stopped_at is None
    return Effect.PASSED_ON if clock.member == other_rep else Effect.RUNS_ON


# Easy: one attempt is enough, and there is one where it counts. Hard: there is none of six.
@pytest.mark.parametrize("easy", [True, False], ids=["easy", "hard"])
@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_does_to_every_kind_what_the_table_says(world, rep, other_rep, at_time, cause, easy):
    depends = {
        Effect.MET_IF_ENOUGH: Effect.MET if easy else Effect.RUNS_ON,
        Effect.RESTARTS: Effect.PASSED_ON if easy else Effect.RESTARTS,
        Effect.MET_WITH_FOLLOW_UP: Effect.MET,
        Effect.MET_OR_MISSED: Effect.MET if easy else MISSED,
        Effect.MET_IF_TOUCHED: Effect.MET if easy else MISSED,
    }
    handoff = world(easy=easy)
    with at_time(AT):
        bring_to(cause, handoff)
        if easy and {Effect.MET_OR_MISSED, Effect.MET_IF_TOUCHED} & set(agreed()[cause].values()):
            touches.log(handoff.lead, actor=actor(rep), channel="email", outcome="sent", at=MONDAY)
        planted = plant(handoff, rep, cause)
        happen(cause, handoff, rep, other_rep)

    became = {kind: seen(clock, other_rep) for kind, clock in planted.items()}
    assert became == {kind: depends.get(agreed()[cause][kind], agreed()[cause][kind]) for kind in planted}
    begun = [*_having(cause, Effect.STARTS), *(kind for kind in became if became[kind] is Effect.RESTARTS)]
    new = Clock.everywhere.exclude(pk__in=[clock.pk for clock in planted.values()])
    assert {(each.kind, each.started_at, each.state) for each in new} == {(kind, AT, "running") for kind in begun}


def test_the_catalogue_says_of_every_kind_what_is_agreed():
    assert {cause: {kind: kinds.of(kind).effects.of(cause) for kind in Kind} for cause in Cause} == agreed()


def test_a_touch_from_before_a_follow_up_was_planned_does_not_meet_it(world, rep, at_time):
    handoff = world(easy=False)
    with at_time(AT):
        follow_up = follow_ups.plan(handoff.lead, actor=actor(rep), due_at=AT + YEAR, at=AT)
        touches.log(handoff.lead, actor=actor(rep), channel="call", outcome="connected", at=AT - HOUR)

    assert Clock.everywhere.get(follow_up=follow_up).state == "running"


def test_every_kind_is_started_and_can_end():
    for kind in Kind:
        effects = {kinds.of(kind).effects.of(cause) for cause in Cause}
        assert {Effect.STARTS, Effect.MET, Effect.CANCELLED} <= effects, kind


def test_every_kind_that_can_be_missed_says_what_it_lacked():
    missing = {Effect.MET_OR_MISSED, Effect.MET_IF_TOUCHED}
    for kind in Kind:
        can_be_missed = bool(missing & {kinds.of(kind).effects.of(cause) for cause in Cause})
        assert bool(kinds.of(kind).lacked) == can_be_missed, kind


def test_every_kind_speaks_to_who_owes_it():
    for kind in Kind:
        entry = kinds.of(kind)
        assert "Priya" in entry.waits.format(lead="Priya"), kind
        said = entry.owes.format(owner="Ben", lead="Priya")
        assert "Priya" in said, kind
        assert ("Ben" in said) == (entry.side is Side.SALES), kind
        assert entry.promise, kind
        assert entry.action, kind


def test_the_editor_asks_for_every_target_of_the_terms_in_the_order_of_the_page():
    asked = [field.name for field in PolicyForm().targets]
    assert asked == [
        "accept_within",
        "first_touch_within",
        "decide_within",
        "attempts",
        "channels",
        "attempts_within",
    ]
    assert set(asked) == set(terms.Policy.__dataclass_fields__) - {"tier"}
    assert [field.name for field in TermsForm().targets] == ["triage_within"]


def test_the_table_has_a_row_for_each_cause_and_a_column_for_each_kind():
    head, rule, *rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in kinds.table().splitlines()]
    assert head[1:] == Kind.labels
    assert rule == ["---"] * len(head)
    assert {(row[0], label): cell for row in rows for label, cell in zip(head[1:], row[1:], strict=True)} == {
        (cause.words, kind.label): kinds.of(kind).effects.of(cause).value for cause in Cause for kind in Kind
    }


def test_the_reference_in_the_documentation_is_up_to_date():
    call_command("clock_reference", check=True)


def test_a_reference_out_of_date_is_found_and_written_anew(tmp_path, settings):
    (tmp_path / "docs").mkdir()
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match="out of date"):
        call_command("clock_reference", check=True)
    call_command("clock_reference")
    call_command("clock_reference", check=True)


@pytest.mark.parametrize("kind", Kind)
def test_who_owes_a_clock_fits_where_the_terms_give_its_time_and_what_starts_it(kind):
    entry = kinds.of(kind)
    by_target = {TierLength: Side.SALES, TierAttempts: Side.SALES, MarketingLength: Side.MARKETING}
    assert entry.side is by_target.get(type(entry.target), entry.side)
    starts = [cause for cause in Cause if entry.effects.of(cause) is Effect.STARTS]
    assert starts, "nothing starts it"
    # a lead that waits for marketing has no owner in sales from whom it could be taken
    assert not (entry.side is Side.MARKETING and entry.moves_owner)
    assert (Cause.FOLLOW_UP_PLANNED in starts) == isinstance(entry.target, PromisedDate)
    ends = {Effect.MET, Effect.MET_IF_ENOUGH, Effect.MET_WITH_FOLLOW_UP}
    assert any(entry.effects.of(cause) in ends for cause in Cause), "nothing meets it"
