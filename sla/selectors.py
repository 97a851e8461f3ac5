"""Read clocks for pages and endpoints, each in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery

from leads.models import Handoff
from leads.queries import returns
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


def to_triage(workspace: Workspace | int) -> QuerySet[Handoff]:
    """Return the returns that wait for marketing's answer, the first due at the top, those without a clock last."""
    return _to_triage(workspace)


def due_to_triage(workspace: Workspace | int) -> list[datetime | None]:
    """List when marketing's answers that are waited for are due, the first at the top; None: no clock runs."""
    return list(_to_triage(workspace).values_list("due_at", flat=True))


def _to_triage(workspace: Workspace | int) -> QuerySet[Any]:
    owed = Clock.everywhere.filter(RUNNING, handoff=OuterRef("pk"), kind__in=kinds.met_by(Cause.RETURN_ANSWERED))
    waiting = returns.waiting(workspace).annotate(due_at=Subquery(owed.values("due_at")[:1]))
    return waiting.order_by(F("due_at").asc(nulls_last=True), "closed_at", "pk")


def overdue_answers(workspace: Workspace | int, *, at: datetime) -> QuerySet[Clock]:
    """Return the running accept clocks that are over at a time."""
    return Clock.objects.of(workspace).filter(RUNNING, kind__in=kinds.met_by(Cause.ACCEPT), due_at__lte=at)
