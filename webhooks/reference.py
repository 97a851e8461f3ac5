"""Write the reference of webhooks, docs/webhooks.md, from the catalogue of event types."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from webhooks import catalogue, schemas
from webhooks.payloads import EventType

PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
INTRODUCTION = """\
# Webhooks

This page is made from the code: change `payloads.py` of the app where the fact arises, then run
`manage.py webhook_reference`. The same schemas stand in the OpenAPI document under `webhooks`.

An endpoint (Settings, Webhooks) gets a POST for each fact it wants, signed by
[Standard Webhooks](https://www.standardwebhooks.com): verify it with the package `standardwebhooks` or `svix` and
answer 2xx within 15 seconds. What is not taken is sent again, later and later, ten times in some four days, always with
the same `webhook-id`: a receiver that keeps the ids it had takes each fact once. A message, shortened:

```json
{
  "type": "lead.accepted",
  "timestamp": "2026-03-02T12:00:00Z",
  "version": 1,
  "data": {"lead": {"id": 7}, "actor": {"kind": "key", "id": 3, "name": "API key CRM"}, "sequence": 12}
}
```

- `timestamp`: when it happened; for history brought in, in the past.
- `version`: of the schema of `data`. It goes up when a member goes away or changes its meaning. New members come
  without notice: ignore what you do not know.
- `data.lead`: the lead as it was when the fact was recorded, with its `external_ids`.
- `data.actor`: who did it. Skip what your own key did (`GET /api/v1/me` says its `kind` and `id`): that is your echo.
- `data.sequence`: the last number of the lead's log. What comes with a lower number than the last one is older. Facts
  that change nothing of the lead, as `touch.logged`, have the number of the change before them.

History brought in raises no alarm: nothing is sent of the warning and the breach of a clock that was over before
it was reported.
"""


def page() -> str:
    """Return the whole page, in Markdown."""
    return "\n".join([INTRODUCTION, *_events(), *_parts()])


def _events() -> Iterator[str]:
    yield "## Events\n"
    for group, types in catalogue.grouped().items():
        yield f"### {group}\n"
        for event_type in types:
            yield from _event(event_type)


def _event(event_type: EventType) -> Iterator[str]:
    yield f"#### `{event_type.name}`\n"
    yield f"{event_type.help} Version {event_type.version}.\n"
    yield from _table(event_type.payload)


def _parts() -> Iterator[str]:
    yield "## What payloads are made of\n"
    seen: dict[str, type] = {}
    for event_type in catalogue.types():
        _collect(event_type.payload, seen)
    for name in sorted(seen):
        yield f"### {name}\n"
        yield f"{seen[name].__doc__}\n"
        yield from _table(seen[name])


def _table(of: type) -> Iterator[str]:
    yield "| member | type | |"
    yield "|---|---|---|"
    for member in schemas.members(of):
        yield f"| `{member.name}` | {_type(member.type)} | {member.help} |"
    yield ""


def _collect(of: type, seen: dict[str, type]) -> None:
    """Add the parts of an object, and theirs, by their names."""
    for member in schemas.members(of):
        for part in _dataclasses(member.type):
            if part.__name__ not in seen:
                seen[part.__name__] = part
                _collect(part, seen)


def _dataclasses(hint: Any) -> Iterator[type]:
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for each in get_args(hint):
        yield from _dataclasses(each)


def _type(hint: Any) -> str:
    """Name a type as readers of JSON call it."""
    origin = get_origin(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if origin is Annotated:
        return _type(get_args(hint)[0])
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in get_args(hint))
    if origin in (Union, UnionType):
        return " or ".join(_type(each) for each in get_args(hint))
    if origin is list:
        return f"list of {_type(get_args(hint)[0])}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f"`{each.value}`" for each in hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    return "time" if hint.__name__ == "datetime" else "decimal in a string"
