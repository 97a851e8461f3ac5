"""Warnings, breaches and escalation steps: found with nobody logged in, and each once."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from leadflow.errors import DomainError
from leads.activity import touches
from leads.lifecycle import moves
from leads.models import Handoff, Lead, PoolMember
from sla import calendars, durations, tasks
from sla.models import Clock, Escalation
from sla.terms import EscalationStep
from tests import builders
from tests.sla.conftest import MONDAY, actor, clock, sweep
from workspaces import keys
from workspaces.actors import Actor
from workspaces.models import Notice

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DUE = MONDAY + HOUR
ALWAYS = [{"weekday": day, "start": "00:00", "end": "24:00"} for day in range(7)]


@pytest.fixture
def handoff(agreement, offer, rep, at_time):
    """One hot lead, offered to a rep on Monday at 9 and due at 10."""
    with at_time(MONDAY):
        return offer(rep, at=MONDAY, tier="hot")


def notices(kind: str) -> list[tuple[str, str]]:
    found = Notice.everywhere.filter(kind=kind).select_related("member__user").order_by("pk")
    return [(str(notice.member), notice.text) for notice in found]


def steps(handoff) -> list[tuple[str, bool, str]]:
    found = Escalation.everywhere.filter(clock__handoff=handoff).order_by("clock_id", "position")
    return [(step.action, step.done_at is not None, step.outcome) for step in found]


def test_the_owner_is_warned_once_in_words_when_three_quarters_of_the_time_have_passed(handoff, rep):
    assert sweep(MONDAY + 44 * MINUTE) == 0
    assert sweep(MONDAY + 45 * MINUTE) == 1
    assert sweep(MONDAY + 50 * MINUTE) == 0

    warned = clock(handoff, "accept")
    assert (warned.warned_at, warned.breached_at, warned.next_at) == (MONDAY + 45 * MINUTE, None, DUE)
    assert notices("clock.warned") == [("Rita Rep", "Priya Raman waits for your answer: due in 15 min, Monday 10:00")]
    assert Notice.everywhere.get(kind="clock.warned").url == f"/leads/{handoff.lead_id}/"


def test_a_breach_is_dated_when_it_was_due_and_the_clock_runs_on(handoff, rep):
    sweep(DUE + 20 * MINUTE)

    breached = clock(handoff, "accept")
    assert (breached.state, breached.breached_at, breached.next_at) == ("running", DUE, None)
    assert notices("clock.breached") == [
        ("Rita Rep", "Priya Raman waits for your answer: was due Monday 10:00, 20 min late")
    ]
    assert notices("clock.warned") == []


def test_the_escalation_steps_are_taken_in_work_time(handoff, sales_head, pool):
    sweep(DUE)
    assert [done for _, done, _ in steps(handoff)] == [True, False, False]
    sweep(DUE + 59 * MINUTE)
    assert [done for _, done, _ in steps(handoff)] == [True, False, False]
    sweep(DUE + 60 * MINUTE)
    assert [done for _, done, _ in steps(handoff)] == [True, True, False]
    assert notices("clock.breached")[-1] == (
        "Sam Sales",
        "Rita Rep has to accept or return: Priya Raman, due Monday 10:00, 1 h late",
    )


def test_a_step_that_falls_after_closing_time_waits_for_the_morning(sign, offer, rep, sales_head, at_time):
    sign(escalation_steps=(EscalationStep("tell_manager", durations.hours(1)),))
    offered = MONDAY.replace(hour=15, minute=30)
    with at_time(offered):
        handoff = offer(rep, at=offered, tier="hot")
    sweep(MONDAY.replace(hour=23))

    assert steps(handoff) == [("tell_manager", False, "")]
    assert Escalation.everywhere.get().next_at == datetime(2026, 1, 6, 9, 30, tzinfo=UTC)


def test_steps_in_hours_and_in_working_days_are_taken_in_the_order_of_their_time(sign, offer, rep, at_time):
    manager = EscalationStep("tell_manager", durations.days(1))
    sign(
        escalation_steps=(
            manager,
            EscalationStep("remind", durations.hours(2)),
            EscalationStep("remind", durations.hours(9)),
        )
    )
    with at_time(MONDAY):
        offer(rep, at=MONDAY, tier="hot")
    sweep(DUE)

    found = Escalation.everywhere.order_by("position").values_list("action", "next_at")
    assert list(found) == [
        ("remind", DUE + 2 * HOUR),
        ("tell_manager", DUE + 24 * HOUR),
        ("remind", DUE + 25 * HOUR),
    ]


def climb(at_time, begun_at=DUE):
    """Sweep whenever a step of the default escalation is due."""
    for moment in (begun_at, begun_at + HOUR, begun_at + 4 * HOUR):
        with at_time(moment):
            sweep(moment)


def test_the_last_step_gives_the_lead_to_another_member_who_gets_the_whole_time(handoff, rep, other_rep, pool, at_time):
    climb(at_time)

    handoff.refresh_from_db()
    assert handoff.owner == other_rep
    assert steps(handoff) == [
        ("remind", True, "Reminded Rita Rep."),
        ("tell_manager", True, "Notified Sam Sales."),
        ("reassign", True, "Reassigned to Otto Rep."),
    ]
    late, fresh = Clock.everywhere.filter(handoff=handoff, kind="accept").order_by("pk")
    assert (late.state, late.breached_at, late.member) == ("cancelled", DUE, rep)
    assert (fresh.state, fresh.breached_at, fresh.member) == ("running", None, other_rep)
    assert fresh.started_at == DUE + 4 * HOUR


def test_a_lead_that_nobody_else_can_take_goes_to_the_queue(handoff, pool, other_rep, at_time):
    PoolMember.everywhere.filter(member=other_rep).delete()
    climb(at_time)

    handoff.refresh_from_db()
    assert handoff.owner is None
    assert steps(handoff)[2] == ("reassign", True, "Returned to the queue.")
    assert clock(handoff, "accept").member is None


def test_after_days_without_a_sweep_the_first_step_is_taken_and_the_others_keep_their_distance(
    handoff, rep, other_rep, sales_head, pool, at_time
):
    back = MONDAY + timedelta(days=9, hours=2)
    for late, done in ((0 * HOUR, 1), (HOUR - MINUTE, 1), (HOUR, 2), (4 * HOUR - MINUTE, 2), (4 * HOUR, 3)):
        with at_time(back + late):
            sweep(back + late)
        assert [done for _, done, _ in steps(handoff)] == [True] * done + [False] * (3 - done)

    handoff.refresh_from_db()
    assert handoff.owner == other_rep


def test_after_days_without_a_sweep_each_step_is_taken_once(handoff, other_rep, pool, at_time):
    back = MONDAY + timedelta(days=9, hours=2)
    climb(at_time, back)
    taken, told = steps(handoff), notices("clock.breached")
    for late in (MINUTE, 2 * MINUTE):
        sweep(back + 4 * HOUR + late)

    assert [done for _, done, _ in taken] == [True, True, True]
    assert steps(handoff) == taken
    assert notices("clock.breached") == told
    assert len(told) == 2
    assert notices("clock.warned") == []


def test_an_outage_over_the_evening_leaves_the_owner_the_morning(sign, offer, rep, sales_head, at_time):
    sign(
        escalation_steps=(
            EscalationStep("remind", durations.minutes(0)),
            EscalationStep("tell_manager", durations.hours(1)),
        )
    )
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY, tier="hot")
    sweep(MONDAY.replace(hour=22))

    assert [done for _, done, _ in steps(handoff)] == [True, False]
    assert Escalation.everywhere.get(action="tell_manager").next_at == datetime(2026, 1, 6, 10, tzinfo=UTC)


def test_the_escalation_ends_where_the_clock_stops(handoff, rep, sales_head, pool, at_time):
    sweep(DUE)
    with at_time(DUE + 30 * MINUTE):
        moves.accept(handoff, actor=actor(rep), at=DUE + 30 * MINUTE)
    sweep(DUE + timedelta(days=1))

    closed = "Not needed: the clock had stopped."
    accept_steps = [step for step in steps(handoff) if step[0] != "remind"][:2]
    assert accept_steps == [("tell_manager", True, closed), ("reassign", True, closed)]
    handoff.refresh_from_db()
    assert handoff.owner == rep


def test_an_owner_who_has_left_is_stood_in_for_by_the_managers(handoff, rep, sales_head):
    rep.active = False
    rep.save(update_fields=["active"])
    sweep(DUE)

    assert [who for who, _ in notices("clock.breached")] == ["Sam Sales"]


def test_marketings_manager_hears_of_a_late_answer_to_a_return(
    handoff, rep, blaming, marketing_head, sales_head, at_time
):
    with at_time(MONDAY):
        moves.return_to_marketing(handoff, actor=actor(rep), reason=blaming, note="Not ours", at=MONDAY)
    sweep(MONDAY + timedelta(days=4))
    sweep(MONDAY + timedelta(days=4, hours=1))

    assert notices("clock.breached") == [
        (
            "Mira Marketing",
            "Priya Raman was returned and waits for marketing's answer: was due Tuesday 17:00, 2 working days late",
        ),
        ("Mira Marketing", "Marketing has the return of Priya Raman to answer, due Tuesday 17:00, 2 working days late"),
    ]
    assert [action for action, _, _ in steps(handoff)] == ["remind", "tell_manager"]


def test_history_of_a_promise_kept_in_time_takes_a_breach_back(workspace, handoff, marketing_head, rep, at_time):
    key, _ = keys.create(workspace, actor=actor(marketing_head), name="CRM", scopes=["write", "history"])
    sweep(DUE + MINUTE)
    with at_time(DUE + HOUR):
        moves.accept(handoff, actor=Actor(key=key), owner=rep, at=DUE - MINUTE)

    met = clock(handoff, "accept")
    assert (met.state, met.stopped_at, met.breached_at) == ("met", DUE - MINUTE, None)


def test_a_members_word_afterwards_does_not_take_a_breach_back(handoff, rep, at_time):
    with at_time(MONDAY):
        moves.accept(handoff, actor=actor(rep), at=MONDAY)
    due = clock(handoff, "first_touch").due_at
    sweep(due + MINUTE)
    reported_at = due + HOUR
    with at_time(reported_at):
        touches.log(handoff.lead, actor=actor(rep), channel="call", outcome="sent", at=due - MINUTE)

    met = clock(handoff, "first_touch")
    assert (met.state, met.stopped_at, met.breached_at) == ("met", reported_at, due)


def test_a_members_touch_told_before_the_sweep_counts_from_when_it_was_made(handoff, rep, at_time):
    with at_time(MONDAY):
        moves.accept(handoff, actor=actor(rep), at=MONDAY)
    with at_time(MONDAY + 50 * MINUTE):
        touches.log(handoff.lead, actor=actor(rep), channel="call", outcome="sent", at=MONDAY + 20 * MINUTE)

    met = clock(handoff, "first_touch")
    assert (met.state, met.stopped_at, met.breached_at) == ("met", MONDAY + 20 * MINUTE, None)


def test_a_clock_breaches_with_nobody_logged_in(workspace, sign, sales_head, offer, rep):
    calendars.edit(workspace, actor=actor(sales_head), hours={"zone": "UTC", "windows": ALWAYS})
    sign()
    past = timezone.now() - 2 * HOUR
    with time_machine.travel(past, tick=False):
        handoff = offer(rep, at=past, tier="hot")
    assert clock(handoff, "accept").breached_at is None

    call_command("sweep", "sla", verbosity=0)

    breached = clock(handoff, "accept")
    assert breached.breached_at == breached.due_at
    assert [who for who, _ in notices("clock.breached")] == ["Rita Rep"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_warn_breach_and_climb_once(agreement, offer, rep, sales_head, pool, at_time):
    with at_time(MONDAY):
        handoffs = [offer(rep, at=MONDAY, tier="hot") for _ in range(12)]

    for at in (MONDAY + 45 * MINUTE, DUE, DUE + HOUR):
        assert together(*[lambda at=at: tasks.run_sweeps(at=at)] * 4) == []

    assert len(notices("clock.warned")) == len(handoffs)
    assert Clock.everywhere.filter(kind="accept", breached_at=DUE).count() == len(handoffs)
    assert Escalation.everywhere.count() == 3 * len(handoffs)
    assert len(notices("clock.breached")) == 2 * len(handoffs)
    assert not Clock.everywhere.exclude(dead_reason="").exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_rep_who_accepts_while_an_escalation_step_reassigns_wins_or_is_told(
    agreement, offer, rep, other_rep, sales_head, pool, at_time
):
    moment = DUE + 4 * HOUR
    with at_time(MONDAY):
        handoffs = [offer(rep, at=MONDAY, tier="hot") for _ in range(16)]
    sweep(DUE)
    told: list[DomainError] = []

    def accept_all() -> None:
        for handoff in handoffs:
            try:
                moves.accept(handoff, actor=actor(rep), at=moment)
            except DomainError as refused:
                told.append(refused)

    with at_time(moment):
        failures = together(accept_all, *[lambda: tasks.run_sweeps(at=moment)] * 3)

    assert failures == []
    accepted = Handoff.everywhere.filter(state="accepted", owner=rep).count()
    moved = Handoff.everywhere.filter(state="offered", owner=other_rep).count()
    assert (accepted + moved, moved) == (len(handoffs), len(told))
    assert not Escalation.everywhere.exclude(dead_reason="", attempts=0).exists()
    assert Clock.everywhere.filter(kind="accept", state="running").count() == moved


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_step_that_waits_for_the_lead_routes_it_with_the_account_that_it_got_meanwhile(
    sign, offer, rep, sales_head, pool, at_time
):
    sign(escalation_steps=(EscalationStep("reassign", durations.minutes(0), ("accept",)),))
    with at_time(MONDAY):
        handoff = offer(rep, at=MONDAY, tier="hot")
    account = builders.account(handoff.lead.workspace, owner=sales_head)
    Clock.everywhere.update(breached_at=DUE, next_at=None)
    overdue = clock(handoff, "accept")
    Escalation.everywhere.create(
        workspace_id=overdue.workspace_id, clock=overdue, position=0, action="reassign", next_at=DUE
    )
    written = threading.Event()

    def give_account() -> None:
        with transaction.atomic():
            Lead.everywhere.filter(pk=handoff.lead_id).update(account=account)
            written.set()
            time.sleep(0.5)  # until the sweep waits for the row, as it does at once

    def climb_one() -> None:
        written.wait(10)
        tasks.run_sweeps(at=DUE)

    with at_time(DUE):
        assert together(give_account, climb_one) == []
    assert steps(handoff) == [("reassign", True, "Reassigned to Sam Sales.")]


def together(*works: Callable[[], object]) -> list[BaseException]:
    """Run pieces of work at the same moment, each on a connection of its own; return what was raised."""
    gate, failures = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        try:
            gate.wait()
            work()
        except BaseException as error:  # noqa: BLE001  the caller asserts on it
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
