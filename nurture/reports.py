"""The figures of programs, in a fixed number of statements whatever their number."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q

from leads.models import Handoff
from nurture.models import Content, Enrolment, Program, Send
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class ProgramFigures:
    """The figures of one program. Enrolments are counted but for `leads` and `requalified`, which count people once.

    `requalified` are people handed over again after they entered; `control_group` those whose mails are not sent.
    """

    enrolled: int = 0
    active: int = 0
    finished: int = 0
    left: int = 0
    control_group: int = 0
    from_returns: int = 0
    leads: int = 0
    requalified: int = 0
    planned: int = 0
    sent: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    bounced: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0


def program_figures(workspace: Workspace, programs: list[Program] | None = None) -> dict[int, ProgramFigures]:
    """Return the figures of the programs given (all of them by default), by program id. Two statements."""
    people = Enrolment.objects.of(workspace)
    mails = Send.objects.of(workspace).exclude(enrolment=None)
    if programs is not None:
        ids = [program.pk for program in programs]
        people, mails = people.filter(program__in=ids), mails.filter(enrolment__program__in=ids)
    found: dict[int, dict[str, Any]] = {}
    for row in people.values("program").annotate(**_people()).order_by():
        _add(found, row)
    for row in mails.values(program=F("enrolment__program")).annotate(**_mails()).order_by():
        _add(found, row)
    wanted = [program.pk for program in programs] if programs is not None else list(found)
    return {pk: ProgramFigures(**found.get(pk, {})) for pk in wanted}


def totals(figures: dict[int, ProgramFigures]) -> ProgramFigures:
    """Add the figures of several programs up. A person in two programs counts in both."""
    return ProgramFigures(
        **{each.name: sum(getattr(row, each.name) for row in figures.values()) for each in fields(ProgramFigures)}
    )


def _add(found: dict[int, dict[str, Any]], row: Mapping[str, Any]) -> None:
    """Add a row of counts to those of its program."""
    counts = {name: value for name, value in row.items() if name != "program"}
    found.setdefault(row["program"], {}).update(counts)


@dataclass(frozen=True, slots=True)
class ContentFigures:
    """The figures of one piece of content: how often it was sent, and how many leads clicked on it."""

    sent: int = 0
    clicked: int = 0


def content_figures(workspace: Workspace, contents: list[Content]) -> dict[int, ContentFigures]:
    """Return the figures of the content given, by its id. One statement."""
    mails = Send.objects.of(workspace).filter(content__in=[each.pk for each in contents], state=Send.State.SENT)
    rows = mails.values("content").annotate(sent=Count("pk"), clicked=Count("pk", filter=Q(clicked_at__isnull=False)))
    found = {row["content"]: ContentFigures(row["sent"], row["clicked"]) for row in rows.order_by()}
    return {each.pk: found.get(each.pk, ContentFigures()) for each in contents}


def _later_handoff() -> Any:
    return Handoff.everywhere.filter(lead=OuterRef("lead"), offered_at__gt=OuterRef("started_at"))


def _people() -> dict[str, Any]:
    state = Enrolment.State
    return {
        "enrolled": Count("pk"),
        "active": Count("pk", filter=Q(state=state.ACTIVE)),
        "finished": Count("pk", filter=Q(state=state.FINISHED)),
        "left": Count("pk", filter=Q(state=state.EXITED)),
        "control_group": Count("pk", filter=Q(holdout=True)),
        "from_returns": Count("pk", filter=Q(handoff__isnull=False)),
        "leads": Count("lead", distinct=True),
        "requalified": Count("lead", distinct=True, filter=Exists(_later_handoff())),
    }


def _mails() -> dict[str, Any]:
    state = Send.State
    return {
        "planned": Count("pk", filter=Q(state__in=[state.PLANNED, state.SENDING])),
        "sent": Count("pk", filter=Q(state=state.SENT)),
        "opened": Count("pk", filter=Q(opened_at__isnull=False) | Q(clicked_at__isnull=False)),
        "clicked": Count("pk", filter=Q(clicked_at__isnull=False)),
        "unsubscribed": Count("pk", filter=Q(unsubscribed_at__isnull=False)),
        "bounced": Count("pk", filter=Q(bounced_at__isnull=False)),
        "failed": Count("pk", filter=Q(state=state.FAILED)),
        "unknown": Count("pk", filter=Q(state=state.UNKNOWN)),
        "cancelled": Count("pk", filter=Q(state=state.CANCELLED)),
    }
