"""The notices of a member."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dashboard.shell import responses
from dashboard.shell.access import PageRequest, page
from leadflow import paging
from workspaces import notices as messages


@page("leads.view")
def notices(request: PageRequest) -> HttpResponse:
    """List the member's notices, newest first."""
    rows = messages.of(request.member)
    if request.GET.get("unread"):
        rows = rows.filter(read_at=None)
    shown = paging.by_id(rows, after=request.GET.get("after", ""))
    context = {
        "title": "Notices",
        "rows": shown.rows,
        "page": shown,
        "unread": messages.unread_count(request.member),
    }
    return render(request, "shell/notices.html", context)


@page("leads.view")
def open_notice(request: PageRequest, pk: int) -> HttpResponse:
    """Redirect to the page that a notice is about. A link changes nothing; the form on the page marks it as read."""
    notice = messages.of(request.member).filter(pk=pk).first()
    if request.method == "POST":
        messages.mark_read(request.member, [pk])
    if notice is None or not notice.url.startswith("/") or notice.url.startswith("//"):
        return redirect("dashboard:notices")
    return redirect(notice.url)


@require_POST
@page("leads.view")
def mark_read(request: PageRequest) -> HttpResponse:
    """Mark one notice, or all, as read."""
    one = request.POST.get("notice", "")
    known = paging.read_id(one)
    count = messages.mark_read(request.member, [known] if known is not None else [] if one else "all")
    return responses.done(request, "Marked as read." if count == 1 else f"{count} notices are marked as read.")
