"""A rep who does not work his leads cannot keep a perfect scoreboard: every way to try shows, or counts against him."""

from datetime import date, timedelta

import pytest

from leadflow.errors import Forbidden, Invalid
from leads.activity import follow_ups, touches
from leads.lifecycle import moves
from leads.models import Definition, Handoff, Reason
from sla import attempts, reports, tallies
from sla.models import Clock
from tests import builders
from tests.sla.conftest import MONDAY, actor, clock, sweep

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
WORK = ("first_touch", "attempts")  # what only working a lead can keep
NEEDING = sorted(["not-ready", "no-budget", "no-authority", "no-need", "no-response"])


@pytest.fixture
def accepted(workspace, agreement, offer, rep, at_time) -> Handoff:
    """An accepted lead, which may be promoted; sales promised six attempts on two channels."""
    Definition.objects.of(workspace).filter(kind="sql").update(condition={"fact": "lead.email", "op": "known"})
    with at_time(MONDAY):
        return moves.accept(offer(rep, at=MONDAY, email="p@example.com"), actor=actor(rep), at=MONDAY)


@pytest.fixture
def at_work(rep, at_time):
    """Touch, return, promote and lose as the rep, at a time that is now."""
    return Doing(rep, at_time)


class Doing:
    def __init__(self, rep, at_time):
        self.rep, self.at_time = rep, at_time

    def touch(self, handoff, at, channel="email", outcome="sent", reported=None):
        with self.at_time(reported or at):
            touches.log(handoff.lead, actor=actor(self.rep), channel=channel, outcome=outcome, at=at)

    def give_back(self, handoff, at, code="no-response"):
        with self.at_time(at):
            moves.return_to_marketing(
                handoff,
                actor=actor(self.rep),
                reason=builders.reason(handoff.workspace, code),
                note="So it is",
                revisit_on=date(2026, 12, 1) if code in ("not-ready", "no-budget") else None,
                at=at,
            )

    def promote(self, handoff, at):
        with self.at_time(at):
            moves.promote(handoff, actor=actor(self.rep), at=at)

    def lose(self, handoff, at, code="went-silent"):
        with self.at_time(at):
            reason = builders.reason(handoff.workspace, code, Reason.Kind.LOSE)
            moves.lose(handoff, actor=actor(self.rep), reason=reason, at=at)


def board(workspace) -> dict[str, tallies.Tally]:
    """Return what the scoreboard of the week says of each promise of sales, over all tiers."""
    found = reports.scoreboard(workspace, MONDAY - DAY, MONDAY + 7 * DAY, at=MONDAY + 7 * DAY)
    counted: dict[str, tallies.Tally] = {}
    for line in found.of("sales"):
        counted[line.code] = counted.get(line.code, tallies.Tally()) + line.tally
    return counted


def states(handoff) -> dict[str, str]:
    return {kind: clock(handoff, kind).state for kind in WORK}


@pytest.mark.parametrize("code", NEEDING)
def test_who_accepts_and_returns_without_a_touch_misses_first_touch_and_attempts(workspace, accepted, at_work, code):
    at_work.give_back(accepted, MONDAY + HOUR, code)

    for kind in WORK:
        assert board(workspace)[kind] == tallies.Tally(missed=1), kind
        assert board(workspace)[kind].share == 0
        assert clock(accepted, kind).ended_by == "return_needs_attempts"
    behind = reports.rows_behind(
        workspace, code="attempts", since=MONDAY - DAY, until=MONDAY + DAY, outcome="missed", at=MONDAY + DAY
    )
    assert [row.handoff.reason.code for row in behind] == [code]


def test_the_reasons_that_need_attempts_are_those_that_only_trying_can_give(workspace):
    assert (
        sorted(Reason.objects.of(workspace).filter(kind="return", needs_attempts=True).values_list("code", flat=True))
        == NEEDING
    )


def test_one_mail_and_a_return_for_silence_misses_the_attempts(workspace, accepted, at_work):
    at_work.touch(accepted, MONDAY + HOUR)
    at_work.give_back(accepted, MONDAY + 2 * HOUR)

    assert board(workspace)["first_touch"] == tallies.Tally(in_time=1)
    assert board(workspace)["attempts"] == tallies.Tally(missed=1)


def test_a_connection_or_enough_attempts_keep_the_promise(workspace, accepted, offer, rep, at_work, at_time):
    at_work.touch(accepted, MONDAY + HOUR, "call", "connected")
    at_work.give_back(accepted, MONDAY + 2 * HOUR, "no-budget")
    with at_time(MONDAY):
        second = moves.accept(offer(rep, at=MONDAY), actor=actor(rep), at=MONDAY)
    for number in range(6):
        at_work.touch(second, MONDAY + number * DAY, "call" if number % 2 else "email")
    at_work.give_back(second, MONDAY + 6 * DAY)

    assert board(workspace)["attempts"] == tallies.Tally(in_time=2)


@pytest.mark.parametrize("code", ["wrong-territory", "bad-data", "duplicate", "not-our-customer", "too-small"])
def test_a_reason_that_needs_no_attempts_cancels_openly(workspace, accepted, at_work, code):
    at_work.give_back(accepted, MONDAY + HOUR, code)

    for kind in WORK:
        assert board(workspace)[kind] == tallies.Tally(cancelled=1)
        assert board(workspace)[kind].share is None


def test_an_offer_returned_for_silence_without_accepting_counts_as_one_that_nobody_worked(
    workspace, agreement, offer, rep, at_work, at_time
):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    at_work.give_back(handoff, MONDAY + HOUR)

    for kind in WORK:
        assert board(workspace)[kind] == tallies.Tally(missed=1)
    assert board(workspace)["accept"] == tallies.Tally(in_time=1)


def test_an_offer_returned_for_its_territory_starts_nothing(workspace, agreement, offer, rep, at_work, at_time):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    at_work.give_back(handoff, MONDAY + HOUR, "wrong-territory")

    assert {each.kind for each in Clock.everywhere.filter(handoff=handoff)} == {"accept", "triage"}


def test_many_touches_at_once_on_one_channel_are_one_attempt(accepted, at_work):
    for _ in range(6):
        at_work.touch(accepted, MONDAY + HOUR)
    at_work.touch(accepted, MONDAY + HOUR, "call", "no_answer")

    assert attempts.of([accepted])[accepted.pk].words == "2 of 6 attempts, 2 of 2 channels"
    at_work.give_back(accepted, MONDAY + 2 * HOUR)
    assert clock(accepted, "attempts").state == "missed"


def test_a_touch_dated_before_the_offer_is_none_and_one_in_the_future_is_refused(accepted, rep, at_work, at_time):
    at_work.touch(accepted, MONDAY - HOUR, "call", "connected", reported=MONDAY + HOUR)
    with at_time(MONDAY + HOUR), pytest.raises(Invalid) as refused:
        touches.log(accepted.lead, actor=actor(rep), channel="call", outcome="connected", at=MONDAY + 2 * HOUR)

    assert refused.value.field == "at"
    assert accepted.lead.touches.count() == 1
    assert states(accepted) == {"first_touch": "running", "attempts": "running"}


def test_a_touch_dated_back_does_not_mend_a_promise_that_was_found_late(accepted, at_work):
    sweep(clock(accepted, "first_touch").due_at + MINUTE)
    at_work.touch(accepted, MONDAY + MINUTE, "call", "connected", reported=MONDAY + 2 * DAY)

    late = clock(accepted, "first_touch")
    assert (late.state, late.stopped_at, late.breached_at) == ("met", MONDAY + 2 * DAY, late.due_at)


def test_promoting_without_a_touch_misses_and_losing_for_silence_mends_nothing(workspace, accepted, at_work):
    at_work.promote(accepted, MONDAY + HOUR)
    assert states(accepted) == {"first_touch": "missed", "attempts": "missed"}
    at_work.lose(accepted, MONDAY + 2 * HOUR)

    for kind in WORK:
        assert board(workspace)[kind] == tallies.Tally(missed=1)


@pytest.mark.parametrize("give_up", [Doing.give_back, Doing.lose], ids=["returned", "lost"])
def test_one_mail_a_promotion_and_giving_up_for_silence_misses_what_the_promotion_had_met(
    workspace, accepted, at_work, give_up
):
    at_work.touch(accepted, MONDAY + MINUTE)
    at_work.promote(accepted, MONDAY + HOUR)
    assert clock(accepted, "attempts").state == "met"
    give_up(at_work, accepted, MONDAY + 2 * HOUR)

    taken = clock(accepted, "attempts")
    assert (taken.state, taken.stopped_at, taken.breached_at) == ("missed", MONDAY + 2 * HOUR, MONDAY + 2 * HOUR)
    assert board(workspace)["attempts"] == tallies.Tally(missed=1)
    sent = [event.data["clock"]["kind"] for event in builders.recorded(workspace, "clock.missed")]
    assert sent == ["attempts"]


def test_a_promotion_that_is_lost_on_its_price_stays_met(accepted, at_work):
    at_work.touch(accepted, MONDAY + MINUTE, "call", "connected")
    at_work.promote(accepted, MONDAY + HOUR)
    at_work.lose(accepted, MONDAY + 2 * HOUR, "price")

    assert states(accepted) == {"first_touch": "met", "attempts": "met"}


def test_giving_a_lead_away_and_getting_it_back_gains_no_time(agreement, offer, rep, other_rep, sales_head, at_time):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    for hours, to in enumerate((other_rep, rep, other_rep), start=1):
        with at_time(MONDAY + hours * HOUR):
            moves.reassign(handoff, actor=actor(sales_head), to=to, at=MONDAY + hours * HOUR)
            handoff.refresh_from_db()

    running = clock(handoff, "accept")
    assert (running.started_at, running.member) == (MONDAY + HOUR, other_rep)
    assert Clock.everywhere.filter(handoff=handoff, kind="accept", ended_by="reassign").count() == 1


def test_the_queue_gains_no_time(agreement, offer, rep, sales_head, at_time):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    for hours, to in enumerate((None, rep), start=1):
        with at_time(MONDAY + hours * HOUR):
            moves.reassign(handoff, actor=actor(sales_head), to=to, at=MONDAY + hours * HOUR)
            handoff.refresh_from_db()

    running = clock(handoff, "accept")
    assert (running.started_at, running.member) == (MONDAY, rep)


def test_a_rep_gives_no_lead_away_in_silence_of_its_owner(accepted, other_rep, at_time):
    with at_time(MONDAY + HOUR), pytest.raises(Forbidden):
        touches.log(accepted.lead, actor=actor(other_rep), channel="call", outcome="connected", at=MONDAY + HOUR)

    assert states(accepted) == {"first_touch": "running", "attempts": "running"}


def test_a_follow_up_that_is_planned_and_ticked_off_counts_for_nothing(workspace, accepted, rep, at_time):
    with at_time(MONDAY + HOUR):
        planned = follow_ups.plan(accepted.lead, actor=actor(rep), due_at=MONDAY + DAY, at=MONDAY + HOUR)
        follow_ups.finish(planned, actor=actor(rep), at=MONDAY + HOUR)

    assert board(workspace)["follow_up"] == tallies.Tally(cancelled=1)
    assert states(accepted) == {"first_touch": "running", "attempts": "running"}


def test_a_recall_just_before_a_breach_is_shown_with_its_cause(
    workspace, agreement, offer, rep, marketing_head, at_time
):
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY)
    before = clock(handoff, "accept").due_at - MINUTE
    with at_time(before):
        moves.recall(handoff, actor=actor(marketing_head), note="The rep asked for it", at=before)

    assert board(workspace)["accept"] == tallies.Tally(cancelled=1)
    assert clock(handoff, "accept").ended_by == "recall"


def test_a_missed_promise_that_was_late_already_counts_once(workspace, accepted, at_work):
    due = clock(accepted, "first_touch").due_at
    sweep(due + MINUTE)
    at_work.give_back(accepted, due + HOUR)

    missed = clock(accepted, "first_touch")
    assert (missed.state, missed.breached_at) == ("missed", due)
    assert board(workspace)["first_touch"] == tallies.Tally(missed=1)


def test_the_attempts_that_are_left_are_spread_over_the_time(accepted, at_work):
    begun = attempts.of([accepted])[accepted.pk]
    assert begun.next_due == MONDAY + DAY + 5 * HOUR + 20 * MINUTE  # a sixth of 80 working hours
    at_work.touch(accepted, MONDAY + HOUR)
    assert attempts.of([accepted])[accepted.pk].next_due == MONDAY + 3 * DAY + 2 * HOUR + 40 * MINUTE
    at_work.touch(accepted, MONDAY + 2 * HOUR, "call", "connected")
    assert attempts.of([accepted])[accepted.pk].next_due is None


def test_what_is_done_and_left_of_a_page_takes_the_same_statements(
    accepted, offer, rep, at_time, django_assert_num_queries
):
    with at_time(MONDAY):
        handoffs = [accepted, *(offer(rep, at=MONDAY) for _ in range(5))]
    attempts.of(handoffs)  # the terms are read once in a process
    with django_assert_num_queries(3):
        assert len(attempts.of(handoffs)) == 6
