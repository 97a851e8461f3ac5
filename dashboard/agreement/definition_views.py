"""The definitions of MQL, SAL and SQL: read in words, and written anew for the next agreement."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from dashboard.agreement.definition_forms import FACTS, Criteria, MqlForm, TreeForm
from dashboard.shell.access import PageRequest, page
from dashboard.shell.editing import submit
from dashboard.wording import amending, promises
from leads.conditions import trees
from leads.models import Definition
from leads.models.definition import Version
from leads.qualification import definitions
from sla import amendments


@page("agreement.edit")
def definition(request: PageRequest, kind: str) -> HttpResponse:
    """Show a definition, and write its next version: it takes effect with the next agreement that both sides sign."""
    if kind not in Definition.Kind.values:
        raise Http404("There is no such definition.")
    newest = Definition.objects.of(request.workspace).filter(kind=kind).order_by("-version").first()
    tree = newest.condition if newest else {"all": []}
    by_rows = request.POST.get("part") == "criteria"
    criteria = Criteria(tree, request.POST if by_rows else None)
    form = _form(request, newest, criteria if by_rows else None)
    if request.method == "POST":
        saved = submit(request, form, lambda: _save(request, kind, form.cleaned_data), amending.done(""))
        if saved:
            return redirect("dashboard:definition", kind)
    name, lead = promises.DEFINED[kind]
    context = {
        "title": f"Definition of {name}",
        "kind": kind,
        "lead": lead,
        "newest": newest,
        "running": definitions.active(request.workspace, kind),
        "lines": trees.outline(tree) if tree.get("all", True) else (),
        "tiers": [(each["tier"], promises.lines(each.get("condition"))) for each in newest.tiers] if newest else [],
        "criteria": criteria,
        "form": form,
        "facts": FACTS,
        "draft": newest is not None and newest.status == Version.DRAFT,
    }
    return render(request, "agreement/definition.html", context, status=422 if form.errors else 200)


def _form(request: PageRequest, newest: Definition | None, criteria: Criteria | None) -> TreeForm:
    """Return the form of the whole, filled from the JSON or built from the rows."""
    kind = MqlForm if newest is None or newest.kind == Definition.Kind.MQL else TreeForm
    known: dict[str, Any] = {"condition": newest.condition if newest else {}}
    if newest and newest.kind == Definition.Kind.MQL:
        known |= {"tiers": newest.tiers, "max_passes": newest.loop_guard.get("max_passes")}
    if request.method != "POST":
        return kind(initial=known)
    if criteria is None:
        return kind(request.POST)
    known["condition"] = criteria.built()
    blank = kind()
    return kind({name: blank.fields[name].prepare_value(value) for name, value in known.items()})


def _save(request: PageRequest, kind: str, typed: dict[str, Any]) -> Any:
    more: dict[str, Any] = {}
    if kind == Definition.Kind.MQL:
        more = {"tiers": typed["tiers"], "loop_guard": {"max_passes": typed["max_passes"]}}
    return amendments.save_definition(
        request.workspace, kind, actor=request.actor, condition=typed["condition"], **more
    )
