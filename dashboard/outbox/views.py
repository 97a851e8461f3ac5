"""The outbox: planned, sent and failed mails, the local folder, and rows set aside."""

from functools import wraps
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from dashboard.outbox import local_mail
from dashboard.outbox import set_aside as aside
from dashboard.shell.access import PageRequest, View, attempt, page
from leadflow import paging
from leadflow.csp import POLICY
from nurture import ledger
from nurture import outbox as mails
from nurture.models import Send
from workspaces import roles

# A mail is shown in a sandboxed frame: its own styles, pictures only that it carries itself, and nothing from outside.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"

PLANNED = "planned-"  # before the cursor of a page that ends among the planned ones


def _framing(view: View) -> View:
    """Let a page frame what this site serves."""

    @wraps(view)
    def inner(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
        return response

    return inner


@page("outbox.view")
def outbox(request: PageRequest) -> HttpResponse:
    """List the mails to leads by state."""
    counts = mails.counts(request.workspace)
    state = request.GET.get("state", "")
    state = state if state in Send.State.values else ""
    context = {
        "title": "Outbox",
        "tab": "sends",
        "state": state,
        "states": [(value, label, counts.get(value, 0)) for value, label in Send.State.choices],
        "counts": counts,
        "total": sum(counts.values()),
        "page": _page(request, state),
        "local": local_mail.is_kept(),
    }
    return render(request, "outbox/outbox.html", context)


@_framing
@page("outbox.view")
def send(request: PageRequest, pk: int) -> HttpResponse:
    """Show one mail: its text, why it was sent, and its outcome."""
    found = mails.send(request.workspace, pk)
    context = {
        "title": found.subject or "Mail without a subject",
        "send": found,
        "events": mails.events(found)[:100],
        "resendable": found.state in ledger.RESENDABLE,
    }
    return render(request, "outbox/send.html", context)


@require_safe
@xframe_options_sameorigin
@page("outbox.view")
def preview(request: PageRequest, pk: int) -> HttpResponse:
    """Serve the HTML of a mail for the frame."""
    return _mail(mails.document(mails.send(request.workspace, pk)))


@require_POST
@page("nurture.edit")
def resend(request: PageRequest, pk: int) -> HttpResponse:
    """Plan an unknown or failed mail once more."""
    found = mails.send(request.workspace, pk)
    attempt(request, lambda: ledger.resend(found, actor=request.actor), "The mail is planned again and is sent next.")
    return redirect("dashboard:send", pk)


@page("outbox.view")
def local_mail_list(request: PageRequest) -> HttpResponse:
    """List the workspace's mails in the local folder: to leads, alerts and invitations."""
    if not local_mail.is_kept():
        raise Http404("Mail goes to a mail server here, not to a local folder.")
    shown = local_mail.page_mails(
        request.workspace, request.GET.get("after", ""), invitations=request.actor.can("members.manage")
    )
    return render(request, "outbox/local.html", {"title": "Outbox", "tab": "local", "page": shown, "local": True})


@_framing
@page("outbox.view")
def local_one(request: PageRequest, name: str) -> HttpResponse:
    """Show one mail of the local folder."""
    content = _local(request, name)
    context = {"title": content.mail.subject or "Mail without a subject", "content": content}
    return render(request, "outbox/local_one.html", context)


@require_safe
@xframe_options_sameorigin
@page("outbox.view")
def local_preview(request: PageRequest, name: str) -> HttpResponse:
    """Serve the HTML of a mail of the local folder for the frame."""
    return _mail(_local(request, name).html)


@page("outbox.view")
def set_aside(request: PageRequest) -> HttpResponse:
    """Show what failed until the limit, why, and how to try it again."""
    groups = aside.groups(request.workspace, request.actor)
    context = {"title": "Outbox", "tab": "aside", "groups": groups, "local": local_mail.is_kept()}
    return render(request, "outbox/set_aside.html", context)


@require_POST
@page("outbox.view")
def retry(request: PageRequest, kind: str, pk: int) -> HttpResponse:
    """Try one row again."""
    if kind in aside.KINDS:
        roles.check(request.actor, aside.KINDS[kind].capability)
    attempt(request, lambda: aside.retry(request.workspace, kind, pk, actor=request.actor), "It is being tried again.")
    return redirect("dashboard:set_aside")


def _page(request: PageRequest, state: str) -> paging.Page[Send]:
    """Read one page, the newest first; without a state the planned ones first. Two statements at most."""
    after = request.GET.get("after", "")
    if state:
        return paging.by_id(mails.sends(request.workspace, state), after=after)
    others = mails.sends(request.workspace).exclude(state=Send.State.PLANNED)
    if after and not after.startswith(PLANNED):
        return paging.by_id(others, after=after)
    planned = paging.by_id(mails.sends(request.workspace, Send.State.PLANNED), after=after.removeprefix(PLANNED))
    if planned.next_cursor:
        return paging.Page(planned.rows, PLANNED + planned.next_cursor)
    rest = paging.by_id(others)
    return paging.Page([*planned.rows, *rest.rows], rest.next_cursor)


def _local(request: PageRequest, name: str) -> local_mail.MailContent:
    return local_mail.get_mail(request.workspace, name, invitations=request.actor.can("members.manage"))


def _mail(html: str) -> HttpResponse:
    response = HttpResponse(html or "<p>This mail has no HTML part.</p>")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response
