"""The catalogue of event types, one class a type: the settings form, the docs, OpenAPI and tests are made from it.

The payloads are declared where the facts arise (`leads.payloads`, `sla.payloads`, `nurture.payloads`); this room knows
none of them. `outbox.record` takes an instance, so that neither a wrong name nor a wrong shape can be recorded.
"""

from collections.abc import Callable
from typing import TypeVar

from webhooks.payloads import EventType, Group, Payload

P = TypeVar("P", bound=type[Payload])


_types: dict[str, EventType] = {}


def event(name: str, *, group: Group, help: str, version: int = 1) -> Callable[[P], P]:
    """Enter a payload class into the catalogue under a name. Raise `ValueError` where the name is taken."""

    def enter(payload: P) -> P:
        if name in _types:
            raise ValueError(f"There are two event types called {name}.")
        payload.event = _types[name] = EventType(name, payload, help, group, version)
        return payload

    return enter


def get(name: str) -> EventType:
    """Return the event type of a name. Raise `KeyError` where there is none."""
    return _types[name]


def types() -> list[EventType]:
    """List all event types by their groups, within a group as they are declared."""
    order = list(Group)
    return sorted(_types.values(), key=lambda each: order.index(each.group))


def names() -> list[str]:
    """List the names of all event types."""
    return [each.name for each in types()]


def grouped() -> dict[Group, list[EventType]]:
    """Return the event types by their groups."""
    return {group: [each for each in types() if each.group == group] for group in Group}
