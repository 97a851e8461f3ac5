"""The parts that all operations of the OpenAPI document share: the refusals and the Idempotency-Key."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from api import problems
from api.errors import MEDIA_TYPE

PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457). `type` leads to a page that describes the problem.",
    "required": ["type", "title", "status", "detail", "instance", "code", "message"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "How to correct the request."},
        "instance": {"type": "string"},
        "code": {"type": "string", "description": "Stable, snake_case."},
        "message": {"type": "string", "description": "The same as detail."},
        "errors": {
            "type": "array",
            "description": "On 422: each value that is not valid.",
            "items": {
                "type": "object",
                "required": ["detail", "pointer"],
                "properties": {
                    "detail": {"type": "string"},
                    "pointer": {"type": "string", "description": "JSON Pointer into the body."},
                },
            },
        },
        "state": {"type": "string", "description": "On 409 of a move: the lead's state."},
        "allowed": {"type": "array", "items": {"type": "string"}, "description": "On 409: the moves allowed."},
        "winner": {
            "type": "object",
            "description": "On 409: who was faster.",
            "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "email": {"type": "string"}},
        },
    },
}
EXAMPLES: dict[int, dict[str, Any]] = {
    409: {
        "state": "sal",
        "allowed": ["return", "reassign", "promote", "disqualify"],
        "winner": {"id": 7, "name": "Rita Rep", "email": "rita@example.com"},
    },
    422: {"errors": [{"detail": "Give a time with its zone, e.g. 2026-03-02T09:30:00Z.", "pointer": "/occurred_at"}]},
}
CODES = {409: "already_accepted"}
DETAILS = {409: "Rita Rep has accepted this lead already."}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "1 to 200 visible ASCII characters, bare or in double quotes. The same key with the same request gets the"
        " first answer again, byte for byte, with `Idempotency-Replayed: true`; kept for 48 hours."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 202},
}


class ApiSchema(AutoSchema):
    """Name the components by what they show: `LeadShape` is a Lead to the outside."""

    def _get_serializer_name(self, serializer: Any, direction: str, bypass_extensions: bool = False) -> str:
        return super()._get_serializer_name(serializer, direction, bypass_extensions).replace("Shape", "")


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the refusals that each operation can give, and the header of POST and PATCH."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {f"Problem{status}": _response(status) for status in problems.BY_STATUS}
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            writes = method in ("post", "patch")
            if writes:
                operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
            for status in _statuses(path, writes):
                operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
    return result


def _statuses(path: str, writes: bool) -> list[int]:
    statuses = [401, 403, 406, 422, 429, 500, 503]
    if "{" in path or writes or path.endswith("/agreement"):
        statuses.append(404)
    if writes:
        statuses += [400, 409, 413, 415]
    return sorted(statuses)


def _response(status: int) -> dict[str, Any]:
    kind = problems.find(CODES.get(status, ""), status)
    detail = DETAILS.get(status, kind.words.split(". ")[0].rstrip(".") + ".")
    example = {
        "type": f"https://leads.example.com/api/problems/{kind.code}/",
        "title": kind.title,
        "status": status,
        "detail": detail,
        "instance": "/api/v1/handoffs/12/accept",
        "code": kind.code,
        "message": detail,
        **EXAMPLES.get(status, {}),
    }
    headers = (
        {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}} if status in (429, 503) else {}
    )
    if status == 401:
        headers = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return {
        "description": problems.TYPES[problems.BY_STATUS[status]].title + ".",
        **({"headers": headers} if headers else {}),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
