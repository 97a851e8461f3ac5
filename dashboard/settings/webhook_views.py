"""Webhooks: who wants facts, their secrets, and the log of deliveries with replay."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dashboard.settings.forms import EndpointForm, RangeForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, attempt, page
from dashboard.shell.editing import submit
from leadflow import paging
from webhooks import deliveries, endpoints
from webhooks.models import Delivery, Endpoint


@never_cache
@page("webhooks.manage")
def webhooks(request: PageRequest) -> HttpResponse:
    """List the endpoints; make one. Its secret is in the answer to the form, and nowhere after."""
    form = EndpointForm(editing.posted(request))
    made = None
    if request.method == "POST":
        made = submit(
            request, form, lambda: endpoints.create(request.workspace, actor=request.actor, **form.cleaned_data), ""
        )
    context = {
        "title": "Webhooks",
        "rows": list(Endpoint.objects.of(request.workspace).order_by("pk")),
        "form": EndpointForm() if made else form,
        "made": made,
    }
    return render(request, "settings/webhooks.html", context, status=422 if form.errors else 200)


@page("webhooks.manage")
def endpoint(request: PageRequest, pk: int) -> HttpResponse:
    """Show an endpoint with its deliveries; change it."""
    found = endpoints.get(request.workspace, pk)
    known = {"url": found.url, "description": found.description, "types": found.types}
    form = EndpointForm(editing.posted(request), initial=known)
    if submit(
        request, form, lambda: endpoints.edit(found, actor=request.actor, **form.cleaned_data), "The endpoint is saved."
    ):
        return redirect("dashboard:endpoint", pk)
    return _endpoint(request, found, form)


@require_POST
@page("webhooks.manage")
def running(request: PageRequest, pk: int) -> HttpResponse:
    """Pause an endpoint, or let it go on."""
    found = endpoints.get(request.workspace, pk)
    if request.POST.get("running") == "yes":
        attempt(request, lambda: endpoints.resume(found, actor=request.actor), "Deliveries go on, what waited first.")
    else:
        reason = f"Paused by {request.member}."
        attempt(request, lambda: endpoints.pause(found, actor=request.actor, reason=reason), "The endpoint is paused.")
    return redirect("dashboard:endpoint", pk)


@never_cache
@require_POST
@page("webhooks.manage")
def rotate(request: PageRequest, pk: int) -> HttpResponse:
    """Give an endpoint a new secret, and show it once."""
    found, secret = endpoints.rotate(endpoints.get(request.workspace, pk), actor=request.actor)
    known = {"url": found.url, "description": found.description, "types": found.types}
    return _endpoint(request, found, EndpointForm(initial=known), secret=secret)


@require_POST
@page("webhooks.manage")
def remove(request: PageRequest, pk: int) -> HttpResponse:
    """Delete an endpoint with its log."""
    found = endpoints.get(request.workspace, pk)
    attempt(request, lambda: endpoints.delete(found, actor=request.actor), "The endpoint is deleted.")
    return redirect("dashboard:webhooks")


@require_POST
@page("webhooks.manage")
def replay_range(request: PageRequest, pk: int) -> HttpResponse:
    """Send the facts of a time again."""
    found = endpoints.get(request.workspace, pk)
    form = RangeForm(request.POST)
    count = submit(
        request,
        form,
        lambda: (deliveries.replay_range(found, actor=request.actor, **form.cleaned_data),),
        "The facts of that time are on their way.",
    )
    if count:
        return redirect("dashboard:endpoint", pk)
    known = {"url": found.url, "description": found.description, "types": found.types}
    return _endpoint(request, found, EndpointForm(initial=known), replay=form)


@page("webhooks.manage")
def delivery(request: PageRequest, pk: int) -> HttpResponse:
    """Show one delivery: what is sent, and each try."""
    found = deliveries.get(request.workspace, pk)
    body = deliveries.body(found.event).decode()
    context = {"title": found.event.type, "delivery": found, "body": body, "tries": found.log[::-1]}
    return render(request, "settings/delivery.html", context)


@require_POST
@page("webhooks.manage")
def replay(request: PageRequest, pk: int) -> HttpResponse:
    """Send one delivery again."""
    found = deliveries.get(request.workspace, pk)
    attempt(request, lambda: deliveries.replay(found, actor=request.actor), "It is sent again now.")
    return redirect("dashboard:delivery", pk)


def _endpoint(
    request: PageRequest, found: Endpoint, form: EndpointForm, *, secret: str = "", replay: RangeForm | None = None
) -> HttpResponse:
    log = Delivery.objects.of(request.workspace).filter(endpoint=found).select_related("event")
    replay = replay or RangeForm()
    context = {
        "title": found.description or found.url,
        "endpoint": found,
        "form": form,
        "replay_form": replay,
        "secret": secret,
        "page": paging.by_id(log, after=request.GET.get("after", "")),
    }
    return render(request, "settings/endpoint.html", context, status=422 if form.errors or replay.errors else 200)
