"""Enrol leads, take the next steps of their programs, end enrolments. All enrolments change here.

Locks are taken in one order everywhere: the lead, then its enrolments, then their sends. Where the sweep holds an
enrolment first, it asks for the lead without waiting, so that a move of the lead never meets it in a deadlock.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.celery import wake
from leadflow.errors import Conflict
from leads.conditions import trees
from leads.lifecycle import moves
from leads.models import Handoff, Lead
from leads.states import State
from nurture import eligibility, ledger, mails_had, payloads
from nurture.mails_had import MailsHad, Outlook
from nurture.models import Enrolment, Program, Send, Step
from nurture.steps import catalogue
from nurture.steps.base import End, GoOn, GoTo, SendMail, Skip, StepContext, WaitUntil
from nurture.steps.mails import MailKind
from workspaces.actors import Actor, engine

_PROGRAM = engine("program")
BUSY = timedelta(seconds=5)  # somebody is moving the lead
LOOK_AGAIN = timedelta(hours=1)  # at a mail that is not settled yet; it wakes the enrolment itself when it is


@dataclass(frozen=True, slots=True)
class Entry:
    """A lead that enters a program: `why` is kept, {"words": …} and what else decided; `handoff` the returned one.

    `outlook`: what the program would do for it, read since the lead was locked.
    """

    lead: Lead
    program: Program
    outlook: Outlook
    why: dict[str, Any]
    handoff: Handoff | None = None


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
    """Enrol a lead in an active program; the sweep takes its first step at once. A new lead is in nurture from then on.

    Locks the lead. Raise `Conflict` with the code of `nurture.eligibility.Ineligibility`, `program_not_active`, or
    `nothing_left` when the lead had all its mails.
    """
    at = at or timezone.now()
    lead = db.lock(Lead.objects.of(program.workspace_id), lead.pk)
    program = Program.objects.of(program.workspace_id).get(pk=program.pk)
    if program.status != Program.Status.ACTIVE:
        raise Conflict(f"The program “{program.name}” is not active. Activate it first.", code="program_not_active")
    if refusal := eligibility.to_enter(lead, program):
        raise Conflict(refusal.message, code=refusal.code)
    outlook = mails_had.outlooks([lead.pk], [program])[lead.pk, program.pk]
    if outlook.is_empty:
        words = f"The lead has had all the mails of “{program.name}”. Add one, or let the program repeat them."
        raise Conflict(words, code="nothing_left")
    return enrol_many([Entry(lead, program, outlook, why, handoff)], actor=actor, at=at)[0]


@transaction.atomic
def enrol_many(entries: Sequence[Entry], *, actor: Actor, at: datetime) -> list[Enrolment]:
    """Enrol leads of one workspace, each in the program that `choosing` chose for it, in a fixed number of statements.

    The caller has locked the leads and asked `choosing` since, and leaves out who may get no mail. New leads are taken
    into nurture first, and the log says why.
    """
    if not entries:
        return []
    new = {
        entry.lead: f"“{entry.program.name}”: {entry.why.get('words', '')}"
        for entry in entries
        if entry.lead.state == State.NEW
    }
    if new:
        moves.nurture_many(new, actor=actor, at=at, facts={"enrols": True})
    rows = []
    for entry in entries:
        note = {"had": entry.outlook.words} if entry.outlook.words else {}
        row = Enrolment(
            workspace_id=entry.lead.workspace_id,
            program=entry.program,
            lead=entry.lead,
            handoff=entry.handoff,
            step=entry.outlook.first,
            holdout=in_control_group(entry.program, entry.lead),
            why={"by": actor.name, **entry.why, **note},
            started_at=at,
            next_at=at,
        )
        rows.append(row)
    Enrolment.everywhere.bulk_create(rows)
    payloads.record_entered(rows, actor=actor)
    wake("nurture.sweep")
    return rows


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


def exit_some(ids: Sequence[int], *, reason: str, at: datetime, actor: Actor = _PROGRAM) -> int:
    """End active enrolments by their ids; the caller has locked their leads. Return how many."""
    active = Enrolment.everywhere.filter(pk__in=ids, state=Enrolment.State.ACTIVE)
    return _leave(list(db.locked(active).values_list("pk", flat=True)), reason, at, actor)


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
    """Take the steps of one enrolment, as `advance_many` does."""
    advance_many([enrolment], at)


def advance_many(enrolments: Sequence[Enrolment], at: datetime) -> None:
    """Take the steps of active enrolments until one waits or plans a mail. The sweep has locked the rows.

    Locks the leads, without waiting, then reads for all of them which mails they had. A mail that is not settled yet is
    waited for: the wait after it counts from when it went.
    """
    leads = Lead.everywhere.select_related("account", "persona", "territory", "workspace")
    locked = db.locked(leads, skip_locked=True).filter(pk__in={each.lead_id for each in enrolments})
    held = {lead.pk: lead for lead in locked}
    steps_of: defaultdict[int, list[Step]] = defaultdict(list)
    for step in Step.everywhere.filter(program__in={each.program_id for each in enrolments}).order_by("position"):
        steps_of[step.program_id].append(step)
    planned: defaultdict[int, dict[int | None, str]] = defaultdict(dict)
    sends = Send.everywhere.filter(enrolment__in=[each.pk for each in enrolments])
    for enrolment, step_id, state in sends.values_list("enrolment_id", "step_id", "state"):
        planned[enrolment or 0][step_id] = state
    had = mails_had.read(list(held), [step for steps in steps_of.values() for step in steps])
    for each in enrolments:
        _advance(each, held.get(each.lead_id), steps_of[each.program_id], planned[each.pk], had, at)


def _advance(
    enrolment: Enrolment,
    lead: Lead | None,
    steps: list[Step],
    mails: Mapping[int | None, str],
    had: MailsHad,
    at: datetime,
) -> None:
    """Take the steps of one enrolment; `lead` is locked, None: somebody else holds it. `mails`: states by step."""
    if enrolment.state != Enrolment.State.ACTIVE:
        enrolment.next_at = None
        return enrolment.save(update_fields=["next_at"])
    if lead is None:
        return _put_off(enrolment, at + BUSY)
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
    return _run(context, steps, planned=set(mails), had=had)


def _run(context: StepContext, steps: list[Step], *, planned: set[int | None], had: MailsHad) -> None:
    """Take steps from the present one on; `planned` are the ids of those whose mail was planned before."""
    enrolment, at = context.enrolment, context.at
    repeats = enrolment.program.reentry == Program.Reentry.REPEAT
    index = next((i for i, step in enumerate(steps) if step.pk == enrolment.step_id), len(steps))
    while index < len(steps):
        step, index = steps[index], index + 1
        kind = catalogue.load(step)
        if isinstance(kind, MailKind) and step.pk in planned:
            continue
        if isinstance(kind, MailKind) and not repeats and had.has(context.lead.pk, step, kind):
            _note_skipped(enrolment, step, {"words": "The lead has had this mail already."}, at)
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
                digest = kind.mail if isinstance(kind, MailKind) else ""
                until = _plan(context, step, mail, digest)
                had.note(context.lead.pk, step, digest)
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


def _plan(context: StepContext, step: Step, mail: SendMail, digest: str) -> datetime | None:
    """Plan the step's mail; return when to look again, or None to go on at once (control group)."""
    at = context.at
    send = ledger.plan(
        context.enrolment, step, context.lead, mail.filled, content=mail.content, mail=digest, why=mail.why, at=at
    )
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
