"""Hand-overs: the report by campaign, source, rep and so on, and the list behind each of its figures."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from dashboard.design.downloads import csv_response
from dashboard.reports.handoff_forms import HandoffFilterForm, HandoffReportForm
from dashboard.shell.access import PageRequest, page
from dashboard.wording import figures, hand_overs
from dashboard.wording.hand_overs import MEASURES, ReportLine
from leadflow import csvfile, paging
from leads.models import Handoff
from leads.queries import handoff_filters, handoff_report, lookups
from leads.queries.filter_values import BLANK
from leads.queries.handoff_report import Report

SHOWN = 100  # rows of the page; the file has all
CHARTED = 12
COUNTED = 10_000


@page("reports.view")
def report(request: PageRequest) -> HttpResponse:
    """Show the hand-overs of a period in rows, with what each cost and brought and why it came back."""
    form = HandoffReportForm(request.GET, workspace=request.workspace)
    found, lines, total = _read(form, compared=True)
    sort = request.GET.get("sort", "") if request.GET.get("sort") in MEASURES else "mql"
    lines.sort(key=lambda line: -MEASURES[sort].count(line.row))
    chosen = request.GET.getlist("row")
    compared = [line for line in lines if line.key in chosen][:2]
    context = {
        "title": "Hand-overs",
        "form": form,
        "by": found.by,
        "total": total,
        "lines": lines[:SHOWN],
        "beyond": max(len(lines) - SHOWN, 0),
        "charted": [(line.label, line.cell(sort)) for line in lines[:CHARTED]],
        "reasons": hand_overs.reason_heads(found),
        "measures": MEASURES.values(),
        "sort": MEASURES[sort],
        "compared": hand_overs.compare(*compared) if len(compared) == 2 else None,
        "has_before": form.before is not None,
        "days": form.days,
    }
    return render(request, "reports/handoffs.html", context)


@page("reports.view")
def report_csv(request: PageRequest) -> StreamingHttpResponse:
    """Give the report as CSV, all rows."""
    form = HandoffReportForm(request.GET, workspace=request.workspace)
    found, lines, total = _read(form, compared=False)
    return csv_response(
        csvfile.write(hand_overs.csv_rows(lines, total, found.by.label.lower(), found.reasons)), "hand-overs-report.csv"
    )


@page("reports.view")
def index(request: PageRequest) -> HttpResponse:
    """List the hand-overs that match the filters, the latest first."""
    form = HandoffFilterForm(request.GET, workspace=request.workspace)
    found = handoff_filters.narrow(request.workspace, form.filters)
    counted = found.values("pk")[: COUNTED + 1].count()
    column = handoff_filters.DATES[form.filters.dates][1]
    rows = lookups.list_handoffs(request.workspace).filter(pk__in=found.values("pk"))
    context = {
        "title": "Hand-overs",
        "form": form,
        "chips": form.chips(request.GET),
        "page": paging.by_time(rows, column, after=request.GET.get("after", "")),
        "total": counted if counted <= COUNTED else None,
        "bound": COUNTED,
        "may_export": request.actor.can("leads.export"),
    }
    return render(request, "reports/handoff_list.html", context)


@page("leads.export")
def index_csv(request: PageRequest) -> StreamingHttpResponse:
    """Stream the hand-overs that match the filters as CSV."""
    form = HandoffFilterForm(request.GET, workspace=request.workspace)
    found = handoff_filters.narrow(request.workspace, form.filters)
    rows = lookups.list_handoffs(request.workspace).filter(pk__in=found.values("pk")).order_by("-offered_at", "-pk")
    return csv_response(csvfile.write(_table(rows.iterator(chunk_size=2000))), "hand-overs.csv")


def _read(form: HandoffReportForm, *, compared: bool) -> tuple[Report, list[ReportLine], ReportLine]:
    """Count the report that is asked for, and the one of the time before. Nine statements at most."""
    workspace = form.workspace
    found = handoff_report.report(workspace, form.dimension, form.filters)
    earlier = form.before if compared else None
    before = handoff_report.report(workspace, form.dimension, earlier) if earlier else None
    campaigns = list(lookups.list_campaigns(workspace)) if form.costed else []
    names = {each.code: each.name for each in campaigns} if form.dimension.name == "campaign" else {BLANK: "No source"}
    if wanted := form.filters.get("campaign"):
        campaigns = [each for each in campaigns if each.code == wanted]
    spent = figures.spent(workspace, campaigns, form.dimension.name, form.days)
    lines = hand_overs.report_lines(found, form.wanted, spent, names, before)
    return found, lines, hand_overs.total_line(found, form.wanted, hand_overs.add_up(spent.values()), before)


def _table(rows: Iterator[Handoff]) -> Iterator[list[Any]]:
    yield [
        *(
            "handoff",
            "lead",
            "name",
            "e-mail",
            "company",
            "pass",
            "state",
            "grade",
            "readiness",
            "tier",
            "source",
            "campaign",
        ),
        *("owner", "definition", "handed over", "accepted", "sales-qualified", "closed", "returned as", "rating"),
        *("amount", "currency"),
    ]
    for each in rows:
        lead, won = each.lead, each.state == "won"
        times = [each.offered_at, each.accepted_at, each.promoted_at, each.closed_at]
        yield [
            *(each.pk, lead.pk, lead.name, lead.email, lead.account.name if lead.account else "", each.pass_number),
            *(
                each.state,
                each.grade,
                each.readiness,
                each.tier,
                each.source,
                each.campaign.code if each.campaign else "",
            ),
            *(str(each.owner or ""), each.definition.version if each.definition else ""),
            *(time.isoformat() if time else "" for time in times),
            each.reason.code if each.reason and each.state == "returned" else "",
            each.rating or "",
            *((lead.amount, lead.currency) if won else ("", "")),
        ]
