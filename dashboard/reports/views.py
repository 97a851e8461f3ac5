"""Marketing's overview, and the funnel in full."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from dashboard.design import periods
from dashboard.design.downloads import csv_response
from dashboard.reports.forms import FunnelForm
from dashboard.shell.access import PageRequest, page
from dashboard.wording import figures
from leadflow import csvfile
from leads.queries import reports
from sla import agreements
from sla import selectors as clocks


@page("reports.view")
def index(request: PageRequest) -> HttpResponse:
    """Show new leads, handoffs and their outcomes."""
    now, workspace = timezone.now(), request.workspace
    period = periods.read(workspace, request.GET.get("period", periods.DEFAULT), now)
    by = request.GET.get("by", "source") if request.GET.get("by") in reports.GROUPS else "source"
    outcome, earlier = reports.outcome_of_handoffs(workspace, since=period.since, until=period.until), period.before
    before = reports.outcome_of_handoffs(workspace, since=earlier.since, until=earlier.until) if earlier else None
    overdue = clocks.overdue_answers(workspace, at=now).filter(handoff__offered_at__lt=period.until)
    if period.since:
        overdue = overdue.filter(handoff__offered_at__gte=period.since)
    funnel = reports.funnel(workspace, since=period.since, until=period.until, by=by)
    late = overdue.values("lead").distinct().count()
    returned = reports.returns_by_reason(workspace, since=period.since, until=period.until)
    series = reports.handed_over(workspace, zone=period.zone, since=period.since, until=period.until, step=period.step)
    agreement = agreements.active(workspace)
    context = {
        "title": "Overview",
        "agreement": agreement,
        "review": agreements.review(agreement, now),
        "period": period,
        "periods": periods.CHOICES,
        "by": by,
        "outcome": outcome,
        "late": late,
        "twice": figures.counts_twice(outcome),
        "figures": figures.figures(outcome, before, period, workspace.currency),
        "stages": figures.stages(funnel.total, **period.query),
        "outcomes": figures.outcome_bars(outcome, late, period),
        "reasons": figures.reason_bars(workspace, returned, period),
        "chart": figures.chart(series),
        "lines": figures.lines(workspace, funnel, **period.query)[: figures.SHOWN],
        "rows": len(funnel.rows),
        "currency": workspace.currency,
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
        "lines": figures.lines(request.workspace, found, **form.wanted),
        "currency": request.workspace.currency,
    }
    return render(request, "reports/funnel.html", context)


@page("reports.view")
def funnel_csv(request: PageRequest) -> StreamingHttpResponse:
    """Give the funnel as CSV."""
    found = FunnelForm(request.GET, workspace=request.workspace).funnel(request.workspace)
    return csv_response(csvfile.write(_table(found)), "funnel.csv")


def _table(found: reports.Funnel) -> Iterator[list[Any]]:
    yield [found.by, *reports.STAGES, "mql to won", "amount", "median days to won", "mean days to won"]
    for name, row in [*((row.key, row) for row in found.rows), ("total", found.total)]:
        share = row.conversion("won", "mql")
        days = ["" if value is None else round(value, 2) for value in (row.median_days, row.mean_days)]
        yield [name, *row.counts.values(), "" if share is None else round(share, 4), row.amount, *days]
