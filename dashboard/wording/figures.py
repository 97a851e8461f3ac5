"""Format the figures of marketing's reports for pages: values in words, changes, and links to the lists behind them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from dashboard.design import words
from dashboard.design.periods import Period
from leads.models import Campaign
from leads.queries import lookups, reports
from leads.queries.filter_values import BLANK
from leads.queries.reports import HandoffOutcomes, Returned
from nurture import choosing
from workspaces.models import Workspace

STAGES = {"lead": "Leads", "mql": "MQL", "sal": "SAL", "sql": "SQL", "won": "Won"}
SHOWN = 12  # rows of the table on the overview


@dataclass(frozen=True)
class ReportFigure:
    """Hold one figure: its value in words, the list behind it, and the change against the period before."""

    label: str
    value: str
    url: str
    note: str
    icon: str
    change: str = ""
    change_tone: str = ""
    change_up: bool = False


@dataclass(frozen=True)
class ReportBar:
    """Hold one bar: label, count, and the list behind it."""

    label: str
    count: int
    url: str
    tone: str = "accent"
    note: str = ""
    note_url: str = ""


@dataclass(frozen=True)
class FunnelLine:
    """Hold one line of the funnel's table with the lists behind its counts and its cost."""

    label: str
    row: reports.FunnelRow
    cells: list[tuple[int, str]]
    cost: Decimal | None


def leads_url(**wanted: str) -> str:
    """Return the address of the list of leads with these filters."""
    return f"{reverse('dashboard:leads')}?{urlencode({name: value for name, value in wanted.items() if value})}"


def figures(now: HandoffOutcomes, before: HandoffOutcomes | None, period: Period, currency: str) -> list[ReportFigure]:
    """Return the four figures of the overview."""
    handed = {"dates": "handed", **period.query}
    return [
        ReportFigure(
            "Handed over",
            f"{now.handed_over:,}",
            leads_url(reached="mql", **handed),
            "leads offered to sales",
            "send",
            **_grown(now.handed_over, before.handed_over if before else None),
        ),
        ReportFigure(
            "Accepted",
            words.percent(now.accepted, now.handed_over),
            leads_url(outcome="accepted", **handed),
            f"{now.accepted:,} of {now.handed_over:,} handed over",
            "check",
            **_moved(now.accepted, now.handed_over, (before.accepted, before.handed_over) if before else None),
        ),
        ReportFigure(
            "Returned",
            words.percent(now.returned, now.handed_over),
            leads_url(outcome="returned", **handed),
            f"{now.returned:,} of {now.handed_over:,} handed over",
            "undo-2",
            **_moved(
                now.returned, now.handed_over, (before.returned, before.handed_over) if before else None, good=False
            ),
        ),
        ReportFigure(
            "Won",
            words.money(now.amount, currency),
            leads_url(dates="won", reached="won", **period.query),
            f"{now.won:,} deal{'' if now.won == 1 else 's'} closed",
            "trophy",
            **_grown(float(now.amount), float(before.amount) if before else None),
        ),
    ]


def counts_twice(now: HandoffOutcomes) -> bool:
    """Return whether the outcomes add up to more than the leads: one that was handed over twice has two."""
    return now.accepted + now.returned + now.waiting + now.withdrawn > now.handed_over


def outcome_bars(now: HandoffOutcomes, overdue: int, period: Period) -> list[ReportBar]:
    """Return the outcomes of the handoffs as bars; overdue is a part of waiting."""
    handed = {"dates": "handed", **period.query}
    bars = [
        ReportBar("Accepted", now.accepted, leads_url(outcome="accepted", **handed), "good"),
        ReportBar("Returned", now.returned, leads_url(outcome="returned", **handed), "warn"),
        ReportBar("Still waiting", now.waiting, leads_url(outcome="waiting", **handed), "accent"),
        ReportBar("of these overdue", overdue, leads_url(outcome="overdue", **handed), "bad"),
    ]
    if now.withdrawn:
        bars.append(ReportBar("Withdrawn unanswered", now.withdrawn, leads_url(outcome="withdrawn", **handed), ""))
    return bars


def reason_bars(workspace: Workspace, rows: Iterable[Returned], period: Period) -> list[ReportBar]:
    """Return the returns by reason, each with the program that it leads to. One statement."""
    takes = choosing.programs_by_reason(workspace)
    bars = []
    for row in rows:
        program = None if row.disqualifies else takes.get(row.code) or takes.get("")
        note = "Disqualified" if row.disqualifies else program.name if program else "No active program"
        url = reverse("dashboard:program", args=[program.pk]) if program else ""
        behind = leads_url(dates="returned", reason=row.code, **period.query)
        bars.append(ReportBar(row.label, row.count, behind, "warn", note, url))
    return bars


def stages(row: reports.FunnelRow, **wanted: str) -> list[dict[str, Any]]:
    """Return the stages of a funnel as `{% funnel %}` draws them."""
    return [
        {"label": label, "count": row.counts[stage], "url": _stage_url(stage, wanted)}
        for stage, label in STAGES.items()
    ]


def totals(row: reports.FunnelRow, **wanted: str) -> list[tuple[int, str]]:
    """Return the counts of all stages with the lists behind them."""
    return [(row.counts[stage], _stage_url(stage, wanted)) for stage in STAGES]


def lines(workspace: Workspace, found: reports.Funnel, **wanted: str) -> list[FunnelLine]:
    """Return the rows of a funnel with the lists behind them, campaigns by name and with their cost. One statement."""
    campaigns = {each.code: each for each in lookups.list_campaigns(workspace)}
    costs = _costs(campaigns, found.by)
    shown = []
    for row in found.rows:
        key = row.key or ""
        within = {**wanted, found.by: key or BLANK}
        cells = [(row.counts[stage], _stage_url(stage, within)) for stage in STAGES]
        name = campaigns[key].name if found.by == "campaign" and key in campaigns else key
        shown.append(FunnelLine(name or f"No {found.by}", row, cells, costs.get(key)))
    return shown


def chart(series: reports.Series) -> dict[str, Any]:
    """Return a series as `{% line_chart %}` draws it."""
    return {
        "labels": [f"{day.day} {day:%b}" for day in series.days],
        "series": [
            {"name": "Offered", "values": series.handed_over},
            {"name": "Accepted", "values": series.accepted},
            {"name": "Returned", "values": series.returned},
        ],
        "title": f"Leads handed over per {series.step}",
    }


def _stage_url(stage: str, wanted: Mapping[str, str]) -> str:
    return leads_url(**wanted, **({} if stage == "lead" else {"reached": stage}))


def _costs(campaigns: Mapping[str, Campaign], by: str) -> dict[str, Decimal]:
    if by == "campaign":
        return {code: each.cost for code, each in campaigns.items()}
    costs: dict[str, Decimal] = {}
    for each in campaigns.values():
        if each.source:
            costs[each.source] = costs.get(each.source, Decimal(0)) + each.cost
    return costs


def _grown(now: float, before: float | None) -> dict[str, Any]:
    """Return the relative change of a number."""
    if not before:
        return {}
    share = round(100 * (now - before) / before)
    if share == 0:
        return {"change": "as before"}
    return {"change": f"{abs(share):,}%", "change_up": share > 0, "change_tone": "good" if share > 0 else "bad"}


def _moved(part: int, whole: int, before: tuple[int, int] | None, *, good: bool = True) -> dict[str, Any]:
    """Return the change of a share, in percentage points."""
    if not whole or not before or not before[1]:
        return {}
    points = round(100 * part / whole - 100 * before[0] / before[1], 1)
    if not points:
        return {"change": "as before"}
    return {
        "change": f"{abs(points):g} points",
        "change_up": points > 0,
        "change_tone": "good" if (points > 0) == good else "bad",
    }
