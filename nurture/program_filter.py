"""The filters of leads that need programs: who was ever enrolled in one, and who is in one now."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q

from leads.queries import filter_values
from leads.queries.lead_filters import Filter, Narrowing
from nurture.models import Enrolment, Program
from workspaces.models import Workspace


def _enrolled(workspace: Workspace, program: int, filters: Any) -> Narrowing:
    return Narrowing(Q(pk__in=Enrolment.objects.of(workspace).filter(program=program).values("lead")))


def _programs(workspace: Workspace) -> Iterable[tuple[str, str]]:
    programs = Program.objects.of(workspace).order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in programs]


PROGRAM = Filter(
    "program",
    "In the program",
    "Id of a program in which the lead is or was.",
    _enrolled,
    filter_values.number,
    kind="choice",
    offered=_programs,
    unset="Any program",
    indexed=True,
)


def in_program(workspace: Workspace) -> Q:
    """Return the condition of the leads that are in a program now."""
    return Q(Exists(Enrolment.objects.of(workspace).filter(lead=OuterRef("pk"), state=Enrolment.State.ACTIVE)))
