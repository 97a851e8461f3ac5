"""The tracking endpoint: calls of six third-party clients, and the answers that they understand.

Success is 200 with `{"success": true}` and nothing else: other 2xx make one client send again, and a redirect makes
another count a lost batch as delivered. Every refusal is a problem with `code` and `message`.
"""

import base64
import binascii
import json
import logging
import zlib
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from api import errors, tracking_calls
from api.tracking_calls import Envelope
from leadflow.errors import Conflict
from leads.intake import tracking
from leads.intake.tracking import Call
from leads.models import Attribute
from workspaces import keys
from workspaces.actors import Actor
from workspaces.models import ApiKey

MAX_BYTES = 4 * 1024 * 1024  # of a batch, unpacked
MAX_EVENTS = 500
MAX_EVENT_BYTES = 32 * 1024
RETRY_AFTER = 5  # seconds
SHORT = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias"}
log = logging.getLogger(__name__)


class TrackingRefusal(Exception):
    """Refuse the whole request."""

    def __init__(self, status: int, message: str, code: str = "", **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.headers = status, message, code, headers


@csrf_exempt
def endpoint(request: HttpRequest, kind: str) -> HttpResponse:
    """Take one call, or (`kind` is `batch`) many. The write key is the caller; no cookie is looked at."""
    try:
        response = _preflight() if request.method == "OPTIONS" else _take(request, SHORT.get(kind, kind))
    except TrackingRefusal as refusal:
        response = errors.problem(
            request, refusal.status, refusal.message, code=refusal.code, headers=refusal.headers or None
        )
    except (OperationalError, InterfaceError, Conflict):  # away, or busy: the client sends the batch again
        log.exception("A tracking batch could not be stored")
        words = "The batch was not stored. Send it again in a few seconds."
        response = errors.problem(request, 503, words, headers={"Retry-After": str(RETRY_AFTER)})
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _preflight() -> HttpResponse:
    return HttpResponse(
        headers={
            "Access-Control-Allow-Methods": "POST, OPTIONS",
            "Access-Control-Allow-Headers": "authorization, content-type, content-encoding, x-retry-count",
            "Access-Control-Max-Age": "86400",
        }
    )


def _take(request: HttpRequest, kind: str) -> HttpResponse:
    if request.method != "POST":
        raise TrackingRefusal(405, "Send events by POST.", Allow="POST, OPTIONS")
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        raise TrackingRefusal(400, "Send events over HTTPS.", "https_required")
    received = timezone.now()
    body = _body(request)
    key = _key(request, body)
    single = kind != "batch"
    raw = [body] if single else _events(body)
    envelope = Envelope.of(
        body,
        received=received,
        attributes=_attributes(key, raw),
        accepts_old=Actor(key=key).can("history.write"),
    )
    calls = [_call(event, envelope, kind if single else "") for event in raw]
    result = tracking.record_calls(key.workspace, calls, actor=Actor(key=key), at=received)
    if single and result.rejected:
        raise TrackingRefusal(400, result.rejected[0])
    return HttpResponse(b'{"success": true}', content_type="application/json")


def _call(event: Any, envelope: Envelope, kind: str) -> Call:
    size = len(json.dumps(event, ensure_ascii=False).encode("utf-8", "replace"))
    if size > MAX_EVENT_BYTES:
        limit = MAX_EVENT_BYTES // 1024
        return Call(body=event, refused=f"An event has at most {limit} KB; this one has {size} bytes.")
    return tracking_calls.read(event, envelope, kind=kind)


def _events(body: dict[str, Any]) -> list[Any]:
    events = body.get("batch")
    if not isinstance(events, list):
        raise TrackingRefusal(400, "Send the events as a list in `batch`.")
    if len(events) > MAX_EVENTS:
        raise TrackingRefusal(
            400, f"A batch has at most {MAX_EVENTS} events; this one has {len(events)}.", "too_many_events"
        )
    return events


def _attributes(key: ApiKey, events: list[Any]) -> frozenset[str]:
    """Return the workspace's own fields, when some call has traits that could be one of them."""
    if not any(isinstance(event, dict) and (event.get("traits") or event.get("context")) for event in events):
        return frozenset()
    return frozenset(Attribute.objects.of(key.workspace_id).values_list("key", flat=True))


def _key(request: HttpRequest, body: dict[str, Any]) -> ApiKey:
    """Return the key of the request: Basic with an empty password, Bearer, or `writeKey` in the body."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    secret = str(body.get("writeKey") or "")
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(value, validate=True).decode().partition(":")[0] or secret
        except (binascii.Error, UnicodeDecodeError) as error:
            raise _unknown() from error
    elif scheme.lower() == "bearer":
        secret = value.strip() or secret
    key = keys.check(secret) if secret else None
    if key is None:
        raise _unknown()
    if not Actor(key=key).can("events.track"):
        raise TrackingRefusal(403, "This key cannot send events. Make one with the scope track.")
    return key


def _unknown() -> TrackingRefusal:
    words = "The write key is missing, unknown or revoked. Send it as the user name of Basic authentication."
    return TrackingRefusal(401, words, **{"WWW-Authenticate": 'Basic realm="leadflow tracking", charset="UTF-8"'})


def _body(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of the body, whatever its `Content-Type` says, unpacked when it is gzip."""
    try:
        content = request.body
    except RequestDataTooBig as error:
        raise _too_big() from error
    except UnreadablePostError as error:
        raise TrackingRefusal(400, "The body ended before its length was reached. Send it again.") from error
    if content[:2] == b"\x1f\x8b" or request.headers.get("Content-Encoding", "").lower() == "gzip":
        content = _unpacked(content)
    if len(content) > MAX_BYTES:
        raise _too_big()
    try:
        body = json.loads(content.decode("utf-8-sig"), parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise TrackingRefusal(400, "The body is not JSON in UTF-8.", "malformed") from error
    if not isinstance(body, dict):
        raise TrackingRefusal(400, "The body is a JSON object.", "malformed")
    return body


def _unpacked(content: bytes) -> bytes:
    """Return what is packed in one complete gzip stream; it is never unpacked beyond the limit."""
    stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = stream.decompress(content, MAX_BYTES + 1)
    except zlib.error as error:
        raise TrackingRefusal(400, "The body is not gzip as its Content-Encoding says.", "malformed") from error
    if len(unpacked) > MAX_BYTES:
        raise _too_big()
    if not stream.eof:
        raise TrackingRefusal(400, "The gzip stream is cut off.", "malformed")
    if stream.unused_data:
        raise TrackingRefusal(400, "There is more behind the gzip stream. Send one stream.", "malformed")
    return unpacked


def _too_big() -> TrackingRefusal:
    return TrackingRefusal(
        400, f"A batch has at most {MAX_BYTES // 1024 // 1024} MiB, unpacked. Send several.", "too_large"
    )


def _integer(digits: str) -> int | float:
    """Return a number that no parser behind this one chokes on; one that is too long spoils its event alone."""
    return int(digits) if len(digits) <= 40 else float("inf")
