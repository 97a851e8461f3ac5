"""Read lists page by page behind a row's id, or all of a list as CSV."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import StreamingHttpResponse

M = TypeVar("M", bound=Model)
SIZE = 50


@dataclass(frozen=True)
class Page(Generic[M]):
    """Hold one page of rows; `next_cursor` reads on, None at the end."""

    rows: list[M]
    next_cursor: str | None
    previous_cursor: None = None

    @property
    def shown(self) -> int:
        """Count the rows of this page."""
        return len(self.rows)


def by_id(found: QuerySet[M], *, after: str = "", size: int = SIZE) -> Page[M]:
    """Read one page, the newest row first, behind the id of the page before. One statement."""
    if (mark := read_id(after)) is not None:
        found = found.filter(pk__lt=mark)
    return _cut(list(found.order_by("-pk")[: size + 1]), size)


def by_time(found: QuerySet[M], column: str, *, after: str = "", size: int = SIZE) -> Page[M]:
    """Read one page, the latest in a column first, behind the id of the page before. Two statements at most."""
    mark = found.filter(pk=read_id(after)).values_list(column, "pk").first() if after else None
    if mark:
        found = found.filter(Q(**{f"{column}__lt": mark[0]}) | Q(**{column: mark[0], "pk__lt": mark[1]}))
    return _cut(list(found.order_by(f"-{column}", "-pk")[: size + 1]), size)


def csv_response(lines: Iterable[str], name: str) -> StreamingHttpResponse:
    """Answer with lines of CSV as a file, as they are read."""
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def read_id(text: str) -> int | None:
    """Read an id that the databases can hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _cut(rows: list[Any], size: int) -> Page[Any]:
    more, rows = len(rows) > size, rows[:size]
    return Page(rows, str(rows[-1].pk) if more else None)
