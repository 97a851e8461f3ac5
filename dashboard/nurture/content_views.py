"""The content library: what there is for whom at which buying stage, and what is missing."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render

from dashboard.design import paging
from dashboard.nurture.content_forms import ContentForm
from dashboard.shell.access import PageRequest, page
from leadflow.errors import DomainError, Missing
from leads.models import Persona, Topic
from nurture import library, reports
from nurture.models import Content
from nurture.models.content import Stage

SIDES = {"topic": "Topic", "persona": "Persona"}


@dataclass(frozen=True)
class GridRow:
    """Hold one line of the grid: its topic or persona, and how much there is for each buying stage."""

    key: str
    label: str
    cells: list[tuple[str, int]]


@page("nurture.view")
def index(request: PageRequest) -> HttpResponse:
    """Show the grid with its holes, and the content that the filters want."""
    side = request.GET.get("by", "topic") if request.GET.get("by") in SIDES else "topic"
    grid = _grid(request, side)
    found = _wanted(request, Content.objects.of(request.workspace).select_related("persona").prefetch_related("topics"))
    shown = paging.by_id(found, after=request.GET.get("after", ""))
    figures = reports.content_figures(request.workspace, shown.rows)
    context = {
        "title": "Content",
        "grid": grid,
        "side": side,
        "sides": SIDES,
        "stages": Stage.choices,
        "page": shown,
        "holes": sum(not count for row in grid for _, count in row.cells),
        "rows": [(each, figures[each.pk]) for each in shown.rows],
        "filtered": any(request.GET.get(name) for name in ("topic", "persona", "stage")),
    }
    return render(request, "nurture/content.html", context)


@page("nurture.edit")
def new(request: PageRequest) -> HttpResponse:
    """Add content."""
    topic = Topic.objects.of(request.workspace).filter(code=_code(request, "topic")).values_list("pk", flat=True)
    persona = Persona.objects.of(request.workspace).filter(code=_code(request, "persona")).first()
    initial = {"stage": request.GET.get("stage", ""), "topics": list(topic), "persona": persona, "active": True}
    form = ContentForm(request.POST or None, workspace=request.workspace, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            library.add(request.workspace, actor=request.actor, **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "The content is in the library.")
            return redirect("dashboard:content")
    return _form(request, "Add content", form, "Programs choose from the library what fits a lead best.")


@page("nurture.edit")
def edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change content."""
    content = Content.objects.of(request.workspace).filter(pk=pk).first()
    if content is None:
        raise Missing("There is no such content in this workspace.")
    names = (*library.EDITABLE, "topics")
    initial = {name: getattr(content, name) for name in names if name != "topics"} | {"topics": content.topics.all()}
    form = ContentForm(request.POST or None, workspace=request.workspace, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            library.edit(content, actor=request.actor, **form.cleaned_data)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "The content is saved.")
            return redirect("dashboard:content")
    return _form(request, content.title, form, "What was sent already stays as it was.")


def _form(request: PageRequest, title: str, form: ContentForm, sentence: str) -> HttpResponse:
    context = {"title": title, "form": form, "sentence": sentence, "back": "dashboard:content", "section": "Content"}
    return render(request, "shell/form_page.html", context, status=422 if form.errors else 200)


def _wanted(request: PageRequest, found: QuerySet[Content]) -> QuerySet[Content]:
    """Keep the content of the cell that was opened."""
    for name, column in (("topic", "topics__code"), ("persona", "persona__code")):
        if code := _code(request, name):
            found = found.filter(**{column: code})
    if request.GET.get("stage") in Stage.values:
        found = found.filter(stage=request.GET["stage"])
    return found


def _code(request: PageRequest, name: str) -> str:
    """Read a code out of the address; a NUL, which PostgreSQL takes in no text, is left out."""
    return request.GET.get(name, "").replace("\x00", "")


def _grid(request: PageRequest, side: str) -> list[GridRow]:
    """Count the active content by topic or persona and buying stage, in two statements."""
    model: Any = {"topic": Topic, "persona": Persona}[side]
    labels = dict(model.objects.of(request.workspace).order_by("label").values_list("code", "label"))
    active = Content.objects.of(request.workspace).filter(active=True)
    counts = Counter(active.values_list("topics__code" if side == "topic" else "persona__code", "stage"))
    return [
        GridRow(code, label, [(stage, counts[code, stage]) for stage in Stage.values]) for code, label in labels.items()
    ]
