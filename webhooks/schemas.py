"""Make JSON Schema (2020-12, as OpenAPI 3.1 has it) from the payload classes of the catalogue. Pure: no database."""

import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from webhooks.payloads import EventType, Payload

Schema = dict[str, Any]
PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    Decimal: {"type": "string", "format": "decimal"},
}
SEQUENCE: Schema = {
    "type": "integer",
    "description": (
        "The last number of the lead's log when the fact was recorded. It never falls: what comes with a lower number"
        " than the last one is older. What changes nothing of the lead has the number of the change before it."
    ),
}


@dataclass(frozen=True)
class PayloadMember:
    """One member of an object that is sent: its name, its type as declared, and what is said of it."""

    name: str
    type: Any
    help: str


def members(of: type) -> Iterator[PayloadMember]:
    """Yield what is sent of a payload or of a part of one."""
    for each in fields(of):
        if not each.metadata.get("internal"):
            hint: Any = each.type
            notes = hint.__metadata__ if get_origin(hint) is Annotated else ()
            yield PayloadMember(each.name, get_args(hint)[0] if notes else hint, " ".join(map(str, notes)))


def is_about_lead(payload: type[Payload]) -> bool:
    """Say whether a payload is about a lead, so that it is sent with a `sequence`."""
    return any(member.name == "lead" for member in members(payload))


def components(event_types: list[EventType], name_of: Callable[[type[Enum]], str]) -> dict[str, Schema]:
    """Return the schemas of these event types, and of all that they are made of, by the names of their components.

    For `lead.accepted` there are `LeadAcceptedEvent`, the whole message, and `LeadAccepted`, its data. `name_of` names
    the component of an enumeration.
    """
    made = _Components(name_of)
    for each in event_types:
        made.add_event(each)
    return made.schemas


def message_name(event_type: EventType) -> str:
    """Return the component of the whole message of an event type."""
    return f"{event_type.payload.__name__}Event"


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


class _Components:
    """Collect the components as they are met."""

    def __init__(self, name_of: Callable[[type[Enum]], str]) -> None:
        self.schemas: dict[str, Schema] = {}
        self._sources: dict[str, type] = {}
        self._name_of = name_of

    def add_event(self, event_type: EventType) -> None:
        data = self._object(event_type.payload)
        if is_about_lead(event_type.payload):
            schema = self.schemas[event_type.payload.__name__]
            schema["properties"]["sequence"] = SEQUENCE
            schema["required"].append("sequence")
        self.schemas[message_name(event_type)] = {
            "type": "object",
            "description": event_type.help,
            "required": ["type", "timestamp", "version", "data"],
            "properties": {
                "type": {"type": "string", "const": event_type.name},
                "timestamp": {**PLAIN[datetime], "description": "When it happened."},
                "version": {"type": "integer", "const": event_type.version, "description": "Of the schema of data."},
                "data": data,
            },
        }

    def _object(self, of: type) -> Schema:
        """Add the component of a payload or of a part of one; return the reference to it."""
        self._claim(of.__name__, of)
        if of.__name__ not in self.schemas:
            schema: Schema = {"type": "object", "description": of.__doc__ or ""}
            self.schemas[of.__name__] = schema  # before its members, which may lead back here
            schema["required"] = [member.name for member in members(of)]
            schema["properties"] = {member.name: self._described(member) for member in members(of)}
        return _ref(of.__name__)

    def _claim(self, name: str, source: type) -> None:
        """Raise `ValueError` where two classes would describe one component."""
        if self._sources.setdefault(name, source) is not source:
            raise ValueError(f"{source!r} and {self._sources[name]!r} are both called {name} in the document.")

    def _described(self, member: PayloadMember) -> Schema:
        schema = self._of(member.type)
        return {**schema, "description": member.help} if member.help else schema

    def _of(self, hint: Any) -> Schema:
        origin = get_origin(hint)
        if hint in PLAIN:
            return dict(PLAIN[hint])
        if origin is Annotated:
            return {**self._of(get_args(hint)[0]), "description": " ".join(map(str, hint.__metadata__))}
        if origin is Literal:
            return {"type": "string", "enum": list(get_args(hint))}
        if origin in (Union, types.UnionType):
            return self._union([self._of(each) for each in get_args(hint)])
        if origin is list:
            return {"type": "array", "items": self._of(get_args(hint)[0])}
        if isinstance(hint, type) and issubclass(hint, Enum):
            return self._enumeration(hint)
        if is_dataclass(hint) and isinstance(hint, type):
            return self._object(hint)
        raise TypeError(f"No schema is known for {hint!r}.")

    @staticmethod
    def _union(schemas: list[Schema]) -> Schema:
        """Join alternatives: into one list of types where they are plain."""
        if all(set(schema) == {"type"} for schema in schemas):
            return {"type": [schema["type"] for schema in schemas]}
        return {"anyOf": schemas}

    def _enumeration(self, hint: type[Enum]) -> Schema:
        name = self._name_of(hint)
        self._claim(name, hint)
        self.schemas[name] = {"type": "string", "enum": [each.value for each in hint]}
        return _ref(name)
