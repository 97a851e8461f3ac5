"""Find who a person is, by e-mail, external ids and anonymous ids; give a lead the history of its anonymous ids.

The e-mail and the external ids identify. An anonymous id is a browser, which people share: it identifies only when
nothing stronger does, and never a lead with another e-mail or another id in the same system.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, Max, OuterRef, Q, QuerySet, Subquery, Value, When

from leadflow import db
from leadflow.errors import Conflict
from leads.models import AnonymousId, Event, ExternalId, Lead
from leads.people import persons
from leads.people.persons import Person
from workspaces.models import Workspace

Pair = tuple[str, str]


class Raced(Exception):
    """Somebody else wrote the same key meanwhile: begin again, the key is there now."""


def find(
    workspace: Workspace, *, email: str = "", external_ids: Iterable[Pair] = (), anonymous_id: str = ""
) -> Lead | None:
    """Return the lead that these ids name, or None. Raise `Conflict` (identity_conflict) when they name two leads."""
    person = Person(
        email=persons.email(email),
        external_ids=persons.external_ids(external_ids),
        anonymous_id=persons.text(anonymous_id, "anonymous_id"),
    )
    ids: set[int] = set()
    if person.external_ids:
        rows = ExternalId.objects.of(workspace).filter(pairs(person.external_ids))
        ids = set(rows.values_list("lead_id", flat=True))
    named = Q(pk__in=ids)
    if person.email:
        named |= Q(email=person.email)
    leads = list(Lead.objects.of(workspace).filter(named).order_by("pk")) if ids or person.email else []
    if len(leads) > 1:
        raise conflict(leads)
    if leads or not person.anonymous_id:
        return leads[0] if leads else None
    lead = Lead.objects.of(workspace).filter(anonymous_ids__value=person.anonymous_id).first()
    if lead is None or (person.email and lead.email):
        return None
    systems = set(lead.external_ids.values_list("system", flat=True)) if person.external_ids else set()
    return None if systems & {system for system, _ in person.external_ids} else lead


def pairs(wanted: Iterable[Pair]) -> Q:
    """Return the filter for external ids given as (system, value), one condition per system."""
    by_system: dict[str, list[str]] = {}
    for system, value in wanted:
        by_system.setdefault(system, []).append(value)
    named = Q(pk__in=())
    for system, found in by_system.items():
        named |= Q(system=system, value__in=found)
    return named


def conflict(leads: Iterable[Lead]) -> Conflict:
    """Return the refusal of ids that name several leads, naming each of them."""
    known = sorted(leads, key=lambda lead: lead.pk or 0)
    names = " and ".join(f"lead {lead.pk} ({lead.name})" if lead.pk else lead.name for lead in known)
    return Conflict(
        f"These ids belong to different people: {names}. Send them apart, or correct the id that is wrong.",
        code="identity_conflict",
        leads=[lead.pk for lead in known if lead.pk],
    )


def attach(workspace: Workspace, owners: dict[str, Lead], known: dict[str, AnonymousId], *, now: datetime) -> None:
    """Give each anonymous id that is nobody's yet to its lead, with the events it gathered; wake the engine for it.

    `known` are the rows that exist. Raise `Raced` when another transaction gave one of them away. At most four
    statements; the rows of the anonymous ids are locked before the events are read, as `events.record` does.
    """
    fresh = [
        AnonymousId(workspace=workspace, value=value, lead=lead)
        for value, lead in sorted(owners.items())
        if value not in known
    ]
    if len(db.insert_new(fresh, key=["value"])) < len(fresh):
        raise Raced
    orphans = {known[value].pk: lead for value, lead in owners.items() if value in known}
    if not orphans:
        return
    owner = Case(*[When(pk=pk, then=Value(lead.pk)) for pk, lead in orphans.items()])
    rows = AnonymousId.objects.of(workspace).filter(pk__in=orphans, lead__isnull=True)
    if rows.update(lead_id=owner) < len(orphans):
        raise Raced
    new_owner = AnonymousId.everywhere.filter(pk=OuterRef("anonymous_id")).values("lead_id")
    events = Event.objects.of(workspace).filter(anonymous_id__in=orphans, lead__isnull=True)
    if events.update(lead_id=Subquery(new_owner)):
        wake([lead.pk for lead in orphans.values()], now=now)


def wake(lead_ids: Sequence[int], *, now: datetime) -> None:
    """Bring `last_event_at` up to date from the events that count, and have the engine look at the leads.

    Several are locked first, in the order of their ids, as everywhere: an UPDATE takes them as it finds them.
    """
    if len(lead_ids) > 1:
        list(db.locked(Lead.everywhere.filter(pk__in=lead_ids)).values_list("pk"))
    newest: QuerySet[Event, Any] = (
        Event.everywhere.filter(lead=OuterRef("pk"), human=True, odd="")
        .order_by()
        .values("lead")
        .annotate(newest=Max("occurred_at"))
        .values("newest")
    )
    Lead.everywhere.filter(pk__in=lead_ids).update(last_event_at=Subquery(newest), next_at=now)
