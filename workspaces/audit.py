"""Record administrative changes: who changed what, when, from what to what."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from workspaces.actors import Actor
from workspaces.models import AuditEntry, Workspace

# what the actions are about, as a filter offers it
NOUNS = {
    "workspace": "Workspace",
    "member": "Members",
    "invitation": "Invitations",
    "key": "API keys",
    "agreement": "Agreement",
    "definition": "Definitions",
    "scoring": "Scoring",
    "calendar": "Calendar",
    "routing_rule": "Routing rules",
    "territory": "Territories",
    "pool": "Pools",
    "pool_member": "Places in pools",
    "reason": "Reasons",
    "question": "Questions",
    "topic": "Topics",
    "persona": "Personas",
    "attribute": "Attributes",
    "campaign": "Campaigns",
    "form": "Forms",
    "content": "Content",
    "program": "Programs",
    "return": "Returns",
    "suppression": "Suppressed addresses",
    "endpoint": "Webhooks",
    "delivery": "Deliveries",
    "send": "Mails",
    # what was set aside and is tried again
    "lead": "Leads",
    "clock": "Clocks",
    "escalation": "Escalation steps",
    "enrolment": "Enrolments",
    "import": "Imports",
    "notice": "Notices",
}


def entries(workspace: Workspace | int, *, action: str = "", who: str = "") -> QuerySet[AuditEntry]:
    """Return the log of a workspace; `action` is a noun of NOUNS, `who` a part of the author's name."""
    found = AuditEntry.objects.of(workspace)
    if action:
        found = found.filter(action__startswith=f"{action}.")
    return found.filter(actor_name__icontains=who) if who else found


def record(
    workspace: Workspace | int,
    *,
    actor: Actor,
    action: str,
    object_name: str = "",
    changes: Mapping[str, Sequence[Any]] | None = None,
    at: datetime | None = None,
) -> AuditEntry:
    """Append one entry, inside the transaction of the change that it describes.

    `action` reads `noun.verbed`; `changes` is {field: [before, after]} of JSON values, and never holds a secret.
    """
    return AuditEntry.everywhere.create(
        workspace_id=getattr(workspace, "pk", workspace),
        action=action,
        object_name=object_name[:200],
        changes=dict(changes or {}),
        created_at=at or timezone.now(),
        **actor.row(),
    )
