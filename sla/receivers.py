"""Start and stop clocks on moves, touches and follow-ups, in the transaction of each.

A workspace without a signed agreement has promised nothing: no clock starts. Clocks that run go on to be stopped.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_never

from django.db.models import QuerySet
from django.dispatch import receiver

from leads.models import FollowUp, Handoff, Lead, Touch, Transition
from leads.models.touch import Outcome
from leads.signals import moved, passed_on, planned, touched
from sla import agreements, calendars, clocks, information, kinds
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
        if cause is not None:
            _end(handoff, cause, row, now)
            _start(handoff, cause, row, now)
        elif handoff.closed_at is not None:  # a move that nothing is agreed about: what still runs is owed no longer
            clocks.cancel(_of(handoff, *Kind.values), at=row.at, reported_at=_reported_at(row.actor_kind, now))
        if cause is Cause.REASSIGN:
            clocks.pass_on(handoff, at=row.at, now=now)


@receiver(touched, dispatch_uid="sla.touched")
def on_touch(touch: Touch, handoff: Handoff | None, at: datetime, now: datetime, **kwargs: Any) -> None:
    """Meet what a touch meets, at once or when there are enough of them."""
    if handoff is None:
        return
    cause = Cause.CONNECTION if touch.outcome == Outcome.CONNECTED else Cause.TOUCH
    concerned = kinds.affected(cause, Effect.MET, Effect.MET_IF_ENOUGH)
    running = _of(handoff, *concerned).filter(state=Clock.State.RUNNING)
    met = [
        clock.kind
        for clock in running.select_related("agreement").defer("agreement__terms")
        if _meets(cause, clock, handoff)
    ]
    if met:
        author, reported_at = ActorSummary.of_row(touch), _reported_at(touch.actor_kind, now)
        clocks.stop(_of(handoff, *met), at=at, actor=author, reported_at=reported_at)


@receiver(planned, dispatch_uid="sla.planned")
def on_follow_up(
    follow_up: FollowUp, lead: Lead, handoff: Handoff | None, actor: Actor, at: datetime, now: datetime, **kwargs: Any
) -> None:
    """Start the clock of a promised follow-up, or stop it when the follow-up is done, as it is by the next touch."""
    if follow_up.done_at is not None:
        promised = Clock.objects.of(lead.workspace_id).filter(
            follow_up=follow_up, kind__in=kinds.met_by(Cause.FOLLOW_UP_DONE)
        )
        author = ActorSummary.of(actor)
        clocks.stop(promised, at=follow_up.done_at, actor=author, reported_at=_reported_at(actor.kind, now))
    elif agreement := agreements.active(lead.workspace_id):
        for kind in kinds.started_by(Cause.FOLLOW_UP_PLANNED):
            clocks.promise(agreement, follow_up, kind, tier=handoff.tier if handoff else "", at=at, now=now)


@receiver(passed_on, dispatch_uid="sla.passed_on")
def on_passed_on(workspace_id: int, follow_ups: Sequence[FollowUp], **kwargs: Any) -> None:
    """Let the clocks of follow-ups that got another member run on for that member."""
    clocks.pass_on_promised(workspace_id, follow_ups)


def _meets(cause: Cause, clock: Clock, handoff: Handoff) -> bool:
    """Return whether a touch meets a clock of its handoff."""
    effect = kinds.of(clock.kind).effects.of(cause)
    match effect:
        case Effect.MET:
            return True
        case Effect.MET_IF_ENOUGH:
            return _attempted_enough(clock, handoff)
        case Effect.MET_WITH_FOLLOW_UP | Effect.STARTS | Effect.RUNS_ON:  # a fulfilled follow-up comes as done
            return False
        case Effect.CANCELLED | Effect.PASSED_ON | Effect.RESTARTS:
            return False
        case _:
            assert_never(effect)


def _attempted_enough(clock: Clock, handoff: Handoff) -> bool:
    """Return whether the touches of a handoff reach the attempts and channels of its tier, or a connection."""
    policy = agreements.terms_of(clock.agreement).policy(clock.tier)
    rows = Touch.objects.of(handoff.workspace_id).filter(handoff=handoff).values_list("channel", "outcome")
    touches = list(rows)
    connected = any(outcome == Outcome.CONNECTED for _, outcome in touches)
    channels = {channel for channel, _ in touches}
    return connected or (len(touches) >= policy.attempts and len(channels) >= policy.channels)


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
    starts = [clocks.Start(kind, handoff, _owner(kind, handoff), row.at) for kind in starting]
    started = clocks.start(agreement, starts, now=now)
    if handoff.first_touch_at is not None:
        met = [clock.kind for clock in started if _meets(Cause.TOUCH, clock, handoff)]
        if met:
            clocks.stop(_of(handoff, *met), at=row.at, actor=ActorSummary.of_row(row))


def _end(handoff: Handoff, cause: Cause, row: Transition, now: datetime) -> None:
    """End the running clocks of a handoff that a move meets or cancels."""
    met, cancelled = kinds.met_by(cause), kinds.affected(cause, Effect.CANCELLED)
    if met or cancelled:
        author, reported_at = ActorSummary.of_row(row), _reported_at(row.actor_kind, now)
        clocks.settle(_of(handoff, *met, *cancelled), met=met, at=row.at, actor=author, reported_at=reported_at)


def _owner(kind: Kind, handoff: Handoff) -> Member | None:
    """Return who owes a clock that starts: the handoff's owner, or marketing as a team."""
    return handoff.owner if kinds.of(kind).side is Side.SALES else None


def _reported_at(kind: str, now: datetime) -> datetime | None:
    """Return when a member reported it; None for the engine, and for an API key, which may import history."""
    return now if kind == "member" else None


def _of(handoff: Handoff, *kinds: str) -> QuerySet[Clock]:
    return Clock.objects.of(handoff.workspace_id).filter(handoff=handoff, kind__in=kinds)
