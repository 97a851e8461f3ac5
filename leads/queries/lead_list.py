"""Filter, order, page and count the list of leads, at any size: a page reads as far as it shows, a count to a bound."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from leads.models import Handoff, HandoffState, Lead
from workspaces.models import Workspace

PAGE = 50
COUNTED = 10_000  # "more than" from here on, so that no count reads the whole table
CURSOR = re.compile(r"[0-9]{1,18}")
SOURCES = 100  # offered in the filter
BLANK = "-"  # in a filter: the leads that have no value there
# what the dates of a filter are about
CONTACT, HANDED, RETURNED, WON = "contact", "handed", "returned", "won"
DATES = {CONTACT: "First contact", HANDED: "Handed over", RETURNED: "Returned", WON: "Won"}
REACHED = {"mql": Q(), "sal": Q(accepted_at__isnull=False), "sql": Q(promoted_at__isnull=False), "won": Q(state="won")}
# What sales did with a handoff; every handoff is in exactly one.
OUTCOMES = {
    "accepted": Q(accepted_at__isnull=False) & ~Q(state=HandoffState.RETURNED),
    "returned": Q(state=HandoffState.RETURNED),
    "waiting": Q(state=HandoffState.OFFERED),
    "withdrawn": Q(accepted_at__isnull=True)
    & ~Q(state__in=[HandoffState.OFFERED, HandoffState.ACCEPTED, HandoffState.RETURNED]),
}
# sort → the columns in order; each is the end of an index that begins with the workspace. "won" is for won leads only.
SORTS = {
    "new": ("-pk",),
    "old": ("pk",),
    "contact": ("-first_contact_at", "-pk"),
    "won": ("-won_at", "-pk"),
    "grade": ("grade", "-pk"),
    "state": ("state", "-pk"),
}
# Filters that no index answers: their rows are found by looking, and are not counted.
UNINDEXED = ("flag", "topic")


@dataclass(frozen=True)
class Filters:
    """Say which leads are wanted; what is empty says nothing. `since` and `until` (exclusive) are aware.

    `dates` says what since and until are about, a key of `DATES`; `source`, `campaign` (its code), `owner` (a member's
    id) and `grade` may be `BLANK`; `reason` is the code of a return reason; `reached` a stage, `outcome` a key of
    `OUTCOMES`.
    """

    state: str = ""
    source: str = ""
    campaign: str = ""
    owner: str = ""
    grade: str = ""
    q: str = ""
    reached: str = ""
    outcome: str = ""
    reason: str = ""
    flag: str = ""
    topic: str = ""
    dates: str = CONTACT
    since: datetime | None = None
    until: datetime | None = None

    @property
    def countable(self) -> bool:
        """Tell whether an index answers these filters."""
        return not any(getattr(self, name) for name in UNINDEXED)

    @property
    def plain(self) -> bool:
        """Tell whether nothing is filtered at all."""
        return not any(getattr(self, each.name) for each in fields(self) if each.name != "dates")


@dataclass(frozen=True)
class Page:
    """Hold one page of leads with the cursors to the pages around it; `total` None is more than `COUNTED`."""

    rows: list[Lead]
    next_cursor: str | None
    previous_cursor: str | None
    total: int | None = None

    @property
    def shown(self) -> int:
        """Count the rows of this page."""
        return len(self.rows)


def lead_list(workspace: Workspace | int, filters: Filters, among: Iterable[QuerySet] = ()) -> QuerySet[Lead]:
    """Return the leads wanted, not ordered. `among` are querysets of lead ids (of programs, clocks) to stay within."""
    found = Lead.objects.of(workspace)
    for ids in among:
        found = found.filter(pk__in=ids)
    if filters.state:
        found = found.filter(state=filters.state)
    for name, column in (("source", "source"), ("grade", "grade"), ("campaign", "campaign__code"), ("owner", "owner")):
        if value := getattr(filters, name):
            found = found.filter(_is(column, value))
    if filters.q:
        found = found.filter(pk__in=_named(workspace, " ".join(filters.q.split()).lower()))
    if filters.topic:
        found = found.filter(interests__has_key=filters.topic)
    if filters.flag:
        found = found.annotate(flags_text=Cast("flags", TextField())).filter(flags_text__contains=f'"{filters.flag}"')
    return _by_handoffs(workspace, _by_dates(found, filters), filters)


def page(found: QuerySet[Lead], *, sort: str = "new", after: str = "", before: str = "", size: int = PAGE) -> Page:
    """Read one page of a list behind (or before) a lead's id, with what a row shows. Three statements at most.

    The ids come first, by themselves: an index answers that alone, and rows are read for one page only. A cursor that
    names no lead of the list begins at the beginning.
    """
    columns = SORTS[sort]
    cursor = after or before
    turned = bool(before) and not after
    mark = found.filter(pk=int(cursor)).values("pk", *map(_bare, columns)).first() if CURSOR.fullmatch(cursor) else None
    wanted = found.filter(_behind(columns, mark, turned)) if mark else found
    order = [_turn(column) for column in columns] if turned else columns
    ids = list(wanted.order_by(*order).values_list("pk", flat=True)[: size + 1])
    more, ids = len(ids) > size, ids[:size]
    rows = Lead.everywhere.filter(pk__in=ids).select_related("account", "campaign", "owner__user")
    by_pk = {lead.pk: lead for lead in rows.defer("attributes", "interests")}
    listed = [by_pk[pk] for pk in ids if pk in by_pk]
    if turned:
        listed.reverse()
    if not listed:
        return Page([], None, None)
    has_next, has_previous = (True, more) if turned and mark else (more, bool(mark))
    return Page(listed, str(listed[-1].pk) if has_next else None, str(listed[0].pk) if has_previous else None)


def count(found: QuerySet[Lead], most: int = COUNTED) -> int | None:
    """Count up to a bound; None is more than that. One statement, which stops reading at the bound."""
    counted = found.order_by().values("pk")[: most + 1].count()
    return counted if counted <= most else None


def sources(workspace: Workspace | int) -> list[str]:
    """Return the sources that leads have, the blank one as well: one statement, which walks along the index."""
    pk = workspace.pk if isinstance(workspace, Workspace) else workspace
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE found(source) AS ("
            " SELECT min(source) FROM leads_lead WHERE workspace_id = %s"
            " UNION ALL SELECT (SELECT min(source) FROM leads_lead WHERE workspace_id = %s AND source > found.source)"
            " FROM found WHERE found.source IS NOT NULL)"
            " SELECT source FROM found WHERE source IS NOT NULL LIMIT %s",
            [pk, pk, SOURCES],
        )
        return [source for (source,) in cursor.fetchall()]


def export(found: QuerySet[Lead], sort: str = "new") -> Iterable[list[Any]]:
    """Yield the header and a row per lead for CSV, in memory that does not grow with the list."""
    yield [
        "id",
        "email",
        "first name",
        "last name",
        "title",
        "phone",
        "company",
        "country",
        "territory",
        "state",
        "grade",
        "source",
        "campaign",
        "owner",
        "first contact",
        "last activity",
        "amount",
        "currency",
    ]
    rows = found.select_related("account", "campaign", "owner__user").order_by(*SORTS[sort])
    for lead in rows.defer("attributes", "interests", "score_lines").iterator(chunk_size=2000):
        yield [
            lead.pk,
            lead.email,
            lead.first_name,
            lead.last_name,
            lead.title,
            lead.phone,
            lead.account.name if lead.account else "",
            lead.country,
            lead.territory,
            lead.state,
            lead.grade,
            lead.source,
            lead.campaign.code if lead.campaign else "",
            str(lead.owner or ""),
            _iso(lead.first_contact_at),
            _iso(lead.last_event_at),
            lead.amount,
            lead.currency,
        ]


def _named(workspace: Workspace | int, words: str) -> QuerySet:
    """Return the ids of leads by the beginning of the e-mail or the name: a union, so that each part has its index."""
    leads = Lead.objects.of(workspace)
    first, _, last = words.rpartition(" ")
    ways = [leads.filter(email__startswith=words), leads.filter(search_name__startswith=words)]
    if first:
        ways.append(leads.filter(search_name__startswith=f"{last} {first}"))
    return ways[0].values("pk").union(*(way.values("pk") for way in ways[1:]))


def _is(column: str, value: str) -> Q:
    if value != BLANK:
        return Q(**{column: value})
    nobody = {"campaign__code": Q(campaign=None), "owner": Q(owner=None)}
    return nobody.get(column, Q(**{column: ""}))


def _between(column: str, filters: Filters) -> Q:
    wanted = Q()
    if filters.since:
        wanted &= Q(**{f"{column}__gte": filters.since})
    if filters.until:
        wanted &= Q(**{f"{column}__lt": filters.until})
    return wanted


def _by_dates(found: QuerySet[Lead], filters: Filters) -> QuerySet[Lead]:
    if filters.dates == CONTACT:
        return found.filter(_between("first_contact_at", filters))
    if filters.dates == WON:
        return found.filter(_between("won_at", filters), won_at__isnull=False)
    return found


def _by_handoffs(workspace: Workspace | int, found: QuerySet[Lead], filters: Filters) -> QuerySet[Lead]:
    """Keep the leads with one handoff for which all that is asked of handoffs holds."""
    wanted, asked = Q(), False
    if filters.reached:
        wanted, asked = wanted & REACHED[filters.reached], True
    if filters.outcome:
        wanted, asked = wanted & OUTCOMES[filters.outcome], True
    if filters.reason:
        wanted, asked = wanted & Q(state=HandoffState.RETURNED, reason__code=filters.reason), True
    if filters.dates == HANDED:
        wanted, asked = wanted & _between("offered_at", filters), True
    if filters.dates == RETURNED:
        wanted, asked = wanted & Q(state=HandoffState.RETURNED) & _between("closed_at", filters), True
    if not asked:
        return found
    found = found.filter(passes__gt=0)  # which an index knows
    if not wanted:  # every handoff is a pass
        return found
    return found.filter(Exists(Handoff.objects.of(workspace).filter(wanted, lead=OuterRef("pk"))))


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


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
