"""Make moves from pages: one view per move, as a page of its own, in a dialog, or at once by its button."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from dashboard.leads import lead_forms, move_buttons
from dashboard.leads.move_buttons import OfferedMove
from dashboard.leads.move_forms import MoveForm, MoveReasonForm
from dashboard.shell import responses
from dashboard.shell.access import PageRequest, View, page
from dashboard.wording import outcomes
from leadflow.errors import DomainError, Forbidden, Missing
from leads.activity import answers, follow_ups
from leads.models import Handoff, Lead, Reason
from leads.models.reason import leads_to
from leads.queries import lookups, why_not_yet
from nurture import choosing


def of_handoff(move: OfferedMove) -> View:
    """Make the view of a move of a handoff."""

    @page(move.capability)
    def view(request: PageRequest, pk: int) -> HttpResponse:
        handoff = lookups.get_handoff(request.workspace, pk)
        return _serve(request, move, handoff.lead, handoff)

    return view


def of_lead(move: OfferedMove) -> View:
    """Make the view of a move of a lead."""

    @page(move.capability)
    def view(request: PageRequest, pk: int) -> HttpResponse:
        return _serve(request, move, lookups.get_lead(request.workspace, pk), None)

    return view


@page("leads.edit")
def answer(request: PageRequest, pk: int, question_pk: int) -> HttpResponse:
    """Record the lead's answer to one question."""
    question = lookups.get_question(request.workspace, question_pk)
    lead = lookups.get_lead(request.workspace, pk)
    known = lead.answers.filter(question=question).first()
    move = OfferedMove(
        "answer",
        "leads.edit",
        "Save the answer",
        "What {lead} says",
        "The answer counts for the definitions from now on.",
        "The answer of {lead} is saved.",
        lambda lead, *, actor, value: answers.record(lead, actor=actor, question=question, value=value),
        lead_forms.AnswerForm,
        of_handoff=False,
    )
    initial = {"value": known.value if known else ""}
    return _serve(request, move, lead, None, question=question, initial=initial, url=request.path)


@page("handoffs.work")
def follow_up_done(request: PageRequest, pk: int) -> HttpResponse:
    """Mark a follow-up as done manually."""
    follow_up = lookups.get_follow_up(request.workspace, pk)
    move = OfferedMove(
        "follow_up",
        "handoffs.work",
        "Mark as done",
        "The follow-up with {lead} is done",
        "Its clock is cancelled and counts neither way. Only a logged touch keeps the promise.",
        "The follow-up with {lead} is done.",
        lambda lead, *, actor: follow_ups.finish(follow_up, actor=actor),
        of_handoff=False,
    )
    lead = lookups.get_lead(request.workspace, follow_up.lead_id)
    return _serve(request, move, lead, None, url=request.path)


def _serve(
    request: PageRequest, move: OfferedMove, lead: Lead, handoff: Handoff | None, *, url: str = "", **extra: Any
) -> HttpResponse:
    """Show the form of a move, or make the move and go on."""
    asking = {"lead": lead, "handoff": handoff, "member": request.member, **extra}
    url = url or move.url(lead, handoff)
    if request.method != "POST":
        if request.htmx:
            asking["initial"] = {**extra.get("initial", {}), **request.GET.dict()}
        return _show(request, move, lead, move.form(**asking), url)
    form = move.form(request.POST, **asking)
    if not form.is_valid():
        return _show(request, move, lead, form, url, status=422)
    try:
        result = move.function(handoff or lead, actor=request.actor, **form.facts())
    except Missing:
        raise
    except DomainError as error:
        return _refuse(request, move, lead, form, url, error)
    return responses.done(request, move.message(lead, result), lead)


def _show(
    request: PageRequest, move: OfferedMove, lead: Lead, form: MoveForm, url: str, status: int = 200
) -> HttpResponse:
    """Render the form: the part after the reason, a dialog, or a page."""
    context = {
        "move": move,
        "lead": lead,
        "form": form,
        "url": url,
        "title": move.title.format(lead=lead.name),
        "next": responses.next_url(request, lead),
        "follows": _what_follows(form),
        "foretold": _foretold(move, form),
        "not_yet": why_not_yet.why_not_yet(lead, timezone.now()) if move.name == "qualify" else None,
        "unanswered": lookups.list_unanswered(lead) if move.name == "promote" else [],
    }
    template = "leads/move.html"
    if request.htmx:
        template = "leads/move.html#more" if request.GET.get("part") == "more" else "leads/move.html#dialog"
    return render(request, template, context, status=status)


def _refuse(
    request: PageRequest, move: OfferedMove, lead: Lead, form: MoveForm, url: str, error: DomainError
) -> HttpResponse:
    """Say why not: beside the field, or at the button that was pressed. Somebody may have been faster: look again."""
    status = 409 if isinstance(error, Forbidden) else error.status
    if request.htmx and request.htmx.target != "modal-body":
        return responses.refused(error.message, status)
    form.add_error(error.field if error.field in form.fields else None, error.message)
    return _show(request, move, lead, form, url, status=status)


def _what_follows(form: MoveForm) -> str:
    """Say what the chosen reason of a return or a disqualification leads to."""
    if not isinstance(form, MoveReasonForm) or form.chosen is None:
        return ""
    reason = form.chosen
    if not reason.disqualifies and reason.kind != Reason.Kind.RETURN:
        return ""
    words = [f"{leads_to(vars(reason), asked=False)}."]
    if not reason.disqualifies:
        choice = choosing.choose_for_return(form.lead.workspace, form.lead, reason, at=timezone.now())
        if choice.program:
            words.append(f"It enters “{choice.program.name}”.")
        words.append(choice.why["words"])
    return " ".join(words)


def _foretold(move: OfferedMove, form: MoveForm) -> tuple[str, bool]:
    """Say what the move makes of the promised attempts, and whether a promise is missed by it."""
    if form.handoff is None or move.name not in ("return", "lose", "promote"):
        return "", False
    if not isinstance(form, MoveReasonForm):
        return outcomes.foretell(form.handoff, move.name, None)
    return outcomes.foretell(form.handoff, move.name, form.chosen, form.fields["reason"].queryset)  # type: ignore[attr-defined]  # a field of rows


HANDOFF_VIEWS = {move.name: of_handoff(move) for move in move_buttons.OF_HANDOFF}
LEAD_VIEWS = {move.name: of_lead(move) for move in move_buttons.OF_LEAD}
