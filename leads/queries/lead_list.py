"""Filter, order, page and count the list of leads, at any size: a page reads as far as it shows, a count to a bound."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from leadflow.paging import Page
from leads.models import Lead
from leads.queries import lead_filters
from leads.queries.lead_columns import COLUMNS
from leads.queries.lead_filters import Filters
from workspaces.models import Workspace

PAGE = 50
COUNTED = 10_000  # "more than" from here on, so that no count reads the whole table
CURSOR = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Sort:
    """One order: its words, and the columns, which are the end of an index that begins with the workspace."""

    words: str
    columns: tuple[str, ...]


SORTS = {
    "new": Sort("Newest first", ("-pk",)),
    "old": Sort("Oldest first", ("pk",)),
    "contact": Sort("Latest first contact", ("-first_contact_at", "-pk")),
    "grade": Sort("Best grade", ("grade", "-pk")),
    "state": Sort("State", ("state", "-pk")),
    "won": Sort("Latest won", ("-won_at", "-pk")),  # for won leads only
}


def lead_list(workspace: Workspace, filters: Filters) -> QuerySet[Lead]:
    """Return the leads wanted, not ordered."""
    return lead_filters.narrow(Lead.objects.of(workspace), workspace, filters)


def page(
    found: QuerySet[Lead], *, sort: str = "new", after: str = "", before: str = "", size: int = PAGE
) -> Page[Lead]:
    """Read one page of a list behind (or before) a lead's id, with what a row shows. Three statements at most.

    The ids come first, by themselves: an index answers that alone, and rows are read for one page only. A cursor that
    names no lead of the list begins at the beginning.
    """
    columns = SORTS[sort].columns
    cursor = after or before
    turned = bool(before) and not after
    mark = found.filter(pk=int(cursor)).values("pk", *map(_bare, columns)).first() if CURSOR.fullmatch(cursor) else None
    wanted = found.filter(_behind(columns, mark, turned)) if mark else found
    order = [_turn(column) for column in columns] if turned else columns
    ids = list(wanted.order_by(*order).values_list("pk", flat=True)[: size + 1])
    more, ids = len(ids) > size, ids[:size]
    rows = Lead.everywhere.filter(pk__in=ids).select_related("account", "campaign", "territory", "owner__user")
    by_pk = {lead.pk: lead for lead in rows.defer("attributes", "interests")}
    listed = [by_pk[pk] for pk in ids if pk in by_pk]
    if turned:
        listed.reverse()
    if not listed:
        return Page([])
    has_next, has_previous = (True, more) if turned and mark else (more, bool(mark))
    return Page(listed, str(listed[-1].pk) if has_next else None, str(listed[0].pk) if has_previous else None)


def count(found: QuerySet[Lead], most: int = COUNTED) -> int | None:
    """Count up to a bound; None is more than that. One statement, which stops reading at the bound."""
    counted = found.order_by().values("pk")[: most + 1].count()
    return counted if counted <= most else None


def export(found: QuerySet[Lead], sort: str = "new") -> Iterable[list[Any]]:
    """Yield the header and a row per lead for CSV, in memory that does not grow with the list."""
    columns = [column for column in COLUMNS if column.header]
    yield [column.header for column in columns]
    rows = found.select_related("account", "campaign", "territory", "owner__user").order_by(*SORTS[sort].columns)
    for lead in rows.defer("attributes", "interests", "score_lines").iterator(chunk_size=2000):
        yield [column.exported(lead) for column in columns]


def _bare(column: str) -> str:
    return column.removeprefix("-")


def _turn(column: str) -> str:
    return _bare(column) if column.startswith("-") else f"-{column}"


def _behind(columns: tuple[str, ...], mark: dict[str, Any], turned: bool) -> Q:
    """Return the condition of the rows behind (turned: before) the one marked, in the order of the columns."""
    wanted, same = Q(), Q()
    for column in columns:
        name = _bare(column)
        falling = column.startswith("-") != turned
        wanted |= same & Q(**{f"{name}__{'lt' if falling else 'gt'}": mark[name]})
        same &= Q(**{name: mark[name]})
    return wanted
