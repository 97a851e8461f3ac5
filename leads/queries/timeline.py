"""Read a lead's timeline, newest first: its moves, events, touches, answers, follow-ups, and answers to returns.

Each kind is read by its own index, at most one page of it, and merged; the page before is reached by the time and
rank of the last entry. What other apps know (mail) is a further source.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from itertools import islice, zip_longest
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from leads.models import Answer, Event, FollowUp, Lead, ReturnAnswer, ReturnObjection, Touch, Transition
from leads.move_catalogue import MOVES

LIMIT = 40


@dataclass(frozen=True)
class TimelineEntry:
    """Hold one thing that happened; `rank` orders what happened at the same moment and is unique with the kind."""

    at: datetime
    kind: str  # move | event | touch | answer | follow_up | return | revisit | mail
    rank: int
    what: str  # the move's name, the event's type, the touch's channel …
    title: str
    body: str = ""
    by: str = ""
    human: bool = True

    @property
    def key(self) -> tuple[datetime, str, int]:
        """Return what entries are ordered by."""
        return self.at, self.kind, self.rank


@dataclass(frozen=True)
class TimelinePage:
    """Hold one page of a timeline; `older` is the cursor of the next one, or nothing at its end."""

    entries: list[TimelineEntry]
    older: str


Source = Callable[[Lead, "datetime | None", int], Iterable[TimelineEntry]]


def timeline(lead: Lead, *, before: str = "", limit: int = LIMIT, also: Iterable[Source] = ()) -> TimelinePage:
    """Return a page of entries, newest first, before a cursor; one statement per kind, whatever the lead has done.

    A cursor that cannot be read means from the newest. `also` are sources that give entries up to (and with) a time.
    """
    cursor = _read(before)
    until = cursor[0] if cursor else None
    # Ties with the cursor's moment are read again and dropped, so a few more than a page are needed.
    each = limit + 1 + (_TIES if cursor else 0)
    rows = [list(source(lead, until, each)) for source in (*SOURCES, *also)]
    for found in rows:
        found.sort(key=lambda entry: entry.key, reverse=True)
    merged = merge(*rows, key=lambda entry: entry.key, reverse=True)
    rest = (entry for entry in merged if cursor is None or entry.key < cursor)
    page = list(islice(rest, limit + 1))
    more = len(page) > limit
    page = page[:limit]
    return TimelinePage(page, _write(page[-1]) if more else "")


_TIES = 60  # entries of one moment at the border of two pages; an import writes that many at once at most


def moves(lead: Lead, until: datetime | None, limit: int) -> Iterable[TimelineEntry]:
    """Give the moves of a lead."""
    rows = Transition.objects.of(lead.workspace_id).filter(lead=lead).select_related("reason")
    for row in _newest(rows, "at", until, limit):
        yield TimelineEntry(row.at, "move", row.sequence, row.move, _move_words(row), row.note, row.actor_name)


def events(lead: Lead, until: datetime | None, limit: int) -> Iterable[TimelineEntry]:
    """Give what a lead did."""
    rows = Event.objects.of(lead.workspace_id).filter(lead=lead).defer("properties")
    for row in _newest(rows, "occurred_at", until, limit):
        name = row.name or row.url
        words = row.type.replace("_", " ").capitalize()
        yield TimelineEntry(
            row.occurred_at, "event", row.pk, row.type, f"{words}: {name}" if name else words, human=row.human
        )


def touches(lead: Lead, until: datetime | None, limit: int) -> Iterable[TimelineEntry]:
    """Give what sales did to a lead."""
    rows = Touch.objects.of(lead.workspace_id).filter(lead=lead)
    for row in _newest(rows, "at", until, limit):
        words = f"{row.get_channel_display()}: {row.get_outcome_display().lower()}"
        yield TimelineEntry(row.at, "touch", row.pk, row.channel, words, row.note, row.actor_name)


def answers(lead: Lead, until: datetime | None, limit: int) -> Iterable[TimelineEntry]:
    """Give what a lead answered."""
    rows = Answer.objects.of(lead.workspace_id).filter(lead=lead).select_related("question")
    for row in _newest(rows, "at", until, limit):
        yield TimelineEntry(row.at, "answer", row.pk, "answer", row.question.label, say(row.value), row.actor_name)


def follow_ups(lead: Lead, until: datetime | None, limit: int) -> Iterable[TimelineEntry]:
    """Give the follow-ups that were done; those still open are listed elsewhere."""
    rows = FollowUp.objects.of(lead.workspace_id).filter(lead=lead, done_at__isnull=False)
    for row in _newest(rows, "done_at", until, limit):
        yield TimelineEntry(row.done_at, "follow_up", row.pk, "done", "Follow-up done", row.note, row.actor_name)


def return_answers(lead: Lead, until: datetime | None, limit: int) -> Iterable[TimelineEntry]:
    """Give marketing's answers to the returns of a lead, what sales objected, and what was decided.

    They are as few as the passes of a lead: all are read, in one statement; none for a lead that never came back.
    """
    if lead.returned_at is None:
        return
    for row in ReturnAnswer.objects.of(lead.workspace_id).filter(lead=lead).select_related("objection"):
        found = [(row.at, "answered", "Marketing answered the return", row.text, row.actor_name)]
        objection: ReturnObjection | None = getattr(row, "objection", None)
        if objection is not None:
            found.append((objection.at, "objected", "Sales objected to it", objection.text, objection.actor_name))
        if objection is not None and objection.decided_at is not None:
            words = f"Decided: {objection.get_decision_display().lower()}"
            by, note = objection.decided_by_name, objection.decision_note
            found.append((objection.decided_at, "decided", words, note, by))
        for number, (at, what, title, body, by) in enumerate(found):
            if until is None or at <= until:
                yield TimelineEntry(at, "return", row.pk * 3 + number, what, title, body, by)


def revisits(lead: Lead, until: datetime | None, limit: int) -> Iterable[TimelineEntry]:
    """Give the revisit dates that came: those agreed at a return or a loss that no later move went before."""
    log = Transition.objects.of(lead.workspace_id).filter(lead=lead).order_by("sequence").only("move", "at", "facts")
    rows = list(log.exclude(move="reassign"))
    now = timezone.now()
    found = []
    for row, after in zip_longest(rows, rows[1:]):
        agreed = row.facts.get("revisit_at") if row.move in ("return", "lose") else None
        when = datetime.fromisoformat(agreed) if agreed else None
        if when is None or when > min(now, until or now) or (after is not None and after.at < when):
            continue
        words = f"Agreed on {row.at:%d %B %Y}, when the lead was {MOVES[row.move].past.lower()}"
        found.append(TimelineEntry(when, "revisit", row.sequence, "revisit", "The revisit date has come", words))
    return found[-limit:]


SOURCES: tuple[Source, ...] = (moves, events, touches, answers, follow_ups, return_answers, revisits)


def say(value: object) -> str:
    """Write an answer as people read it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def _move_words(row: Transition) -> str:
    words = MOVES[row.move].past if row.move in MOVES else "Became known"
    if row.reason is not None:
        return f"{words}: {row.reason.label}"
    if row.move == "qualify":
        routed = row.facts.get("routing", {}).get("words", "")
        return ", ".join(part for part in (words, row.facts.get("grade"), routed) if part)
    if row.move == "reassign":
        return f"{words}: {row.facts.get('from') or 'the queue'} to {row.facts.get('to') or 'the queue'}"
    if row.move == "win":
        return f"{words}: {row.facts.get('amount', '')} {row.facts.get('currency', '')}".strip(": ")
    return words


def _newest(rows: QuerySet[Any], column: str, until: datetime | None, limit: int) -> QuerySet[Any]:
    """Narrow to the page: up to a time, the newest first."""
    if until is not None:
        rows = rows.filter(**{f"{column}__lte": until})
    return rows.order_by(f"-{column}", "-pk")[:limit]


def _write(entry: TimelineEntry) -> str:
    return f"{entry.at.isoformat()}~{entry.kind}~{entry.rank}"


def _read(cursor: str) -> tuple[datetime, str, int] | None:
    at, _, rest = cursor.partition("~")
    kind, _, rank = rest.partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment.astimezone(UTC), kind, int(rank)) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
