"""Routing: the ordered rules, the pools they lead to, and a dry run that says who would get a lead and why."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dashboard.design import paging
from dashboard.settings.rule_forms import LeadNumber, PlaceForm, PoolForm, RuleForm
from dashboard.shell.access import PageRequest, attempt, page
from dashboard.shell.submitting import submit
from dashboard.wording import promises
from leadflow.errors import DomainError, Missing
from leads.models import Lead, Pool, PoolMember, RoutingRule
from leads.people import identity
from leads.routing import assign, pools
from workspaces import edits


@page("settings.view")
def index(request: PageRequest) -> HttpResponse:
    """Show rules and pools; with `?lead=` try them on a lead, which changes nothing."""
    form = LeadNumber(request.GET if "lead" in request.GET else None)
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
    found = edits.get(RoutingRule, request.workspace, pk, "rule") if pk else RoutingRule(workspace=request.workspace)
    form = RuleForm(request.POST if request.method == "POST" else None, instance=found, workspace=request.workspace)
    if request.method == "POST" and submit(
        request, form, lambda: pools.save_rule(form.instance, actor=request.actor), "The rule is saved."
    ):
        return redirect("dashboard:routing")
    title = found.name if pk else "Add a rule"
    sentence = "Rules are tried from the top; the first that holds sends the lead to its pool."
    return _form(request, form, title, sentence, remove="dashboard:rule_remove" if pk else "", pk=pk)


@require_POST
@page("settings.rules")
def rule_move(request: PageRequest, pk: int) -> HttpResponse:
    """Move a rule up or down by one."""
    found = edits.get(RoutingRule, request.workspace, pk, "rule")
    up = request.POST.get("to") == "up"
    attempt(request, lambda: pools.move_rule(found, actor=request.actor, up=up) or True, "The order is saved.")
    return redirect("dashboard:routing")


@require_POST
@page("settings.rules")
def rule_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Remove a rule."""
    found = edits.get(RoutingRule, request.workspace, pk, "rule")
    attempt(request, lambda: pools.remove_rule(found, actor=request.actor) or True, "The rule is removed.")
    return redirect("dashboard:routing")


@page("settings.rules")
def pool(request: PageRequest, pk: int | None = None) -> HttpResponse:
    """Add a pool, or change one."""
    found = edits.get(Pool, request.workspace, pk, "pool") if pk else Pool(workspace=request.workspace)
    form = PoolForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and submit(
        request, form, lambda: pools.save_pool(form.instance, actor=request.actor), "The pool is saved."
    ):
        return redirect("dashboard:routing")
    title = found.name if pk else "Add a pool"
    sentence = "Members of sales who share leads of one sort."
    return _form(request, form, title, sentence, remove="dashboard:pool_remove" if pk else "", pk=pk)


@require_POST
@page("settings.rules")
def pool_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Remove a pool that no rule leads to."""
    found = edits.get(Pool, request.workspace, pk, "pool")
    attempt(request, lambda: pools.remove_pool(found, actor=request.actor) or True, "The pool is removed.")
    return redirect("dashboard:routing")


@page("settings.rules")
def place_add(request: PageRequest, pk: int) -> HttpResponse:
    """Put a member into a pool."""
    found = edits.get(Pool, request.workspace, pk, "pool")
    return _place(request, PoolMember(workspace=request.workspace, pool=found), f"Add a member to {found}")


@page("settings.rules")
def place(request: PageRequest, pk: int) -> HttpResponse:
    """Change a member's weight and capacity in a pool."""
    found = edits.get(PoolMember, request.workspace, pk, "place")
    return _place(request, found, f"{found.member} in {found.pool}")


@require_POST
@page("settings.rules")
def place_remove(request: PageRequest, pk: int) -> HttpResponse:
    """Take a member out of a pool."""
    found = edits.get(PoolMember, request.workspace, pk, "place")
    attempt(request, lambda: pools.remove_place(found, actor=request.actor) or True, "The member is out of the pool.")
    return redirect("dashboard:routing")


def _place(request: PageRequest, found: PoolMember, title: str) -> HttpResponse:
    form = PlaceForm(request.POST if request.method == "POST" else None, instance=found, workspace=request.workspace)
    if request.method == "POST" and submit(
        request, form, lambda: pools.save_place(form.instance, actor=request.actor), "The place is saved."
    ):
        return redirect("dashboard:routing")
    remove = "dashboard:place_remove" if found.pk else ""
    return _form(request, form, title, "Who is away or at capacity is passed over.", remove=remove, pk=found.pk)


def _form(request: PageRequest, form: Any, title: str, sentence: str, *, remove: str, pk: int | None) -> HttpResponse:
    context = {"title": title, "sentence": sentence, "form": form, "back": "routing", "remove": remove, "pk": pk}
    return render(request, "settings/form.html", context, status=422 if form.errors else 200)


def _lead(request: PageRequest, form: LeadNumber) -> Lead | None:
    """Find the lead that was asked for; say so in the form when there is none."""
    text = form.cleaned_data["lead"].strip()
    try:
        if (pk := paging.read_id(text)) is not None:
            return edits.get(Lead, request.workspace, pk, "lead")
        if found := identity.find(request.workspace, email=text):
            return found
        raise Missing("No lead of this workspace has this e-mail.")
    except DomainError as error:
        form.add_error("lead", error.message)
        return None
