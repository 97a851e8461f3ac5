"""Escalate a breached clock: remind, notify the manager, reassign, return to the queue; each step once.

A step whose clock has stopped meanwhile is closed without being taken.
"""

from datetime import datetime

from leadflow import db
from leads.lifecycle import moves
from leads.models import Handoff, HandoffState, Lead
from leads.qualification import assessment
from leads.routing import assign
from sla import alarms, worktime
from sla.durations import Duration
from sla.models import Clock, Escalation
from sla.terms import Terms
from workspaces import actors
from workspaces.models import Member

_ENGINE = actors.engine("escalation")


def plan(clock: Clock, terms: Terms, due_at: datetime, *, seen_at: datetime) -> None:
    """Plan every escalation step of the agreement for a clock that is breached, in work time from when it was due.

    After an outage the sweep sees the breach (`seen_at`) when several steps are over. The first is taken then, and the
    others keep their distance from it: whoever is reminded has the time to answer that the agreement gives.
    """
    planned = [(_after(terms, due_at, step.after), step.action) for step in terms.steps_after_breach(clock.kind)]
    in_time = sorted(((at, action) for at, action in planned if at is not None), key=lambda each: each[0])
    if not in_time:
        return
    first_at = in_time[0][0]
    begun_at = max(first_at, seen_at)
    Escalation.everywhere.bulk_create(
        [
            Escalation(
                workspace_id=clock.workspace_id,
                clock=clock,
                position=position,
                action=action,
                next_at=_moved(terms, begun_at, worktime.between(terms.hours, first_at, at)),
            )
            for position, (at, action) in enumerate(in_time)
        ],
        ignore_conflicts=True,
    )


def _after(terms: Terms, moment: datetime, length: Duration) -> datetime | None:
    """Add work time. None at all is not the next opening: a reminder at closing time does not wait for the morning."""
    return length.after(terms.hours, moment) if length.amount else moment


def _moved(terms: Terms, moment: datetime, minutes: float) -> datetime | None:
    """Add minutes of work time; none at all stays where it is."""
    return worktime.add(terms.hours, moment, minutes) if minutes else moment


def take(escalation: Escalation, at: datetime) -> None:
    """Take one step that the sweep has claimed, and record its outcome.

    1. the lead is locked first, as every move does, so that the clock cannot stop meanwhile
    2. the clock is read: nothing is done when it has stopped
    3. the step is taken by the same functions as a member uses
    """
    lead_id = Clock.everywhere.values_list("lead_id", flat=True).get(pk=escalation.clock_id)
    lead = db.lock(Lead.everywhere.all(), lead_id)
    clock = Clock.everywhere.select_related("member__user", "agreement", "handoff__owner").get(pk=escalation.clock_id)
    clock.lead = lead
    if clock.state != Clock.State.RUNNING:
        outcome = "Not needed: the clock had stopped."
    else:
        outcome = _ACTIONS[Escalation.Action(escalation.action)](escalation, clock, at)
    escalation.done_at, escalation.outcome, escalation.next_at = at, outcome[:300], None
    escalation.save(update_fields=["done_at", "outcome", "next_at"])


def _remind(escalation: Escalation, clock: Clock, at: datetime) -> str:
    notified = alarms.remind(clock, step=f"step{escalation.position}", at=at)
    return _outcome("Reminded", notified)


def _notify_manager(escalation: Escalation, clock: Clock, at: datetime) -> str:
    notified = alarms.notify_managers(clock, step=f"step{escalation.position}", at=at)
    return _outcome("Notified", notified)


def _reassign(escalation: Escalation, clock: Clock, at: datetime) -> str:
    """Give the lead to another member by the routing rules; an unanswered one to the queue when there is nobody."""
    facts = assessment.assess(clock.lead, at).facts
    handoff = _handoff(clock)
    [choice] = assign.choose([assign.AssignmentRequest(clock.lead, facts, at, exclude=handoff.owner)])
    if choice.member is None:
        return _to_queue(escalation, clock, at)
    _move(handoff, choice.member, "Not answered in time", at)
    return f"Reassigned to {choice.member}."


def _to_queue(escalation: Escalation, clock: Clock, at: datetime) -> str:
    handoff = _handoff(clock)
    if handoff.state != HandoffState.OFFERED:
        return "Nobody else is available; an accepted lead stays with its owner."
    if handoff.owner_id is None:
        return "It waits in the queue already."
    _move(handoff, None, "Not answered in time, returned to the queue", at)
    return "Returned to the queue."


def _handoff(clock: Clock) -> Handoff:
    assert clock.handoff is not None  # the terms allow no such step for a clock without one
    return clock.handoff


def _move(handoff: Handoff, to: Member | None, note: str, at: datetime) -> None:
    moves.reassign(handoff, actor=_ENGINE, to=to, note=note, at=at)


def _outcome(verb: str, members: list[Member]) -> str:
    return f"{verb} {', '.join(str(member) for member in members)}." if members else "There was nobody to notify."


_ACTIONS = {
    Escalation.Action.REMIND: _remind,
    Escalation.Action.NOTIFY_MANAGER: _notify_manager,
    Escalation.Action.REASSIGN: _reassign,
    Escalation.Action.TO_QUEUE: _to_queue,
}
