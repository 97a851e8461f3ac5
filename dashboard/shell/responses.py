"""Go on after a change, or report a refusal: as a page, or as parts that htmx swaps in."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from dashboard.shell.access import PageRequest
from leads.models import Lead


def done(request: PageRequest, words: str, lead: Lead | None = None) -> HttpResponse:
    """Go on after a change: back to where it was asked for, with a toast; from a dialog to the one that led to it."""
    if request.htmx:
        return _with_toast(HttpResponse(status=204), words, "success", then=_next_dialog(request, lead))
    messages.success(request, words)
    return redirect(next_url(request, lead))


def refused(words: str, status: int) -> HttpResponse:
    """Show a refusal as a toast and leave the page as it is; it then reloads the state of the lead."""
    response = HttpResponse(status=status if status in (409, 422) else 409)
    response["HX-Reswap"] = "none"
    return _with_toast(response, words, "error")


def _with_toast(response: HttpResponse, words: str, level: str, *, then: str = "") -> HttpResponse:
    events: dict[str, Any] = {"toast": {"text": words, "level": level}, "changed": {}}
    if then:
        events["openModal"] = {"url": then}
    elif level == "success":
        events["closeModal"] = {}
    response["HX-Trigger"] = json.dumps(events)
    return response


def _next_dialog(request: PageRequest, lead: Lead | None) -> str:
    """Return the dialog that this one was opened from, if it was; a dialog opened from a page names the lead's page."""
    if lead is None or request.htmx.target != "modal-body" or not request.POST.get("next"):
        return ""
    wanted = next_url(request, lead)
    return "" if wanted == reverse("dashboard:lead", args=[lead.pk]) else wanted


def next_url(request: PageRequest, lead: Lead | None = None) -> str:
    """Return the next page: the requested one if it is local, else the lead's."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("dashboard:lead", args=[lead.pk]) if lead is not None else reverse("dashboard:home")
