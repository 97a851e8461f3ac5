"""Returned leads: reason, evidence, next program, and the returns that wait for marketing's answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from dashboard.design import periods
from dashboard.returns.forms import ReturnAnswerForm, ReturnFilterForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from dashboard.wording import evidence, figures
from leadflow import paging
from leadflow.models import get_row
from leads.activity import returns
from leads.models import Handoff, ReturnAnswer
from leads.queries import lookups, reports
from leads.queries import returns as queries
from nurture.models import Enrolment
from sla import kinds
from sla import selectors as promises
from sla.effects import Cause


@dataclass(frozen=True)
class ReturnRow:
    """Hold one return: the handoff, the next program, and marketing's answer if there is one."""

    handoff: Handoff
    headline: str
    enrolment: Enrolment | None
    answer: ReturnAnswer | None

    @property
    def revisit_at(self) -> datetime | None:
        """Return when the lead is looked at again, while it is where this return put it."""
        lead = self.handoff.lead
        return lead.revisit_at if lead.passes == self.handoff.pass_number else None


@page("returns.view")
def index(request: PageRequest) -> HttpResponse:
    """Show the returns, those that wait for an answer on top."""
    return _show(request)


@page("returns.answer")
def answer(request: PageRequest, pk: int) -> HttpResponse:
    """Answer a return that blames the lead's data or the definition."""
    handoff = get_row(Handoff.objects.of(request.workspace), pk, "return")
    if request.method != "POST":
        return redirect("dashboard:returns")
    form = ReturnAnswerForm(request.POST)
    if editing.submit(
        request,
        form,
        lambda: returns.answer(handoff, actor=request.actor, text=form.cleaned_data["text"]),
        "Your answer is with the rep and the sales managers, and its clock has stopped.",
    ):
        return redirect("dashboard:returns")
    return _show(request, answered=pk, form=form, status=422)


def _show(
    request: PageRequest, *, answered: int = 0, form: ReturnAnswerForm | None = None, status: int = 200
) -> HttpResponse:
    now, workspace = timezone.now(), request.workspace
    wanted = ReturnFilterForm(request.GET, workspace=workspace)
    found = wanted.narrow(lookups.list_handoffs(workspace).filter(state="returned"))
    shown = paging.by_time(found, "closed_at", after=request.GET.get("after", ""))
    period = periods.read(workspace, request.GET.get("period", periods.DEFAULT), now)
    counted = reports.returns_by_reason(workspace, since=period.since, until=period.until)
    unanswered = promises.to_triage(workspace)
    waiting = _waiting(list(unanswered[: paging.SIZE]), answered, form)
    context = {
        "title": "Returns",
        "filter": wanted,
        "page": shown,
        "rows": _rows(workspace, shown.rows),
        "waiting": waiting,
        "unanswered": unanswered.count() if len(waiting) == paging.SIZE else len(waiting),
        "stray": form if form and answered not in [each["handoff"].pk for each in waiting] else None,
        "period": period,
        "reasons": figures.reason_bars(workspace, counted, period),
        "count": sum(each.count for each in counted),
    }
    return render(request, "returns/returns.html", context, status=status)


def _waiting(handoffs: list[Handoff], answered: int, form: ReturnAnswerForm | None) -> list[dict[str, Any]]:
    """Add to returns the clock of marketing's answer, if one runs, and the form. One statement."""
    owed, kind = promises.clocks_of(handoffs), kinds.met_by(Cause.RETURN_ANSWERED)
    return [
        {
            "handoff": each,
            "clock": next((clock for clock in owed.get(each.pk, []) if clock.kind in kind), None),
            "form": form if form and each.pk == answered else ReturnAnswerForm(auto_id=f"id_%s_{each.pk}"),
        }
        for each in handoffs
    ]


def _rows(workspace: Any, handoffs: list[Handoff]) -> list[ReturnRow]:
    """Add to each return where it went, and marketing's answer with the objection to it, in two statements."""
    entered = Enrolment.objects.of(workspace).filter(handoff__in=handoffs).select_related("program").order_by("pk")
    went = {each.handoff_id: each for each in entered}
    answers = {each.handoff_id: each for each in queries.answers(workspace).filter(handoff__in=handoffs)}
    return [
        ReturnRow(each, evidence.headline(each.evidence), went.get(each.pk), answers.get(each.pk)) for each in handoffs
    ]
