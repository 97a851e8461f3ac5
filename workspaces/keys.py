"""Make, check and revoke the keys of the API.

A key reads `lf_<10 characters>_<secret>`. The part before the secret is kept to find the row, a SHA-256 hash of the
whole to check it: with 256 random bits a slow hash would add nothing but time to every request.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from leadflow.db import lock
from leadflow.errors import Invalid, Missing
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import ApiKey, Workspace
from workspaces.roles import SCOPES

PREFIX_LENGTH = len("lf_") + 10
LONGEST = 128
USED_EVERY = timedelta(minutes=1)


def create(
    workspace: Workspace, *, actor: Actor, name: str, scopes: Iterable[str], at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which cannot be had again.

    Raise `Invalid` when the name is empty or too long, or the scopes are none or unknown.
    """
    at = at or timezone.now()
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise Invalid("Give the key a name of up to 80 characters that says who uses it.", field="name")
    wanted = set(scopes)
    if not wanted or not wanted <= SCOPES.keys():
        raise Invalid(f"Choose at least one scope among {', '.join(SCOPES)}.", field="scopes")
    prefix = f"lf_{secrets.token_hex(5)}"
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        key = ApiKey.everywhere.create(
            workspace=workspace,
            name=name,
            prefix=prefix,
            hash=_hash(secret),
            scopes=[scope for scope in SCOPES if scope in wanted],
            created_by=actor.member,
            created_at=at,
        )
        changes = {"scopes": [None, key.scopes], "prefix": [None, prefix]}
        audit.record(workspace, actor=actor, action="key.created", object_name=name, changes=changes, at=at)
    return key, secret


def check(secret: str, *, at: datetime | None = None) -> ApiKey | None:
    """Return the key of a secret, with its workspace, or None when it is unknown or revoked.

    One statement; once a minute a second one notes the use. That update takes the row only if nobody has noted
    it meanwhile, so that a busy key is not a row that all requests queue for.
    """
    if len(secret) > LONGEST or not secret.startswith("lf_") or not secret.isascii() or "\0" in secret:
        return None
    key = (
        ApiKey.everywhere.select_related("workspace")
        .filter(prefix=secret[:PREFIX_LENGTH], revoked_at__isnull=True)
        .first()
    )
    if key is None or not secrets.compare_digest(key.hash, _hash(secret)):
        return None
    at = at or timezone.now()
    if key.last_used_at is None or key.last_used_at <= at - USED_EVERY:
        stale = models.Q(last_used_at__isnull=True) | models.Q(last_used_at__lte=at - USED_EVERY)
        ApiKey.everywhere.filter(stale, pk=key.pk).update(last_used_at=at)
        key.last_used_at = at
    return key


def revoke(key: ApiKey, *, actor: Actor, at: datetime | None = None) -> None:
    """Make a key unusable from now on. Revoking it again changes nothing. Locks the key."""
    at = at or timezone.now()
    with transaction.atomic():
        locked = lock(ApiKey.everywhere.all(), key.pk)
        if locked.revoked_at is None:
            locked.revoked_at = key.revoked_at = at
            locked.save(update_fields=["revoked_at"])
            audit.record(locked.workspace_id, actor=actor, action="key.revoked", object_name=locked.name, at=at)


def get(workspace: Workspace | int, pk: int) -> ApiKey:
    """Return one key of a workspace. Raise `Missing` for another workspace's."""
    found = ApiKey.objects.of(workspace).filter(pk=pk).first()
    if found is None:
        raise Missing("There is no such key in this workspace.")
    return found


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
