"""Gather what is known of a lead, as flat facts for conditions and as events for scoring. Reads, never writes.

Which facts there are, and where each is read, is in `leads.conditions.fact_catalogue`; here are the statements.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Max, Q

from leads.conditions import fact_catalogue
from leads.conditions.fact_catalogue import COUNT_DAYS
from leads.conditions.fact_types import EventCount, LeadRecord
from leads.models import Account, Answer, Campaign, Event, ExternalId, Lead, Persona
from leads.people import freemail
from leads.scoring.scoring import EventFact

NO_EVENTS: Mapping[str, EventCount] = MappingProxyType({})


class Facts(dict[str, Any]):
    """Hold facts by dotted name. One that was not read has the catalogue's `absent`: a count of events is zero then.

    `answered_at` is when the lead last answered a question: evidence that no event shows.
    """

    answered_at: datetime | None = None

    def __missing__(self, name: str) -> Any:
        row = fact_catalogue.find(name)
        if row is None or row.absent is None:
            raise KeyError(name)
        return row.absent

    def get(self, name: str, default: Any = None) -> Any:
        """Return a fact, or what it is where nothing was read, or the default."""
        try:
            return self[name]
        except KeyError:
            return default


def of(lead: Lead, at: datetime) -> Facts:
    """Gather the facts of a lead as of `at`, in three statements (four when its account is not loaded yet).

    Fit and interest are those stored on the lead; `assessment.assess` puts fresh ones in their place.
    """
    return gather([lead], at)[lead.pk]


def gather(leads: Sequence[Lead], at: datetime, *, asked: Collection[str] | None = None) -> dict[int, Facts]:
    """Gather the facts of leads by their ids, as `of` does, in three statements however many they are.

    Where only the facts `asked` for by name will be looked at, what none of them needs is not read.
    """
    ids = [lead.pk for lead in leads]

    def wants(*names: str) -> list[int]:
        needed = asked is None or any(name.startswith(names) for name in asked)
        return ids if needed else []

    answers: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    answered_at: dict[int, datetime] = {}
    given = Answer.everywhere.filter(lead__in=wants("readiness."), at__lte=at).order_by("question")
    for pk, code, value, when in given.values_list("lead_id", "question__code", "value", "at"):
        answers[pk][code] = value
        answered_at[pk] = max(answered_at.get(pk, when), when)
    external_ids: defaultdict[int, list[str]] = defaultdict(list)
    for pk, system, value in (
        ExternalId.everywhere.filter(lead__in=wants("lead.external_ids", "data."))
        .order_by("pk")
        .values_list("lead_id", "system", "value")
    ):
        external_ids[pk].append(f"{system}:{value}")
    counts = _event_counts(_active(leads) if wants("events.") else [], at)
    gathered = {}
    for lead in leads:
        facts = known(lead, external_ids=external_ids[lead.pk], answers=answers[lead.pk], events=counts[lead.pk])
        facts.answered_at = answered_at.get(lead.pk)
        gathered[lead.pk] = facts
    return gathered


def known(
    lead: Lead, *, external_ids: list[str], answers: Mapping[str, Any], events: Mapping[str, EventCount] = NO_EVENTS
) -> Facts:
    """Build the facts from the lead itself and from what is passed in."""
    account, campaign, persona = _relations(lead)
    domain = lead.email.rpartition("@")[2]
    record = LeadRecord(
        lead=lead,
        account=account,
        campaign=campaign,
        persona=persona,
        free_mail=freemail.is_free(domain) if domain else None,
        external_ids=external_ids,
        answers=answers,
        events=events,
    )
    return Facts(fact_catalogue.read(record))


def events_of(leads: Sequence[Lead], at: datetime, *, horizon_days: int | None) -> dict[int, list[EventFact]]:
    """Read the events of leads that can still count at `at`, by the leads' ids, in one statement.

    `horizon_days` None means all of them.
    """
    events = _counting(_active(leads), at)
    if horizon_days is not None:
        events = events.filter(occurred_at__gte=at - timedelta(days=horizon_days))
    found: dict[int, list[EventFact]] = {lead.pk: [] for lead in leads}
    for pk, type, name, url, topics, occurred_at in events.values_list(
        "lead_id", "type", "name", "url", "topics", "occurred_at"
    ):
        what = f"{name} {urlsplit(url).path}".strip() if url else name
        found[pk].append(EventFact(type, what, tuple(topics), occurred_at))
    return found


def _active(leads: Sequence[Lead]) -> list[int]:
    """Return the ids of the leads that ever did something that counts; for the others nothing is asked for."""
    return [lead.pk for lead in leads if lead.last_event_at]


def _counting(ids: Sequence[int], at: datetime) -> Any:
    """Return the events that count: of people, with a time that can be believed, not later than `at`."""
    return Event.everywhere.filter(lead__in=ids, human=True, clock_skew="", occurred_at__lte=at)


def _event_counts(ids: Sequence[int], at: datetime) -> defaultdict[int, dict[str, EventCount]]:
    """Count the events of leads by type, and find the last one, in one statement."""
    recent = Q(occurred_at__gt=at - timedelta(days=COUNT_DAYS))
    rows = (
        _counting(ids, at)
        .values_list("lead_id", "type")
        .annotate(count=Count("pk", filter=recent), last=Max("occurred_at"))
        .order_by()
    )
    counts: defaultdict[int, dict[str, EventCount]] = defaultdict(dict)
    for pk, type, count, last in rows:
        counts[pk][type] = EventCount(count, last)
    return counts


def _relations(lead: Lead) -> tuple[Account | None, Campaign | None, Persona | None]:
    """Return account, campaign and persona; read in one statement those, and the territory, not loaded yet."""
    missing = [
        name
        for name in ("account", "campaign", "persona", "territory")
        if getattr(lead, f"{name}_id") and name not in lead._state.fields_cache
    ]
    if missing:
        again = Lead.everywhere.select_related("account", "campaign", "persona", "territory").get(pk=lead.pk)
        for name in missing:
            setattr(lead, name, getattr(again, name))
    return lead.account, lead.campaign, lead.persona
