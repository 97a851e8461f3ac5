"""The figures of programs, in a fixed number of statements whatever their number."""

from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q

from leads.models import Handoff
from nurture.models import Content, Enrolment, Program, Send
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Figures:
    """What one program did. Enrolments are counted but for `leads` and `came_back`, which count people once.

    `came_back` are people who were handed over again after they entered; `held_out` those whose mails are trapped.
    """

    enrolled: int = 0
    active: int = 0
    finished: int = 0
    left: int = 0
    held_out: int = 0
    from_returns: int = 0
    leads: int = 0
    came_back: int = 0
    planned: int = 0
    sent: int = 0
    opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    bounced: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0


@dataclass(frozen=True, slots=True)
class ReturnsOfProgram:
    """How many returned leads a reason led into a program, and how many of them came back as MQL."""

    program_id: int
    program: str
    reason_id: int
    reason: str
    returned: int
    came_back: int


def program_figures(workspace: Workspace, programs: list[Program] | None = None) -> dict[int, Figures]:
    """Return the figures of the programs given (all of them by default), by program id. Two statements."""
    people = Enrolment.objects.of(workspace)
    mails = Send.objects.of(workspace).exclude(enrolment=None)
    if programs is not None:
        ids = [program.pk for program in programs]
        people, mails = people.filter(program__in=ids), mails.filter(enrolment__program__in=ids)
    found: dict[int, dict[str, Any]] = {}
    for row in people.values("program").annotate(**_people()).order_by():
        found.setdefault(row.pop("program"), {}).update(row)
    for row in mails.values(program=F("enrolment__program")).annotate(**_mails()).order_by():
        found.setdefault(row.pop("program"), {}).update(row)
    wanted = [program.pk for program in programs] if programs is not None else list(found)
    return {pk: Figures(**found.get(pk, {})) for pk in wanted}


def totals(figures: dict[int, Figures]) -> Figures:
    """Add the figures of several programs up. A person in two programs counts in both."""
    return Figures(**{each.name: sum(getattr(row, each.name) for row in figures.values()) for each in fields(Figures)})


def returns_by_program(workspace: Workspace) -> list[ReturnsOfProgram]:
    """Return which reasons led how many returned leads into which program, the most first. One statement."""
    rows = (
        Enrolment.objects.of(workspace)
        .exclude(handoff=None)
        .values("program_id", "program__name", "handoff__reason_id", "handoff__reason__label")
        .annotate(
            returned=Count("lead", distinct=True),
            back=Count("lead", distinct=True, filter=Exists(_later_handoff())),
        )
        .order_by("-returned", "program_id")
    )
    return [
        ReturnsOfProgram(
            row["program_id"],
            row["program__name"],
            row["handoff__reason_id"],
            row["handoff__reason__label"] or "",
            row["returned"],
            row["back"],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class ContentFigures:
    """How often one piece of content was sent, and to how many leads it was worth a click."""

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
        "held_out": Count("pk", filter=Q(holdout=True)),
        "from_returns": Count("pk", filter=Q(handoff__isnull=False)),
        "leads": Count("lead", distinct=True),
        "came_back": Count("lead", distinct=True, filter=Exists(_later_handoff())),
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
