"""Marketing's answers to returns, for those who returned: read them, object once, decide on an objection."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from dashboard.leads.whose import whose
from dashboard.returns.forms import DecisionForm, ObjectionForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from leadflow import paging
from leadflow.models import get_row
from leads.activity import returns
from leads.lifecycle import guards
from leads.models import Handoff, ReturnAnswer, ReturnObjection
from leads.queries import lookups
from leads.queries import returns as queries

TABS = (("", "All"), ("objected", "To decide"), ("accepted", "Nobody objects"), ("decided", "Decided"))


@page("answers.view")
def answers(request: PageRequest) -> HttpResponse:
    """Show the answers: to a rep those to their own returns, to others all or one member's."""
    sees_all = request.actor.can("returns.view")
    member, members = whose(request) if not sees_all or request.actor.can("handoffs.work_any") else (None, [])
    show = request.GET.get("show", "")
    found = queries.answers(request.workspace, member)
    if show in queries.STANDINGS:
        found = found.filter(queries.STANDINGS[show])
    shown = paging.by_time(found, "at", after=request.GET.get("after", ""))
    counts = queries.count(request.workspace, member)
    context = {
        "title": "Answers to returns",
        "own": member is not None and member.pk == request.member.pk,
        "page": shown,
        "rows": [_row(request, each) for each in shown.rows],
        "counts": counts,
        "show": show if show in queries.STANDINGS else "",
        "tabs": [(name, label, getattr(counts, name or "all")) for name, label in TABS],
        "members": members,
        "whose": member,
    }
    return render(request, "returns/answers.html", context)


@page("returns.object")
def object_to(request: PageRequest, pk: int) -> HttpResponse:
    """Object to marketing's answer to a return."""
    handoff = get_row(lookups.list_handoffs(request.workspace), pk, "return")
    form = ObjectionForm(editing.posted(request))
    return editing.edit(
        request,
        form,
        lambda: returns.object_to(handoff, actor=request.actor, text=form.cleaned_data["text"]),
        title=f"Object to the answer: {handoff.lead.name}",
        done="Your objection is with the sales manager, and marketing has read it.",
        back="dashboard:return_answers",
        section="Answers to returns",
        sentence=_said(handoff),
    )


@page("returns.decide")
def decide(request: PageRequest, pk: int) -> HttpResponse:
    """Decide on an objection."""
    handoff = get_row(lookups.list_handoffs(request.workspace), pk, "return")
    form = DecisionForm(editing.posted(request))
    return editing.edit(
        request,
        form,
        lambda: returns.decide(handoff, actor=request.actor, **form.cleaned_data),
        title=f"Decide: {handoff.lead.name}",
        done="Your decision is kept, and both sides are told.",
        back="dashboard:return_answers",
        section="Answers to returns",
        sentence=_said(handoff),
    )


def _row(request: PageRequest, answer: ReturnAnswer) -> dict[str, Any]:
    """Return an answer with its objection and what the reader may do about it."""
    objection = getattr(answer, "objection", None)
    may_object = request.actor.can("returns.object") and guards.may_work(request.actor, answer.handoff)
    return {
        "answer": answer,
        "objection": objection,
        "may_object": objection is None and may_object,
        "may_decide": objection is not None and not objection.decision and request.actor.can("returns.decide"),
    }


def _said(handoff: Handoff) -> str:
    """Say what was said so far about a return."""
    answer: ReturnAnswer | None = getattr(handoff, "return_answer", None)
    if answer is None:
        return "Marketing has not answered this return yet."
    said = [f"{handoff.owner or 'Sales'} returned it: {handoff.reason}."]
    said += [f"“{handoff.note}”"] if handoff.note else []
    said.append(f"{answer.actor_name} answered: “{answer.text}”")
    objection: ReturnObjection | None = getattr(answer, "objection", None)
    said += [f"{objection.actor_name} objects: “{objection.text}”"] if objection else []
    return " ".join(said)
