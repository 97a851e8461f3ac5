"""Campaigns and their cost."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import render

from dashboard.capture.campaign_forms import CampaignForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from leadflow import paging
from leadflow.models import get_row
from leads.models import Campaign
from leads.queries import costs, reports
from leads.vocabulary import campaigns


@page("reports.view")
def index(request: PageRequest) -> HttpResponse:
    """List the campaigns, newest first, with the figures of their leads."""
    shown = paging.by_id(Campaign.objects.of(request.workspace), after=request.GET.get("after", ""))
    figures = reports.campaign_figures(request.workspace, shown.rows)
    cost = {
        each.pk: {each.currency or request.workspace.currency: each.cost} if each.cost else {} for each in shown.rows
    }
    context = {
        "title": "Campaigns",
        "page": shown,
        "rows": [(each, figures[each.pk], costs.per(cost[each.pk], figures[each.pk].leads)) for each in shown.rows],
        "currency": request.workspace.currency,
    }
    return render(request, "capture/campaigns.html", context)


@page("leads.import")
def new(request: PageRequest) -> HttpResponse:
    """Add a campaign."""
    form = CampaignForm(editing.posted(request))
    return _edit(
        request,
        form,
        lambda: campaigns.create(request.workspace, actor=request.actor, **form.facts()),
        title="New campaign",
        done="The campaign is added.",
    )


@page("leads.import")
def edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change a campaign."""
    campaign = get_row(Campaign.objects.of(request.workspace), pk, "campaign")
    initial = {name: getattr(campaign, name) for name in ("code", *campaigns.EDITABLE)}
    form = CampaignForm(editing.posted(request), initial=initial)
    form.fields["code"].disabled = True

    def save() -> Campaign:
        facts = form.facts()
        del facts["code"]
        return campaigns.edit(campaign, actor=request.actor, **facts)

    return _edit(request, form, save, title=campaign.name, done="The campaign is saved.")


def _edit(
    request: PageRequest, form: CampaignForm, save: Callable[[], Campaign], *, title: str, done: str
) -> HttpResponse:
    return editing.edit(
        request,
        form,
        save,
        title=title,
        sentence="Reports show its cost next to the revenue of its leads.",
        done=done,
        back="dashboard:campaigns",
        section="Campaigns",
    )
