"""The numbers of marketing and sales together: the funnel of people, and hand-overs over time and by reason.

There are two bases. The funnel counts people, by how far they ever came; `leads.queries.lead_list` lists them. All
else counts hand-overs, of which one person may have several; `leads.queries.handoff_filters` lists them, and
`leads.queries.handoff_report` counts where they stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Avg,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Min,
    Q,
    QuerySet,
    Sum,
    Window,
)
from django.db.models.functions import RowNumber, TruncDay, TruncWeek
from django.utils import timezone

from leads.models import Campaign, Handoff, HandoffState, Lead
from leads.queries import outcomes

STAGES = ("lead", "mql", "sal", "sql", "won")
GROUPS = {"source": "source", "campaign": "campaign__code"}


@dataclass
class FunnelRow:
    """One line of the funnel: how many leads got at least that far, in whatever order (the reading "any stage").

    Days run from the first contact to the win; the median is the middle, the mean of the two middles for an even
    number. A deal dated before its first contact counts with its negative days.
    """

    key: str | None = None  # the group's value; None for the total
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))
    revenue: dict[str, Decimal] = field(default_factory=dict)  # currency → sum
    median_days: float | None = None
    mean_days: float | None = None

    def conversion(self, stage: str, since: str) -> float | None:
        """Return the share of `since` that got to `stage`, 0 to 1; None where there was nobody."""
        return self.counts[stage] / self.counts[since] if self.counts[since] else None


@dataclass
class Funnel:
    """The total, and a row per group, the largest first."""

    total: FunnelRow
    rows: list[FunnelRow]
    by: str
    since: datetime | None
    until: datetime | None


def cohort(workspace: Any, since: datetime | None, until: datetime | None, **filters: Any) -> QuerySet[Lead]:
    """Return the leads first contacted in [since, until); open ends count all. `filters` are columns of the lead."""
    leads = Lead.objects.of(workspace).filter(**filters)
    if since:
        leads = leads.filter(first_contact_at__gte=since)
    if until:
        leads = leads.filter(first_contact_at__lt=until)
    return leads


def funnel(
    workspace: Any, *, since: datetime | None = None, until: datetime | None = None, by: str = "source", **filters: Any
) -> Funnel:
    """Count the cohort of leads by how far they came, in all and by group, in eight statements.

    `by` is a key of `GROUPS`. A blank source and the source "unknown" are two groups.
    """
    leads = cohort(workspace, since, until, **filters)
    group = GROUPS[by]
    rows: dict[Any, FunnelRow] = {}
    for key, count in leads.values_list(group).annotate(Count("pk")).order_by():
        rows.setdefault(key, FunnelRow(key=key or "")).counts["lead"] = count
    handoffs = Handoff.objects.of(workspace).filter(lead__in=leads) if since or until or filters else None
    handoffs = handoffs if handoffs is not None else Handoff.objects.of(workspace)
    reached = handoffs.values(f"lead__{group}").annotate(
        mql=Count("lead", distinct=True),
        sal=Count("lead", distinct=True, filter=Q(accepted_at__isnull=False)),
        sql=Count("lead", distinct=True, filter=Q(promoted_at__isnull=False)),
        won=Count("lead", distinct=True, filter=Q(state="won")),
    )
    for found in reached.order_by():
        row = rows.setdefault(found[f"lead__{group}"], FunnelRow(key=found[f"lead__{group}"] or ""))
        row.counts.update({stage: found[stage] for stage in STAGES[1:]})
    total = FunnelRow(counts={stage: sum(row.counts[stage] for row in rows.values()) for stage in STAGES})
    won = leads.filter(won_at__isnull=False).annotate(
        days=ExpressionWrapper(F("won_at") - F("first_contact_at"), output_field=DurationField())
    )
    _add_days(won, group, rows)
    _add_days(won, None, {None: total})
    ordered = sorted(rows.values(), key=lambda row: (-row.counts["lead"], str(row.key)))
    return Funnel(total=total, rows=ordered, by=by, since=since, until=until)


def _add_days(won: QuerySet[Lead], group: str | None, rows: dict[Any, FunnelRow]) -> None:
    """Add revenue, mean and median days: two aggregates, and one window that keeps the middle rows of each group."""
    keys = [group] if group else []
    for sums in won.order_by().values(*keys, "currency").annotate(sum=Sum("amount")):
        if sums["sum"]:
            rows[sums[group] if group else None].revenue[sums["currency"]] = sums["sum"]
    means = won.order_by().values(*keys) if keys else won.order_by()
    found: Any  # a row of values
    for found in means.annotate(mean=Avg("days")) if keys else [means.aggregate(mean=Avg("days"))]:
        rows[found[group] if group else None].mean_days = _days(found["mean"])
    ranked = won.annotate(
        rank=Window(RowNumber(), partition_by=keys or None, order_by="days"),
        size=Window(Count("pk"), partition_by=keys or None),
    ).filter(size__lte=F("rank") * 2, size__gte=F("rank") * 2 - 2)
    middles: dict[Any, list[timedelta]] = {}
    for found in ranked.values("days", *keys):
        middles.setdefault(found[group] if group else None, []).append(found["days"])
    for key, days in middles.items():
        rows[key].median_days = _days(sum(days, timedelta()) / len(days))


def _days(length: timedelta | None) -> float | None:
    return None if length is None else length.total_seconds() / 86400


@dataclass(frozen=True)
class Returned:
    """Count the hand-overs that came back for one reason."""

    code: str
    label: str
    disqualifies: bool
    not_nurtured: bool
    count: int


@dataclass(frozen=True)
class Series:
    """Hold hand-overs per day or week, by the first day of each, and how many of them sales accepted and returned.

    `unfinished` says of each whether some of its days lie outside the time that was asked for, or ahead.
    """

    step: str  # "day" | "week"
    days: list[date]
    handed_over: list[int]
    accepted: list[int]
    returned: list[int]
    unfinished: list[bool]


def returns_by_reason(
    workspace: Any, *, since: datetime | None = None, until: datetime | None = None
) -> list[Returned]:
    """Count the hand-overs returned in [since, until), whenever made, by reason, the most first. One statement."""
    returned = _in(Handoff.objects.of(workspace).filter(state="returned"), "closed_at", since, until)
    rows = returned.values_list(
        "reason__code", "reason__label", "reason__disqualifies", "reason__not_nurtured"
    ).annotate(count=Count("pk"))
    found = [Returned(*row) for row in rows.order_by()]
    return sorted(found, key=lambda row: (-row.count, row.label))


def handed_over(
    workspace: Any, *, zone: ZoneInfo, since: datetime | None, until: datetime, step: str = "day"
) -> Series:
    """Count hand-overs by the day or week (from Monday) of `zone` in which they were made, gaps as noughts.

    Without `since` the first is that of the first handoff. At most two statements.
    """
    handoffs = _in(Handoff.objects.of(workspace), "offered_at", since, until)
    first = since or handoffs.aggregate(first=Min("offered_at"))["first"]
    cut = {"day": TruncDay, "week": TruncWeek}[step]
    rows = (
        handoffs.annotate(at=cut("offered_at", tzinfo=zone))
        .values("at")
        .annotate(
            all=Count("pk"),
            accepted=Count("pk", filter=outcomes.REACHED["sal"]),
            returned=Count("pk", filter=Q(state=HandoffState.RETURNED)),
        )
    )
    found = {row["at"].date(): row for row in rows.order_by()}
    days = list(_days_between(first, until, zone, step)) if first else []
    columns = {
        name: [found[day][name] if day in found else 0 for day in days] for name in ("all", "accepted", "returned")
    }
    begins = since.astimezone(zone).date() if since else date.min
    ends = min(until, timezone.now()).astimezone(zone).date()  # the day that is not over yet, or the one behind
    length = timedelta(days=7 if step == "week" else 1)
    unfinished = [day < begins or day + length > ends for day in days]
    return Series(step, days, columns["all"], columns["accepted"], columns["returned"], unfinished)


@dataclass(frozen=True)
class CampaignFigures:
    """Count a campaign's leads, those that were won, and what they brought."""

    leads: int = 0
    won: int = 0
    revenue: dict[str, Decimal] = field(default_factory=dict)  # currency → sum


def campaign_figures(workspace: Any, campaigns: list[Campaign]) -> dict[int, CampaignFigures]:
    """Return the figures of the campaigns given, by their ids. Two statements."""
    leads = Lead.objects.of(workspace).filter(campaign__in=[each.pk for each in campaigns]).order_by()
    rows = leads.values("campaign").annotate(leads=Count("pk"), won=Count("pk", filter=Q(state="won")))
    found = {row["campaign"]: CampaignFigures(row["leads"], row["won"]) for row in rows}
    for row in leads.filter(state="won").values("campaign", "currency").annotate(brought=Sum("amount")):
        found[row["campaign"]].revenue[row["currency"]] = row["brought"]
    return {each.pk: found.get(each.pk, CampaignFigures()) for each in campaigns}


def _in(rows: QuerySet[Any], column: str, since: datetime | None, until: datetime | None) -> QuerySet[Any]:
    if since:
        rows = rows.filter(**{f"{column}__gte": since})
    return rows.filter(**{f"{column}__lt": until}) if until else rows


def _days_between(first: datetime, until: datetime, zone: ZoneInfo, step: str) -> Iterator[date]:
    day = first.astimezone(zone).date()
    last = (until - timedelta(microseconds=1)).astimezone(zone).date()
    if step == "week":
        day -= timedelta(days=day.weekday())
    while day <= last:
        yield day
        day += timedelta(days=7 if step == "week" else 1)
