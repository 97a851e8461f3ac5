"""Change what members may do and whether they are here. A workspace never loses its last admin."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.errors import Conflict, Invalid, Missing
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Member
from workspaces.roles import Role


def change_role(member: Member, *, actor: Actor, role: str, at: datetime | None = None) -> Member:
    """Give a member another role. Raise `Invalid` for an unknown one, `Conflict` (`last_admin`) for the last admin."""
    if role not in Role.values:
        raise Invalid(f"Choose a role among {', '.join(Role.values)}.", field="role")
    return _change(member, actor, "member.role_changed", at, role=role)


def deactivate(member: Member, *, actor: Actor, at: datetime | None = None) -> Member:
    """Shut a member out; what they did and own stays. Raise `Conflict` (`last_admin`) for the last admin."""
    return _change(member, actor, "member.deactivated", at, active=False)


def activate(member: Member, *, actor: Actor, at: datetime | None = None) -> Member:
    """Let a member in again, with the role they had."""
    return _change(member, actor, "member.activated", at, active=True)


def set_away(member: Member, *, actor: Actor, until: datetime | None, at: datetime | None = None) -> Member:
    """Let routing pass over a member until a time (aware UTC), or no longer (None).

    Raise `Invalid` for a time that is over.
    """
    at = at or timezone.now()
    if until is not None and until <= at:
        raise Invalid("Choose a time in the future, or none.", field="until")
    return _change(member, actor, "member.away_changed", at, away_until=until)


def _change(member: Member, actor: Actor, action: str, at: datetime | None, **fields: Any) -> Member:
    """Write fields of one member, with an audit entry; return the member as it stands now.

    1. All admins of the workspace and the member are locked, in the order of their ids: two admins who demote
       each other at once do so one after the other, and the second is refused.
    2. What stands so already is not written and not audited.
    """
    at = at or timezone.now()
    with transaction.atomic():
        rows = Member.objects.of(member.workspace_id)
        ids = (
            rows.filter(role=Role.ADMIN)
            .values_list("pk", flat=True)
            .union(rows.filter(pk=member.pk).values_list("pk", flat=True))
        )
        locked = {row.pk: row for row in db.locked(rows.filter(pk__in=list(ids)).select_related("user"))}
        if member.pk not in locked:
            raise Missing("There is no such member in this workspace.")
        current = locked[member.pk]
        before = {name: getattr(current, name) for name in fields}
        if before == fields:
            return current
        for name, value in fields.items():
            setattr(current, name, value)
        if not any(_is_admin(row) for row in locked.values()):
            raise Conflict(
                "A workspace needs an admin: make somebody else one first.", code="last_admin", field=next(iter(fields))
            )
        current.save(update_fields=list(fields))
        changes = {name: [_plain(before[name]), _plain(value)] for name, value in fields.items()}
        audit.record(
            current.workspace_id, actor=actor, action=action, object_name=current.user.email, changes=changes, at=at
        )
    return current


def _is_admin(member: Member) -> bool:
    return member.active and member.role == Role.ADMIN


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
