"""Read lists page by page behind a cursor, so that a page far down costs as much as the first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
R = TypeVar("R")
SIZE = 50


@dataclass(frozen=True)
class Page(Generic[R]):
    """Hold one page of rows with the cursors to the pages around it, None where there is none.

    `total` counts all rows of the list, where that was counted.
    """

    rows: list[R]
    next_cursor: str | None = None
    previous_cursor: str | None = None
    total: int | None = None

    @property
    def shown(self) -> int:
        """Count the rows of this page."""
        return len(self.rows)


def by_id(found: QuerySet[M], *, after: str = "", size: int = SIZE) -> Page[M]:
    """Read one page, the newest row first, behind the id of the page before. One statement."""
    if (mark := read_id(after)) is not None:
        found = found.filter(pk__lt=mark)
    rows = list(found.order_by("-pk")[: size + 1])
    return Page(rows[:size], str(rows[size - 1].pk) if len(rows) > size else None)


def by_time(
    found: QuerySet[M], column: str, *, after: str = "", size: int = SIZE, earliest_first: bool = False
) -> Page[M]:
    """Read one page in the order of a time that is never null, the latest first by default. Two statements.

    `after` is the cursor of the page before; one that cannot be read means the first page. The first statement orders
    keys alone: whole rows, with their documents, would be sorted by the thousand.
    """
    sign, beyond = ("", "gt") if earliest_first else ("-", "lt")
    if mark := _read_time(after):
        moment, pk = mark
        found = found.filter(Q(**{f"{column}__{beyond}": moment}) | Q(**{column: moment, f"pk__{beyond}": pk}))
    keys = list(found.order_by(f"{sign}{column}", f"{sign}pk").values_list(column, "pk")[: size + 1])
    shown = keys[:size]
    rows = found.in_bulk([pk for _, pk in shown])
    listed = [rows[pk] for _, pk in shown if pk in rows]  # a row may have left the list between the statements
    return Page(listed, f"{shown[-1][0].isoformat()}~{shown[-1][1]}" if len(keys) > size else None)


def read_id(text: str) -> int | None:
    """Read an id that the databases can hold; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _read_time(cursor: str) -> tuple[datetime, int] | None:
    when, _, pk = cursor.partition("~")
    try:
        moment, number = datetime.fromisoformat(when), read_id(pk)
        return (moment.astimezone(UTC), number) if moment.tzinfo and number is not None else None
    except (ValueError, OverflowError):
        return None
