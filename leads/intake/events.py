"""Record what leads, and browsers that nobody knows yet, did: in sets, each fact once.

1. topics and campaigns are looked up; a topic that the workspace does not have is left out and named in the
   event's properties, under `unknown_topics`
2. the rows of the anonymous ids are made or locked, so that an identify that runs meanwhile waits for the events
3. the events are inserted; those whose `message_id` is there already are skipped
4. the leads that did something new get their `last_event_at`, and the engine is woken for them
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.celery import wake
from leadflow.errors import Invalid
from leads.models import AnonymousId, Campaign, Event, Lead, Topic
from leads.people import identity, persons
from workspaces.actors import Actor
from workspaces.models import Workspace

BATCH = 500  # events in one set
AHEAD = timedelta(minutes=5)  # how far a client's clock may be ahead before its events count as clock skew
FUTURE = "future"
MAX_TOPICS = 20
MAX_PROPERTIES = 32 * 1024  # characters of JSON, roughly
MAX_DEPTH = 32


@dataclass(frozen=True)
class EventIn:
    """One thing that was done. `occurred_at` is aware (None: now); `message_id` is the client's, to count it once.

    `topics` and `campaign` are codes; `clock_skew` is what is known to be wrong with the time.
    """

    type: str
    name: str = ""
    url: str = ""
    topics: tuple[str, ...] = ()
    properties: dict[str, Any] = field(default_factory=dict)
    message_id: str = ""
    occurred_at: datetime | None = None
    human: bool = True
    campaign: str = ""
    clock_skew: str = ""


@dataclass(frozen=True)
class AttributedEvent:
    """An event with who did it: a lead, a browser, or a browser of the lead."""

    event: EventIn
    lead: Lead | None = None
    anonymous_id: str = ""


def record(
    workspace: Workspace,
    lead: Lead | None,
    events: Sequence[EventIn],
    *,
    actor: Actor,
    at: datetime | None = None,
    anonymous_id: str = "",
) -> list[Event]:
    """Record the events of one lead, or of an anonymous id; return those that are new.

    Raise `Invalid` when an event cannot be kept, or neither a lead nor an anonymous id is given. `at` is when they
    were reported; an event dated later than that is kept, flagged as clock skew, and never scores.
    """
    return record_many(workspace, [AttributedEvent(event, lead, anonymous_id) for event in events], actor=actor, at=at)


def record_many(
    workspace: Workspace, seen: Sequence[AttributedEvent], *, actor: Actor, at: datetime | None = None
) -> list[Event]:
    """Record a set of events of many leads and browsers; otherwise like `record`."""
    now = at or timezone.now()
    checked = [replace(each, event=clean(each.event)) for each in seen]
    if any(each.lead is None and not each.anonymous_id for each in checked):
        raise Invalid("Say whose event it is: a lead or an anonymous id.", field="anonymous_id")
    new: list[Event] = []
    with transaction.atomic():
        for start in range(0, len(checked), BATCH):
            new += _record(workspace, checked[start : start + BATCH], now)
    return new


def clean(event: EventIn) -> EventIn:
    """Return the event with its fields in the form that is kept. Raise `Invalid` with the field to blame."""
    kind = persons.text(event.type, "type")
    if not kind or len(kind) > 60:
        raise Invalid("Give the event a type of up to 60 characters, e.g. page or download.", field="type")
    if event.occurred_at is not None and event.occurred_at.tzinfo is None:
        raise Invalid("Give the time with its zone, e.g. 2026-03-01T09:30:00Z.", field="occurred_at")
    topics = tuple(dict.fromkeys(persons.text(topic, "topics").lower() for topic in event.topics))
    if len(topics) > MAX_TOPICS:
        raise Invalid(f"An event carries at most {MAX_TOPICS} topics.", field="topics")
    return replace(
        event,
        type=kind,
        name=persons.text(event.name, "name")[:200],
        url=persons.text(event.url, "url")[:1000],
        topics=topics,
        properties=_storable(event.properties),
        message_id=_message_id(persons.text(event.message_id, "message_id")),
        occurred_at=event.occurred_at and event.occurred_at.astimezone(UTC),
        campaign=persons.text(event.campaign, "campaign"),
    )


def _storable(properties: dict[str, Any]) -> dict[str, Any]:
    """Refuse properties that JSON or PostgreSQL cannot hold, or that are too long."""
    room = MAX_PROPERTIES
    rest: list[tuple[Any, int]] = [(properties, 0)]
    while rest:
        value, depth = rest.pop()
        if depth > MAX_DEPTH:
            raise Invalid(f"The properties are nested more than {MAX_DEPTH} levels deep.", field="properties")
        if isinstance(value, dict):
            rest += [(inner, depth + 1) for inner in (*value.keys(), *value.values())]
        elif isinstance(value, list | tuple):
            rest += [(inner, depth + 1) for inner in value]
        elif isinstance(value, str):
            persons.refuse_unstorable(value, "properties")
            room -= len(value)
        elif isinstance(value, float) and not math.isfinite(value):
            raise Invalid("The properties hold a number that is not finite.", field="properties")
        room -= 4
        if room < 0:
            raise Invalid("The properties of one event hold at most 32 KB.", field="properties")
    return properties


def _message_id(value: str) -> str:
    """Return the id, or its digest where the column is too short for it."""
    return value if len(value) <= 120 else "sha256:" + hashlib.sha256(value.encode()).hexdigest()


def _record(workspace: Workspace, seen: list[AttributedEvent], now: datetime) -> list[Event]:
    topics = _codes(workspace, Topic, {topic for each in seen for topic in each.event.topics})
    campaigns = _codes(workspace, Campaign, {each.event.campaign for each in seen} - {""})
    browsers = _browsers(workspace, {each.anonymous_id for each in seen} - {""})
    rows = []
    for each in seen:
        event, browser = each.event, browsers.get(each.anonymous_id)
        at = event.occurred_at or now
        unknown = [topic for topic in event.topics if topic not in topics]
        row = Event(
            workspace=workspace,
            lead_id=each.lead.pk if each.lead else browser.lead_id if browser else None,
            anonymous_id=browser,
            type=event.type,
            name=event.name,
            url=event.url,
            topics=[topic for topic in event.topics if topic in topics],
            campaign_id=campaigns.get(event.campaign),
            properties={**event.properties, "unknown_topics": unknown} if unknown else event.properties,
            message_id=event.message_id,
            human=event.human,
            clock_skew=event.clock_skew or (FUTURE if at > now + AHEAD else ""),
            occurred_at=at,
            received_at=now,
        )
        rows.append(row)
    new = db.insert_new(rows, key=["message_id"])
    _wake({row.lead_id for row in new if row.lead_id}, now)
    return new


def _codes(workspace: Workspace, model: Any, codes: set[str]) -> dict[str, int]:
    if not codes:
        return {}
    return dict(model.objects.of(workspace).filter(code__in=codes).values_list("code", "pk"))


def _browsers(workspace: Workspace, values: set[str]) -> dict[str, AnonymousId]:
    """Make the anonymous ids that are new and lock them all, in the order of their ids."""
    if not values:
        return {}
    db.insert_new([AnonymousId(workspace=workspace, value=value) for value in sorted(values)], key=["value"])
    rows = AnonymousId.objects.of(workspace).filter(value__in=values)
    return {row.value: row for row in db.locked(rows)}


def _wake(lead_ids: set[int | None], now: datetime) -> None:
    """Wake the engine for leads that did something."""
    if lead_ids:
        identity.wake(sorted(pk for pk in lead_ids if pk), now=now)
        wake("leads.sweep")
