"""Format the figures of reports for pages: values in words, changes, and links to the lists behind them.

The figures of the funnel, whose base is people by how far they ever came; those of hand-overs are in
`dashboard.wording.hand_overs`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone

from dashboard.design.periods import Period
from leads.models import Campaign
from leads.queries import costs, lookups, reports
from leads.queries.filter_values import BLANK
from leads.queries.reports import Returned
from nurture import choosing
from workspaces.models import Workspace

STAGES = {"lead": "Leads", "mql": "MQL", "sal": "SAL", "sql": "SQL", "won": "Won"}
Days = tuple[date | None, date]  # the first (None: from the beginning) and the last of a report


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
    """Hold one line of the funnel's table with the lists behind its counts, and its cost in the same days."""

    label: str
    row: reports.FunnelRow
    cells: list[tuple[int, str]]
    cost: Mapping[str, Decimal]

    @property
    def per_deal(self) -> dict[str, Decimal]:
        """Return the cost of one of those who were won, by currency."""
        return costs.per(self.cost, self.row.counts["won"])


def leads_url(**wanted: str) -> str:
    """Return the address of the list of leads with these filters."""
    return f"{reverse('dashboard:leads')}?{urlencode({name: value for name, value in wanted.items() if value})}"


def handoffs_url(**wanted: str) -> str:
    """Return the address of the list of hand-overs with these filters."""
    return f"{reverse('dashboard:handoffs')}?{urlencode({name: value for name, value in wanted.items() if value})}"


def reason_bars(workspace: Workspace, rows: Iterable[Returned], period: Period) -> list[ReportBar]:
    """Return the returns by reason, each with the program that it leads to. One statement."""
    takes = choosing.programs_by_reason(workspace)
    bars = []
    for row in rows:
        program = None if row.disqualifies or row.not_nurtured else takes.get(row.code) or takes.get("")
        note = "Disqualified" if row.disqualifies else "No mail" if row.not_nurtured else "No active program"
        note = program.name if program else note
        url = reverse("dashboard:program", args=[program.pk]) if program else ""
        behind = handoffs_url(dates="returned", reason=row.code, **period.query)
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


def lines(workspace: Workspace, found: reports.Funnel, days: Days, **wanted: str) -> list[FunnelLine]:
    """Return the rows of a funnel with the lists behind them, campaigns by name and with their cost. One statement."""
    campaigns = list(lookups.list_campaigns(workspace))
    names = {each.code: each.name for each in campaigns}
    cost = spent(workspace, campaigns, found.by, days)
    shown = []
    for row in found.rows:
        key = row.key or ""
        within = {**wanted, found.by: key or BLANK}
        cells = [(row.counts[stage], _stage_url(stage, within)) for stage in STAGES]
        name = names.get(key, key) if found.by == "campaign" else key
        shown.append(FunnelLine(name or f"No {found.by}", row, cells, cost.get(key or BLANK, {})))
    return shown


def spent(workspace: Workspace, campaigns: Iterable[Campaign], by: str, days: Days) -> dict[str, dict[str, Decimal]]:
    """Return what the rows of a report by source or campaign cost in its days; nothing for any other report."""
    if by not in ("source", "campaign"):
        return {}
    today = timezone.now().astimezone(ZoneInfo(workspace.time_zone)).date()
    keys = {"campaign": lambda each: each.code, "source": lambda each: each.source or BLANK}
    return costs.spent(campaigns, keys[by], *days, today=today, currency=workspace.currency)


def chart(series: reports.Series) -> dict[str, Any]:
    """Return a series as `{% line_chart %}` draws it."""
    return {
        "labels": [f"{day.day} {day:%b}" for day in series.days],
        "series": [
            {"name": "Handed over", "values": series.handed_over},
            {"name": "Accepted", "values": series.accepted},
            {"name": "Returned", "values": series.returned},
        ],
        "title": f"Hand-overs per {series.step}",
        "unfinished": series.unfinished,
    }


def _stage_url(stage: str, wanted: Mapping[str, str]) -> str:
    return leads_url(**wanted, **({} if stage == "lead" else {"reached": stage}))


def changed_number(now: float, before: float | None) -> dict[str, Any]:
    """Return the relative change of a number."""
    if not before:
        return {}
    share = round(100 * (now - before) / before)
    if share == 0:
        return {"change": "as before"}
    return {"change": f"{abs(share):,}%", "change_up": share > 0, "change_tone": "good" if share > 0 else "bad"}


def changed_share(part: int, whole: int, before: tuple[int, int] | None, *, good: bool = True) -> dict[str, Any]:
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
