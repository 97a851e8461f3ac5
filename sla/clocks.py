"""Start, stop and watch clocks. Every running promise goes through this module.

Callers hold the transaction (and the lead's lock) of the move or touch that starts or stops a clock. Durations are
work time; `at` is when a thing happened, `now` when it was reported, both aware UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leadflow import db
from leadflow.errors import Conflict, Invalid
from leads.models import FollowUp, Handoff, Transition
from sla import agreements, alarms, escalations, kinds, payloads, selectors, worktime
from sla.effects import Cause, Effect
from sla.models import Agreement, Clock
from sla.terms import Terms
from webhooks.payloads import ActorSummary
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Member


@dataclass(frozen=True)
class Start:
    """Name a clock to start on a handoff at `at`: for whom (None: the team), and the promised information that its
    lead lacks."""

    kind: str
    handoff: Handoff
    member: Member | None
    at: datetime
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class Ending:
    """Say what ended clocks: the cause (None: a move that nothing is agreed about), at what time, and who.

    `reported_at` is when a member reported it: a clock that the sweep has found late by then ends then, and stays late.
    """

    cause: Cause | None
    at: datetime
    actor: ActorSummary
    reported_at: datetime | None = None


def start(agreement: Agreement, starts: Sequence[Start], *, now: datetime) -> list[Clock]:
    """Start clocks on handoffs, in one statement, each due after its tier's target of work time.

    A clock that was over before it was reported is recorded as breached and stays silent.
    """
    terms = agreements.terms_of(agreement)
    clocks = []
    for each in starts:
        target = terms.target(each.kind, each.handoff.tier)
        clock = Clock(
            workspace_id=agreement.workspace_id,
            kind=each.kind,
            agreement=agreement,
            lead_id=each.handoff.lead_id,
            handoff=each.handoff,
            member=each.member,
            tier=each.handoff.tier,
            target_amount=target.amount,
            target_unit=target.unit,
            started_at=each.at,
            missing=",".join(each.missing),
        )
        _plan(clock, terms, target.after(terms.hours, clock.started_at), now)
        clocks.append(clock)
    return Clock.everywhere.bulk_create(clocks)


def promise(agreement: Agreement, follow_up: FollowUp, kind: str, *, tier: str, at: datetime, now: datetime) -> Clock:
    """Start a clock of this kind on a follow-up: it is due at the moment that was promised."""
    clock = Clock(
        workspace_id=follow_up.workspace_id,
        kind=kind,
        agreement=agreement,
        lead_id=follow_up.lead_id,
        handoff_id=follow_up.handoff_id,
        follow_up=follow_up,
        member_id=follow_up.member_id,
        tier=tier,
        started_at=at,
    )
    _plan(clock, agreements.terms_of(agreement), follow_up.due_at, now)
    clock.save(force_insert=True)
    return clock


def end(clocks: QuerySet[Clock], states: Mapping[str, Clock.State], ending: Ending) -> list[Clock]:
    """End the running clocks among these, each as `states` says of its kind, and return them.

    How late they were stays on them: a clock that was breached before counts as broken, however it ends.
    """
    # Locked, so that the sweep cannot warn or breach a clock that ends here.
    ended = list(db.locked(selectors.with_version(clocks.filter(state=Clock.State.RUNNING, kind__in=states))))
    for clock in ended:
        _finish(clock, states[clock.kind], ending)
    if ended:
        db.update_many(ended, ["state", "next_at", "stopped_at", "breached_at", "ended_by"])
        payloads.record_ended(ended, actor=ending.actor)
    return ended


def take_back(clocks: QuerySet[Clock], ending: Ending) -> list[Clock]:
    """Mark as missed, at the time of the ending, those of these clocks that a promotion met, and return them."""
    taken = list(db.locked(selectors.with_version(clocks.filter(state=Clock.State.MET, ended_by=Cause.PROMOTE))))
    for clock in taken:
        clock.breached_at = clock.breached_at or max(ending.at, clock.started_at)
        clock.state, clock.stopped_at = Clock.State.MISSED, max(ending.at, clock.started_at)
        clock.ended_by = ending.cause or ""
    if taken:
        db.update_many(taken, ["state", "stopped_at", "breached_at", "ended_by"])
        payloads.record_ended(taken, actor=ending.actor)
    return taken


def pass_on(handoff: Handoff, *, at: datetime, now: datetime, actor: ActorSummary) -> None:
    """Hand the running clocks of a handoff to its new owner, each under its own agreement.

    An unanswered accept clock starts afresh where that agreement says so, for an owner who had it never before in this
    pass: nobody gains time by giving a lead away and getting it back. All others run on as they are.
    """
    restarting = kinds.affected(Cause.REASSIGN, Effect.RESTARTS)
    passed_on = kinds.affected(Cause.REASSIGN, Effect.PASSED_ON)
    running = Clock.objects.of(handoff.workspace_id).filter(
        handoff=handoff, state=Clock.State.RUNNING, kind__in=[*restarting, *passed_on]
    )
    # Restarting clocks are ended and begun anew, one by one; the UPDATE at the end moves all that still run.
    ending = Ending(Cause.REASSIGN, at, actor)
    for old in selectors.with_version(running.filter(kind__in=restarting)):
        if agreements.terms_of(old.agreement).reassign_restarts_accept and not _had(handoff):
            end(running.filter(pk=old.pk), {old.kind: Clock.State.CANCELLED}, ending)
            again = Start(old.kind, handoff, handoff.owner, at, old.missing.split(",") if old.missing else ())
            start(old.agreement, [again], now=now)
    running.update(member=handoff.owner)


@transaction.atomic
def answer_triage(handoff: Handoff, *, actor: Actor, note: str, at: datetime | None = None) -> Clock:
    """Answer a return that blames the lead's data or the definition: marketing's promise is met.

    Raise `Invalid` without a note, `Conflict` when no answer is owed (any more).
    """
    at = at or timezone.now()
    if not note.strip():
        raise Invalid("Say what marketing makes of this return.", field="note")
    owed = Clock.objects.of(handoff.workspace_id).filter(handoff=handoff, kind__in=kinds.met_by(Cause.RETURN_ANSWERED))
    author = ActorSummary.of(actor)
    # Locks the clock: of two answers at once, the second finds none running.
    states: dict[str, Clock.State] = dict.fromkeys(kinds.met_by(Cause.RETURN_ANSWERED), Clock.State.MET)
    stopped = end(owed, states, Ending(Cause.RETURN_ANSWERED, at, author))
    if not stopped:
        raise Conflict("This return waits for no answer from marketing.", code="nothing_to_answer")
    clock = stopped[0]
    clock.answer, clock.answered_by = note.strip(), actor.member
    clock.save(update_fields=["answer", "answered_by"])
    name = f"Return of lead {handoff.lead_id}, pass {handoff.pass_number}"
    audit.record(handoff.workspace_id, actor=actor, action="return.answered", object_name=name)
    payloads.record_answered(handoff, answer=clock.answer, actor=author, at=at)
    return clock


def sweep_due(clock: Clock, at: datetime) -> None:
    """Warn or breach one running clock that the sweep has claimed; each happens once.

    After an outage a clock that is over is breached without a belated warning. `breached_at` is when it was due.
    """
    if clock.state != Clock.State.RUNNING or clock.due_at is None:
        clock.next_at = None
    elif at >= clock.due_at:
        clock.breached_at, clock.next_at = clock.due_at, None
        escalations.plan(clock, agreements.terms_of(clock.agreement), clock.due_at, seen_at=at)
        payloads.record_breached(clock, at=clock.due_at)
    elif clock.warned_at is None and clock.warn_at is not None and at >= clock.warn_at:
        clock.warned_at, clock.next_at = at, clock.due_at
        alarms.warn(clock, at=at)
        payloads.record_warned(clock, at=at)
    else:
        clock.next_at = clock.due_at
    clock.save(update_fields=["warned_at", "breached_at", "next_at"])


def _had(handoff: Handoff) -> bool:
    """Return whether the new owner of a handoff owned it before in this pass, or there is none to give time to."""
    if handoff.owner is None:
        return True
    log = Transition.objects.of(handoff.workspace_id).filter(handoff=handoff).order_by("sequence")
    owners = [facts["owner_id"] for facts in log.values_list("facts", flat=True) if "owner_id" in facts]
    return handoff.owner.pk in owners[:-1]  # the last is the present one


def _plan(clock: Clock, terms: Terms, due_at: datetime | None, now: datetime) -> None:
    """Set when a clock warns and falls due, and whether that was over before it was reported."""
    clock.due_at = due_at
    if due_at is None:  # the calendar never opens
        return
    minutes = worktime.between(terms.hours, clock.started_at, due_at)
    warn_at = worktime.add(terms.hours, clock.started_at, minutes * terms.warn_percent / 100)
    clock.warn_at = warn_at if warn_at is not None and warn_at < due_at else None
    if due_at <= now:
        clock.breached_at, clock.silent = due_at, True
    else:
        clock.next_at = clock.warn_at or due_at


def _finish(clock: Clock, state: Clock.State, ending: Ending) -> None:
    """End a locked clock: late when that is after it was due, in time otherwise; a missed one is broken by its end.

    The sweep may have found a clock late that history says was met in time: `at` decides. Where a member says so
    (`reported_at`), the breach stays on record: an alarm was raised, and the promise was to say it in time.
    """
    found_late = clock.breached_at is not None and not clock.silent
    stopped_at = ending.reported_at if ending.reported_at and found_late else ending.at
    clock.state, clock.next_at, clock.ended_by = state, None, ending.cause or ""
    clock.stopped_at = max(stopped_at, clock.started_at)
    clock.breached_at = clock.due_at if clock.due_at is not None and clock.stopped_at > clock.due_at else None
    if state == Clock.State.MISSED and clock.breached_at is None:
        clock.breached_at = clock.stopped_at
