"""Access: make workspaces, and find the members and memberships of one."""

import zoneinfo
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.text import slugify

from leadflow.db import lock
from leadflow.errors import Invalid, Missing
from workspaces import audit, signals
from workspaces.actors import Actor
from workspaces.models import Member, User, Workspace
from workspaces.roles import Role

SLUG_LENGTH = 60
CHANGEABLE = frozenset(
    {
        "name",
        "time_zone",
        "currency",
        "postal_address",
        "sender_name",
        "sender_email",
        "daily_cap",
        "weekly_cap",
    }
)


def create_workspace(name: str, *, owner: User, time_zone: str = "UTC", at: datetime | None = None) -> Workspace:
    """Make a workspace with its defaults, and its owner an admin of it, in one transaction.

    Raise `Invalid` when the name is empty or too long, or the time zone is not known.
    """
    at = at or timezone.now()
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise Invalid("Give the workspace a name of up to 120 characters.", field="name")
    if time_zone not in time_zones():
        raise Invalid("Choose a time zone from the list, for instance Europe/Berlin.", field="time_zone")
    with transaction.atomic():
        workspace = _insert(name, time_zone, at)
        Member.everywhere.create(workspace=workspace, user=owner, role=Role.ADMIN, created_at=at)
        signals.created.send(sender=Workspace, workspace=workspace, at=at)
    return workspace


def change_workspace(workspace: Workspace, *, actor: Actor, at: datetime | None = None, **facts: Any) -> Workspace:
    """Change the fields of a workspace that are given (those of CHANGEABLE), with an audit entry. Locks it.

    Raise `Invalid` with the field for a value that makes no sense; what stands so already is not audited.
    """
    if unknown := facts.keys() - CHANGEABLE:
        raise Invalid(f"A workspace has no field {min(unknown)} to change.", field=min(unknown))
    if facts.get("time_zone", "UTC") not in time_zones():
        raise Invalid("Choose a time zone from the list, for instance Europe/Berlin.", field="time_zone")
    with transaction.atomic():
        locked = lock(Workspace.objects.all(), workspace.pk)
        changes = {name: [getattr(locked, name), value] for name, value in facts.items()}
        changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
        for name, (_, value) in changes.items():
            setattr(locked, name, value)
        try:
            locked.clean_fields(exclude={field.name for field in Workspace._meta.fields} - changes.keys())
        except ValidationError as error:
            field, messages = next(iter(error.message_dict.items()))
            raise Invalid(messages[0], field=field) from error
        if changes:
            locked.save(update_fields=list(changes))
            audit.record(
                locked, actor=actor, action="workspace.changed", object_name=locked.name, changes=changes, at=at
            )
    return locked


def _insert(name: str, time_zone: str, at: datetime) -> Workspace:
    """Insert the row under the first free slug: two workspaces of one name may be made at the same time."""
    base = slugify(name)[: SLUG_LENGTH - 7].strip("-") or "workspace"
    slug = base
    while True:
        try:
            with transaction.atomic():
                return Workspace.objects.create(name=name, slug=slug, time_zone=time_zone, created_at=at)
        except IntegrityError:
            if not Workspace.objects.filter(slug=slug).exists():
                raise
            slug = f"{base}-{get_random_string(6, 'abcdefghjkmnpqrstuvwxyz23456789')}"


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the time zones that this machine knows."""
    return frozenset(zoneinfo.available_timezones())


def membership(user: User, workspace: str | int) -> Member:
    """Return the active place of a user in a workspace, given by its slug or id, with both read along.

    Raise `Missing` when there is none: a stranger learns nothing about which workspaces exist.
    """
    which = {"workspace_id": workspace} if isinstance(workspace, int) else {"workspace__slug": workspace}
    found = places_of(user).filter(**which).first()
    if found is None:
        raise Missing("There is no such workspace, or you are not a member of it.")
    return found


def places_of(user: User) -> models.QuerySet[Member]:
    """Return the active memberships of a user, by the name of the workspace, which is read along."""
    places = Member.everywhere.select_related("workspace", "user")
    return places.filter(user=user, active=True).order_by("workspace__name", "pk")


def workspaces_of(user: User) -> models.QuerySet[Workspace]:
    """Return the workspaces in which a user is an active member, by name."""
    mine = Member.everywhere.filter(user=user, active=True).values("workspace_id")
    return Workspace.objects.filter(pk__in=mine).order_by("name", "pk")


def members_of(workspace: Workspace | int, *, roles: Iterable[str] = ()) -> models.QuerySet[Member]:
    """Return the active members of a workspace, by name, with their users; those of some roles only, if given."""
    found = Member.objects.of(workspace).filter(active=True, user__is_active=True).select_related("user")
    if roles := list(roles):
        found = found.filter(role__in=roles)
    return found.order_by("user__name", "user__email")


def member(workspace: Workspace | int, pk: int) -> Member:
    """Return one member of a workspace, active or not. Raise `Missing` for another workspace's."""
    found = Member.objects.of(workspace).select_related("user").filter(pk=pk).first()
    if found is None:
        raise Missing("There is no such member in this workspace.")
    return found
