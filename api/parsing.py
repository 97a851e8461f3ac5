"""Read JSON strictly: values that two parsers could read differently, or that a database cannot store, are refused."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from rest_framework.parsers import BaseParser

from api.errors import Malformed, TooLarge, escape

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
MAX_DIGITS = 40

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


@dataclass(frozen=True)
class _Bad:
    """Stands in the parsed tree for a value that is refused, until its place is known."""

    words: str


class StrictJSONParser(BaseParser):
    """Parse a JSON body; every refusal is a 400 that names the place."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the value. Raise `TooLarge` or `Malformed`."""
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooLarge
        return loads(body)


def loads(body: bytes) -> Any:
    """Return the value of a JSON text. Raise `Malformed`, which names the place."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8: byte {error.start} does not belong there.") from error
    _refuse_depth(text)
    found: list[_Bad] = []

    def bad(words: str) -> _Bad:
        found.append(_Bad(words))
        return found[-1]

    def pairs(items: list[tuple[str, Any]]) -> Any:
        value = dict(items)
        if len(value) < len(items):
            seen: set[str] = set()
            twice = next(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add returns None, which is meant
            return bad(f"the key “{_shown(twice)}” stands there twice")
        return value

    def integer(digits: str) -> Any:
        return int(digits) if len(digits) <= MAX_DIGITS else bad(f"an integer has more than {MAX_DIGITS} digits")

    def real(digits: str) -> Any:
        number = float(digits)
        return number if abs(number) != float("inf") else bad("a number is too large")

    try:
        value = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_constant=lambda name: bad(f"{name} is not JSON"),
            parse_int=integer,
            parse_float=real,
        )
    except json.JSONDecodeError as error:
        raise Malformed(f"This is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    if found or _SUSPECT.search(text):
        _refuse_values(value, "")
        if found:  # swallowed by a duplicate of its own key
            raise Malformed(f"This JSON is not accepted: {found[0].words}.")
    return value


def _refuse_depth(text: str) -> None:
    depth = 0
    for token in _TOKENS.finditer(text):
        mark = token.group()
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                line = text.count("\n", 0, token.start()) + 1
                column = token.start() - text.rfind("\n", 0, token.start())
                raise Malformed(f"The JSON is more than {MAX_DEPTH} levels deep at line {line}, column {column}.")
        elif mark in "]}":
            depth -= 1


def _refuse_values(value: Any, pointer: str) -> None:
    """Walk the tree, at most `MAX_DEPTH` deep, and refuse the first value that cannot be accepted."""
    if isinstance(value, _Bad):
        raise Malformed(f"This JSON is not accepted: at {pointer or 'the top'}, {value.words}.")
    if isinstance(value, str):
        _refuse_text(value, pointer)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_text(key, f"{pointer}/{_shown(escape(key))}")
            _refuse_values(inner, f"{pointer}/{_shown(escape(key))}")
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            _refuse_values(inner, f"{pointer}/{n}")


def _refuse_text(value: str, pointer: str) -> None:
    if "\0" in value:
        raise Malformed(f"This JSON is not accepted: at {pointer or 'the top'}, a text holds a NUL character.")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise Malformed(f"This JSON is not accepted: at {pointer or 'the top'}, a text holds half of a surrogate pair.")


def _shown(key: str) -> str:
    """Return a key as it may stand in an answer: short, and encodable."""
    return key.encode("utf-8", "replace").decode().replace("\0", "\ufffd")[:60]
