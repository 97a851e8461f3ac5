"""Stored documents: JSON that code reads back years later, each with the number of the format that it was written in.

Every kind of document is declared once, as a `Format` in `documents.py` of its app. What is stored never changes by
itself; when its members change, the kind gets the next number and a step that makes the new form of the one before,
and old documents are upgraded each time they are read. No Django here: the column is `leadflow.fields.Document`.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from typing import Any, TypeVar

NUMBER = "format"
ITEMS = "items"  # of a document that is a list

Upgrade = Callable[[Any], Any]
T = TypeVar("T")


class Unreadable(ValueError):
    """Refuse a stored document that this release cannot read."""


@dataclass(frozen=True, eq=False)
class Format:
    """One kind of stored document, an object or a list, and how its older forms become the present one.

    `name` stands in messages and names the frozen samples. Step 0 of `upgrades` makes format 2 of format 1, step 1
    makes format 3 of format 2; it is given a copy, without the number. `parts` are members with formats of their own.
    """

    name: str
    upgrades: tuple[Upgrade, ...] = ()
    parts: Mapping[str, "Format"] = field(default_factory=dict)

    @property
    def current(self) -> int:
        """The number of the form that is written now."""
        return len(self.upgrades) + 1

    def stamp(self, document: Any) -> Any:
        """Return a document of the present form as it is stored: with its number, and those of its parts.

        An empty document says nothing, has nothing to upgrade, and stays as it is. Raise `ValueError` for an object
        with the one member `items`: stored, it would be read as a list.
        """
        if not document:
            return document
        if isinstance(document, Mapping) and document.keys() - {NUMBER} == {ITEMS}:
            raise ValueError(f"{self.name}: an object whose only member is {ITEMS} would be read as a list.")
        if isinstance(document, list | tuple):
            return {NUMBER: self.current, ITEMS: list(document)}
        return {NUMBER: self.current, **self._with_parts(document, Format.stamp)}

    def read(self, stored: Any) -> Any:
        """Return a stored document in its present form, without numbers; what is stored is left as it is.

        One without a number is of format 1. Raise `Unreadable` for a number that this release does not know.
        """
        number, document = _take_number(stored)
        if not document:
            return document
        if type(number) is not int or not 0 < number <= self.current:
            raise Unreadable(
                f"{self.name}: stored in format {number}, and this release reads up to {self.current}. "
                "Run the release that wrote it, or a newer one."
            )
        if number < self.current:
            document = copy.deepcopy(document)
            for upgrade in self.upgrades[number - 1 :]:
                document = upgrade(document)
        return self._with_parts(document, Format.read) if isinstance(document, dict) else document

    def _with_parts(self, document: Mapping[str, Any], act: Callable[["Format", Any], Any]) -> dict[str, Any]:
        plain = {name: value for name, value in document.items() if name != NUMBER}
        return plain | {name: act(part, plain[name]) for name, part in self.parts.items() if name in plain}


def build(cls: Callable[..., T], data: Mapping[str, Any], **read: Callable[[Any], Any]) -> T:
    """Make a dataclass of a stored object in its present form; `read` gives the functions that read members.

    Members that the class does not have are left out, and those that the object lacks take their default. Raise
    `Unreadable`, naming the member, for one that has none and for one that `read` fails on.
    """
    names, needed = _members(cls)
    if missing := [name for name in needed if name not in data]:
        raise Unreadable(f"A stored {cls.__name__} lacks {', '.join(missing)}.")
    values = {name: data[name] for name in names if name in data}
    for name in read.keys() & values.keys():
        try:
            values[name] = read[name](values[name])
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise Unreadable(f"{name} of a stored {cls.__name__} cannot be read: {error}") from error
    return cls(**values)


def _take_number(stored: Any) -> tuple[Any, Any]:
    """Split a stored document into its number and what it says."""
    if not isinstance(stored, Mapping) or NUMBER not in stored:
        return 1, stored
    if stored.keys() == {NUMBER, ITEMS}:
        return stored[NUMBER], stored[ITEMS]
    return stored[NUMBER], {name: value for name, value in stored.items() if name != NUMBER}


@lru_cache(maxsize=256)
def _members(cls: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the members of a dataclass, and those that have no default."""
    known = [each for each in fields(cls) if each.init]
    needed = [each.name for each in known if each.default is MISSING and each.default_factory is MISSING]
    return tuple(each.name for each in known), tuple(needed)
