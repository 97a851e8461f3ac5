"""Apply the operators of conditions to facts, and say how each reads."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from leads.conditions import values
from leads.conditions.fact_types import FactType

_ALL = frozenset(FactType)
_WRITTEN = _ALL - {FactType.BOOLEAN}
_ORDERED = _ALL - {FactType.BOOLEAN, FactType.LIST}
_DATED = frozenset({FactType.TEXT, FactType.DATE, FactType.TIME, FactType.OWN})


@dataclass(frozen=True, slots=True)
class Operator:
    """Say what an operator takes as its value, how it reads, straight and under a `not`, and which facts it fits.

    For a fact of any other type it never holds.
    """

    takes: str  # nothing | scalar | text | list | order | days
    words: str
    opposite: str
    fits: frozenset[FactType] = _ALL


OPERATORS: dict[str, Operator] = {
    "is": Operator("scalar", "is", "is not"),
    "is_not": Operator("scalar", "is not", "is"),
    "in": Operator("list", "is one of", "is none of"),
    "not_in": Operator("list", "is none of", "is one of"),
    "contains": Operator("text", "contains", "does not contain", _WRITTEN),
    "starts_with": Operator("text", "starts with", "does not start with", _WRITTEN),
    "has_any": Operator("list", "has any of", "has none of"),
    "at_least": Operator("order", "is at least", "is below", _ORDERED),
    "at_most": Operator("order", "is at most", "is above", _ORDERED),
    "more_than": Operator("order", "is more than", "is at most", _ORDERED),
    "less_than": Operator("order", "is less than", "is at least", _ORDERED),
    "known": Operator("nothing", "is known", "is not known"),
    "unknown": Operator("nothing", "is not known", "is known"),
    "within_days": Operator("days", "is within the last", "is not within the last", _DATED),
}

# "Interest level is at least 2" would be read the wrong way round: 1 is the most interested.
RANKED_WORDS = {
    "at_least": ("is {} or better", "is worse than {}"),
    "at_most": ("is {} or worse", "is better than {}"),
    "more_than": ("is better than {}", "is {} or worse"),
    "less_than": ("is worse than {}", "is {} or better"),
}


def fitting(type: FactType) -> list[str]:
    """List the operators that fit facts of a type, as they are offered."""
    return [name for name, operator in OPERATORS.items() if type in operator.fits]


def holds(op: str, given: Any, value: Any, *, at: datetime, ranks: tuple[str, ...] | None = None) -> bool:
    """Return whether an operator holds between a fact and the value of a validated leaf, as of `at` (aware).

    `ranks` (best first) makes the order operators compare by goodness. Never raises: what cannot be compared
    fails.
    """
    if op in ("known", "unknown"):
        return values.is_known(given) == (op == "known")
    if not values.is_known(given):
        return False
    if op in _ORDER:
        return _ranked(op, given, value, ranks) if ranks else _ordered(op, given, value)
    if op == "within_days":
        age = _age_in_days(given, at)
        return age is not None and 0 <= age <= value
    return _MATCH[op](given, value)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "at_least": lambda left, right: left >= right,
    "at_most": lambda left, right: left <= right,
    "more_than": lambda left, right: left > right,
    "less_than": lambda left, right: left < right,
}


def _ranked(op: str, given: Any, value: Any, ranks: tuple[str, ...]) -> bool:
    order = [_fold(rank) for rank in ranks]
    left, right = _fold(given), _fold(value)
    return left in order and right in order and _ORDER[op](-order.index(left), -order.index(right))


def _ordered(op: str, given: Any, value: Any) -> bool:
    if not isinstance(value, str):
        found, wanted = values.number(given), values.number(value)
        return found is not None and wanted is not None and _ORDER[op](found, wanted)
    left, right = values.moment(given), values.moment(value)
    if left is None or right is None:
        return False
    if isinstance(left, datetime) != isinstance(right, datetime):  # a day against a time: compare the days
        left, right = _day(left), _day(right)
    return _ORDER[op](left, right)


def _age_in_days(given: Any, at: datetime) -> float | None:
    when = values.moment(given)
    if when is None:
        return None
    return (at - when) / timedelta(days=1) if isinstance(when, datetime) else (_day(at) - when).days


def _day(when: datetime | date) -> date:
    if not isinstance(when, datetime):
        return when
    try:
        return when.astimezone(UTC).date()
    except OverflowError:  # year 1 or 9999 at the edge of what a zone can hold
        return when.date()


def _equal(given: Any, value: Any) -> bool:
    if isinstance(given, bool) or isinstance(value, bool):
        return given is value
    if isinstance(given, datetime | date):
        return _ordered("at_least", given, value) and _ordered("at_most", given, value)
    if isinstance(value, int | float):
        return values.number(given) == values.number(value)
    return _fold(given) == _fold(value)


def _is(given: Any, value: Any) -> bool:
    return any(_equal(item, value) for item in _items(given))


def _in(given: Any, wanted: Iterable[Any]) -> bool:
    return any(_is(given, value) for value in wanted)


def _contains(given: Any, value: Any) -> bool:
    return _fold(value) in _fold(given) if isinstance(given, str) else _is(given, value)


def _starts_with(given: Any, value: Any) -> bool:
    return any(not isinstance(item, bool) and _fold(item).startswith(_fold(value)) for item in _items(given))


def _has_any(given: Any, wanted: Iterable[Any]) -> bool:
    """Match lists by item and text by whole words: "CTO" is in "CTO, Berlin" but not in "Director"."""
    if not isinstance(given, str):
        return _in(given, wanted)
    text = _fold(given)
    return any(re.search(rf"(?<!\w){re.escape(_fold(value))}(?!\w)", text) for value in wanted)


_MATCH: dict[str, Callable[[Any, Any], bool]] = {
    "is": _is,
    "is_not": lambda given, value: not _is(given, value),
    "in": _in,
    "not_in": lambda given, wanted: not _in(given, wanted),
    "contains": _contains,
    "starts_with": _starts_with,
    "has_any": _has_any,
}


def _items(given: Any) -> Iterable[Any]:
    return given if isinstance(given, list | tuple | set | frozenset) else (given,)


def _fold(given: Any) -> str:
    return (given if isinstance(given, str) else str(values.plain(given))).strip().casefold()
