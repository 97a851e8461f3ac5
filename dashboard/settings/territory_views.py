"""Territories: the ordered rules that say to which part of the market a lead belongs."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dashboard.settings.territory_forms import TerritoryForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, attempt, page
from leadflow.models import get_row
from leads.models import Territory
from leads.territories import matching, territories


@page("settings.view")
def index(request: PageRequest) -> HttpResponse:
    """List the territories in order, with how many leads each has and how many have none."""
    counts = territories.counts(request.workspace)
    rows = [(each, matching.outline(each), counts.get(each.pk, 0)) for each in territories.of(request.workspace)]
    context = {
        "title": "Territories",
        "territories": rows,
        "nowhere": counts.get(None, 0),
        "may": request.actor.can("settings.rules"),
    }
    return render(request, "settings/territories.html", context)


@page("settings.rules")
def territory(request: PageRequest, pk: int | None = None) -> HttpResponse:
    """Add a territory or change one; the button `preview` shows which leads would change, and saves nothing."""
    found = (
        get_row(Territory.objects.of(request.workspace), pk, "territory")
        if pk
        else Territory(workspace=request.workspace)
    )
    title = found.name if pk else "Add a territory"
    form = TerritoryForm(editing.posted(request), instance=found)
    preview = None
    if request.method == "POST" and "preview" in request.POST:
        preview = editing.submit(request, form, lambda: territories.preview(form.instance), "")
    elif editing.submit(
        request,
        form,
        lambda: territories.save(form.instance, actor=request.actor),
        "The territory is saved. Leads are placed anew within a few minutes.",
    ):
        return redirect("dashboard:territories")
    context = {"title": title, "form": form, "pk": pk, "preview": preview}
    return render(request, "settings/territory.html", context, status=422 if form.errors else 200)


@require_POST
@page("settings.rules")
def move(request: PageRequest, pk: int) -> HttpResponse:
    """Move a territory up or down by one."""
    found = get_row(Territory.objects.of(request.workspace), pk, "territory")
    up = request.POST.get("to") == "up"
    attempt(request, lambda: territories.move(found, actor=request.actor, up=up), "The order is saved.")
    return redirect("dashboard:territories")


@require_POST
@page("settings.rules")
def remove(request: PageRequest, pk: int) -> HttpResponse:
    """Remove a territory that no routing rule asks for."""
    found = get_row(Territory.objects.of(request.workspace), pk, "territory")
    attempt(request, lambda: territories.remove(found, actor=request.actor), "The territory is removed.")
    return redirect("dashboard:territories")
