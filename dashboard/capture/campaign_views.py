"""Campaigns and what they cost."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from dashboard.capture.campaign_forms import CampaignForm
from dashboard.design import paging
from dashboard.shell.access import PageRequest, page
from leadflow.errors import DomainError, Missing
from leads.models import Campaign
from leads.queries import reports
from leads.vocabulary import campaigns


@page("reports.view")
def index(request: PageRequest) -> HttpResponse:
    """List the campaigns, newest first, with what came of their leads."""
    shown = paging.by_id(Campaign.objects.of(request.workspace), after=request.GET.get("after", ""))
    figures = reports.campaign_figures(request.workspace, shown.rows)
    context = {
        "title": "Campaigns",
        "page": shown,
        "rows": [(each, figures[each.pk]) for each in shown.rows],
        "currency": request.workspace.currency,
    }
    return render(request, "capture/campaigns.html", context)


@page("leads.import")
def new(request: PageRequest) -> HttpResponse:
    """Make a campaign."""
    form = CampaignForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            campaigns.create(request.workspace, actor=request.actor, **form.facts())
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "The campaign is there.")
            return redirect("dashboard:campaigns")
    return _form(request, "New campaign", form)


@page("leads.import")
def edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change a campaign."""
    campaign = Campaign.objects.of(request.workspace).filter(pk=pk).first()
    if campaign is None:
        raise Missing("There is no such campaign in this workspace.")
    initial = {name: getattr(campaign, name) for name in ("code", *campaigns.EDITABLE)}
    form = CampaignForm(request.POST or None, initial=initial)
    form.fields["code"].disabled = True
    if form.is_bound and form.is_valid():
        facts = form.facts()
        del facts["code"]
        try:
            campaigns.edit(campaign, actor=request.actor, **facts)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "The campaign is saved.")
            return redirect("dashboard:campaigns")
    return _form(request, campaign.name, form)


def _form(request: PageRequest, title: str, form: CampaignForm) -> HttpResponse:
    context = {
        "title": title,
        "form": form,
        "back": "dashboard:campaigns",
        "section": "Campaigns",
        "sentence": "Its cost stands beside the revenue of its leads in the reports.",
    }
    return render(request, "shell/form_page.html", context, status=422 if form.errors else 200)
