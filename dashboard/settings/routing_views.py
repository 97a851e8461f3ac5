"""Routing: the ordered rules, the pools they lead to, and a dry run that says who would get a lead and why."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dashboard.settings.rule_forms import LeadLookupForm, PlaceForm, PoolForm, RuleForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, attempt, page
from dashboard.wording import promises
from leadflow import paging
from leadflow.errors import DomainError, Missing
from leadflow.models import get_row
from leads.models import Lead, Pool, PoolMember, RoutingRule
from leads.people import identity
from leads.routing import assign, pools


@page("settings.view")
def index(request: PageRequest) -> HttpResponse:
    """Show rules and pools; with `?lead=` try them on a lead, which changes nothing."""
    form = LeadLookupForm(request.GET if "lead" in request.GET else None)
    lead = _lead(request, form) if form.is_valid() else None
    context = {
        "title": "Routing",
        "rules": [(rule, promises.lines(rule.condition)) for rule in pools.rules(request.workspace)],
        "pools": list(pools.pools(request.workspace)),
        "may": request.actor.can("settings.rules"),
        "form": form,
        "lead": lead,
        "tried": assign.explain(lead) if lead else None,
    }
    return render(request, "settings/routing.html", context)


@page("settings.rules")
def rule(request: PageRequest, pk: int | None = None) -> HttpResponse:
    """Add a rule, or change one."""
    found = (
        get_row(RoutingRule.objects.of(request.workspace), pk, "rule")
        if pk
        else RoutingRule(workspace=request.workspace)
    )
    form = RuleForm(editing.posted(request), instance=found, workspace=request.workspace)
    return editing.edit(
        request,
        form,
        lambda: pools.save_rule(form.instance, actor=request.actor),
        title=found.name if pk else "Add a rule",
        sentence="Rules are tried from the top; the first that holds sends the lead to its pool.",
        done="The rule is saved.",
        back="dashboard:routing",
        remove_url=reverse("dashboard:rule_remove", args=[pk]) if pk else "",
    )


@require_POST
@page("settings.rules")
def rule_move(request: PageRequest, pk: int) -> HttpResponse:
    """Move a rule up or down by one."""
    found = get_row(RoutingRule.objects.of(request.workspace), pk, "rule")
    up = request.POST.get("to") == "up"
    attempt(request, lambda: pools.move_rule(found, actor=request.actor, up=up), "The order is saved.")
    return redirect("dashboard:routing")


@require_POST
@page("settings.rules")
def rule_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Remove a rule."""
    found = get_row(RoutingRule.objects.of(request.workspace), pk, "rule")
    attempt(request, lambda: pools.remove_rule(found, actor=request.actor), "The rule is removed.")
    return redirect("dashboard:routing")


@page("settings.rules")
def pool(request: PageRequest, pk: int | None = None) -> HttpResponse:
    """Add a pool, or change one."""
    found = get_row(Pool.objects.of(request.workspace), pk, "pool") if pk else Pool(workspace=request.workspace)
    form = PoolForm(editing.posted(request), instance=found)
    return editing.edit(
        request,
        form,
        lambda: pools.save_pool(form.instance, actor=request.actor),
        title=found.name if pk else "Add a pool",
        sentence="Members of sales who share the leads of a rule.",
        done="The pool is saved.",
        back="dashboard:routing",
        remove_url=reverse("dashboard:pool_remove", args=[pk]) if pk else "",
    )


@require_POST
@page("settings.rules")
def pool_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Remove a pool that no rule leads to."""
    found = get_row(Pool.objects.of(request.workspace), pk, "pool")
    attempt(request, lambda: pools.remove_pool(found, actor=request.actor), "The pool is removed.")
    return redirect("dashboard:routing")


@page("settings.rules")
def place_add(request: PageRequest, pk: int) -> HttpResponse:
    """Add a member to a pool."""
    found = get_row(Pool.objects.of(request.workspace), pk, "pool")
    return _place(request, PoolMember(workspace=request.workspace, pool=found), f"Add a member to {found}")


@page("settings.rules")
def place(request: PageRequest, pk: int) -> HttpResponse:
    """Change a member's weight and capacity in a pool."""
    found = get_row(PoolMember.objects.of(request.workspace), pk, "place")
    return _place(request, found, f"{found.member} in {found.pool}")


@require_POST
@page("settings.rules")
def place_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Remove a member from a pool."""
    found = get_row(PoolMember.objects.of(request.workspace), pk, "place")
    attempt(request, lambda: pools.remove_place(found, actor=request.actor), "The member is removed from the pool.")
    return redirect("dashboard:routing")


def _place(request: PageRequest, found: PoolMember, title: str) -> HttpResponse:
    form = PlaceForm(editing.posted(request), instance=found, workspace=request.workspace)
    return editing.edit(
        request,
        form,
        lambda: pools.save_place(form.instance, actor=request.actor),
        title=title,
        sentence="Routing skips members who are away or at capacity.",
        done="The place is saved.",
        back="dashboard:routing",
        remove_url=reverse("dashboard:place_remove", args=[found.pk]) if found.pk else "",
    )


def _lead(request: PageRequest, form: LeadLookupForm) -> Lead | None:
    """Find the lead that was asked for; say so in the form when there is none."""
    text = form.cleaned_data["lead"].strip()
    try:
        if (pk := paging.read_id(text)) is not None:
            return get_row(Lead.objects.of(request.workspace), pk, "lead")
        if found := identity.find(request.workspace, email=text):
            return found
        raise Missing("No lead of this workspace has this e-mail.")
    except DomainError as error:
        form.add_error("lead", error.message)
        return None
