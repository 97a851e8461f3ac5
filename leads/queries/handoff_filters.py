"""The filters of hand-overs, one row each: the list behind every figure of the reports is made from this table.

A filter that needs an app above this one is added by that app when it starts (`add`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from leadflow.errors import Invalid
from leads.models import Definition, Handoff, HandoffState, Pool, Reason
from leads.models.lead import Readiness
from leads.people import persons
from leads.queries import filter_values, outcomes
from leads.queries.filter_values import BLANK
from workspaces.models import Workspace

# What the days of a list are about: the column, and the hand-overs that have it.
DATES: dict[str, tuple[str, str, Q]] = {
    "offered": ("Handed over", "offered_at", Q()),
    "returned": ("Returned", "closed_at", Q(state=HandoffState.RETURNED)),
    "won": ("Won", "closed_at", Q(state=HandoffState.WON)),
}
LOW_RATING = 2
MISSED = Q(accepted_at__isnull=False) & ~Q(sal_missing=[])  # accepted though the definition of SAL was not met


@dataclass(frozen=True)
class HandoffFilter:
    """One way to narrow the list of hand-overs. `options` are its values where no others make sense."""

    name: str
    label: str
    narrow: Callable[[Workspace, Any], Q]
    read: Callable[[str, Workspace], Any] = filter_values.text
    options: Mapping[str, str] | None = None
    offered: Callable[[Workspace], Iterable[tuple[str, str]]] | None = None
    unset: str = "Any"


class HandoffFilters(Mapping[str, Any]):
    """The filters that are set, by name, each with its value as its `read` returns it."""

    def __init__(self, **values: Any) -> None:
        self._values = {name: value for name, value in values.items() if value not in ("", None)}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def dates(self) -> str:
        """Return what `since` and `until` are about, a key of `DATES`."""
        dates: str = self.get("dates", "offered")
        return dates


def read(workspace: Workspace, given: Mapping[str, str]) -> tuple[HandoffFilters, dict[str, str]]:
    """Read filters out of the parameters of an address; return them, and why each of the others cannot be read."""
    values: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for name, filter in FILTERS.items():
        text = given.get(name, "").strip()
        if not text:
            continue
        try:
            persons.refuse_unstorable(text, name)
            if filter.options is not None and text not in filter.options:
                known = ", ".join(filter.options)
                raise Invalid(f"There is no {filter.label.lower()} “{text[:60]}”. Known: {known}.", field=name)
            values[name] = filter.read(text, workspace)
        except Invalid as error:
            refused[name] = error.message
    return HandoffFilters(**values), refused


def narrow(workspace: Workspace, filters: HandoffFilters) -> QuerySet[Handoff]:
    """Return the hand-overs of a workspace that every filter wants, not ordered."""
    _, column, having = DATES[filters.dates]
    found = Handoff.objects.of(workspace).filter(having)
    if since := filters.get("since"):
        found = found.filter(**{f"{column}__gte": since})
    if until := filters.get("until"):
        found = found.filter(**{f"{column}__lt": until})
    for name, value in filters.items():
        if name not in ("dates", "since", "until"):
            found = found.filter(FILTERS[name].narrow(workspace, value))
    return found


def add(filter: HandoffFilter) -> None:
    """Add a filter that an app above this one knows how to answer."""
    FILTERS[filter.name] = filter


def by(column: str, blank: Q) -> Callable[[Workspace, Any], Q]:
    """Return how a column is asked for by its value, or by its having none."""
    return lambda workspace, value: blank if value == BLANK else Q(**{column: value})


def _id_or_blank(text: str, workspace: Workspace) -> Any:
    return text if text == BLANK else filter_values.number(text, workspace)


def _tiers(workspace: Workspace) -> Iterable[tuple[str, str]]:
    tiers = Handoff.objects.of(workspace).order_by("tier").values_list("tier", flat=True).distinct()
    return [(tier, tier.capitalize()) for tier in tiers[:50] if tier]


def _pools(workspace: Workspace) -> Iterable[tuple[str, str]]:
    pools = Pool.objects.of(workspace).order_by("name").values_list("pk", "name")
    return [(BLANK, "No pool"), *((str(pk), name) for pk, name in pools)]


def _definitions(workspace: Workspace) -> Iterable[tuple[str, str]]:
    used = Definition.objects.of(workspace).filter(kind=Definition.Kind.MQL)
    versions = used.order_by("-version").values_list("version", flat=True)[:50]
    return [(BLANK, "Without a definition"), *((str(each), f"Version {each}") for each in versions)]


def _by_owner(workspace: Workspace, value: str | int) -> Q:
    if value == BLANK:
        return Q(owner=None)
    return Q(owner=value) if isinstance(value, int) else Q(owner__user__email=value)


def _by_rating(workspace: Workspace, value: str) -> Q:
    return {
        "yes": Q(rating__isnull=False),
        "low": Q(rating__lte=LOW_RATING),
        "no": Q(rating__isnull=True),
    }[value]


# The table, in the order of the page.
FILTERS: dict[str, HandoffFilter] = {
    each.name: each
    for each in (
        HandoffFilter(
            "outcome",
            "Where it stands",
            lambda workspace, value: outcomes.OUTCOMES[value].wanted(workspace),
            options=outcomes.WORDS,
            unset="Wherever it stands",
        ),
        HandoffFilter(
            "reached",
            "Got as far as",
            lambda workspace, value: outcomes.REACHED[value],
            options=outcomes.REACHED_WORDS,
            unset="Any stage",
        ),
        HandoffFilter(
            "reason",
            "Returned as",
            lambda workspace, value: Q(
                state=HandoffState.RETURNED, reason__code=value, reason__kind=Reason.Kind.RETURN
            ),
            offered=filter_values.reasons,
            unset="Any reason",
        ),
        HandoffFilter(
            "campaign",
            "Campaign",
            by("campaign__code", Q(campaign=None)),
            offered=filter_values.campaigns,
            unset="Any campaign",
        ),
        HandoffFilter(
            "source", "Source", by("source", Q(source="")), offered=filter_values.sources, unset="Any source"
        ),
        HandoffFilter("tier", "Tier", by("tier", Q(tier="")), offered=_tiers, unset="Any tier"),
        HandoffFilter(
            "readiness",
            "Readiness",
            lambda workspace, value: Q(readiness=value),
            options=dict(Readiness.choices),
            unset="Any readiness",
        ),
        HandoffFilter("owner", "Rep", _by_owner, filter_values.owner, offered=filter_values.owners, unset="Any rep"),
        HandoffFilter("pool", "Pool", by("pool", Q(pool=None)), _id_or_blank, offered=_pools, unset="Any pool"),
        HandoffFilter(
            "definition",
            "Definition",
            by("definition__version", Q(definition=None)),
            _id_or_blank,
            offered=_definitions,
            unset="Any definition",
        ),
        HandoffFilter(
            "sal",
            "Criteria of SAL",
            lambda workspace, value: Q(accepted_at__isnull=False) & (Q(sal_missing=[]) if value == "met" else MISSED),
            options={"met": "Accepted, all met", "missed": "Accepted though some were missed"},
            unset="Met or missed",
        ),
        HandoffFilter(
            "rating",
            "Rating by the rep",
            _by_rating,
            options={"yes": "Rated", "low": f"Rated {LOW_RATING} or less", "no": "Not rated"},
            unset="Rated or not",
        ),
        HandoffFilter(
            "dates",
            "Days of",
            lambda workspace, value: Q(),
            options={name: words for name, (words, _, _) in DATES.items()},
        ),
        HandoffFilter("since", "From", lambda workspace, value: Q(), filter_values.first),
        HandoffFilter("until", "To", lambda workspace, value: Q(), filter_values.end),
    )
}
