"""The list of leads: filters in the address, bulk changes, CSV."""

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dashboard.design.downloads import csv_response
from dashboard.leads import lead_cells
from dashboard.leads.bulk_forms import ACTIONS
from dashboard.leads.filters import LeadFilterForm
from dashboard.shell.access import PageRequest, page
from leadflow import csvfile
from leadflow.paging import read_id
from leads.models import Lead
from leads.queries import lead_list
from leads.queries.lead_columns import COLUMNS
from workspaces import roles

MOST_AT_ONCE = 500


@page("leads.view")
def index(request: PageRequest) -> HttpResponse:
    """Show the leads that match the filters, fifty at a time."""
    form = LeadFilterForm(request.GET, workspace=request.workspace)
    found = lead_list.lead_list(request.workspace, form.filters)
    shown = lead_list.page(
        found, sort=form.order, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    total = lead_list.count(found) if form.filters.countable else None
    context = {
        "title": "Leads",
        "form": form,
        "chips": form.chips(request.GET),
        "columns": [column for column in COLUMNS if column.label],
        "page": replace(shown, total=total),
        "rows": lead_cells.rows(shown.rows),
        "total": total,
        "counted": form.filters.countable,
        "bound": lead_list.COUNTED,
        "may_export": request.actor.can("leads.export"),
        "actions": [(name, kind.verb) for name, kind in ACTIONS.items() if request.actor.can(kind.capability)],
    }
    return render(request, "leads/list.html", context)


@page("leads.export")
def download(request: PageRequest) -> StreamingHttpResponse:
    """Stream the leads that match the filters as CSV."""
    form = LeadFilterForm(request.GET, workspace=request.workspace)
    found = lead_list.lead_list(request.workspace, form.filters)
    return csv_response(csvfile.write(lead_list.export(found, form.order)), "leads.csv")


@require_POST
@page("leads.view")
def many(request: PageRequest) -> HttpResponse:
    """Ask for the input of a change to the ticked leads, then make it and show the refusals by reason."""
    kind = ACTIONS.get(request.POST.get("action", ""))
    if kind is None:
        raise Http404("There is no such action.")
    roles.check(request.actor, kind.capability)
    ids = [read_id(pk) for pk in request.POST.getlist("lead")[:MOST_AT_ONCE]]
    leads = list(Lead.objects.of(request.workspace).filter(pk__in=[pk for pk in ids if pk]).order_by("pk"))
    if not leads:
        messages.error(request, "Tick the leads to change first.")
        return redirect("dashboard:leads")
    form = kind(request.POST if "confirmed" in request.POST else None, workspace=request.workspace)
    context = {"title": form.verb, "form": form, "leads": leads, "action": request.POST["action"]}
    if form.is_bound and form.is_valid():
        context["result"] = form.run(leads, request.actor)
        return render(request, "leads/many_done.html", context)
    return render(request, "leads/many.html", context, status=422 if form.is_bound else 200)
