"""Record a set of tracking calls: first who the people are, then what they did, then the calls rejected.

A bad call never spoils the others: it is kept as a `RejectedEvent` with the reason, where an admin sees it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from leadflow import db
from leadflow.errors import DomainError
from leads.intake import events, upsert
from leads.intake.events import AttributedEvent, EventIn
from leads.intake.upsert import Person, RefusedPerson
from leads.models import Event, Lead, RejectedEvent
from leads.people.identity import Pair
from workspaces.actors import Actor
from workspaces.models import Workspace

MAX_KEPT = 32 * 1024  # characters of a rejected body


@dataclass(frozen=True)
class Call:
    """One call: who it is about (None: an anonymous id alone), what was done (None: it only identifies), as sent.

    `identifies` marks a call that says who somebody is; those are processed first, so that an id that occurs only in
    the others finds its lead. `refused` is why the edge could not read the call.
    """

    body: Any
    person: Person | None = None
    event: EventIn | None = None
    anonymous_id: str = ""
    identifies: bool = False
    refused: str = ""


@dataclass
class TrackingResult:
    """What became of a set: how many calls were recorded, and why each of the others was not, by its position."""

    count: int = 0
    rejected: dict[int, str] = field(default_factory=dict)


@transaction.atomic
def record_calls(workspace: Workspace, calls: Sequence[Call], *, actor: Actor, at: datetime) -> TrackingResult:
    """Record the calls of one batch in one transaction, with a fixed number of statements. `at` is when it arrived.

    An actor who may edit leads overwrites what is known; a write key, which anybody can read on the site that
    carries it, only fills what is empty.
    """
    outcome = TrackingResult(rejected={n: call.refused for n, call in enumerate(calls) if call.refused})
    # People first, in one set: events of this batch then find the leads that it identified.
    leads = _people(workspace, calls, outcome, actor, at)
    seen: list[AttributedEvent] = []
    for n, call in enumerate(calls):
        if n in outcome.rejected:
            continue
        if call.event is not None:
            try:
                seen.append(AttributedEvent(events.clean(call.event), leads.get(n), call.anonymous_id))
            except DomainError as error:
                outcome.rejected[n] = error.message
                continue
        outcome.count += 1
    _record(workspace, seen, actor, at)
    keep_rejected(workspace, [(calls[n].body, reason) for n, reason in outcome.rejected.items()], actor=actor, at=at)
    return outcome


def keep_rejected(workspace: Workspace, refusals: Sequence[tuple[Any, str]], *, actor: Actor, at: datetime) -> None:
    """Store the rejected calls, each with its reason, in one statement."""
    rows = [
        RejectedEvent(workspace=workspace, reason=reason[:300], body=_keepable(body), key=actor.key, created_at=at)
        for body, reason in refusals
    ]
    db.insert_new(rows, key=())


def _people(
    workspace: Workspace, calls: Sequence[Call], outcome: TrackingResult, actor: Actor, at: datetime
) -> dict[int, Lead]:
    """Create or update the people the calls are about; return the lead of each call that has one."""
    order = [n for n, call in enumerate(calls) if call.person is not None and not call.refused]
    order.sort(key=lambda n: not calls[n].identifies)  # stable: otherwise as sent
    persons: list[Person] = []
    place: dict[int, int] = {}  # call → person
    plain: dict[tuple[tuple[Pair, ...], str, str], int] = {}  # the ids of calls that do not identify → person
    for n in order:
        person = calls[n].person
        assert person is not None
        ids = (person.external_ids, person.email, person.anonymous_id)
        if not calls[n].identifies and ids in plain:
            place[n] = plain[ids]
            continue
        place[n] = plain[ids] = len(persons)
        persons.append(person)
    existing: upsert.Existing = "overwrite" if actor.can("leads.edit") else "fill"
    results = upsert.upsert_many(workspace, persons, actor=actor, at=at, existing=existing) if persons else []
    leads: dict[int, Lead] = {}
    for n, where in place.items():
        result = results[where]
        if isinstance(result, RefusedPerson):
            outcome.rejected[n] = result.error.message
        else:
            leads[n] = result.lead
    return leads


def _record(workspace: Workspace, seen: list[AttributedEvent], actor: Actor, at: datetime) -> list[Event]:
    return events.record_many(workspace, seen, actor=actor, at=at) if seen else []


def _keepable(body: Any) -> Any:
    """Return a body as JSON that every database holds, cut off where it is too long or too deep."""
    room = MAX_KEPT

    def keep(value: Any, depth: int) -> Any:
        nonlocal room
        room -= 8
        if isinstance(value, str):
            text = value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[: max(room, 0)]
            room -= len(text)
            return text
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        if depth > 20 or room < 0:
            return "…"
        if isinstance(value, dict):
            return {keep(str(key), depth + 1): keep(inner, depth + 1) for key, inner in value.items() if room > 0}
        if isinstance(value, list):
            return [keep(inner, depth + 1) for inner in value if room > 0]
        return value

    return keep(body if isinstance(body, dict) else {"sent": body}, 0)
