"""Read clocks for pages and endpoints, each in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from leads.models import Handoff
from sla import kinds
from sla.effects import Cause
from sla.models import Clock
from workspaces.models import Member, Workspace

RUNNING = Q(state=Clock.State.RUNNING)


@dataclass(frozen=True)
class Due:
    """Count the clocks of a member: running clocks, those warned and those late at a time, and what is due next."""

    running: int
    warned: int
    late: int
    next_due_at: datetime | None


def with_version(clocks: QuerySet[Clock]) -> QuerySet[Clock]:
    """Read clocks with the version they began under, so that `sla.agreements.terms_of` finds its terms in memory."""
    return clocks.select_related("agreement").defer("agreement__terms")


def clocks_of(handoffs: Iterable[Handoff | int]) -> dict[int, list[Clock]]:
    """Return the clocks of handoffs by the handoff's id, those that run first, then by due time. One statement."""
    ids = [handoff.pk if isinstance(handoff, Handoff) else handoff for handoff in handoffs]
    found: dict[int, list[Clock]] = defaultdict(list)
    # The caller's handoffs belong to one workspace, from which they were looked up.
    for clock in with_version(Clock.everywhere.filter(handoff_id__in=ids)).order_by("due_at", "pk"):
        found[clock.handoff_id].append(clock)  # type: ignore[index]  # the filter asks for those handoffs
    for rows in found.values():
        rows.sort(key=lambda clock: clock.state != Clock.State.RUNNING)
    return dict(found)


def running(workspace: Workspace | int, member: Member | None = None) -> QuerySet[Clock]:
    """Return the running clocks, of one member if given, what is due first at the top, with lead and owner."""
    found = Clock.objects.of(workspace).filter(RUNNING)
    if member is not None:
        found = found.filter(member=member)
    return with_version(found).select_related("lead", "handoff", "member__user").order_by("due_at", "pk")


def due(workspace: Workspace | int, member: Member | None, *, at: datetime) -> Due:
    """Count the running clocks of a member (None: of all) at a time. One statement."""
    found = Clock.objects.of(workspace).filter(RUNNING)
    if member is not None:
        found = found.filter(member=member)
    is_late = Q(due_at__lte=at)
    counts = found.aggregate(
        running=Count("pk"),
        warned=Count("pk", filter=Q(warn_at__lte=at) & ~is_late),
        late=Count("pk", filter=is_late),
        next_due_at=Min("due_at", filter=~is_late),
    )
    return Due(**counts)


def to_triage(workspace: Workspace | int) -> QuerySet[Clock]:
    """Return the returns that wait for marketing's answer, what is due first at the top, with lead and reason."""
    found = running(workspace).filter(kind__in=kinds.met_by(Cause.RETURN_ANSWERED))
    return found.select_related("lead", "handoff__reason", "handoff__owner__user", "member__user")


def overdue_answers(workspace: Workspace | int, *, at: datetime) -> QuerySet[Clock]:
    """Return the running accept clocks that are over at a time."""
    return Clock.objects.of(workspace).filter(RUNNING, kind__in=kinds.met_by(Cause.ACCEPT), due_at__lte=at)
