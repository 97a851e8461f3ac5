"""Enrol leads, take the next steps of their programs, end enrolments. All enrolments change here.

Locks are taken in one order everywhere: the lead, then its enrolments, then their sends. Where the sweep holds an
enrolment first, it asks for the lead without waiting, so that a move of the lead never meets it in a deadlock.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, assert_never

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.celery import wake
from leadflow.errors import Conflict
from leads.conditions import trees
from leads.models import Handoff, Lead
from nurture import eligibility, ledger, payloads
from nurture.models import Enrolment, Program, Send, Step
from nurture.steps import catalogue
from nurture.steps.base import End, GoOn, GoTo, SendMail, Skip, StepContext, WaitUntil
from nurture.steps.mails import MailKind
from workspaces.actors import Actor, engine

_PROGRAM = engine("program")
BUSY = timedelta(seconds=5)  # somebody is moving the lead
LOOK_AGAIN = timedelta(hours=1)  # at a mail that is not settled yet; it wakes the enrolment itself when it is


@transaction.atomic
def enrol(
    lead: Lead,
    program: Program,
    *,
    actor: Actor,
    why: dict[str, Any],
    at: datetime | None = None,
    handoff: Handoff | None = None,
) -> Enrolment:
    """Enrol a lead in an active program; the sweep takes its first step at once.

    `why` is kept: {"words": …} and what else decided; `handoff` is the returned one. Locks the lead. Raise `Conflict`
    with the code of `nurture.eligibility.Ineligibility`, or `program_not_active`.
    """
    at = at or timezone.now()
    lead = db.lock(Lead.objects.of(program.workspace_id), lead.pk)
    program = Program.objects.of(program.workspace_id).get(pk=program.pk)
    if program.status != Program.Status.ACTIVE:
        raise Conflict(f"The program “{program.name}” is not active. Activate it first.", code="program_not_active")
    if refusal := eligibility.to_enter(lead, program):
        raise Conflict(refusal.message, code=refusal.code)
    enrolment = Enrolment(
        workspace_id=lead.workspace_id,
        program=program,
        lead=lead,
        handoff=handoff,
        step=program.steps.first(),
        holdout=in_control_group(program, lead),
        why={"by": actor.name, **why},
        started_at=at,
        next_at=at,
    )
    enrolment.save(force_insert=True)
    payloads.record_entered(enrolment, actor=actor)
    wake("nurture.sweep")
    return enrolment


def in_control_group(program: Program, lead: Lead) -> bool:
    """Return whether a lead is in the program's control group: always the same answer, for a fair share of leads."""
    digest = hashlib.sha256(f"{program.pk}:{lead.pk}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100 < program.holdout_percent


@transaction.atomic
def exit(enrolment: Enrolment, *, reason: str, actor: Actor = _PROGRAM, at: datetime | None = None) -> Enrolment:
    """Take one lead out of one program; its planned mails are cancelled. Nothing happens when it has ended already."""
    db.lock(Lead.objects.of(enrolment.workspace_id), enrolment.lead_id)
    enrolment = db.lock(Enrolment.objects.of(enrolment.workspace_id), enrolment.pk)
    if enrolment.state == Enrolment.State.ACTIVE:
        _leave([enrolment.pk], reason, at or timezone.now(), actor)
        enrolment.refresh_from_db()
    return enrolment


def exit_all(leaving: Mapping[int, datetime], *, reason: str, actor: Actor = _PROGRAM) -> int:
    """Take leads, which the caller has locked, out of all their programs, each (by its id) at its time. Return how many
    enrolments ended: one statement while there are none."""
    active = Enrolment.everywhere.filter(lead__in=leaving, state=Enrolment.State.ACTIVE)
    at: defaultdict[datetime, list[int]] = defaultdict(list)
    for pk, lead in db.locked(active).values_list("pk", "lead_id"):
        at[leaving[lead]].append(pk)
    return sum(_leave(ids, reason, when, actor) for when, ids in at.items())


def exit_program(program: Program, *, reason: str, at: datetime, actor: Actor = _PROGRAM) -> int:
    """Take everybody out of a program. Return how many."""
    active = Enrolment.objects.of(program.workspace_id).filter(program=program, state=Enrolment.State.ACTIVE)
    return _leave(list(db.locked(active).values_list("pk", flat=True)), reason, at, actor)


def _leave(ids: list[int], reason: str, at: datetime, actor: Actor = _PROGRAM) -> int:
    """End the enrolments, which are locked, and cancel what is planned for them: a fixed number of statements."""
    if not ids:
        return 0
    Enrolment.everywhere.filter(pk__in=ids).update(
        state=Enrolment.State.EXITED, ended_at=at, end_reason=reason[:120], next_at=None
    )
    ledger.cancel_planned(ids, reason=reason)
    payloads.record_left(ids, actor=actor)
    return len(ids)


def advance(enrolment: Enrolment, at: datetime) -> None:
    """Take the steps of an active enrolment until one waits or plans a mail. The sweep has locked the row.

    A mail that is not settled yet is waited for: the wait after it counts from when it went.
    """
    if enrolment.state != Enrolment.State.ACTIVE:
        enrolment.next_at = None
        return enrolment.save(update_fields=["next_at"])
    leads = Lead.everywhere.select_related("account", "persona", "territory", "workspace")
    lead = db.locked(leads, skip_locked=True).filter(pk=enrolment.lead_id).first()
    if lead is None:
        return _put_off(enrolment, at + BUSY)
    mails = dict(enrolment.sends.values_list("step_id", "state"))
    if {Send.State.PLANNED, Send.State.SENDING} & set(mails.values()):
        return _put_off(enrolment, at + LOOK_AGAIN)
    program = enrolment.program
    if refusal := eligibility.to_get_mail(lead):
        _leave([enrolment.pk], refusal.message, at)
        return None
    context = StepContext(enrolment, lead, at)
    if _goal_met(program, context):
        _leave([enrolment.pk], "Goal met", at)
        return None
    return _run(context, list(program.steps.all()), had=set(mails))


def _run(context: StepContext, steps: list[Step], *, had: set[int | None]) -> None:
    """Take steps from the present one on; `had` are the ids of those whose mail was planned before."""
    enrolment, at = context.enrolment, context.at
    index = next((i for i, step in enumerate(steps) if step.pk == enrolment.step_id), len(steps))
    while index < len(steps):
        step, index = steps[index], index + 1
        kind = catalogue.load(step)
        if isinstance(kind, MailKind) and step.pk in had:
            continue
        until: datetime | None = None
        match kind.run(context):
            case GoOn():
                pass
            case Skip(why):
                _note_skipped(enrolment, step, why, at)
            case GoTo(position):
                # Never back, whatever a kind says: a program always comes to its end.
                index = max(index, position - 1)
            case WaitUntil(until):
                pass
            case SendMail() as mail:
                until = _plan(context, step, mail)
            case End(outcome):
                return _finish(enrolment, outcome, at)
            case other:
                assert_never(other)
        if until is not None and until > at:
            enrolment.step = steps[index] if index < len(steps) else None
            enrolment.next_at = until
            return enrolment.save(update_fields=["step", "next_at", "why"])
    return _finish(enrolment, "Finished", at)


def _note_skipped(enrolment: Enrolment, step: Step, why: Mapping[str, Any], at: datetime) -> None:
    """Add to the enrolment why a step did nothing; the caller saves it."""
    skipped = {"step": step.position, "at": at.isoformat(), **why}
    enrolment.why = {**enrolment.why, "skipped": [*enrolment.why.get("skipped", []), skipped]}


def _plan(context: StepContext, step: Step, mail: SendMail) -> datetime | None:
    """Plan the step's mail; return when to look again, or None to go on at once (control group)."""
    at = context.at
    send = ledger.plan(context.enrolment, step, context.lead, mail.filled, content=mail.content, why=mail.why, at=at)
    return None if send.next_at is None else max(send.next_at, at) + LOOK_AGAIN


def _goal_met(program: Program, context: StepContext) -> bool:
    tree = program.exit.get("condition")
    return bool(tree) and trees.evaluate(tree, context.facts, context.at).passed


def _finish(enrolment: Enrolment, outcome: str, at: datetime) -> None:
    enrolment.state, enrolment.ended_at, enrolment.end_reason = Enrolment.State.FINISHED, at, outcome[:120]
    enrolment.step = enrolment.next_at = None
    enrolment.save(update_fields=["state", "ended_at", "end_reason", "step", "next_at", "why"])
    payloads.record_left([enrolment.pk], actor=_PROGRAM)


def _put_off(enrolment: Enrolment, until: datetime) -> None:
    enrolment.next_at = until
    enrolment.save(update_fields=["next_at"])
