"""Read the values of facts, put them into words, and make them plain JSON."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Plain = str | int | float | bool | None | tuple["Plain", ...]

LONGEST_TEXT = 300  # of an observed value: evidence is stored with every handoff and has to stay small
LONGEST_LIST = 50
_CODE = re.compile(r"[a-z]+(_[a-z]+)+")  # opted_out, demo_request: read better without underscores
_LARGEST = 10**300  # beyond it a number can be neither a float nor, later, printed


def is_known(given: Any) -> bool:
    """Return whether a fact says anything: not None, not blank text, not an empty collection."""
    if isinstance(given, str):
        return bool(given.strip())
    if isinstance(given, list | tuple | set | frozenset | Mapping):
        return bool(given)
    return given is not None


def number(given: Any) -> Decimal | None:
    """Read a finite number, also from text as custom attributes bring it; None for all else and booleans."""
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal | str):
        return None
    if isinstance(given, int):
        return Decimal(given) if abs(given) < _LARGEST else None
    text = str(given).strip()
    try:
        read = Decimal(text) if len(text) <= 40 else None
    except InvalidOperation:
        return None
    return read if read is not None and read.is_finite() else None


def moment(given: Any) -> datetime | date | None:
    """Read a time or a date, also from ISO 8601 text; a naive time is read as UTC."""
    if isinstance(given, str):
        given = _parse_iso(given.strip())
    if isinstance(given, datetime):
        return given if given.tzinfo else given.replace(tzinfo=UTC)
    return given if isinstance(given, date) else None


def plain(given: Any) -> Plain:
    """Make a fact plain JSON (tuples for lists), short enough to store; an unknown fact is None."""
    if isinstance(given, str):  # nearly all are
        return str(given)[:LONGEST_TEXT] if given.strip() else None
    if not is_known(given):
        return None
    if isinstance(given, bool):
        return given
    if isinstance(given, int):
        return given if abs(given) < _LARGEST else "a number too large to show"
    if isinstance(given, float):
        return given if math.isfinite(given) else str(given)
    if isinstance(given, datetime | date):
        return given.isoformat()
    if isinstance(given, set | frozenset | Mapping):
        return tuple(sorted((plain(item) for item in given), key=str))[:LONGEST_LIST]
    if isinstance(given, list | tuple):
        return tuple(plain(item) for item in given[:LONGEST_LIST])
    return str(given)[:LONGEST_TEXT]


def say(given: Any) -> str:
    """Put a value into words for a page: "not known", "yes", "12 Nov 2026 10:30 UTC", "CEO, CTO"."""
    if isinstance(given, list | tuple) and given:
        return ", ".join(say(item) for item in given[:LONGEST_LIST])
    value = plain(given)
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(say(item) for item in value)
    if isinstance(given, datetime):
        return say_time(given)
    if isinstance(given, date):
        return say_day(given)
    if isinstance(value, float):
        return f"{value:g}"
    return value.replace("_", " ") if isinstance(value, str) and _CODE.fullmatch(value) else str(value)


def say_time(when: datetime) -> str:
    """Put a time into words, in UTC: evidence is read by people in several zones."""
    try:
        when = when.astimezone(UTC) if when.tzinfo else when
    except OverflowError:  # year 1 or 9999 at the edge of what a zone can hold
        return when.isoformat()
    return f"{say_day(when)} {when:%H:%M} UTC"


def say_day(day: date) -> str:
    """Put a day into words, as "2 Nov 2026"."""
    return f"{day.day} {day:%b} {day.year}"


def to_lists(value: Any) -> Any:
    """Turn tuples into lists, deeply: what JSON gives back."""
    if isinstance(value, list | tuple):
        return [to_lists(item) for item in value]
    if isinstance(value, dict):
        return {name: to_lists(item) for name, item in value.items()}
    return value


def to_tuples(value: Any) -> Any:
    """Turn lists into tuples, deeply: the reverse of `to_lists` for plain values."""
    return tuple(to_tuples(item) for item in value) if isinstance(value, list | tuple) else value


def _parse_iso(text: str) -> datetime | date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None
