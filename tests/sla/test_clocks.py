"""Clocks through the real doors: what starts them, when they are due, and what meets them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from leadflow.errors import Conflict, Invalid
from leads.activity import follow_ups, touches
from leads.lifecycle import moves
from leads.models import FollowUp, Reason
from sla import calendars, clocks, durations, selectors, terms
from sla.models import Clock
from tests.sla.conftest import HOT, MONDAY, actor, clock, sweep

SATURDAY = datetime(2026, 1, 10, 15, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def touch(handoff, by, at, channel="call", outcome="no_answer") -> None:
    touches.log(handoff.lead, actor=actor(by), channel=channel, outcome=outcome, at=at)


def follow_up(handoff, by, at, due_at) -> FollowUp:
    with time_machine.travel(at, tick=False):
        return follow_ups.plan(handoff.lead, actor=actor(by), due_at=due_at, at=at)


@pytest.fixture
def accepted(agreement, offer, rep, at_time):
    with at_time(MONDAY):
        return moves.accept(offer(rep, at=MONDAY), actor=actor(rep), at=MONDAY)


def test_a_lead_that_arrives_on_saturday_with_a_one_hour_target_is_due_on_monday_at_ten(agreement, offer, rep, at_time):
    with at_time(SATURDAY):
        handoff = offer(rep, at=SATURDAY, tier="hot")

    started = clock(handoff, "accept")
    assert (handoff.tier, started.target) == ("hot", durations.hours(1))
    assert started.due_at == datetime(2026, 1, 12, 10, tzinfo=UTC)
    assert started.warn_at == datetime(2026, 1, 12, 9, 45, tzinfo=UTC)
    assert started.next_at == started.warn_at


def test_the_same_lead_in_berlin_is_due_at_ten_in_berlin(workspace, sign, sales_head, offer, rep, at_time):
    hours = {**calendars.of(workspace).hours, "zone": "Europe/Berlin"}
    calendars.edit(workspace, actor=actor(sales_head), hours=hours)
    sign()
    with at_time(SATURDAY):
        handoff = offer(rep, at=SATURDAY, tier="hot")

    assert clock(handoff, "accept").due_at == datetime(2026, 1, 12, 9, tzinfo=UTC)


def test_nothing_is_promised_before_both_sides_have_signed(workspace, offer, rep, at_time):
    with at_time(MONDAY):
        moves.accept(offer(rep, at=MONDAY), actor=actor(rep), at=MONDAY)

    assert not Clock.objects.of(workspace).exists()


def test_a_calendar_that_never_opens_lets_nothing_fall_due(workspace, sign, sales_head, offer, rep, at_time):
    calendars.edit(workspace, actor=actor(sales_head), hours={"zone": "UTC", "windows": []})
    sign()
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)

    started = clock(handoff, "accept")
    assert (started.due_at, started.warn_at, started.next_at, started.state) == (None, None, None, "running")
    assert sweep(MONDAY + timedelta(days=400)) == 0


def test_a_touch_dated_before_the_offer_meets_no_promise(accepted, rep, at_time):
    with at_time(MONDAY + HOUR):
        touch(accepted, rep, MONDAY - timedelta(days=2000), outcome="connected")

    assert {clock(accepted, kind).state for kind in ("first_touch", "attempts", "decide")} == {"running"}


def test_accepting_meets_one_clock_and_starts_three(accepted, rep):
    found = {c.kind: c for c in selectors.clocks_of([accepted])[accepted.pk]}

    assert found["accept"].state == "met"
    assert found["accept"].stopped_at == MONDAY
    running = {kind: c.target for kind, c in found.items() if c.state == "running"}
    assert running == {"first_touch": durations.days(1), "attempts": durations.days(10), "decide": durations.days(15)}
    assert {c.member_id for c in found.values()} == {rep.pk}
    assert found["first_touch"].due_at == MONDAY.replace(hour=17)


def test_the_first_touch_meets_its_clock_and_the_second_changes_nothing(accepted, rep):
    touch(accepted, rep, MONDAY + HOUR)
    touch(accepted, rep, MONDAY + 2 * HOUR)

    met = clock(accepted, "first_touch")
    assert (met.state, met.stopped_at, met.breached_at) == ("met", MONDAY + HOUR, None)
    assert clock(accepted, "attempts").state == "running"


def test_attempts_need_their_number_and_their_channels(accepted, rep):
    for i in range(6):
        touch(accepted, rep, MONDAY + i * HOUR)
    assert clock(accepted, "attempts").state == "running"

    touch(accepted, rep, MONDAY + 7 * HOUR, channel="email", outcome="sent")
    met = clock(accepted, "attempts")
    assert (met.state, met.stopped_at) == ("met", MONDAY + 7 * HOUR)


def test_a_connection_meets_the_attempts_at_once(accepted, rep):
    touch(accepted, rep, MONDAY + HOUR, outcome="connected")

    assert clock(accepted, "attempts").state == "met"


def test_a_lead_touched_before_it_was_accepted_owes_no_first_touch(agreement, offer, rep, at_time):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
        touch(handoff, rep, MONDAY, outcome="connected")
        moves.accept(handoff, actor=actor(rep), at=MONDAY)

    states = {kind: clock(handoff, kind).state for kind in ("first_touch", "attempts", "decide")}
    assert states == {"first_touch": "met", "attempts": "met", "decide": "running"}


def test_a_return_answers_what_was_asked_and_ends_the_rest(accepted, rep, at_time, workspace):
    follow_up(accepted, rep, MONDAY, MONDAY + timedelta(days=3))
    reason = Reason.objects.of(workspace).get(kind="return", code="no-response")
    with at_time(MONDAY + HOUR):
        moves.return_to_marketing(accepted, actor=actor(rep), reason=reason, at=MONDAY + HOUR)

    states = {c.kind: c.state for c in Clock.everywhere.filter(handoff=accepted)}
    assert states == {
        "accept": "met",
        "attempts": "missed",
        "decide": "met",
        "first_touch": "missed",
        "follow_up": "cancelled",
    }


def test_a_recall_cancels_the_accept_clock(agreement, offer, rep, marketing_head, at_time):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
        moves.recall(handoff, actor=actor(marketing_head), note="Sent in error", at=MONDAY + MINUTE)

    ended = clock(handoff, "accept")
    assert (ended.state, ended.stopped_at, ended.next_at) == ("cancelled", MONDAY + MINUTE, None)


def test_a_return_that_blames_the_definition_starts_marketings_clock_until_marketing_answers(
    accepted, rep, blaming, marketing_head, at_time
):
    with at_time(MONDAY + HOUR):
        moves.return_to_marketing(accepted, actor=actor(rep), reason=blaming, note="Not ours", at=MONDAY + HOUR)
    asked = clock(accepted, "triage")
    assert (asked.state, asked.member_id, asked.target) == ("running", None, durations.days(2))

    clocks.answer_triage(accepted, actor=actor(marketing_head), note="Rule mended", at=MONDAY + 2 * HOUR)

    answered = clock(accepted, "triage")
    assert (answered.state, answered.stopped_at, answered.answer) == ("met", MONDAY + 2 * HOUR, "Rule mended")
    assert answered.answered_by == marketing_head


def test_marketing_answers_a_return_with_words_and_once(accepted, rep, blaming, marketing_head, at_time):
    with at_time(MONDAY + HOUR):
        moves.return_to_marketing(accepted, actor=actor(rep), reason=blaming, note="Not ours", at=MONDAY + HOUR)

    with pytest.raises(Invalid):
        clocks.answer_triage(accepted, actor=actor(marketing_head), note=" ")
    assert clock(accepted, "triage").state == "running"

    clocks.answer_triage(accepted, actor=actor(marketing_head), note="Mended", at=MONDAY + 2 * HOUR)
    with pytest.raises(Conflict):
        clocks.answer_triage(accepted, actor=actor(marketing_head), note="Again", at=MONDAY + 3 * HOUR)
    assert clock(accepted, "triage").answer == "Mended"


def test_a_return_that_blames_nobody_asks_marketing_nothing(accepted, rep, workspace, at_time):
    reason = Reason.objects.of(workspace).get(kind="return", code="no-response")
    with at_time(MONDAY + HOUR):
        moves.return_to_marketing(accepted, actor=actor(rep), reason=reason, at=MONDAY + HOUR)

    assert not Clock.everywhere.filter(handoff=accepted, kind="triage").exists()


def test_a_follow_up_is_due_at_the_moment_that_was_promised_and_met_by_the_next_touch(accepted, rep):
    promised = MONDAY + timedelta(days=1, minutes=17)
    follow_up(accepted, rep, MONDAY, promised)
    running = clock(accepted, "follow_up")
    assert (running.due_at, running.member, running.target) == (promised, rep, None)

    touch(accepted, rep, MONDAY + HOUR)

    assert clock(accepted, "follow_up").state == "met"


def test_a_follow_up_done_by_hand_is_cancelled_and_counts_for_nothing(accepted, rep):
    first = follow_up(accepted, rep, MONDAY, MONDAY + HOUR)
    second = follow_up(accepted, rep, MONDAY, MONDAY + 2 * HOUR)
    follow_ups.finish(first, actor=actor(rep), at=MONDAY + MINUTE)

    dropped = Clock.everywhere.get(follow_up=first)
    assert (dropped.state, dropped.ended_by, dropped.breached_at) == ("cancelled", "follow_up_dropped", None)
    assert Clock.everywhere.get(follow_up=second).state == "running"


def test_a_new_owner_gets_the_whole_time_to_accept_where_the_agreement_says_so(
    agreement, offer, rep, other_rep, sales_head, at_time
):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    later = MONDAY + HOUR
    with at_time(later):
        moves.reassign(handoff, actor=actor(sales_head), to=other_rep, at=later)

    first, second = Clock.everywhere.filter(handoff=handoff, kind="accept").order_by("pk")
    assert (first.state, first.stopped_at, first.member) == ("cancelled", later, rep)
    assert (second.state, second.started_at, second.member) == ("running", later, other_rep)
    assert second.due_at == first.due_at + HOUR


def test_a_new_owner_takes_over_the_clock_where_the_agreement_says_so(sign, offer, rep, other_rep, sales_head, at_time):
    sign(reassign_restarts_accept=False)
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    before = clock(handoff, "accept")
    with at_time(MONDAY + HOUR):
        moves.reassign(handoff, actor=actor(sales_head), to=other_rep, at=MONDAY + HOUR)

    after = Clock.everywhere.get(handoff=handoff, kind="accept")
    assert (after.pk, after.due_at, after.member) == (before.pk, before.due_at, other_rep)


def test_the_clocks_of_an_accepted_lead_run_on_for_a_new_owner(accepted, other_rep, sales_head, at_time):
    with at_time(MONDAY + HOUR):
        moves.reassign(accepted, actor=actor(sales_head), to=other_rep, at=MONDAY + HOUR)

    running = Clock.everywhere.filter(handoff=accepted, state="running")
    assert {(c.kind, c.member_id, c.started_at) for c in running} == {
        (kind, other_rep.pk, MONDAY) for kind in ("first_touch", "attempts", "decide")
    }


def test_what_marketing_promised_to_send_along_and_did_not_is_kept_on_the_clock(sign, offer, rep, at_time):
    sign(information=("contact", "name", "title"))
    with at_time(MONDAY):
        bare = offer(rep, at=MONDAY, phone="+49 30 1")
        full = offer(rep, at=MONDAY, email="p@example.com", title="Buyer")

    assert clock(bare, "accept").missing == "title"
    assert clock(full, "accept").missing == ""


def test_a_clock_stopped_late_stays_late_by_how_much_even_before_the_sweep_saw_it(agreement, offer, rep, at_time):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY, tier="hot")
    late = MONDAY + 3 * HOUR
    with at_time(late):
        moves.accept(handoff, actor=actor(rep), at=late)

    met = clock(handoff, "accept")
    assert (met.state, met.breached_at, met.stopped_at) == ("met", MONDAY + HOUR, late)


def test_one_statement_reads_the_clocks_of_many_handoffs(agreement, offer, rep, at_time, django_assert_num_queries):
    with at_time(MONDAY):
        handoffs = [offer(rep, at=MONDAY) for _ in range(3)]

    with django_assert_num_queries(1):
        found = selectors.clocks_of(handoffs)
    assert {pk: [c.kind for c in rows] for pk, rows in found.items()} == {h.pk: ["accept"] for h in handoffs}


def test_a_member_sees_what_runs_what_is_warned_and_what_is_late(workspace, agreement, offer, rep, other_rep, at_time):
    with at_time(MONDAY):
        offer(rep, at=MONDAY, tier="hot")
        offer(rep, at=MONDAY)
        offer(other_rep, at=MONDAY)

    summary = selectors.due(workspace, rep, at=MONDAY + 3 * HOUR + MINUTE)
    assert (summary.running, summary.late, summary.warned) == (2, 1, 1)
    assert summary.next_due_at == MONDAY + 4 * HOUR
    assert [c.tier for c in selectors.running(workspace, rep)] == ["hot", "standard"]


def test_a_hot_policy_with_other_targets_is_what_the_clocks_run_by(sign, offer, rep, at_time):
    sign(sales=(replace(HOT, accept_within=durations.minutes(30)), terms.default().sales[1]))
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY, tier="hot")

    assert clock(handoff, "accept").due_at == MONDAY + timedelta(minutes=30)
