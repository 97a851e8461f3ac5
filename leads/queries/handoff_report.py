"""The report of hand-overs: where each stands, how far sales took it, why it came back, what it brought.

The base is hand-overs in a period, counted by where they stand now: a lead handed over twice counts twice, and the
outcomes of a row add up to it. (The funnel counts people; see `leads.queries.reports`.) The rows are the values of one
dimension, of which each hand-over has one, so that they add up to the total. Revenue stays in the currency of the
deal: sums in two currencies are two sums.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, QuerySet, Sum

from leads.models import Handoff, HandoffState
from leads.queries import outcomes
from leads.queries.filter_values import BLANK
from leads.queries.handoff_filters import MISSED, HandoffFilters, narrow
from workspaces.models import Workspace


@dataclass(frozen=True)
class Dimension:
    """One way to sort hand-overs into rows: the columns that make a row, and its key and label from their values.

    The key is the value of the filter of the same name (`leads.queries.handoff_filters`) that lists the row. `within`
    adds a column that is no column of handoffs; `labels` looks up the words of keys that no column gives.
    """

    name: str
    label: str
    columns: tuple[str, ...]
    row: Callable[[tuple[Any, ...]], tuple[str, str]]
    within: Callable[[QuerySet[Handoff]], QuerySet[Handoff]] = lambda found: found
    labels: Callable[[Workspace, Iterable[str]], Mapping[str, str]] | None = None
    help: str = ""


def named(nothing: str) -> Callable[[tuple[Any, ...]], tuple[str, str]]:
    """Return how a row is read whose first column is its key and whose last is its name."""
    return lambda values: (str(values[0]), str(values[-1])) if values[0] not in (None, "") else (BLANK, nothing)


def _member(values: tuple[Any, ...]) -> tuple[str, str]:
    pk, name, email = values
    return (str(pk), name or email) if pk else (BLANK, "Nobody")


def _version(values: tuple[Any, ...]) -> tuple[str, str]:
    return (str(values[0]), f"Version {values[0]}") if values[0] else (BLANK, "Without a definition")


def _tier(values: tuple[Any, ...]) -> tuple[str, str]:
    return (values[0], values[0].capitalize()) if values[0] else (BLANK, "No tier")


DIMENSIONS: dict[str, Dimension] = {
    each.name: each
    for each in (
        Dimension("campaign", "Campaign", ("campaign__code", "campaign__name"), named("No campaign")),
        Dimension("source", "Source", ("source",), named("No source")),
        Dimension("definition", "Definition", ("definition__version",), _version),
        Dimension("tier", "Tier", ("tier",), _tier),
        Dimension("owner", "Rep", ("owner", "owner__user__name", "owner__user__email"), _member),
        Dimension("pool", "Pool", ("pool", "pool__name"), named("No pool")),
    )
}


def add(dimension: Dimension) -> None:
    """Add a dimension that an app above this one knows."""
    DIMENSIONS[dimension.name] = dimension


@dataclass
class Figures:
    """The figures of one row, or of all hand-overs (key None).

    `outcomes` counts where they stand, the parts of `leads.queries.outcomes`; `reached` how far sales ever took them;
    `answered` those that sales accepted or returned; `sal_missed` those accepted though criteria of SAL were missed;
    `reasons` those that came back, by reason; `revenue` what the won ones brought, by currency; `rating` is the mean
    of the `rated` ones, 1 to 5.
    """

    key: str | None = None
    label: str = "All"
    handed_over: int = 0
    answered: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(outcomes.parts(), 0))
    reached: dict[str, int] = field(default_factory=lambda: dict.fromkeys(outcomes.REACHED, 0))
    sal_missed: int = 0
    rated: int = 0
    rating: float | None = None
    reasons: dict[str, int] = field(default_factory=dict)
    revenue: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """The total, a row per value of the dimension, the largest first, and the words of the reasons by code."""

    by: Dimension
    total: Figures
    rows: list[Figures]
    reasons: dict[str, str]


def report(workspace: Workspace, by: Dimension, filters: HandoffFilters) -> Report:
    """Count the hand-overs that the filters want by a dimension, in four statements at most.

    The reasons come in the order of how often they were given in all.
    """
    found = by.within(narrow(workspace, filters).order_by())
    rows: dict[tuple[Any, ...], Figures] = {}
    words: dict[str, str] = {}

    def row(values: Mapping[str, Any]) -> Figures:
        key = tuple(values[column] for column in by.columns)
        if key not in rows:
            rows[key] = Figures(*by.row(key))
        return rows[key]

    for values in found.values(*by.columns).annotate(**_counts(workspace)):
        _put(row(values), values)
    came_back = found.filter(state=HandoffState.RETURNED).values(*by.columns, "reason__code", "reason__label")
    for values in came_back.annotate(count=Count("pk")):
        row(values).reasons[values["reason__code"]] = values["count"]
        words[values["reason__code"]] = values["reason__label"]
    won = found.filter(state=HandoffState.WON).values(*by.columns, "lead__currency")
    for values in won.annotate(sum=Sum("lead__amount")):
        if values["sum"]:
            row(values).revenue[values["lead__currency"]] = values["sum"]
    if by.labels:
        labels = by.labels(workspace, [each.key for each in rows.values() if each.key not in (None, BLANK)])
        for each in rows.values():
            each.label = labels.get(each.key or "", each.label)
    total = _sum(rows.values())
    reasons = {code: words[code] for code in sorted(total.reasons, key=lambda code: (-total.reasons[code], code))}
    ordered = sorted(rows.values(), key=lambda each: (-each.handed_over, each.label.casefold()))
    return Report(by, total, ordered, reasons)


def totals(workspace: Workspace, filters: HandoffFilters) -> Figures:
    """Count the hand-overs that the filters want, without rows or reasons. Two statements."""
    found = narrow(workspace, filters).order_by()
    figures = Figures()
    _put(figures, found.aggregate(**_counts(workspace)))
    for values in found.filter(state=HandoffState.WON).values("lead__currency").annotate(sum=Sum("lead__amount")):
        if values["sum"]:
            figures.revenue[values["lead__currency"]] = values["sum"]
    return figures


def _counts(workspace: Workspace) -> dict[str, Any]:
    counts = {f"o_{name}": Count("pk", filter=each.wanted(workspace)) for name, each in outcomes.parts().items()}
    counts |= {f"r_{name}": Count("pk", filter=wanted) for name, wanted in outcomes.REACHED.items() if wanted}
    counts |= {"all": Count("pk"), "answered": Count("pk", filter=outcomes.ANSWERED)}
    counts["sal_missed"] = Count("pk", filter=MISSED)
    return {**counts, "rated": Count("rating"), "mean": Avg("rating")}


def _put(figures: Figures, values: Mapping[str, Any]) -> None:
    figures.handed_over = figures.reached["mql"] = values["all"]
    figures.answered, figures.rated, figures.rating = values["answered"], values["rated"], values["mean"]
    figures.sal_missed = values["sal_missed"]
    figures.outcomes = {name: values[f"o_{name}"] for name in outcomes.parts()}
    figures.reached |= {name: values[f"r_{name}"] for name, wanted in outcomes.REACHED.items() if wanted}


def _sum(rows: Iterable[Figures]) -> Figures:
    """Add rows up; the mean rating weighs each row by its ratings."""
    total, points = Figures(), 0.0
    for row in rows:
        total.handed_over += row.handed_over
        total.answered += row.answered
        total.sal_missed += row.sal_missed
        total.rated += row.rated
        points += (row.rating or 0) * row.rated
        for own, theirs in ((total.outcomes, row.outcomes), (total.reached, row.reached), (total.reasons, row.reasons)):
            for name, count in theirs.items():
                own[name] = own.get(name, 0) + count
        for currency, amount in row.revenue.items():
            total.revenue[currency] = total.revenue.get(currency, Decimal(0)) + amount
    total.rating = points / total.rated if total.rated else None
    return total
