"""Who wants facts: make endpoints, rotate their secrets, pause them and let them go on."""

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models, transaction
from django.utils import timezone

from leadflow.celery import wake
from leadflow.db import lock, lock_for_delete
from leadflow.errors import Invalid, Missing
from webhooks import catalogue, sealing, signing
from webhooks.models import Delivery, Endpoint
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Workspace

OVERLAP = timedelta(hours=24)


def create(
    workspace: Workspace,
    *,
    actor: Actor,
    url: str,
    types: Iterable[str] = (),
    description: str = "",
    at: datetime | None = None,
) -> tuple[Endpoint, str]:
    """Make an endpoint for facts of some types (none given: all) and return it with its secret.

    Facts that are recorded from now on go to it; `deliveries.replay_range` sends earlier ones. Raise `Invalid` for
    a URL that cannot be posted to or an event that is none.
    """
    at = at or timezone.now()
    secret = signing.new_secret()
    with transaction.atomic():
        endpoint = Endpoint.everywhere.create(
            workspace=workspace,
            url=_url(url),
            types=_types(types),
            description=description.strip()[:200],
            secret=sealing.seal(secret),
            created_at=at,
        )
        changes = {"url": [None, endpoint.url], "types": [None, endpoint.types]}
        audit.record(
            workspace, actor=actor, action="endpoint.created", object_name=endpoint.url, changes=changes, at=at
        )
    return endpoint, secret


def edit(
    endpoint: Endpoint,
    *,
    actor: Actor,
    url: str | None = None,
    types: Iterable[str] | None = None,
    description: str | None = None,
    at: datetime | None = None,
) -> Endpoint:
    """Change what is given of an endpoint; what is on its way goes to the new URL. Raise `Invalid` as `create` does."""
    facts: dict[str, Any] = {}
    if url is not None:
        facts["url"] = _url(url)
    if types is not None:
        facts["types"] = _types(types, kept=endpoint.types)
    if description is not None:
        facts["description"] = description.strip()[:200]
    return _write(endpoint, actor, "endpoint.changed", at or timezone.now(), facts)


def rotate(
    endpoint: Endpoint, *, actor: Actor, overlap: timedelta = OVERLAP, at: datetime | None = None
) -> tuple[Endpoint, str]:
    """Give an endpoint a new secret and return it; for `overlap` messages are signed with the old one as well."""
    at = at or timezone.now()
    secret = signing.new_secret()
    with transaction.atomic():
        locked = lock(Endpoint.everywhere.all(), endpoint.pk)
        locked.old_secret, locked.old_secret_until = locked.secret, at + overlap
        locked.secret = sealing.seal(secret)
        locked.save(update_fields=["secret", "old_secret", "old_secret_until"])
        audit.record(locked.workspace_id, actor=actor, action="endpoint.rotated", object_name=locked.url, at=at)
    return locked, secret


def pause(endpoint: Endpoint, *, actor: Actor, reason: str, at: datetime | None = None) -> Endpoint:
    """Stop delivering to an endpoint. What is planned waits; what happens meanwhile is not planned for it."""
    at = at or timezone.now()
    with transaction.atomic():
        facts = {"active": False, "paused_reason": reason[:300]}
        locked = _write(endpoint, actor, "endpoint.paused", at, facts)
        waiting(locked).update(next_at=None)
    return locked


def resume(endpoint: Endpoint, *, actor: Actor, at: datetime | None = None) -> Endpoint:
    """Go on delivering to an endpoint, beginning with what waited, at once."""
    at = at or timezone.now()
    with transaction.atomic():
        facts = {"active": True, "paused_reason": "", "failing_since": None, "resting_until": None}
        locked = _write(endpoint, actor, "endpoint.resumed", at, facts)
        waiting(locked).update(next_at=at)
        wake("webhooks.sweep")
    return locked


def delete(endpoint: Endpoint, *, actor: Actor, at: datetime | None = None) -> None:
    """Remove an endpoint with its deliveries; the facts stay."""
    with transaction.atomic():
        locked = lock_for_delete(Endpoint.everywhere.all(), endpoint.pk)  # the fan-out writes deliveries meanwhile
        audit.record(
            locked.workspace_id, actor=actor, action="endpoint.deleted", object_name=locked.url, at=at or timezone.now()
        )
        locked.delete()


def get(workspace: Workspace | int, pk: int) -> Endpoint:
    """Return one endpoint of a workspace. Raise `Missing` for another workspace's."""
    found = Endpoint.objects.of(workspace).filter(pk=pk).first()
    if found is None:
        raise Missing("There is no such endpoint in this workspace.")
    return found


def waiting(endpoint: Endpoint) -> models.QuerySet[Delivery]:
    """Return the deliveries of an endpoint that are neither made nor given up."""
    return Delivery.objects.of(endpoint.workspace_id).filter(
        endpoint=endpoint, delivered_at__isnull=True, dead_reason=""
    )


def signing_keys(endpoint: Endpoint, at: datetime) -> list[str]:
    """Return the secrets to sign with at a time: the present one, and the one being rotated out."""
    keys = [sealing.unseal(endpoint.secret)]
    if endpoint.old_secret and endpoint.old_secret_until and at < endpoint.old_secret_until:
        keys.append(sealing.unseal(endpoint.old_secret))
    return keys


def _write(endpoint: Endpoint, actor: Actor, action: str, at: datetime, facts: dict[str, Any]) -> Endpoint:
    """Write what is new among the facts, locked, with an audit entry; return the endpoint as it stands now."""
    with transaction.atomic():
        locked = lock(Endpoint.everywhere.all(), endpoint.pk)
        changes = {name: [getattr(locked, name), value] for name, value in facts.items()}
        changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
        if changes:
            for name, (_, value) in changes.items():
                setattr(locked, name, value)
            locked.save(update_fields=list(changes))
            shown = {name: pair for name, pair in changes.items() if name not in ("failing_since", "resting_until")}
            audit.record(locked.workspace_id, actor=actor, action=action, object_name=locked.url, changes=shown, at=at)
    return locked


def _url(url: str) -> str:
    """Return a URL that may be posted to. What its name resolves to is checked at every try."""
    url = url.strip()
    schemes = ["http", "https"] if settings.WEBHOOKS_ALLOW_PRIVATE else ["https"]
    try:
        URLValidator(schemes=schemes)(url)
        parts = urlsplit(url)
        host = parts.hostname or ""
    except (ValidationError, ValueError) as error:
        raise Invalid("Give a whole https:// address, for instance https://example.com/hooks.", field="url") from error
    if len(url) > 500:
        raise Invalid("The address may have 500 characters at most.", field="url")
    if parts.username or parts.password or parts.fragment:
        raise Invalid("The address may hold no user name, password or part after a #.", field="url")
    if not settings.WEBHOOKS_ALLOW_PRIVATE and _is_private(host):
        raise Invalid("The address must be a public one.", field="url")
    return url


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:  # a name
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _types(types: Iterable[str], *, kept: Iterable[str] = ()) -> list[str]:
    """Return names of the catalogue, sorted. What an endpoint has already, `kept`, may be there no longer."""
    wanted = sorted(set(types))
    if wrong := sorted(set(wanted) - set(catalogue.names()) - set(kept)):
        raise Invalid(f"{wrong[0]!r} is no event; one is lead.accepted.", field="types")
    return wanted
