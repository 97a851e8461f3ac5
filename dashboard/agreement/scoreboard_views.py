"""The scoreboard: the commitments of both sides, how many were kept, and the rows behind each figure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from dashboard.design import periods
from dashboard.design.downloads import csv_response
from dashboard.shell.access import PageRequest, page
from dashboard.wording import outcomes
from leadflow import csvfile, paging
from sla import attempts, kinds, reports, standing, tallies
from sla import inbox as queries
from sla.kinds import Kind
from sla.models import Clock
from sla.reports import Commitment, Scoreboard
from workspaces.models import Workspace

PERIODS = {name: words for name, words in periods.CHOICES.items() if name != "all"}
FEW = 30
OUTCOMES = {
    tallies.IN_TIME: "In time",
    tallies.LATE: "Late",
    tallies.MISSED: "Missed",
    tallies.CANCELLED: "Cancelled",
    tallies.OPEN: "Open still",
    reports.COMPLETE: "Complete",
    reports.INCOMPLETE: "Incomplete",
}
CODES = {"mqls": "Leads handed over", "complete": "With all the information promised", **dict(Kind.choices)}


@dataclass(frozen=True)
class ScoreboardRow:
    """Hold one line with the addresses of its rows; `few` says how many where a share is of fewer than thirty."""

    line: Commitment
    url: str
    parts: list[tuple[str, int, str]]
    few: int

    @property
    def tone(self) -> str:
        """Return the colour of the state: kept, or not."""
        return {True: "good", False: "bad", None: ""}[self.line.kept]


@dataclass(frozen=True)
class RowsQuery:
    """Hold the query of the rows behind a figure, read from the address."""

    code: str
    since: datetime
    until: datetime
    tier: str | None
    outcome: str

    @property
    def words(self) -> str:
        """Name the rows."""
        parts = [CODES[self.code], f"tier {self.tier}" if self.tier else "", OUTCOMES.get(self.outcome, "").lower()]
        return ", ".join(part for part in parts if part)


@page("reports.view")
def scoreboard(request: PageRequest) -> HttpResponse:
    """Show both sides' commitments over a period, and the change against the one before."""
    name = request.GET.get("period", "30")
    period = periods.read(request.workspace, name if name in PERIODS else "30", timezone.now())
    assert period.since is not None
    board = reports.scoreboard(request.workspace, period.since, period.until)
    sides = [(label, _lines(board, side, period)) for side, label in (("marketing", "Marketing"), ("sales", "Sales"))]
    judged = [line for line in board.lines if line.kept is not None]
    context = {
        "title": "Scoreboard",
        "board": board,
        "period": period,
        "periods": PERIODS,
        "sides": sides,
        "kept": sum(1 for line in judged if line.kept),
        "judged": len(judged),
    }
    return render(request, "agreement/scoreboard.html", context)


@page("reports.view")
def rows(request: PageRequest) -> HttpResponse:
    """List what a figure counted, the newest first."""
    asked = _asked(request.workspace, request.GET)
    column = "offered_at" if asked.code == "mqls" else "started_at"
    shown = paging.by_time(_found(request, asked), column, after=request.GET.get("after", ""), size=queries.PAGE)
    made = attempts.of({row.handoff for row in shown.rows}) if asked.code in kinds.by_attempts() else {}
    context = {
        "title": asked.words,
        "asked": asked,
        "page": shown,
        "of_clocks": asked.code != "mqls",
        "rows": [(row, made[row.handoff_id].words if made else "") for row in shown.rows],
    }
    return render(request, "agreement/scoreboard_rows.html", context)


@page("leads.export")
def download(request: PageRequest) -> StreamingHttpResponse:
    """Stream what a figure counted as CSV."""
    found = _found(request, _asked(request.workspace, request.GET))
    return csv_response(csvfile.write(_table(found.iterator(2000))), "scoreboard.csv")


def _found(request: PageRequest, asked: RowsQuery) -> Any:
    return reports.rows_behind(
        request.workspace,
        code=asked.code,
        since=asked.since,
        until=asked.until,
        tier=asked.tier,
        outcome=asked.outcome,
    )


def _lines(board: Scoreboard, side: str, period: periods.Period) -> list[ScoreboardRow]:
    """Add to the lines of one side where their rows are."""
    assert period.first is not None
    shown = []
    for line in board.of(side):
        query = QueryDict(mutable=True)
        query.update({"code": line.code, "since": period.first.isoformat(), "until": period.last.isoformat()})
        if "tier" in line.rows:
            query["tier"] = line.rows["tier"]
        url = query.urlencode()
        counts = {name: getattr(line.tally, name) for name in tallies.PARTS}
        if line.code == reports.COMPLETE:
            counts = {reports.COMPLETE: line.tally.in_time, reports.INCOMPLETE: line.tally.late}
        parts = [(OUTCOMES[name].lower(), count, f"{url}&outcome={name}") for name, count in counts.items() if count]
        decided = line.tally.decided
        few = decided if line.unit == "percent" and decided < FEW else 0
        shown.append(ScoreboardRow(line, url, parts if line.code != "mqls" else [], few))
    return shown


def _asked(workspace: Workspace, query: QueryDict) -> RowsQuery:
    """Read the address; what cannot be read is the last 30 days of the first kind of clock."""
    period = periods.read(workspace, "30", timezone.now())
    zone = ZoneInfo(workspace.time_zone)
    code = query.get("code", "")
    code = code if code in CODES else Kind.values[0]
    first, last = _day(query.get("since")), _day(query.get("until"))
    outcome = query.get("outcome", "")
    mine = {"mqls": (), "complete": (reports.COMPLETE, reports.INCOMPLETE)}.get(code, tallies.PARTS)
    whole = periods.Period("", first or period.first, last or period.last, zone)
    assert whole.since is not None
    return RowsQuery(code, whole.since, whole.until, query.get("tier"), outcome if outcome in mine else "")


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 1990 < day.year < 2200 else None


def _table(found: Iterable[Any]) -> Iterator[list[Any]]:
    head = ["Lead", "E-mail", "Promise", "Tier", "Owner", "Began", "Due", "Ended", "Outcome", "Why"]
    yield [*head, "Minutes of work time late", "Promised", "Agreement"]
    now = timezone.now()
    for row in found:
        if isinstance(row, Clock):
            stands = standing.of(row, now)
            yield [
                row.lead.name,
                row.lead.email,
                row.get_kind_display(),
                row.tier,
                row.member or "",
                row.started_at,
                row.due_at or "",
                row.stopped_at or "",
                OUTCOMES[reports.outcome_of(row, now)].lower(),
                outcomes.why(row),
                round(stands.late) if stands.state in standing.WERE_LATE else "",
                str(row.target or ""),
                stands.version,
            ]
        else:
            yield [
                row.lead.name,
                row.lead.email,
                "Handed over",
                row.tier,
                row.owner or "",
                row.offered_at,
                "",
                row.closed_at or "",
                row.get_state_display(),
                row.reason or "",
                "",
                "",
                "",
            ]
