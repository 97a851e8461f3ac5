"""Frozen samples of stored documents: `tests/<app>/samples/<document>-<format>.json`.

A sample is what a release wrote into the database, and it never changes. It holds the document as it is stored and
the members of the classes that it was made of then.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from leadflow.formats import Format

TESTS = Path(__file__).parent


def same(document: Any) -> Any:
    """Return a document as it is: code works with its JSON."""
    return document


@dataclass(frozen=True)
class DocumentKind:
    """One kind of stored document with what its samples mean, by the number of the format, in the words of today.

    `read` makes what `meant` holds of a document as its column gives it: in its present form, or as it is stored where
    the column is plain JSON. `write` is the way back, where one function writes it all; `classes` are those whose
    members are stored.
    """

    app: str
    format: Format
    meant: Mapping[int, Any]
    read: Callable[[Any], Any] = same
    write: Callable[[Any], Any] | None = None
    classes: Sequence[type] = ()
    plain_column: bool = False

    def path(self, number: int) -> Path:
        return TESTS / self.app / "samples" / f"{self.format.name.replace(' ', '-')}-{number}.json"

    def stored(self, number: int) -> Any:
        """Return the document as a release of that format stored it."""
        return json.loads(self.path(number).read_text())["stored"]

    def meaning(self, number: int) -> Any:
        """Return what the sample of a format is read as."""
        stored = self.stored(number)
        return self.read(stored if self.plain_column else self.format.read(stored))

    def members(self, number: int) -> dict[str, dict[str, str]]:
        """Return the members that the classes had then, with their types."""
        found: dict[str, dict[str, str]] = json.loads(self.path(number).read_text())["members"]
        return found

    def present_members(self) -> dict[str, dict[str, str]]:
        """Return the members that the classes have now, with their types."""
        return {cls.__name__: {each.name: _type(each.type) for each in fields(cls)} for cls in self.classes}


def _type(annotation: Any) -> str:
    """Write a type without the modules it comes from, which may move."""
    text = (
        annotation
        if isinstance(annotation, str)
        else annotation.__name__
        if isinstance(annotation, type) and not (hasattr(annotation, "__args__"))
        else str(annotation)
    )
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", text)
