"""Hear of moves, touches and follow-ups, and start and stop the clocks they concern, in the same transaction.

A workspace without a signed agreement has promised nothing: no clock starts. Clocks that run go on to be stopped.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.dispatch import receiver

from leads.models import FollowUp, Handoff, Lead, Touch, Transition
from leads.models.touch import Outcome
from leads.signals import moved, planned, touched
from sla import agreements, calendars, clocks, information
from sla.models import Clock
from sla.models.clock import Kind
from workspaces.actors import Actor
from workspaces.models import Workspace
from workspaces.signals import created

AFTER_ACCEPT = (Kind.FIRST_TOUCH, Kind.ATTEMPTS, Kind.DECIDE)


@receiver(created, dispatch_uid="sla.workspace_created")
def set_up(workspace: Workspace, at: datetime, **kwargs: Any) -> None:
    """Give a new workspace its calendar and the draft of an agreement."""
    calendars.create(workspace)
    agreements.default_draft(workspace)


@receiver(moved, dispatch_uid="sla.moved")
def on_move(move: str, transitions: Sequence[Transition], now: datetime, **kwargs: Any) -> None:
    """Start and stop the clocks of handoffs as their move says."""
    passes = [(row, row.handoff) for row in transitions if row.handoff is not None]
    if move == "qualify":
        _qualified(passes, now)
    elif move in _MOVES:
        for row, handoff in passes:
            _MOVES[move](handoff, row, row.at, now)


@receiver(touched, dispatch_uid="sla.touched")
def on_touch(touch: Touch, handoff: Handoff | None, at: datetime, now: datetime, **kwargs: Any) -> None:
    """Meet the first touch, and the attempts once there are enough or one connected."""
    if handoff is None:
        return
    running = _of(handoff, Kind.FIRST_TOUCH, Kind.ATTEMPTS).filter(state=Clock.State.RUNNING)
    met = [
        clock.kind
        for clock in running.select_related("agreement").defer("agreement__terms")
        if clock.kind == Kind.FIRST_TOUCH or touch.outcome == Outcome.CONNECTED or _attempted_enough(clock, handoff)
    ]
    if met:
        clocks.stop(_of(handoff, *met), at=at, heard=_heard(touch.actor_kind, now))


@receiver(planned, dispatch_uid="sla.planned")
def on_follow_up(
    follow_up: FollowUp, lead: Lead, handoff: Handoff | None, actor: Actor, at: datetime, now: datetime, **kwargs: Any
) -> None:
    """Start the clock of a promised follow-up, or stop it when the follow-up is done, as it is by the next touch."""
    if follow_up.done_at is not None:
        promised = Clock.objects.of(lead.workspace_id).filter(follow_up=follow_up)
        clocks.stop(promised, at=follow_up.done_at, heard=_heard(actor.kind, now))
    elif agreement := agreements.active(lead.workspace_id):
        clocks.promise(agreement, follow_up, tier=handoff.tier if handoff else "", at=at, now=now)


def _attempted_enough(clock: Clock, handoff: Handoff) -> bool:
    """Tell whether the touches of a handoff come to the attempts and channels of its tier, or to a connection."""
    policy = agreements.terms_of(clock.agreement).policy(clock.tier)
    rows = Touch.objects.of(handoff.workspace_id).filter(handoff=handoff).values_list("channel", "outcome")
    touches = list(rows)
    connected = any(outcome == Outcome.CONNECTED for _, outcome in touches)
    channels = {channel for channel, _ in touches}
    return connected or (len(touches) >= policy.attempts and len(channels) >= policy.channels)


def _qualified(passes: Sequence[tuple[Transition, Handoff]], now: datetime) -> None:
    """Start the accept clocks of a set, in two statements."""
    if passes and (agreement := agreements.active(passes[0][1].workspace_id)):
        promised = agreements.terms_of(agreement).information
        starts = [
            clocks.Start(Kind.ACCEPT, handoff, handoff.owner, row.at, information.missing(row.lead, promised))
            for row, handoff in passes
        ]
        clocks.start(agreement, starts, now=now)


def _accepted(handoff: Handoff, transition: Transition, at: datetime, now: datetime) -> None:
    clocks.stop(_of(handoff, Kind.ACCEPT), at=at, heard=_heard(transition.actor_kind, now))
    if agreement := agreements.active(handoff.workspace_id):
        starts = [clocks.Start(kind, handoff, handoff.owner, at) for kind in AFTER_ACCEPT]
        started = clocks.start(agreement, starts, now=now)
        if handoff.first_touch_at is not None:  # touched while it was only offered
            met = [clock.kind for clock in started if clock.kind == Kind.FIRST_TOUCH]
            met += [c.kind for c in started if c.kind == Kind.ATTEMPTS and _attempted_enough(c, handoff)]
            clocks.stop(_of(handoff, *met), at=at)


def _returned(handoff: Handoff, transition: Transition, at: datetime, now: datetime) -> None:
    answered = (Kind.ACCEPT, Kind.ATTEMPTS, Kind.DECIDE)
    running = _of(handoff, *answered, Kind.FIRST_TOUCH, Kind.FOLLOW_UP)
    clocks.settle(running, met=answered, at=at, heard=_heard(transition.actor_kind, now))
    if (
        transition.reason is not None
        and transition.reason.blames
        and (agreement := agreements.active(handoff.workspace_id))
    ):
        clocks.start(agreement, [clocks.Start(Kind.TRIAGE, handoff, None, at)], now=now)


def _promoted(handoff: Handoff, transition: Transition, at: datetime, now: datetime) -> None:
    running = _of(handoff, Kind.ATTEMPTS, Kind.DECIDE, Kind.FIRST_TOUCH)
    clocks.settle(running, met=(Kind.ATTEMPTS, Kind.DECIDE), at=at, heard=_heard(transition.actor_kind, now))


def _closed(handoff: Handoff, transition: Transition, at: datetime, now: datetime) -> None:
    clocks.cancel(_of(handoff, *Kind.values), at=at, heard=_heard(transition.actor_kind, now))


def _reassigned(handoff: Handoff, transition: Transition, at: datetime, now: datetime) -> None:
    clocks.pass_on(handoff, at=at, now=now)


def _heard(kind: str, now: datetime) -> datetime | None:
    """Return when a member told us; None for the engine, and for a key, which may bring history."""
    return now if kind == "member" else None


def _of(handoff: Handoff, *kinds: str) -> QuerySet[Clock]:
    return Clock.objects.of(handoff.workspace_id).filter(handoff=handoff, kind__in=kinds)


_MOVES: dict[str, Callable[[Handoff, Transition, datetime, datetime], None]] = {
    "accept": _accepted,
    "return": _returned,
    "recall": _closed,
    "reassign": _reassigned,
    "promote": _promoted,
    "win": _closed,
    "lose": _closed,
    "disqualify": _closed,
}
