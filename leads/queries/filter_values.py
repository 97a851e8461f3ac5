"""The values of filters: how one is read out of an address, and which the page offers.

The workspace says in which zone days lie.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime

from leadflow.errors import Invalid
from leads.models import Reason, Territory, Topic
from leads.people import persons
from leads.queries import lookups, reps
from workspaces.models import Workspace

BLANK = "-"  # as a value: the leads that have none there
MAX_ID = 2**63 - 1  # what the databases can hold


def text(text: str, workspace: Workspace) -> str:
    """Return the text as it is."""
    return text


def number(text: str, workspace: Workspace) -> int:
    """Read the id of a row. Raise `Invalid`."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= MAX_ID):
        raise Invalid("Give the id as a whole number.")
    return int(text)


def email(text: str, workspace: Workspace) -> str:
    """Return an e-mail as leads keep it; one that is none names nobody."""
    return persons.normal_email(text)


def owner(text: str, workspace: Workspace) -> str | int:
    """Read a member's e-mail or id, or `BLANK`. Raise `Invalid`."""
    return text.lower() if text == BLANK or "@" in text else number(text, workspace)


def external_id(text: str, workspace: Workspace) -> tuple[str, str]:
    """Read system:value. Raise `Invalid`."""
    system, colon, value = text.partition(":")
    if not colon:
        raise Invalid("Give the external id as system:value, e.g. crm:0031.")
    return persons.normal_pair(system, value)


def first(text: str, workspace: Workspace) -> datetime:
    """Read the first instant of a day in the workspace's zone, or an instant."""
    day = _day(text)
    return datetime.combine(day, time(0), ZoneInfo(workspace.time_zone)).astimezone(UTC) if day else _instant(text)


def end(text: str, workspace: Workspace) -> datetime | None:
    """Read the first instant behind a day in the workspace's zone, or an instant; the last day there is ends never."""
    day = _day(text)
    if day == date.max:
        return None
    return first((day + timedelta(days=1)).isoformat(), workspace) if day else _instant(text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _instant(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # no such day; a year that no zone can hold
        pass
    raise Invalid("Give a day, e.g. 2026-03-02, or a time with its zone, e.g. 2026-03-02T09:30:00Z.")


def sources(workspace: Workspace) -> Iterable[tuple[str, str]]:
    """Offer the sources that leads have. One statement, as each of these."""
    return [(each or BLANK, each or "No source") for each in lookups.list_sources(workspace)]


def campaigns(workspace: Workspace) -> Iterable[tuple[str, str]]:
    """Offer the newest campaigns."""
    return [(BLANK, "No campaign"), *lookups.list_campaigns(workspace).values_list("code", "name")[:500]]


def territories(workspace: Workspace) -> Iterable[tuple[str, str]]:
    """Offer the territories in their order."""
    names = Territory.objects.of(workspace).order_by("position", "pk").values_list("name", flat=True)
    return [(BLANK, "No territory"), *((each, each) for each in names)]


def owners(workspace: Workspace) -> Iterable[tuple[str, str]]:
    """Offer the members who work with leads, and those who did and whose name stands on some."""
    return [(BLANK, "Nobody"), *((str(each.pk), reps.named(each)) for each in reps.list_reps(workspace))]


def reasons(workspace: Workspace) -> Iterable[tuple[str, str]]:
    """Offer the reasons for which leads are returned."""
    reasons = Reason.objects.of(workspace).filter(kind=Reason.Kind.RETURN).order_by("position", "label")
    return reasons.values_list("code", "label")


def topics(workspace: Workspace) -> Iterable[tuple[str, str]]:
    """Offer the topics."""
    return Topic.objects.of(workspace).order_by("label").values_list("code", "label")
