"""Scoring: the rules of fit, interest and readiness in words, and as JSON to edit."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from dashboard.settings.rule_forms import ScoringForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from dashboard.shell.editing import submit
from dashboard.wording import amending, promises
from dashboard.wording import scoring as scoring_words
from leads.qualification import definitions
from sla import amendments
from workspaces import roles


@page("settings.view")
def scoring(request: PageRequest) -> HttpResponse:
    """Show the active scoring. A new version runs at once while nothing is signed, else with the next agreement."""
    active = definitions.active_scoring(request.workspace)
    rules = active.rules if active else {}
    standing = amendments.standing(request.workspace)
    newest = definitions.newest_scoring(request.workspace)
    shown = {name: value for name, value in (newest.rules if newest else {}).items() if name != "version"}
    form = ScoringForm(editing.posted(request), initial={"rules": shown})
    if request.method == "POST":
        roles.check(request.actor, "settings.rules")
        done = amending.done("The new rules are active. Leads with marketing are scored again within minutes.")
        if submit(request, form, lambda: _save(request, form.cleaned_data["rules"]), done):
            return redirect("dashboard:scoring")
    context = {
        "title": "Scoring",
        "active": active,
        "newest": newest,
        "standing": standing,
        "what_follows": amending.sentence(standing),
        "fit": _conditions(rules, "fit"),
        "readiness": _conditions(rules, "readiness"),
        "interest": [(rule, scoring_words.interest(rule)) for rule in rules.get("interest", {}).get("rules", ())],
        "rules": rules,
        "form": form,
        "may": request.actor.can("settings.rules"),
    }
    return render(request, "settings/scoring.html", context, status=422 if form.errors else 200)


def _conditions(rules: Mapping[str, Any], part: str) -> list[tuple[Any, Any]]:
    """Return the rules of a part that asks for conditions, each with the lines of its condition in words."""
    return [(rule, promises.lines(rule["condition"])) for rule in rules.get(part, {}).get("rules", ())]


def _save(request: PageRequest, rules: Any) -> Any:
    rules = rules if isinstance(rules, dict) else {}
    return amendments.save_scoring(request.workspace, actor=request.actor, rules=rules)
