"""How hand-overs are sorted and filtered by what nurture did before: the last program, the last content.

Each hand-over has one of each, so that the rows of a report add up: the program that the lead entered last before it
was handed over, and the content that it was sent last.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact, IsNull

from leads.models import Handoff
from leads.queries import filter_values
from leads.queries.filter_values import BLANK
from leads.queries.handoff_filters import HandoffFilter
from leads.queries.handoff_report import Dimension, named
from nurture.models import Content, Enrolment, Program, Seen
from workspaces.models import Workspace


def last_program() -> Subquery:
    """Return the id of the program that a hand-over's lead entered last before it, null for none."""
    entered = Enrolment.everywhere.filter(lead=OuterRef("lead"), started_at__lte=OuterRef("offered_at"))
    return Subquery(entered.order_by("-started_at", "-pk").values("program")[:1])


def last_content() -> Subquery:
    """Return the id of the content that a hand-over's lead was shown last before it, null for none."""
    shown = Seen.everywhere.filter(lead=OuterRef("lead"), at__lte=OuterRef("offered_at"))
    return Subquery(shown.order_by("-at", "-pk").values("content")[:1])


def _with_program(found: QuerySet[Handoff]) -> QuerySet[Handoff]:
    return found.annotate(last_program=last_program())


def _with_content(found: QuerySet[Handoff]) -> QuerySet[Handoff]:
    return found.annotate(last_content=last_content())


def _programs(workspace: Workspace, keys: Iterable[str]) -> Mapping[str, str]:
    found = Program.objects.of(workspace).filter(pk__in=[int(key) for key in keys])
    return {str(pk): name for pk, name in found.values_list("pk", "name")}


def _contents(workspace: Workspace, keys: Iterable[str]) -> Mapping[str, str]:
    found = Content.objects.of(workspace).filter(pk__in=[int(key) for key in keys])
    return {str(pk): title for pk, title in found.values_list("pk", "title")}


def _narrow(last: Callable[[], Subquery]) -> Callable[[Workspace, Any], Q]:
    return lambda workspace, value: Q(IsNull(last(), True)) if value == BLANK else Q(Exact(last(), value))


def _read(text: str, workspace: Workspace) -> Any:
    return text if text == BLANK else filter_values.number(text, workspace)


def _offered_programs(workspace: Workspace) -> Iterable[tuple[str, str]]:
    rows = Program.objects.of(workspace).order_by("name").values_list("pk", "name")
    return [(BLANK, "No program"), *((str(pk), name) for pk, name in rows)]


def _offered_contents(workspace: Workspace) -> Iterable[tuple[str, str]]:
    rows = Content.objects.of(workspace).order_by("title").values_list("pk", "title")[:500]
    return [(BLANK, "No content"), *((str(pk), title) for pk, title in rows)]


DIMENSIONS = (
    Dimension(
        "program",
        "Program",
        ("last_program",),
        named("No program"),
        _with_program,
        _programs,
        "The program that the lead entered last before it was handed over",
    ),
    Dimension(
        "content",
        "Content",
        ("last_content",),
        named("No content"),
        _with_content,
        _contents,
        "The content that the lead was shown last before it was handed over",
    ),
)
FILTERS = (
    HandoffFilter(
        "program", "Last program", _narrow(last_program), _read, offered=_offered_programs, unset="Any program"
    ),
    HandoffFilter(
        "content", "Last content", _narrow(last_content), _read, offered=_offered_contents, unset="Any content"
    ),
)
