"""The leads whose return waits for marketing's answer, which only the clocks know."""

from django.db.models import Exists, OuterRef, Q

from sla import selectors
from workspaces.models import Workspace


def answer_awaited(workspace: Workspace) -> Q:
    """Return the condition of the leads whose return marketing has yet to answer."""
    return Q(Exists(selectors.to_triage(workspace).select_related(None).order_by().filter(lead=OuterRef("pk"))))
