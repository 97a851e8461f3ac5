"""Write one row of a workspace's settings: locked, checked, compared with what stood there, and audited."""

from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.utils import timezone

from leadflow.db import lock
from leadflow.errors import Invalid
from leadflow.models import Owned, get_row
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Workspace

R = TypeVar("R", bound=Owned)
_UNTOLD = {"id", "workspace", "created_at", "credit"}


@transaction.atomic
def write(row: R, *, actor: Actor, noun: str, key: str = "code", at: datetime | None = None) -> R:
    """Save a new or changed row with an audit entry `noun.created` or `noun.changed`. Locks the workspace.

    `key` is the field to blame when the row is there already. What stands so already is not written and not audited.
    Raise `Invalid` with the field, `Missing` when the row is gone.
    """
    at = at or timezone.now()
    lock(Workspace.objects.all(), row.workspace_id)
    before = _stored(row)
    check(row, key)
    fields = [field for field in row._meta.concrete_fields if field.name not in _UNTOLD]
    values = {field.name: (_plain(before, field), _plain(row, field)) for field in fields}
    changes = {name: list(pair) for name, pair in values.items() if pair[0] != pair[1]}
    if changes:
        row.save()
        action = f"{noun}.{'changed' if before else 'created'}"
        name = _name(row)
        audit.record(row.workspace_id, actor=actor, action=action, object_name=name, changes=changes, at=at)
    return row


@transaction.atomic
def remove(row: Owned, *, actor: Actor, noun: str, at: datetime | None = None) -> None:
    """Delete a row with an audit entry `noun.removed`. Locks the workspace; deleting it again changes nothing."""
    lock(Workspace.objects.all(), row.workspace_id)
    name = _name(row)
    deleted, _ = type(row).objects.of(row.workspace_id).filter(pk=row.pk).delete()
    if deleted:
        audit.record(row.workspace_id, actor=actor, action=f"{noun}.removed", object_name=name, at=at)


def _stored(row: R) -> R | None:
    if row.pk is None:
        return None
    return get_row(type(row).objects.of(row.workspace_id), row.pk, str(row._meta.verbose_name))


def check(row: Owned, key: str = "code") -> None:
    """Validate fields and constraints; turn the first refusal into `Invalid`. `key` is as for `write`."""
    try:
        row.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        if field == NON_FIELD_ERRORS and "already exists" in messages[0]:
            raise Invalid("There is one like this already.", field=key) from error
        raise Invalid(messages[0], field=None if field == NON_FIELD_ERRORS else field) from error


def _plain(row: Owned | None, field: "models.Field[Any, Any]") -> Any:
    if row is None:
        return None
    value = getattr(row, field.attname)
    return str(getattr(row, field.name)) if field.is_relation and value is not None else value


def _name(row: Owned) -> str:
    return str(getattr(row, "label", None) or getattr(row, "name", None) or row)
