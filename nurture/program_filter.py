"""The filters of leads that need programs: who was ever enrolled in one, and who looks after a lead."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q

from leads.models import Lead
from leads.queries import filter_values
from leads.queries.lead_filters import Filter, Narrowing
from leads.states import MARKETING_STATES
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


# who looks after a lead in marketing's care
NOBODY, IN_PROGRAM, WAITS = "nobody", "program", "revisit"
CARES = {NOBODY: "Nobody looks after", IN_PROGRAM: "In a program now", WAITS: "Waits for a revisit date"}


def looked_after(by: str) -> Q:
    """Narrow to the leads in marketing's care that are looked after in one way, a key of `CARES`; each is in one."""
    active = Exists(Enrolment.everywhere.filter(lead=OuterRef("pk"), state=Enrolment.State.ACTIVE))
    ways = {
        IN_PROGRAM: Q(active),
        WAITS: ~Q(active) & Q(revisit_at__isnull=False),
        NOBODY: ~Q(active) & Q(revisit_at__isnull=True),
    }
    return Q(state__in=MARKETING_STATES) & ways[by]


def count_neglected(workspace: Workspace) -> int:
    """Count the leads in marketing's care that nobody looks after. One statement."""
    return Lead.objects.of(workspace).filter(looked_after(NOBODY)).count()


CARE = Filter(
    "care",
    "In marketing's care",
    "Who looks after the lead: nobody, a program, or it waits for its revisit date.",
    lambda workspace, value, filters: Narrowing(looked_after(value)),
    filter_values.text,
    kind="choice",
    options=CARES,
    unset="Any",
    indexed=True,
)
