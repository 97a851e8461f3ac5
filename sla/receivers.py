"""Start and stop clocks on moves, touches and follow-ups, in the transaction of each.

A workspace without a signed agreement has promised nothing: no clock starts. Clocks that run go on to be stopped.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.dispatch import receiver

from leads.models import FollowUp, Handoff, Lead, Touch, Transition
from leads.models.touch import Outcome
from leads.signals import moved, planned, touched
from sla import agreements, attempts, calendars, clocks, endings, information, kinds
from sla.effects import Cause, Effect, cause_of
from sla.kinds import Kind
from sla.models import Clock
from sla.sides import Side
from webhooks.payloads import ActorSummary
from workspaces.actors import Actor
from workspaces.models import Member, Workspace
from workspaces.signals import created


@receiver(created, dispatch_uid="sla.workspace_created")
def set_up(workspace: Workspace, at: datetime, **kwargs: Any) -> None:
    """Give a new workspace its calendar and the draft of an agreement."""
    calendars.create(workspace)
    agreements.default_draft(workspace)


@receiver(moved, dispatch_uid="sla.moved")
def on_move(move: str, transitions: Sequence[Transition], now: datetime, **kwargs: Any) -> None:
    """Start, end and pass on the clocks of handoffs as the catalogue says of their move."""
    passes = [(row, row.handoff) for row in transitions if row.handoff is not None]
    if move == Cause.QUALIFY:
        _start_offered(passes, now)
        return
    for row, handoff in passes:
        cause = cause_of(move, row.reason)
        ending = clocks.Ending(cause, row.at, ActorSummary.of_row(row), _reported_at(row.actor_kind, now))
        if cause is not None:
            _start_unaccepted(handoff, cause, row, now)
            _end(handoff, cause, ending)
            _start(handoff, cause, row, now)
        elif handoff.closed_at is not None:  # a move that nothing is agreed about: what still runs is owed no longer
            clocks.end(_of(handoff), dict.fromkeys(Kind.values, Clock.State.CANCELLED), ending)
        if cause is Cause.REASSIGN:
            clocks.pass_on(handoff, at=row.at, now=now, actor=ending.actor)


@receiver(touched, dispatch_uid="sla.touched")
def on_touch(touch: Touch, handoff: Handoff | None, at: datetime, now: datetime, **kwargs: Any) -> None:
    """Meet what a touch meets, at once or when there are enough of them."""
    if handoff is None:
        return
    cause = Cause.CONNECTION if touch.outcome == Outcome.CONNECTED else Cause.TOUCH
    met = _met_by_touch(cause, handoff)
    if met:
        author, reported_at = ActorSummary.of_row(touch), _reported_at(touch.actor_kind, now)
        clocks.end(_of(handoff), met, clocks.Ending(cause, at, author, reported_at))


@receiver(planned, dispatch_uid="sla.planned")
def on_follow_up(
    follow_up: FollowUp,
    lead: Lead,
    handoff: Handoff | None,
    actor: Actor,
    at: datetime,
    now: datetime,
    by_touch: bool,
    **kwargs: Any,
) -> None:
    """Start the clock of a promised follow-up, or end it when the follow-up is done: only a touch meets it."""
    if follow_up.done_at is not None:
        cause = Cause.FOLLOW_UP_DONE if by_touch else Cause.FOLLOW_UP_DROPPED
        promised = Clock.objects.of(lead.workspace_id).filter(follow_up=follow_up)
        reported_at = _reported_at(actor.kind, now)
        ending = clocks.Ending(cause, follow_up.done_at, ActorSummary.of(actor), reported_at)
        clocks.end(promised, endings.states(cause, None), ending)
    elif agreement := agreements.active(lead.workspace_id):
        for kind in kinds.started_by(Cause.FOLLOW_UP_PLANNED):
            clocks.promise(agreement, follow_up, kind, tier=handoff.tier if handoff else "", at=at, now=now)


def _met_by_touch(cause: Cause, handoff: Handoff) -> dict[str, Clock.State]:
    """Return which kinds of clocks a touch meets, counting the attempts only where they decide."""
    waiting = _of(handoff).filter(state=Clock.State.RUNNING, kind__in=kinds.affected(cause, Effect.MET_IF_ENOUGH))
    counted = attempts.of([handoff]).get(handoff.pk) if waiting.exists() else None
    return {kind: state for kind, state in endings.states(cause, counted).items() if state == Clock.State.MET}


def _start_offered(passes: Sequence[tuple[Transition, Handoff]], now: datetime) -> None:
    """Start the clocks of a set that was handed over, in two statements."""
    if passes and (agreement := agreements.active(passes[0][1].workspace_id)):
        promised = agreements.terms_of(agreement).information
        starts = [
            clocks.Start(kind, handoff, _owner(kind, handoff), row.at, information.missing(row.lead, promised))
            for row, handoff in passes
            for kind in kinds.started_by(Cause.QUALIFY)
        ]
        clocks.start(agreement, starts, now=now)


def _start(handoff: Handoff, cause: Cause, row: Transition, now: datetime) -> None:
    """Start the clocks that a move of a handoff starts; a touch from before, while it was offered, meets them too."""
    starting = kinds.started_by(cause)
    if not starting or not (agreement := agreements.active(handoff.workspace_id)):
        return
    clocks.start(agreement, [clocks.Start(kind, handoff, _owner(kind, handoff), row.at) for kind in starting], now=now)
    if handoff.first_touch_at is not None and (met := _met_by_touch(Cause.TOUCH, handoff)):
        started = {kind: state for kind, state in met.items() if kind in starting}
        clocks.end(_of(handoff), started, clocks.Ending(Cause.TOUCH, row.at, ActorSummary.of_row(row)))


def _start_unaccepted(handoff: Handoff, cause: Cause, row: Transition, now: datetime) -> None:
    """Start what acceptance would have started and this return judges: an offer is not given up unworked."""
    owed = endings.unaccepted(handoff, cause)
    if owed and (agreement := agreements.active(handoff.workspace_id)):
        clocks.start(agreement, [clocks.Start(kind, handoff, _owner(kind, handoff), row.at) for kind in owed], now=now)


def _end(handoff: Handoff, cause: Cause, ending: clocks.Ending) -> None:
    """End the running clocks that a move ends; one that gives the lead up takes back what a promotion met."""
    counted = attempts.of([handoff]).get(handoff.pk) if endings.judged(cause) else None
    states = endings.states(cause, counted)
    if states:
        clocks.end(_of(handoff), states, ending)
    if taken_back := endings.taken_back(handoff, cause, counted):
        clocks.take_back(_of(handoff).filter(kind__in=taken_back), ending)


def _owner(kind: Kind, handoff: Handoff) -> Member | None:
    """Return who owes a clock that starts: the handoff's owner, or marketing as a team."""
    return handoff.owner if kinds.of(kind).side is Side.SALES else None


def _reported_at(kind: str, now: datetime) -> datetime | None:
    """Return when a member reported it; None for the engine, and for an API key, which may import history."""
    return now if kind == "member" else None


def _of(handoff: Handoff) -> QuerySet[Clock]:
    return Clock.objects.of(handoff.workspace_id).filter(handoff=handoff)
