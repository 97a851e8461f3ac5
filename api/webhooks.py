"""The webhooks of the OpenAPI document, made from the catalogue of event types."""

from enum import Enum
from typing import Any

from drf_spectacular.settings import spectacular_settings

from webhooks import catalogue, schemas
from webhooks.payloads import EventType

HEADERS = {
    "webhook-id": "The same on every try of one message: it identifies repeated messages.",
    "webhook-timestamp": "Of this try, in whole seconds since 1970.",
    "webhook-signature": "v1,<base64>; two, apart by a space, while a secret is being rotated.",
}


def add_webhooks(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add an operation for each event type, with the schema of its message. Shared enumerations stay as they are."""
    known = result["components"]["schemas"]
    for name, schema in schemas.components(catalogue.types(), _enumeration_name).items():
        known.setdefault(name, schema)
    result["components"]["schemas"] = dict(sorted(known.items()))
    result["webhooks"] = {each.name: {"post": _operation(each)} for each in catalogue.types()}
    return result


def _operation(event_type: EventType) -> dict[str, Any]:
    message = {"$ref": f"#/components/schemas/{schemas.message_name(event_type)}"}
    return {
        "operationId": "webhook_" + event_type.name.replace(".", "_"),
        "summary": event_type.help,
        "description": f"{event_type.payload.__doc__} Signed by Standard Webhooks 1.0.",
        "tags": ["webhooks"],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": words, "schema": {"type": "string"}}
            for name, words in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": message}}},
        "responses": {
            "2XX": {"description": "Accepted."},
            "410": {"description": "Gone: the endpoint is paused."},
            "default": {"description": "Not accepted: it is sent again, at growing intervals, up to ten times."},
        },
    }


def _enumeration_name(enumeration: type[Enum]) -> str:
    """Return the name that the document has for an enumeration (ENUM_NAME_OVERRIDES), else that of the class."""
    path = f"{enumeration.__module__}.{enumeration.__qualname__}"
    named: dict[str, str] = spectacular_settings.ENUM_NAME_OVERRIDES
    return next((name for name, at in named.items() if at == path), enumeration.__qualname__.replace(".", ""))
