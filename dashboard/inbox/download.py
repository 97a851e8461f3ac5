"""The lists of the inbox as CSV, all pages."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from dashboard.design.downloads import csv_response
from dashboard.inbox import views
from dashboard.shell.access import PageRequest, page
from dashboard.wording import evidence, outcomes
from leadflow import csvfile
from leads.models import Handoff
from sla import reports, standing
from sla.models import Clock

BATCH = 500
OF_HANDOFFS = (
    "lead",
    "email",
    "account",
    "state",
    "handoff",
    "tier",
    "grade",
    "readiness",
    "why",
    "owner",
    "offered_at",
    "accepted_at",
    "closed_at",
    "reason",
)
OF_PROMISES = (
    "lead",
    "email",
    "promise",
    "tier",
    "owner",
    "started_at",
    "due_at",
    "stopped_at",
    "kept",
    "why",
    "minutes_late",
    "promised",
    "agreement",
)


@page("leads.export")
def download(request: PageRequest) -> StreamingHttpResponse:
    """Stream a list of the inbox, as its tab and member are chosen."""
    tab = views.tab_of(request)
    now = timezone.now()
    found = views.listed(request, tab, views.whose(request)[0], now)
    rows = _promises(found, now) if tab == "promises" else _handoffs(found)
    return csv_response(csvfile.write(rows), f"inbox-{tab}.csv")


def _handoffs(found: QuerySet[Handoff]) -> Iterator[tuple[Any, ...]]:
    yield OF_HANDOFFS
    for each in found.iterator(chunk_size=BATCH):
        lead = each.lead
        yield (
            lead.name,
            lead.email,
            lead.account or "",
            lead.state,
            each.state,
            each.tier,
            each.grade,
            each.readiness,
            evidence.headline(each.evidence),
            each.owner or "",
            _iso(each.offered_at),
            _iso(each.accepted_at),
            _iso(each.closed_at),
            each.reason or "",
        )


def _promises(found: QuerySet[Clock], now: datetime) -> Iterator[tuple[Any, ...]]:
    yield OF_PROMISES
    for each in found.iterator(chunk_size=BATCH):
        stands = standing.of(each, now)
        yield (
            each.lead.name,
            each.lead.email,
            each.get_kind_display(),
            each.tier,
            each.member or "",
            _iso(each.started_at),
            _iso(each.due_at),
            _iso(each.stopped_at),
            reports.outcome_of(each, now).replace("_", " "),
            outcomes.why(each),
            round(stands.late) if stands.state in standing.WERE_LATE else "",
            str(each.target or ""),
            stands.version,
        )


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
