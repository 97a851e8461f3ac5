"""Create and update leads: the one path of API, CSV, form and tracking. It works on sets; one person is a set of one.

1. check the fields; a person that cannot be understood is refused and the others go on
2. read what the set refers to (one statement) and lock the leads that are known, if any (one statement)
3. decide in memory, person by person: which lead, what changes; two persons with one id are one lead
4. write: companies, campaigns, leads, ids, consents, log and outbox, one statement for each kind that occurs
5. when another transaction wrote one of the keys meanwhile, roll back and begin again: the key is there now

A known value is never replaced by an empty one. Source, campaign and first contact describe the beginning: once
known they stay (the earlier first contact counts).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from leadflow import db
from leadflow.celery import wake
from leadflow.errors import Conflict, DomainError
from leads.intake import references, writes
from leads.intake.plan import Existing, PlannedChange, PlannedChanges
from leads.models import Lead
from leads.people import identity
from leads.people.persons import PLAIN, Person, clean
from workspaces.actors import Actor
from workspaces.models import Workspace

__all__ = [
    "BATCH",
    "FORM_FIELDS",
    "PLAIN",
    "Existing",
    "Person",
    "RefusedPerson",
    "UpsertResult",
    "edit",
    "upsert",
    "upsert_many",
]

BATCH = 500  # persons in one set
TRIES = 5
FORM_FIELDS = ("email", "first_name", "last_name", "title", "phone", "country", "company", "industry", "employees")


@dataclass(frozen=True)
class UpsertResult:
    """What became of one person; `changed` names the fields that were given a new value."""

    lead: Lead
    created: bool
    changed: tuple[str, ...]


@dataclass(frozen=True)
class RefusedPerson:
    """The reason why one person of a set was refused."""

    error: DomainError


def upsert(
    workspace: Workspace,
    person: Person,
    *,
    actor: Actor,
    at: datetime | None = None,
    existing: Existing = "overwrite",
) -> UpsertResult:
    """Create or update the lead that the person's ids name.

    Raise `Invalid` with the field to blame, or `Conflict` (identity_conflict) when the ids name two leads.
    """
    result = upsert_many(workspace, [person], actor=actor, at=at, existing=existing)[0]
    if isinstance(result, RefusedPerson):
        raise result.error
    return result


@transaction.atomic
def edit(lead: Lead, person: Person, *, actor: Actor) -> UpsertResult:
    """Change a lead that somebody looks at; the person carries an id by which it was found.

    Raise as `upsert` does, and `Conflict` when the ids lead to somebody else by now: no second person is made.
    """
    result = upsert(lead.workspace, person, actor=actor)
    if result.lead.pk != lead.pk:
        raise Conflict("The ids of this lead were changed meanwhile. Read it again, then change it.")
    return result


def upsert_many(
    workspace: Workspace,
    persons: Sequence[Person],
    *,
    actor: Actor,
    at: datetime | None = None,
    existing: Existing = "overwrite",
) -> list[UpsertResult | RefusedPerson]:
    """Create or update a set of leads, in the order given; return what became of each person.

    `existing` says what a person may do to a lead that is known: `overwrite` known values, `fill` empty ones only
    (for what anybody can send), or `keep` the lead as it is. The leads that change stay locked until the
    transaction ends.
    """
    now = timezone.now()
    results: list[UpsertResult | RefusedPerson] = []
    for start in range(0, len(persons), BATCH):
        results += _retry(workspace, persons[start : start + BATCH], actor, at or now, now, existing)
    return results


def _retry(
    workspace: Workspace, persons: Sequence[Person], actor: Actor, at: datetime, now: datetime, existing: Existing
) -> list[UpsertResult | RefusedPerson]:
    for _ in range(TRIES):
        try:
            with transaction.atomic():  # a lost race rolls back this set alone, whatever the caller has open
                return _upsert_set(workspace, persons, actor, at, now, existing)
        except (identity.Raced, IntegrityError):  # the second: an e-mail that a lead changes to
            continue
    raise Conflict("The same people are being written by others just now. Send the request again.", code="busy")


def _upsert_set(
    workspace: Workspace, persons: Sequence[Person], actor: Actor, at: datetime, now: datetime, existing: Existing
) -> list[UpsertResult | RefusedPerson]:
    checked = [_checked(person) for person in persons]
    clean = [person for person in checked if isinstance(person, Person)]
    if not clean:
        return [entry for entry in checked if isinstance(entry, RefusedPerson)]
    # What the set refers to is read and the known leads are locked before anything is decided; all writes come last.
    known = references.read(workspace, clean)
    plan = PlannedChanges(workspace, known, _locked(workspace, known), now=now, at=at, existing=existing)
    outcomes: list[RefusedPerson | tuple[PlannedChange, bool, tuple[str, ...]]] = []
    for entry in checked:
        try:
            outcomes.append(entry if isinstance(entry, RefusedPerson) else plan.take(entry))
        except DomainError as error:
            outcomes.append(RefusedPerson(error))
    if writes.write(plan, actor=actor):
        wake("leads.sweep")
    return [
        entry if isinstance(entry, RefusedPerson) else UpsertResult(entry[0].lead, *entry[1:]) for entry in outcomes
    ]


def _checked(person: Person) -> Person | RefusedPerson:
    try:
        return clean(person)
    except DomainError as error:
        return RefusedPerson(error)


def _locked(workspace: Workspace, known: references.References) -> list[Lead]:
    """Lock the leads that are known, in the order of their ids, and read them afresh; nothing for new people.

    A lead that took one of the e-mails since they were looked up is met when it is written: then all begins again.
    """
    browsers = {row.lead_id for row in known.anonymous.values() if row.lead_id}
    ids = {*known.leads.values(), *known.emails.values(), *browsers}
    if not ids:
        return []
    return list(db.locked(Lead.objects.of(workspace).filter(pk__in=ids)))
