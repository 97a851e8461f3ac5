"""Marketing's overview, and the funnel in full."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from dashboard.design import periods
from dashboard.design.downloads import csv_response
from dashboard.reports import this_week
from dashboard.reports.forms import FunnelForm
from dashboard.shell.access import PageRequest, page
from dashboard.wording import figures, hand_overs
from leadflow import csvfile
from leads.queries import handoff_filters, handoff_report, reports
from leads.queries.handoff_filters import HandoffFilters

SHOWN = 8  # rows of the table of returns


@page("reports.view")
def index(request: PageRequest) -> HttpResponse:
    """Show what became of the hand-overs of a period, why they came back, and the funnel of people."""
    now, workspace = timezone.now(), request.workspace
    period = periods.read(workspace, request.GET.get("period", periods.DEFAULT), now)
    by = request.GET.get("by", "campaign") if request.GET.get("by") in reports.GROUPS else "campaign"
    wanted = HandoffFilters(since=period.since, until=period.until)
    report = handoff_report.report(workspace, handoff_report.DIMENSIONS[by], wanted)
    before = None
    if earlier := period.before:
        before = handoff_report.totals(workspace, HandoffFilters(since=earlier.since, until=earlier.until))
    overdue = handoff_filters.narrow(workspace, HandoffFilters(**wanted, outcome="overdue")).count()
    returned = reports.returns_by_reason(workspace, since=period.since, until=period.until)
    series = reports.handed_over(workspace, zone=period.zone, since=period.since, until=period.until, step=period.step)
    lines = hand_overs.report_lines(report, period.query, {}, {})
    lines.sort(key=lambda line: -line.row.outcomes["returned"])
    context = {
        "title": "Overview",
        "period": period,
        "periods": periods.CHOICES,
        "by": report.by,
        "total": report.total,
        "parts": hand_overs.parts_in_words(report.total),
        "overdue": overdue,
        "figures": hand_overs.figures(report.total, before, period),
        "stages": figures.stages(
            reports.funnel(workspace, since=period.since, until=period.until, by="source").total, **period.query
        ),
        "outcomes": hand_overs.outcome_bars(report.total, overdue, period),
        "reasons": figures.reason_bars(workspace, returned, period),
        "chart": figures.chart(series),
        "week": this_week.this_week(request, by, lines, now),
        "lines": lines[:SHOWN],
        "beyond": max(len(lines) - SHOWN, 0),
        "heads": hand_overs.reason_heads(report),
        "report_query": urlencode({"by": by, "sort": "returned", "since": "", "until": "", **period.query}),
    }
    return render(request, "reports/overview.html", context)


@page("reports.view")
def funnel(request: PageRequest) -> HttpResponse:
    """Show the funnel of a cohort in full, by source or campaign."""
    form = FunnelForm(request.GET, workspace=request.workspace)
    found = form.funnel(request.workspace)
    context = {
        "title": "Funnel",
        "form": form,
        "total": found.total,
        "by": found.by,
        "stages": figures.stages(found.total, **form.wanted),
        "totals": figures.totals(found.total, **form.wanted),
        "lines": figures.lines(request.workspace, found, form.days, **form.wanted),
    }
    return render(request, "reports/funnel.html", context)


@page("reports.view")
def funnel_csv(request: PageRequest) -> StreamingHttpResponse:
    """Give the funnel as CSV."""
    found = FunnelForm(request.GET, workspace=request.workspace).funnel(request.workspace)
    return csv_response(csvfile.write(_table(found)), "funnel.csv")


def _table(found: reports.Funnel) -> Iterator[list[Any]]:
    yield [found.by, *reports.STAGES, "mql to won", "revenue", "median days to won", "mean days to won"]
    for name, row in [*((row.key, row) for row in found.rows), ("total", found.total)]:
        share = row.conversion("won", "mql")
        money = "; ".join(f"{sum} {currency}" for currency, sum in sorted(row.revenue.items()))
        days = ["" if value is None else round(value, 2) for value in (row.median_days, row.mean_days)]
        yield [name, *row.counts.values(), "" if share is None else round(share, 4), money, *days]
