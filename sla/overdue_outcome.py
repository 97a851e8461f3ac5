"""The filter of handoffs whose answer is overdue, which only the clocks know."""

from django.db.models import Q
from django.utils import timezone

from leads.models import HandoffState
from sla import selectors
from workspaces.models import Workspace


def overdue(workspace: Workspace) -> Q:
    """Return the condition of the handoffs that wait for sales longer than promised."""
    late = selectors.overdue_answers(workspace, at=timezone.now())
    return Q(state=HandoffState.OFFERED, pk__in=late.values("handoff"))
