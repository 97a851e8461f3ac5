"""Answer a repeated request with the answer of the first: `Idempotency-Key` on POST and PATCH.

1. The key is claimed by a row of its own, committed before any work, so that others meet it (409 while it runs).
2. The work and the answer are committed together: after a crash there is both or neither, and the claim may be taken
   over. A batch is many transactions; its items are what does not happen twice.
3. A 5xx is not kept: the claim goes, and the request may be sent again with the same key.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import APIException

from api.models import IdempotentAnswer
from leadflow import db
from leadflow.errors import Conflict, Invalid

KEY = re.compile(r'(")?([!#-\[\]-~]{1,200})(?(1)")')
KEPT_HEADERS = ("Content-Type", "Location", "Allow", "Retry-After")
KEEP = timedelta(hours=48)
ABANDONED = timedelta(minutes=10)  # longer than any request may take


class KeyMalformed(APIException):
    """Refuse a key before any work."""

    status_code = 400
    default_code = "idempotency_key_malformed"
    default_detail = "An Idempotency-Key has 1 to 200 visible ASCII characters, bare or in double quotes."


class Overtaken(RuntimeError):
    """The claim was abandoned and taken over while its work was still running; the work is undone."""


def read_key(request: Any) -> str:
    """Return the key of a request, without its quotes; empty when there is none. Raise `KeyMalformed`."""
    raw = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if raw is None:
        return ""
    match = KEY.fullmatch(raw.strip())
    if match is None:
        raise KeyMalformed
    return match[2]


def claim(request: Any, key: str) -> tuple[IdempotentAnswer, bool]:
    """Claim a key for this request, and commit the claim. Return its row, and whether it holds the answer already.

    Raise `Conflict` while the first request runs, `Invalid` when the key belongs to another payload.
    """
    now = timezone.now()
    names = {"caller": request.user.name, "key": key}
    fresh = IdempotentAnswer(workspace=request.workspace, fingerprint=fingerprint(request), created_at=now, **names)
    if db.insert_new([fresh], key=["caller", "key"]):
        return fresh, False
    row = IdempotentAnswer.objects.of(request.workspace).get(**names)
    if row.fingerprint != fresh.fingerprint:
        raise Invalid(
            "This Idempotency-Key came with another request before. Use a new key for a new request.",
            code="idempotency_key_reused",
            errors=[],
        )
    if row.status:
        return row, True
    if row.created_at < now - ABANDONED and _mine(row).update(created_at=now):
        row.created_at = now
        return row, False
    raise Conflict(
        "The first request with this Idempotency-Key is still running. Ask again in a moment.",
        code="idempotency_in_progress",
    )


def perform(row: IdempotentAnswer, act: Callable[[], HttpResponse], *, in_one: bool) -> HttpResponse:
    """Do the work of a claimed request and keep its answer; `in_one`: in one transaction with the work."""
    try:
        if not in_one:
            response = act()
            _keep(row, response)
            return response
        with transaction.atomic():
            response = act()
            if response.status_code >= 500:
                transaction.set_rollback(True)
            else:
                _keep(row, response)
    except BaseException:
        _mine(row).delete()
        raise
    if response.status_code >= 500:
        _mine(row).delete()
    return response


def replay(row: IdempotentAnswer) -> HttpResponse:
    """Return the kept answer, byte for byte, and say that it is a replay."""
    return HttpResponse(bytes(row.body), status=row.status, headers={**row.headers, "Idempotency-Replayed": "true"})


def purge(at: datetime) -> int:
    """Delete the answers older than two days; a day is promised. Return how many."""
    return IdempotentAnswer.everywhere.filter(created_at__lt=at - KEEP).delete()[0]


def fingerprint(request: Any) -> str:
    """Return a digest of method, address and body."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(request._request.body)
    return digest.hexdigest()


def _keep(row: IdempotentAnswer, response: HttpResponse) -> None:
    if response.status_code >= 500:
        _mine(row).delete()
        return
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    if not _mine(row).update(status=response.status_code, headers=headers, body=response.content):
        raise Overtaken


def _mine(row: IdempotentAnswer) -> Any:
    """Return the claim, unless it was taken over or answered: `created_at` is its token."""
    return IdempotentAnswer.everywhere.filter(pk=row.pk, status=0, created_at=row.created_at)
