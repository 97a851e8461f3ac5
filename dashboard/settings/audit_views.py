"""The logs of an admin: changes of settings, and refused events."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from dashboard.design.downloads import csv_response
from dashboard.shell.access import PageRequest, page
from leadflow import csvfile, paging
from leads.models.event import RejectedEvent
from workspaces import audit as log
from workspaces.models import AuditEntry


@page("audit.view")
def audit(request: PageRequest) -> HttpResponse:
    """List administrative changes, the newest first, by action and author."""
    action, who = request.GET.get("action", ""), request.GET.get("who", "")
    shown = paging.by_id(log.entries(request.workspace, action=action, who=who), after=request.GET.get("after", ""))
    context = {
        "title": "Audit log",
        "page": shown,
        "rows": [(entry, _changes(entry.changes)) for entry in shown.rows],
        "nouns": log.NOUNS,
        "action": action,
        "who": who,
    }
    return render(request, "settings/audit.html", context)


@page("audit.view")
def download(request: PageRequest) -> StreamingHttpResponse:
    """Stream the log as CSV."""
    found = log.entries(request.workspace, action=request.GET.get("action", ""), who=request.GET.get("who", ""))
    return csv_response(csvfile.write(_table(found)), "audit.csv")


@page("audit.view")
def rejected(request: PageRequest) -> HttpResponse:
    """List the refused events, with the reason."""
    found = RejectedEvent.objects.of(request.workspace).select_related("key")
    context = {"title": "Rejected events", "page": paging.by_id(found, after=request.GET.get("after", ""))}
    return render(request, "settings/rejected.html", context)


def _changes(changes: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """List what changed; of objects, the members that differ alone."""
    found = []
    for name, pair in changes.items():
        before, after = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
        if isinstance(before, dict) and isinstance(after, dict):
            members = [key for key in {**before, **after} if before.get(key) != after.get(key)]
            found += [(f"{name}.{key}", before.get(key), after.get(key)) for key in members]
        else:
            found.append((name, before, after))
    return found


def _table(found: QuerySet[AuditEntry]) -> Iterator[list[Any]]:
    yield ["When", "Who", "What", "Which", "Changes"]
    for entry in found.order_by("-pk").iterator(2000):
        yield [entry.created_at, entry.actor_name, entry.action, entry.object_name, entry.changes]
