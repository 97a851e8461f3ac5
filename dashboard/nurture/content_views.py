"""The content library: content by topic or persona and buying stage, and its gaps."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from dashboard.nurture.content_forms import ContentForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from leadflow import paging
from leadflow.models import get_row
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
    form = ContentForm(editing.posted(request), workspace=request.workspace, initial=initial)
    return editing.edit(
        request,
        form,
        lambda: library.add(request.workspace, actor=request.actor, **form.cleaned_data),
        title="Add content",
        sentence="Programs choose from the library what fits a lead best.",
        done="The content is added to the library.",
        back="dashboard:content",
        section="Content",
    )


@page("nurture.edit")
def edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change content."""
    content = get_row(Content.objects.of(request.workspace), pk, "content")
    names = (*library.EDITABLE, "topics")
    initial = {name: getattr(content, name) for name in names if name != "topics"} | {"topics": content.topics.all()}
    form = ContentForm(editing.posted(request), workspace=request.workspace, initial=initial)
    return editing.edit(
        request,
        form,
        lambda: library.edit(content, actor=request.actor, **form.cleaned_data),
        title=content.title,
        sentence="Mails already sent are not changed.",
        done="The content is saved.",
        back="dashboard:content",
        section="Content",
    )


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
