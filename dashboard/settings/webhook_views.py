"""Webhooks: endpoints, their secrets, and the log of deliveries with replay."""

from django.http import HttpResponse, QueryDict
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
    """List the endpoints; add one. Its secret is shown once, in the response to the form."""
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
    form = _form(found, editing.posted(request))
    if submit(
        request, form, lambda: endpoints.edit(found, actor=request.actor, **form.cleaned_data), "The endpoint is saved."
    ):
        return redirect("dashboard:endpoint", pk)
    return _endpoint(request, found, form)


@require_POST
@page("webhooks.manage")
def running(request: PageRequest, pk: int) -> HttpResponse:
    """Pause an endpoint, or resume it."""
    found = endpoints.get(request.workspace, pk)
    if request.POST.get("running") == "yes":
        attempt(
            request,
            lambda: endpoints.resume(found, actor=request.actor),
            "The endpoint is active again. Waiting deliveries are sent first.",
        )
    else:
        reason = f"Paused by {request.member}."
        attempt(request, lambda: endpoints.pause(found, actor=request.actor, reason=reason), "The endpoint is paused.")
    return redirect("dashboard:endpoint", pk)


@never_cache
@require_POST
@page("webhooks.manage")
def rotate(request: PageRequest, pk: int) -> HttpResponse:
    """Replace the secret of an endpoint, and show the new one once."""
    found, secret = endpoints.rotate(endpoints.get(request.workspace, pk), actor=request.actor)
    return _endpoint(request, found, _form(found), secret=secret)


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
    """Send the events of a period again."""
    found = endpoints.get(request.workspace, pk)
    form = RangeForm(request.POST)
    count = submit(
        request,
        form,
        lambda: (deliveries.replay_range(found, actor=request.actor, **form.cleaned_data),),
        "The events of that period are being sent again.",
    )
    if count:
        return redirect("dashboard:endpoint", pk)
    return _endpoint(request, found, _form(found), replay=form)


@page("webhooks.manage")
def delivery(request: PageRequest, pk: int) -> HttpResponse:
    """Show one delivery: its body, and each attempt."""
    found = deliveries.get(request.workspace, pk)
    body = deliveries.body(found.event).decode()
    context = {"title": found.event.type, "delivery": found, "body": body, "tries": found.log[::-1]}
    return render(request, "settings/delivery.html", context)


@require_POST
@page("webhooks.manage")
def replay(request: PageRequest, pk: int) -> HttpResponse:
    """Send one delivery again."""
    found = deliveries.get(request.workspace, pk)
    attempt(request, lambda: deliveries.replay(found, actor=request.actor), "The delivery is being sent again.")
    return redirect("dashboard:delivery", pk)


def _form(found: Endpoint, data: QueryDict | None = None) -> EndpointForm:
    """Return the form of an endpoint, with its values."""
    return EndpointForm(data, initial={name: getattr(found, name) for name in ("url", "description", "types")})


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
