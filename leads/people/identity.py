"""Decide who a person is, by every way of naming one; give a lead the history of its anonymous ids.

This is the one place that does: intake, imports, tracking, look-ups of the API and the pages ask here. Ids are compared
in their normal form (`leads.people`): e-mails and systems in lower case, all of them trimmed. In order:

1. the lead's own id names that lead, or nobody
2. the e-mail and the external ids identify; when they lead to different leads, or to another than the lead's own id
   does, that is a conflict, which names the leads and changes nothing
3. an anonymous id is a browser, which people share: it identifies only where nothing stronger leads to anybody, and
   never a lead with another e-mail or another id in the same system
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Case, Max, OuterRef, Q, QuerySet, Subquery, Value, When

from leadflow import db
from leadflow.errors import Conflict
from leads.models import AnonymousId, Event, ExternalId, Lead
from leads.people import persons
from workspaces.models import Workspace

Pair = tuple[str, str]
T = TypeVar("T")


class Raced(Exception):
    """Somebody else wrote the same key meanwhile: begin again, the key is there now."""


@dataclass(frozen=True)
class Ids:
    """The ids by which one person is named, as they were given. `external_ids` are pairs of system and value."""

    email: str = ""
    external_ids: tuple[Pair, ...] = ()
    anonymous_id: str = ""
    lead: int | None = None

    @property
    def normal(self) -> "Ids":
        """Return the ids in the form in which they are kept."""
        known = tuple(persons.normal_pair(system, value) for system, value in self.external_ids)
        return Ids(persons.normal_email(self.email), known, self.anonymous_id.strip(), self.lead)


@dataclass(frozen=True)
class Match:
    """The leads that ids name: none, one, or several, which is a conflict."""

    found: tuple[Lead, ...] = ()

    @property
    def lead(self) -> Lead | None:
        """Return the lead, or None. Raise `Conflict` (identity_conflict) when there are several."""
        if len(self.found) > 1:
            raise conflict(self.found)
        return self.found[0] if self.found else None


class Index(Generic[T]):
    """People by each of their ids, and the rule by which ids name one of them. No database here.

    `email_of` and `systems_of` say of a person its e-mail, and the systems in which it has an id.
    """

    def __init__(self, *, email_of: Callable[[T], str], systems_of: Callable[[T], set[str]]) -> None:
        self.leads: dict[int, T] = {}
        self.emails: dict[str, T] = {}
        self.external: dict[Pair, T] = {}
        self.anonymous: dict[str, T] = {}
        self._email_of, self._systems_of = email_of, systems_of

    def find(self, ids: Ids) -> list[T]:
        """Return whom ids in their normal form name: nobody, one, or several, which is a conflict."""
        if ids.lead is not None and ids.lead not in self.leads:
            return []
        strong = [self.external.get(pair) for pair in ids.external_ids]
        strong += [self.emails.get(ids.email), self.leads.get(ids.lead or 0)]
        if found := list(dict.fromkeys(person for person in strong if person is not None)):
            return found
        shared = self.anonymous.get(ids.anonymous_id)
        return [] if shared is None or self._is_another(ids, shared) else [shared]

    def _is_another(self, ids: Ids, person: T) -> bool:
        """Return whether who is named only shares the browser of a person."""
        if ids.email and self._email_of(person):
            return True
        return not self._systems_of(person).isdisjoint(system for system, _ in ids.external_ids)


def match(workspace: Workspace, named: Sequence[Ids]) -> list[Match]:
    """Return the leads that each of a set of ids names, in their order. Four statements at most; nothing is locked."""
    asked = [ids.normal for ids in named]
    external = _lead_of(
        external_rows(workspace, {pair for ids in asked for pair in ids.external_ids}), "system", "value"
    )
    anonymous = _lead_of(anonymous_rows(workspace, {ids.anonymous_id for ids in asked} - {""}), "value")
    systems: dict[int, set[str]] = {}
    if anonymous and any(ids.external_ids for ids in asked):
        rows = ExternalId.objects.of(workspace).filter(lead__in=set(anonymous.values()))
        for lead_id, system in rows.values_list("lead_id", "system"):
            systems.setdefault(lead_id, set()).add(system)
    index: Index[Lead] = Index(email_of=lambda lead: lead.email, systems_of=lambda lead: systems.get(lead.pk, set()))
    wanted = holders(
        {ids.email for ids in asked} - {""},
        {ids.lead for ids in asked if ids.lead} | {*external.values(), *anonymous.values()},
    )
    index.leads = {lead.pk: lead for lead in Lead.objects.of(workspace).filter(wanted).order_by("pk")} if wanted else {}
    for lead in index.leads.values():
        lead.workspace = workspace
        if lead.email:
            index.emails[lead.email] = lead
    index.external = {(system, value): index.leads[pk] for (system, value), pk in external.items() if pk in index.leads}
    index.anonymous = {value: index.leads[pk] for (value,), pk in anonymous.items() if pk in index.leads}
    return [Match(tuple(sorted(index.find(ids), key=lambda lead: lead.pk))) for ids in asked]


def find(
    workspace: Workspace, *, email: str = "", external_ids: Iterable[Pair] = (), anonymous_id: str = ""
) -> Lead | None:
    """Return the lead that these ids name, or None.

    Raise `Invalid` when one of them can be no id, `Conflict` (identity_conflict) when they name several leads.
    """
    ids = Ids(persons.email(email), persons.external_ids(external_ids), persons.text(anonymous_id, "anonymous_id"))
    return match(workspace, [ids])[0].lead


def external_rows(workspace: Workspace, wanted: Iterable[Pair]) -> QuerySet[ExternalId]:
    """Return the external ids that are known of these, not ordered."""
    return ExternalId.objects.of(workspace).filter(pairs(wanted)).order_by()


def anonymous_rows(workspace: Workspace, values: Iterable[str]) -> QuerySet[AnonymousId]:
    """Return the anonymous ids that are known of these, not ordered."""
    return AnonymousId.objects.of(workspace).filter(value__in=values).order_by()


def holders(emails: Iterable[str], lead_ids: Iterable[int]) -> Q:
    """Return the condition of the leads with one of these e-mails or ids; empty where nothing is named."""
    wanted = Q()
    if found := set(emails):
        wanted |= Q(email__in=found)
    if ids := set(lead_ids):
        wanted |= Q(pk__in=ids)
    return wanted


def _lead_of(rows: QuerySet[Any], *key: str) -> dict[tuple[str, ...], int]:
    """Return the lead of each id; none is asked for where the database knows that there is none."""
    return {tuple(row[:-1]): row[-1] for row in rows.filter(lead__isnull=False).values_list(*key, "lead_id")}


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

    `known` are the rows that exist. Raise `Raced` when another transaction gave one of them away. At most five
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
    locked = list(db.locked(rows).values_list("pk", flat=True))  # in one order: an UPDATE takes them as it finds them
    if len(locked) < len(orphans):
        raise Raced
    AnonymousId.objects.of(workspace).filter(pk__in=locked).update(lead_id=owner)
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
        Event.everywhere.filter(lead=OuterRef("pk"), human=True, clock_skew="")
        .order_by()
        .values("lead")
        .annotate(newest=Max("occurred_at"))
        .values("newest")
    )
    Lead.everywhere.filter(pk__in=lead_ids).update(last_event_at=Subquery(newest), next_at=now)
