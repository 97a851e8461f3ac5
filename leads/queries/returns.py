"""Read the returns that wait for marketing's answer, and marketing's answers with what sales objects to them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Count, Q, QuerySet

from leads.models import Handoff, ReturnAnswer
from leads.queries import lookups
from workspaces.models import Member, Workspace

LATELY = timedelta(days=30)
Standing = Literal["accepted", "objected", "decided"]
STANDINGS: dict[Standing, Q] = {
    "accepted": Q(objection=None),  # nobody objects
    "objected": Q(objection__decision=""),  # the sales manager decides
    "decided": Q(objection__decided_at__isnull=False),
}


@dataclass(frozen=True)
class AnswerCounts:
    """Count answers to returns: all, and by where they stand."""

    all: int
    accepted: int
    objected: int
    decided: int


def waiting(workspace: Workspace | int) -> QuerySet[Handoff]:
    """Return the returns that wait for marketing's answer."""
    return lookups.list_handoffs(workspace).exclude(blamed="").filter(return_answer=None)


def answers(workspace: Workspace | int, member: Member | None = None) -> QuerySet[ReturnAnswer]:
    """Return marketing's answers, to the returns of one member if given, with lead, return and objection."""
    found = ReturnAnswer.objects.of(workspace)
    if member is not None:
        found = found.filter(handoff__owner=member)
    return found.select_related("lead__account", "handoff__reason", "handoff__owner__user", "objection")


def count(workspace: Workspace | int, member: Member | None = None) -> AnswerCounts:
    """Count the answers, to the returns of one member if given. One statement."""
    found = ReturnAnswer.objects.of(workspace)
    if member is not None:
        found = found.filter(handoff__owner=member)
    parts = {name: Count("pk", filter=standing) for name, standing in STANDINGS.items()}
    return AnswerCounts(**found.aggregate(all=Count("pk"), **parts))


def count_lately(workspace: Workspace | int, member: Member | None, *, at: datetime) -> int:
    """Count the answers of the last 30 days, to the returns of one member if given. One statement."""
    found = ReturnAnswer.objects.of(workspace).filter(at__gt=at - LATELY, at__lte=at)
    return found.count() if member is None else found.filter(handoff__owner=member).count()
