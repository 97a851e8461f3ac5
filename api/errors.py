"""Errors of the API as problem details (RFC 9457), wherever they were raised."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from api import problems
from leadflow.errors import DomainError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
log = logging.getLogger(__name__)


class Malformed(exceptions.APIException):
    """Refuse a body that cannot be read; the detail names the place."""

    status_code = 400
    default_code = "malformed"


class TooLarge(exceptions.APIException):
    """Refuse a body that is longer than the limit."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The body is larger than 4 MiB. Send less at once."


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn any exception of a view into a problem. An unforeseen one is logged and becomes a 500."""
    view, request = context["view"], context["request"]
    status, headers, body = describe(error, request)
    if status == 401 and (scheme := view.get_authenticate_header(request)):
        headers["WWW-Authenticate"] = scheme
    if status >= 500:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
    return Response(body, status=status, headers=headers, content_type=MEDIA_TYPE)


def problem(
    request: HttpRequest | None,
    status: int,
    detail: str,
    *,
    code: str = "",
    headers: dict[str, str] | None = None,
    **facts: Any,
) -> JsonResponse:
    """Answer with a problem outside the views of the framework (the tracking endpoint, middleware)."""
    body = problems.document(request, status, detail, code=code, **facts)
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE, headers=headers)


def describe(error: Exception, request: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return the status, the headers and the problem document of an exception."""
    headers: dict[str, str] = {}
    code, facts = "", {}
    if isinstance(error, DomainError):
        status, detail, code, facts = error.status, error.message, error.code, dict(error.facts)
        if status == 422 and "errors" not in facts:
            facts["errors"] = [
                {"detail": detail, "pointer": "/" + error.field.replace(".", "/") if error.field else ""}
            ]
        if status == 429:
            headers["Retry-After"] = str(facts.get("retry_after", 60))
    elif isinstance(error, exceptions.ValidationError):
        status, code = 422, "invalid"
        facts["errors"] = listed = flatten(error.detail)
        detail = " ".join(f"{_place(entry)}{entry['detail']}" for entry in listed[:3])
    elif isinstance(error, Http404):
        status, detail = 404, "There is no such thing in this workspace."
    elif isinstance(error, PermissionDenied):
        status, detail = 403, str(error) or "This is not allowed."
    elif isinstance(error, RequestDataTooBig):
        status, detail = 413, TooLarge.default_detail
    elif isinstance(error, OperationalError | InterfaceError):
        status, detail = 503, "The database does not answer just now. Nothing was kept; send the request again."
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    elif isinstance(error, exceptions.APIException):
        status, detail, code = error.status_code, str(error.detail), _code(error)
        if isinstance(error, exceptions.Throttled):
            headers["Retry-After"] = str(max(1, round(getattr(error, "wait", None) or 60)))
    else:
        status, detail = 500, "Something broke on our side; it is logged. The request may be sent again."
    return status, headers, problems.document(_plain(request), status, detail, code=code, **facts)


def flatten(detail: Any, pointer: str = "") -> list[dict[str, str]]:
    """List the errors of a serializer, each with the JSON Pointer of its place in the body."""
    if isinstance(detail, dict):
        inner = [(key, value) for key, value in detail.items()]
        return [
            entry
            for key, value in inner
            for entry in flatten(value, pointer if key == "non_field_errors" else f"{pointer}/{escape(key)}")
        ]
    if isinstance(detail, list | tuple):
        if any(isinstance(item, dict) for item in detail):
            return [entry for n, item in enumerate(detail) for entry in flatten(item, f"{pointer}/{n}")]
        return [entry for item in detail for entry in flatten(item, pointer)]
    return [{"detail": str(detail), "pointer": pointer}]


def escape(name: Any) -> str:
    """Write a name as one token of a JSON Pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")


def _place(entry: dict[str, str]) -> str:
    return f"{entry['pointer'].lstrip('/')}: " if entry["pointer"] else ""


def _code(error: exceptions.APIException) -> str:
    code = error.default_code
    return code if code in problems.TYPES else ""


def _plain(request: Any) -> HttpRequest | None:
    plain: HttpRequest | None = getattr(request, "_request", request)
    return plain
