"""Retry rows that were set aside, on request, once the cause of their failure is fixed."""

from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from leadflow.db import lock
from leadflow.errors import Conflict
from leadflow.models import Owned
from workspaces import audit
from workspaces.actors import Actor

R = TypeVar("R", bound=Owned)


@transaction.atomic
def retry(row: R, *, actor: Actor, name: str = "", at: datetime | None = None) -> R:
    """Let the sweep take a `Timer` row again at once, its tries counted from the beginning. Locks the row.

    Raise `Conflict` (`not_set_aside`) when somebody else did so meanwhile.
    """
    at = at or timezone.now()
    found = lock(type(row).objects.of(row.workspace_id), row.pk)
    reason = found.dead_reason  # type: ignore[attr-defined]  # every row here is a Timer
    if not reason:
        raise Conflict("This is not set aside any more.", code="not_set_aside")
    found.dead_reason, found.attempts, found.next_at = "", 0, at  # type: ignore[attr-defined]  # every row here is a Timer
    found.save(update_fields=["dead_reason", "attempts", "next_at"])
    noun = type(row)._meta.model_name
    changes = {"dead_reason": [reason, ""]}
    audit.record(found.workspace_id, actor=actor, action=f"{noun}.retried", object_name=name, changes=changes, at=at)
    return found
