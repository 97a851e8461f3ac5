"""Scoring: the rules of fit, interest and readiness in words, and as JSON to edit."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render

from dashboard.settings.rule_forms import ScoringForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from dashboard.shell.editing import submit
from dashboard.wording import promises
from leads.models import Scoring
from leads.qualification import definitions
from workspaces import roles


@page("settings.view")
def scoring(request: PageRequest) -> HttpResponse:
    """Show the active scoring; a new version is active at once, and every lead with marketing is scored again."""
    active = definitions.active_scoring(request.workspace)
    rules = active.rules if active else {}
    shown = {name: value for name, value in rules.items() if name != "version"}
    form = ScoringForm(editing.posted(request), initial={"rules": shown})
    if request.method == "POST":
        roles.check(request.actor, "settings.rules")
        done = "The new rules are active. Leads with marketing are scored again within minutes."
        if submit(request, form, lambda: _save(request, form.cleaned_data["rules"]), done):
            return redirect("dashboard:scoring")
    context = {
        "title": "Scoring",
        "active": active,
        "fit": _conditions(rules, "fit"),
        "readiness": _conditions(rules, "readiness"),
        "interest": [(rule, _words(rule)) for rule in rules.get("interest", {}).get("rules", ())],
        "rules": rules,
        "form": form,
        "may": request.actor.can("settings.rules"),
    }
    return render(request, "settings/scoring.html", context, status=422 if form.errors else 200)


def _conditions(rules: Mapping[str, Any], part: str) -> list[tuple[Any, Any]]:
    """Return the rules of a part that asks for conditions, each with the lines of its condition in words."""
    return [(rule, promises.lines(rule["condition"])) for rule in rules.get(part, {}).get("rules", ())]


@transaction.atomic
def _save(request: PageRequest, rules: Any) -> Scoring:
    """Write the version and let it run."""
    draft = definitions.new_scoring(
        request.workspace, actor=request.actor, rules=rules if isinstance(rules, dict) else {}
    )
    return definitions.activate_scoring(draft, actor=request.actor)


def _words(rule: Mapping[str, Any]) -> str:
    """Say what an interest rule counts, and how it fades."""
    event = "any event" if rule["event_type"] == "*" else f"each {rule['event_type'].replace('_', ' ')}"
    said = [event]
    if rule.get("name_contains"):
        said.append(f"with “{rule['name_contains']}” in its name or page")
    if rule.get("topics"):
        said.append(f"on {', '.join(rule['topics'])}")
    if rule.get("within_days"):
        said.append(f"in the last {rule['within_days']} days")
    words = " ".join(said)
    more = []
    if rule.get("half_life_days"):
        more.append(f"half as much after {rule['half_life_days']} days")
    if rule.get("cap"):
        more.append(f"{rule['cap']} points at most")
    return "; ".join([words[0].upper() + words[1:], *more])
