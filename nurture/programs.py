"""Make and change programs. Capabilities are the caller's to check (`nurture.edit`)."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from leadflow import db
from leadflow.celery import wake
from leadflow.errors import Conflict, Invalid
from leads.conditions import checks
from leads.conditions.fact_catalogue import KNOWN
from leads.models import Attribute, Lead, Reason, Topic
from leads.states import MARKETING_STATES
from nurture import choosing, enrolments, steps
from nurture.models import Enrolment, Program, Step
from nurture.steps import StepIn
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Workspace

EDITABLE = ("name", "entry", "exit", "reentry", "holdout_percent", "send_from", "send_until", "send_weekdays")


@transaction.atomic
def create(workspace: Workspace, *, actor: Actor, name: str, **fields: Any) -> Program:
    """Make a draft; `fields` are those of `EDITABLE`. Raise `Invalid` with the field to blame."""
    last = Program.objects.of(workspace).aggregate(last=Max("position"))["last"]
    program = Program(workspace=workspace, position=(last or 0) + 1)
    _write(program, {"name": name, **fields})
    audit.record(workspace, actor=actor, action="program.created", object_name=program.name)
    return program


@transaction.atomic
def edit(program: Program, *, actor: Actor, **fields: Any) -> Program:
    """Change fields of a program, a running one too: what is planned already goes by the new ones."""
    program = _locked(program)
    before = {name: getattr(program, name) for name in fields if name in EDITABLE}
    _write(program, fields)
    changes = {
        name: [_shown(was), _shown(getattr(program, name))]
        for name, was in before.items()
        if was != getattr(program, name)
    }
    if program.status == Program.Status.ACTIVE and {"entry", "exit", "reentry"} & set(changes):
        _ask_all(program, timezone.now())
    if changes:
        audit.record(
            program.workspace, actor=actor, action="program.changed", object_name=program.name, changes=changes
        )
    return program


def check_steps(workspace: Workspace, steps_in: Sequence[StepIn]) -> list[Invalid]:
    """List what keeps steps from running, each with its place (`steps.2.subject`, from 0). One statement."""
    keys = set(Attribute.objects.of(workspace).values_list("key", flat=True))
    return steps.problems(list(steps_in), attributes=keys)


@transaction.atomic
def replace_steps(program: Program, *, actor: Actor, steps_in: Sequence[StepIn]) -> list[Step]:
    """Put the steps in place of those there are, all or none; positions count from 1 in the order given.

    A step that carries the id of one there is keeps its identity, so that a lead who had its mail does not get it
    again; a lead who stood before a step that is gone goes on at the next that is left. Raise `Invalid` on the first
    step that cannot run, as `check_steps` lists them.
    """
    program = _locked(program)
    if program.status == Program.Status.ARCHIVED:
        raise Conflict("An archived program cannot be changed.", code="program_archived")
    if problems := check_steps(program.workspace, steps_in):
        raise problems[0]
    if not steps_in and program.status == Program.Status.ACTIVE:
        raise Invalid("An active program needs at least one step.", field="steps")
    old = list(program.steps.all())
    by_id = {step.pk: step for step in old}
    kept = [by_id.get(step.id) for step in steps_in if step.id]
    if None in kept or len(set(kept)) != len(kept):
        raise Invalid("A step has the id of none of this program's steps, or one id is given twice.", field="steps")
    rows = []
    for position, given in enumerate(steps_in, start=1):
        row = by_id[given.id] if given.id else Step(workspace=program.workspace, program=program)
        row.position, row.kind, row.config = position, given.kind, given.config
        rows.append(row)
    staying = {row.pk for row in rows if row.pk}
    going = Step.objects.of(program.workspace).filter(program=program).exclude(pk__in=staying)
    # The enrolments before the steps that they stand at: a sweep that holds one commits first, and is not waited for
    # while it waits. From the full lock on, no sweep commits an enrolment or a mail that refers to these steps.
    list(db.locked(Enrolment.objects.of(program.workspace).filter(step__in=going)).values_list("pk"))
    db.lock_many_for_delete(going)
    _move_on(program, old, staying)
    going.delete()
    Step.objects.of(program.workspace).bulk_update([row for row in rows if row.pk], ["position", "kind", "config"])
    Step.objects.of(program.workspace).bulk_create([row for row in rows if not row.pk])
    audit.record(program.workspace, actor=actor, action="program.steps_changed", object_name=program.name)
    return rows


@transaction.atomic
def activate(program: Program, *, actor: Actor, at: datetime | None = None) -> Program:
    """Activate a draft or paused program. Raise `Conflict` when it has no steps or is archived."""
    program = _locked(program)
    if not program.steps.exists():
        raise Conflict("Give the program at least one step first.", code="program_without_steps")
    turned = _turn(program, Program.Status.ACTIVE, actor, {Program.Status.DRAFT, Program.Status.PAUSED})
    _ask_all(turned, at or timezone.now())
    return turned


def _ask_all(program: Program, at: datetime) -> None:
    """Have all leads in marketing's care judged again, in batches of the sweep: the program may take some of them."""
    if program.exit.get("condition") or choosing.occasions(program) - {Program.Occasion.RETURN}:
        care = Lead.objects.of(program.workspace_id).filter(state__in=MARKETING_STATES)
        care.update(next_at=at, attempts=0, dead_reason="")
        wake("leads.sweep")


@transaction.atomic
def put_before(program: Program, other: Program | None, *, actor: Actor) -> None:
    """Put a program before another in the workspace's order, or last: the first that may take a lead does."""
    rows = list(db.locked(Program.objects.of(program.workspace_id)))
    rows.sort(key=lambda row: (row.position, row.pk))
    moving = next(row for row in rows if row.pk == program.pk)
    rows.remove(moving)
    place = next((index for index, row in enumerate(rows) if other is not None and row.pk == other.pk), len(rows))
    rows.insert(place, moving)
    before = moving.position
    for position, row in enumerate(rows, start=1):
        row.position = position
    db.update_many(rows, ["position"])
    if before != moving.position:
        changes = {"position": [before, moving.position]}
        audit.record(
            program.workspace_id, actor=actor, action="program.ordered", object_name=moving.name, changes=changes
        )


@transaction.atomic
def pause(program: Program, *, actor: Actor, at: datetime | None = None) -> Program:
    """Pause a program: nobody enters, no step is taken, no planned mail goes, until it is activated again."""
    return _turn(_locked(program), Program.Status.PAUSED, actor, {Program.Status.ACTIVE})


@transaction.atomic
def archive(program: Program, *, actor: Actor, at: datetime | None = None) -> Program:
    """End a program for good: everybody leaves it, planned mails are cancelled, its figures stay."""
    turned = _turn(
        _locked(program),
        Program.Status.ARCHIVED,
        actor,
        {Program.Status.DRAFT, Program.Status.ACTIVE, Program.Status.PAUSED},
    )
    enrolments.exit_program(turned, reason="The program was archived", at=at or timezone.now(), actor=actor)
    return turned


def _turn(program: Program, status: Program.Status, actor: Actor, allowed: set[Program.Status]) -> Program:
    """Set the status. Raise `Conflict` naming the present one when it does not allow that."""
    if program.status not in allowed:
        raise Conflict(
            f"The program is {program.get_status_display().lower()}.",
            code="wrong_program_status",
            status=program.status,
        )
    changes = {"status": [program.status, status.value]}
    program.status = status
    program.save(update_fields=["status"])
    audit.record(
        program.workspace, actor=actor, action=f"program.{status.value}", object_name=program.name, changes=changes
    )
    return program


def _locked(program: Program) -> Program:
    return db.lock(Program.objects.of(program.workspace_id).select_related("workspace"), program.pk)


def _write(program: Program, fields: dict[str, Any]) -> None:
    """Set, check and save the fields."""
    if unknown := sorted(set(fields) - set(EDITABLE)):
        raise Invalid(f"A program has no field “{unknown[0]}”.", field=unknown[0])
    for name, value in fields.items():
        setattr(program, name, value.strip() if isinstance(value, str) else value)
    program.send_from, program.send_until = (
        _clock(program.send_from, "send_from"),
        _clock(program.send_until, "send_until"),
    )
    _check(program)
    try:
        with transaction.atomic():
            program.save()
    except IntegrityError as error:
        raise Invalid(f"There is a program called “{program.name}” already.", field="name") from error


def _check(program: Program) -> None:
    if not program.name or len(program.name) > 120:
        raise Invalid("Give the program a name of at most 120 characters.", field="name")
    if program.reentry not in Program.Reentry.values:
        raise Invalid(f"Re-entry is one of: {', '.join(Program.Reentry.values)}.", field="reentry")
    if not isinstance(program.holdout_percent, int) or not 0 <= program.holdout_percent <= 90:
        raise Invalid("The control group is a whole number of percent from 0 to 90.", field="holdout_percent")
    if program.send_from >= program.send_until:
        raise Invalid("The send window must end after it begins, on the same day.", field="send_until")
    days = program.send_weekdays
    if not isinstance(days, list) or any(day not in range(7) for day in days):
        raise Invalid("Weekdays are numbers from 0 (Monday) to 6 (Sunday).", field="send_weekdays")
    _check_entry(program)
    _check_condition(program.exit, "exit")


def _check_entry(program: Program) -> None:
    """Check that reasons and topics are the workspace's own."""
    entry = program.entry
    if not isinstance(entry, dict) or set(entry) - {
        "occasions",
        "reasons",
        "topics",
        "condition",
        "manual",
    }:
        words = "Entry takes occasions, reasons, topics, a condition, and whether it is manual only."
        raise Invalid(words, field="entry")
    given = entry.get("occasions", [])
    if not isinstance(given, list) or any(each not in Program.Occasion.values for each in given):
        words = f"Occasions are a list of: {', '.join(Program.Occasion.values)}."
        raise Invalid(words, field="entry.occasions")
    returns = Reason.objects.of(program.workspace).exclude(kind=Reason.Kind.DISQUALIFY)
    for name, rows in (("reasons", returns), ("topics", Topic.objects.of(program.workspace))):
        given = entry.get(name, [])
        if not isinstance(given, list) or not all(isinstance(code, str) for code in given):
            raise Invalid(f"Give {name} as a list of codes.", field=f"entry.{name}")
        if given and (strange := sorted(set(given) - set(rows.values_list("code", flat=True)))):
            raise Invalid(f"This workspace has no “{strange[0]}” among its {name}.", field=f"entry.{name}")
    kept_out = returns.filter(not_nurtured=True, code__in=entry.get("reasons", ()))
    if (reason := kept_out.exclude(code__in=returns.filter(not_nurtured=False).values("code")).first()) is not None:
        words = f"The reason “{reason}” keeps its leads out of every program."
        raise Invalid(words, field="entry.reasons")
    if not isinstance(entry.get("manual", False), bool):
        raise Invalid("Say true or false.", field="entry.manual")
    _check_condition(entry, "entry")


def _check_condition(holder: Any, place: str) -> None:
    if not isinstance(holder, dict):
        raise Invalid("Give an object with a condition.", field=place)
    tree = holder.get("condition")
    if tree and (problems := checks.validate(tree, KNOWN)):
        raise Invalid(
            problems[0].message,
            field=f"{place}.condition{problems[0].pointer.replace('/', '.')}",
            problems=[each.to_json() for each in problems],
        )


def _clock(value: Any, field: str) -> time:
    """Read a time of day."""
    if isinstance(value, time):
        return value
    try:
        return time.fromisoformat(str(value))
    except ValueError as error:
        raise Invalid("Give a time of day as HH:MM.", field=field) from error


def _move_on(program: Program, old: list[Step], kept: set[int]) -> None:
    """Move enrolments that wait at a removed step to the next step that stays."""
    for index, step in enumerate(old):
        if step.pk not in kept:
            after = next((later for later in old[index + 1 :] if later.pk in kept), None)
            Enrolment.objects.of(program.workspace).filter(program=program, step=step).update(step=after)


def _shown(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | list | dict) or value is None else str(value)
