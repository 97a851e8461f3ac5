"""Programs: figures, steps, enrolments."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dashboard.nurture.program_forms import ProgramForm, TrialForm
from dashboard.nurture.step_forms import Steps
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, attempt, page
from dashboard.wording import figures, promises
from dashboard.wording.criteria import FACTS
from leadflow import paging
from leadflow.errors import DomainError
from leadflow.models import get_row
from leads.models import Attribute, Reason, Topic
from nurture import choosing, mails_had, programs, rendering, reports, trials
from nurture.models import Enrolment, Program, Step
from nurture.steps import catalogue

PLACES = ("first", "behind")  # what the question before an activation is answered with
TURNS = {
    "activate": (programs.activate, "The program is active: leads enter it from now on."),
    "pause": (programs.pause, "The program is paused: nothing is sent until you activate it again."),
    "archive": (programs.archive, "The program is archived: all leads have left it, its figures are kept."),
}


@page("nurture.view")
def index(request: PageRequest) -> HttpResponse:
    """List the programs with their figures."""
    found = Program.objects.of(request.workspace)
    archived = request.GET.get("archived") == "1"
    shown = list(found.filter(status="archived") if archived else found.exclude(status="archived"))
    counted = reports.program_figures(request.workspace, shown)
    context = {
        "title": "Programs",
        "archived": archived,
        "rows": [(each, counted[each.pk]) for each in shown],
        "totals": reports.totals(counted),
        "active": sum(each.status == "active" for each in shown),
    }
    return render(request, "nurture/programs.html", context)


@page("nurture.view")
def one(request: PageRequest, pk: int) -> HttpResponse:
    """Show one program: its steps, its figures, its enrolments."""
    program = _get(request, pk)
    people = Enrolment.objects.of(request.workspace).filter(program=program)
    state = request.GET.get("state", "")
    if state in Enrolment.State.values:
        people = people.filter(state=state)
    shown = paging.by_id(people.select_related("lead__account", "step"), after=request.GET.get("after", ""))
    context = {
        "title": program.name,
        "program": program,
        "steps": list(program.steps.all()),
        "page": shown,
        "state": state,
        "states": Enrolment.State.choices,
        "entry": _entry_words(program),
        "rivals": choosing.ahead_of(program),
        "conditions": {
            "Entry condition": promises.lines(program.entry.get("condition")),
            "Exit condition": promises.lines(program.exit.get("condition")),
        },
        "leads_url": figures.leads_url(program=str(program.pk)),
        "figures": reports.program_figures(request.workspace, [program])[program.pk],
    }
    return render(request, "nurture/program.html", context)


@page("nurture.edit")
def new(request: PageRequest) -> HttpResponse:
    """Add a program; the form starts with a mail, a wait and a mail."""
    return _edit(request, None)


@page("nurture.edit")
def edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change a program and its steps."""
    return _edit(request, _get(request, pk))


@require_POST
@page("nurture.edit")
def turn(request: PageRequest, pk: int) -> HttpResponse:
    """Activate, pause or archive a program."""
    program = _get(request, pk)
    if request.POST.get("to") not in TURNS:
        raise Http404("There is no such change.")
    rivals = choosing.ahead_of(program) if request.POST["to"] == "activate" else {}
    if rivals and request.POST.get("place") not in PLACES:
        return _ask_place(request, program, rivals)
    change, done = TURNS[request.POST["to"]]
    if rivals and request.POST["place"] == "first":
        first = min(rivals.values(), key=lambda each: (each.position, each.pk))
        programs.put_before(program, first, actor=request.actor)
    attempt(request, lambda: change(program, actor=request.actor), done)
    return redirect("dashboard:program", pk)


@require_POST
@page("nurture.edit")
def order(request: PageRequest, pk: int) -> HttpResponse:
    """Move a program up or down in the list: of programs that may take a lead, the first does."""
    program = _get(request, pk)
    rows = list(Program.objects.of(request.workspace).exclude(status=Program.Status.ARCHIVED))
    place = next((index for index, row in enumerate(rows) if row.pk == program.pk), None)
    if request.POST.get("to") == "up" and place:
        programs.put_before(program, rows[place - 1], actor=request.actor)
    elif request.POST.get("to") == "down" and place is not None and place + 1 < len(rows):
        programs.put_before(rows[place + 1], program, actor=request.actor)
    return redirect("dashboard:programs")


def _ask_place(request: PageRequest, program: Program, rivals: dict[str, Program]) -> HttpResponse:
    """Ask whether a program that others come before goes before them; nothing is changed yet."""
    context = {"title": f"Activate {program.name}", "program": program, "rivals": rivals}
    return render(request, "nurture/place.html", context, status=409)


@page("nurture.view")
def preview(request: PageRequest, pk: int, step_pk: int) -> HttpResponse:
    """Show a step's mail as a lead would get it; on POST send it to oneself."""
    program = _get(request, pk)
    step = get_row(program.steps.all(), step_pk, "step")
    step.workspace = request.workspace
    first = {"lead": "", "to": request.user.email}
    form = TrialForm(request.POST or {**first, **request.GET.dict()}, workspace=request.workspace)
    shown = _try(request, step, form) if form.is_valid() else None
    context = {
        "title": f"Step {step.position}: {catalogue.get(step).label.lower()}",
        "program": program,
        "form": form,
        "shown": shown,
        "may_send": request.actor.can("nurture.edit"),
    }
    return render(request, "nurture/preview.html", context, status=422 if form.errors else 200)


def _try(request: PageRequest, step: Step, form: TrialForm) -> trials.Preview | None:
    lead, to = form.cleaned_data["lead"], form.cleaned_data["to"]
    try:
        if request.method == "POST" and request.actor.can("nurture.edit"):
            shown = trials.send_test(step, lead, to=to, actor=request.actor)
            messages.success(request, f"The test mail was sent to {to}.")
            return shown
        return trials.preview(step, lead)
    except DomainError as error:
        editing.refuse(form, error)
    return None


def _edit(request: PageRequest, program: Program | None) -> HttpResponse:
    """Show the editor; a button beside “save” gives it back with the steps changed, nothing kept yet."""
    act = request.POST.get("act", "")
    form = ProgramForm(editing.posted(request), workspace=request.workspace, program=program)
    if request.method != "POST":
        return _editor(request, form, Steps.of(program.steps.all()) if program else Steps.first(), program)
    steps = Steps.read(request.POST)
    if ":" in act:
        steps.change(act)
        form = ProgramForm(request.POST, workspace=request.workspace, program=program)
        return _editor(request, form, steps, program, changed=True)
    filled_in = steps.check(request.workspace)
    if form.is_valid() and filled_in:
        try:
            saved = _save(request, program, form, steps)
        except DomainError as error:
            name = (error.field or "").rpartition(".")[2]
            rows = {"entry": form.entry_rows, "exit": form.exit_rows}.get((error.field or "").partition(".")[0])
            if ".condition" in (error.field or "") and rows and rows.show(_pointer(error.field or ""), error.message):
                return _editor(request, form, steps, program, status=422)
            form.add_error(name if name in form.fields else None, error.message)
        else:
            if again := mails_had.repeats(saved):
                messages.warning(request, f"Leads that enter again get these mails again: {again}.")
            if act == "activate" and (rivals := choosing.ahead_of(saved)):
                messages.success(request, "The program is saved.")
                return _ask_place(request, saved, rivals)
            if act == "activate":
                attempt(request, lambda: programs.activate(saved, actor=request.actor), TURNS["activate"][1])
                return redirect("dashboard:program", saved.pk)
            messages.success(request, "The program is saved.")
            return redirect("dashboard:program", saved.pk)
    return _editor(request, form, steps, program, status=422)


def _pointer(field: str) -> str:
    """Return the pointer into a condition that the field of a problem names: "entry.condition.all.0.value"."""
    return field.partition(".condition")[2].replace(".", "/")


@transaction.atomic
def _save(request: PageRequest, program: Program | None, form: ProgramForm, steps: Steps) -> Program:
    """Save fields and steps, all or nothing."""
    if program is None:
        program = programs.create(request.workspace, actor=request.actor, **form.facts())
    else:
        program = programs.edit(program, actor=request.actor, **form.facts())
    programs.replace_steps(program, actor=request.actor, steps_in=steps.steps_in())
    return program


def _editor(
    request: PageRequest,
    form: ProgramForm,
    steps: Steps,
    program: Program | None,
    *,
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    keys = Attribute.objects.of(request.workspace).order_by("key").values_list("key", flat=True)
    context: dict[str, Any] = {
        "title": f"Edit {program.name}" if program else "New program",
        "program": program,
        "form": form,
        "steps": steps,
        "facts": FACTS,
        "rivals": choosing.ahead_of(program) if program else {},
        "merge_fields": [*rendering.FIELDS, *(rendering.ATTRIBUTE + key for key in keys)],
    }
    template = "nurture/steps.html" if request.htmx and changed else "nurture/program_edit.html"
    return render(request, template, context, status=status)


def _entry_words(program: Program) -> str:
    """Describe which leads enter."""
    entry, workspace = program.entry, program.workspace
    if entry.get("manual"):
        return "Leads that a member enrols manually."
    takes = choosing.occasions(program)
    named = Reason.objects.of(workspace).filter(code__in=entry.get("reasons", ()))
    by_kind = {kind: _labels(named.filter(kind=kind).order_by("position", "label")) for kind in ("return", "lose")}
    returned, lost = by_kind["return"], by_kind["lose"]
    topics = _labels(Topic.objects.of(workspace).filter(code__in=entry.get("topics", ())).order_by("label"))
    taken = [f"returned as {returned}"] if returned else []
    taken += [f"recycled that were lost because of {lost}"] if lost else []
    taken = taken or ["returned for a reason that no other program names"]
    taken = taken if Program.Occasion.RETURN in takes else []
    taken += ["in marketing's care that are in no program"] if Program.Occasion.CARE in takes else []
    taken += ["whose revisit date has come"] if Program.Occasion.REVISIT in takes else []
    words = f"Leads {', or '.join(taken)}"
    return f"{words}; only those interested in one of {topics}." if topics else f"{words}."


def _labels(rows: QuerySet[Any]) -> str:
    """Put labels in a row, in quotes: each may hold a comma."""
    return ", ".join(f"“{label}”" for label in rows.values_list("label", flat=True))


def _get(request: PageRequest, pk: int) -> Program:
    return get_row(Program.objects.of(request.workspace).select_related("workspace"), pk, "program")
