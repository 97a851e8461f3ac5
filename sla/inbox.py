"""Read the inbox of sales: what waits, what is in work, what is done, and the performance of a rep.

A list is a queryset of handoffs with `due_at` (of the clock that is due first, null where none runs), to be paged by
`page_by_due`; the clocks of a page come from `sla.selectors.clocks_of`. `member` None means everybody.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from django.db.models import Count, DateTimeField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from leadflow import paging
from leadflow.paging import Page
from leads.models import Handoff, HandoffState
from leads.models.handoff import OPEN
from leads.queries import lookups
from sla import agreements, calendars, kinds, reports, terms, worktime
from sla.effects import Cause
from sla.kinds import Kind
from sla.models import Clock
from sla.sides import Side
from workspaces.models import Member, Workspace

DAYS = 30
PAGE = 25
SAMPLE = 200  # acceptances from which the median is taken, at most
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # orders what is not due behind all that is


@dataclass(frozen=True)
class Counts:
    """Count the tabs, and of what waits that which is due within the hour or late."""

    waiting: int
    in_work: int
    within_hour: int
    late: int


@dataclass(frozen=True)
class Performance:
    """Measure a member in a period and in the one before; None where there is nothing to judge."""

    accept_median: float | None  # in minutes of work time
    accept_median_before: float | None
    accept_targets: dict[str, int]  # minutes of work time by tier, as agreed; empty without an agreement
    kept: reports.Tally
    kept_before: reports.Tally
    kept_target: int | None
    accepted: int
    promoted: int
    accepted_before: int
    promoted_before: int


def waiting(workspace: Workspace | int, member: Member | None) -> QuerySet[Handoff]:
    """Return what is offered and waits for an answer."""
    found = _of(workspace, member).filter(state=HandoffState.OFFERED)
    if member is None:
        found = found.exclude(owner=None)  # what nobody owns waits in the queue
    return _by_due(found, *kinds.met_by(Cause.ACCEPT))


def queue(workspace: Workspace | int) -> QuerySet[Handoff]:
    """Return what is offered to nobody in particular."""
    found = lookups.list_handoffs(workspace).filter(state=HandoffState.OFFERED, owner=None)
    return _by_due(found, *kinds.met_by(Cause.ACCEPT))


def in_work(workspace: Workspace | int, member: Member | None) -> QuerySet[Handoff]:
    """Return what is accepted and not closed, by the promise that is due first."""
    return _by_due(_of(workspace, member).filter(state=HandoffState.ACCEPTED))


def done(workspace: Workspace | int, member: Member | None, *, at: datetime) -> QuerySet[Handoff]:
    """Return what was closed in the last 30 days, the newest first."""
    since = at - timedelta(days=DAYS)
    found = _of(workspace, member).exclude(state__in=OPEN).filter(closed_at__gte=since, closed_at__lte=at)
    return found.order_by("-closed_at", "-pk")


def accepted(workspace: Workspace | int, member: Member | None, *, at: datetime) -> QuerySet[Handoff]:
    """Return what was accepted in the last 30 days, the newest first: the rows behind the figures."""
    found = _of(workspace, member).filter(accepted_at__gt=at - timedelta(days=DAYS), accepted_at__lte=at)
    return found.order_by("-accepted_at", "-pk")


def promises(workspace: Workspace | int, member: Member | None, *, at: datetime) -> QuerySet[Clock]:
    """Return the promises of sales that began in the last 30 days and are decided, the newest first."""
    outcomes = reports.outcomes(at)
    decided = outcomes[reports.IN_TIME] | outcomes[reports.LATE] | outcomes[reports.MISSED]
    found = _sales_clocks(workspace, member, at - timedelta(days=DAYS), at).filter(decided)
    return found.select_related("lead__account", "handoff__reason", "member__user").order_by("-started_at", "-pk")


def page_by_due(found: QuerySet[Handoff], *, after: str = "") -> Page[Handoff]:
    """Read one page of a list ordered by due time, behind the cursor of the page before. Two statements."""
    return paging.by_time(found, "due_or_never", after=after, size=PAGE, earliest_first=True)


def counts(workspace: Workspace | int, member: Member | None, *, at: datetime) -> Counts:
    """Count what waits and what is in work. Two statements."""
    mine = Handoff.objects.of(workspace).filter(state__in=OPEN)
    clocks = Clock.objects.of(workspace).filter(
        state=Clock.State.RUNNING, kind__in=kinds.met_by(Cause.ACCEPT), due_at__lte=at + timedelta(hours=1)
    )
    if member is not None:
        mine, clocks = mine.filter(owner=member), clocks.filter(member=member)
    else:
        mine, clocks = mine.exclude(owner=None), clocks.exclude(member=None)
    found = mine.aggregate(
        waiting=Count("pk", filter=Q(state=HandoffState.OFFERED)),
        in_work=Count("pk", filter=Q(state=HandoffState.ACCEPTED)),
    )
    return Counts(**found, **clocks.aggregate(within_hour=Count("pk"), late=Count("pk", filter=Q(due_at__lte=at))))


def performance(workspace: Workspace | int, member: Member | None, *, at: datetime) -> Performance:
    """Measure a member (or all of sales) over the last 30 days and the 30 before. Five statements at most."""
    middle, first = at - timedelta(days=DAYS), at - timedelta(days=2 * DAYS)
    agreement = agreements.active(workspace)
    agreed = agreements.terms_of(agreement) if agreement else None
    hours = agreed.hours if agreed else None
    times = _of(workspace, member).filter(accepted_at__gt=first, accepted_at__lte=at).order_by("-accepted_at")
    pairs = times.values_list("offered_at", "accepted_at")[:SAMPLE]
    spans: tuple[list[float], list[float]] = ([], [])
    for offered, answered in pairs:
        # `accepted_at__gt` leaves no None
        spans[answered <= middle].append(_minutes(hours, offered, answered))  # type: ignore[operator, arg-type]  # the filter leaves out the unanswered
    kept = _kept(workspace, member, first, middle, at)
    became = _became_sql(workspace, member, first, middle, at)
    return Performance(
        accept_median=median(spans[0]) if spans[0] else None,
        accept_median_before=median(spans[1]) if spans[1] else None,
        accept_targets=_accept_targets(agreed),
        kept=kept[0],
        kept_before=kept[1],
        kept_target=agreed.met_percent if agreed else None,
        **became,
    )


def accept_targets(workspace: Workspace | int) -> dict[str, int]:
    """Return the minutes of work time to accept by tier, as agreed; empty without an agreement. One statement."""
    return _accept_targets(terms_now(workspace))


def terms_now(workspace: Workspace | int) -> terms.Terms | None:
    """Return the terms of the agreement that runs, or None. One statement, the terms as a rule from memory."""
    agreement = agreements.active(workspace)
    return agreements.terms_of(agreement) if agreement else None


def working_minutes(workspace: Workspace | int, spans: list[tuple[datetime, datetime]]) -> list[float]:
    """Measure spans in minutes of the workspace's work time. One statement."""
    hours = worktime.from_stored(calendars.of(workspace).hours)
    return [_minutes(hours, start, end) for start, end in spans]


def _accept_targets(agreed: terms.Terms | None) -> dict[str, int]:
    if agreed is None:
        return {}
    answers = kinds.met_by(Cause.ACCEPT)
    return {policy.tier: min(agreed.target(kind, policy.tier) for kind in answers) for policy in agreed.sales}


def _of(workspace: Workspace | int, member: Member | None) -> QuerySet[Handoff]:
    found = lookups.list_handoffs(workspace)
    return found if member is None else found.filter(owner=member)


def _by_due(found: QuerySet[Handoff], *among: Kind) -> QuerySet[Handoff]:
    """Order by the running clock (of these kinds, if given) that is due first; what has none comes last."""
    clocks = Clock.everywhere.filter(handoff=OuterRef("pk"), state=Clock.State.RUNNING)
    clocks = clocks.exclude(kind__in=kinds.owed_by(Side.MARKETING))
    if among:
        clocks = clocks.filter(kind__in=among)
    due = Subquery(clocks.order_by(F("due_at").asc(nulls_last=True)).values("due_at")[:1])
    never = Value(NEVER, output_field=DateTimeField())
    return found.annotate(due_or_never=Coalesce(due, never)).order_by("due_or_never", "pk")


def _sales_clocks(
    workspace: Workspace | int, member: Member | None, since: datetime, until: datetime
) -> QuerySet[Clock]:
    found = Clock.objects.of(workspace).filter(
        kind__in=kinds.owed_by(Side.SALES), started_at__gt=since, started_at__lte=until
    )
    return found if member is None else found.filter(member=member)


def _kept(
    workspace: Workspace | int, member: Member | None, first: datetime, middle: datetime, at: datetime
) -> tuple[reports.Tally, reports.Tally]:
    """Count the promises kept and broken in both periods, in one statement."""
    now = Q(started_at__gt=middle)
    parts = {
        f"{name}_{index}": Count("pk", filter=outcome & period)
        for index, period in enumerate((now, ~now))
        for name, outcome in reports.outcomes(at).items()
    }
    found = _sales_clocks(workspace, member, first, at).aggregate(**parts)
    one, other = (reports.Tally(**{name: found[f"{name}_{index}"] for name in reports.PARTS}) for index in (0, 1))
    return one, other


def _became_sql(
    workspace: Workspace | int, member: Member | None, first: datetime, middle: datetime, at: datetime
) -> dict[str, int]:
    """Count the handoffs accepted in both periods, and those of them that became SQL, in one statement."""
    found = Handoff.objects.of(workspace).filter(accepted_at__gt=first, accepted_at__lte=at)
    if member is not None:
        found = found.filter(owner=member)
    now, sql = Q(accepted_at__gt=middle), Q(promoted_at__isnull=False)
    return found.aggregate(
        accepted=Count("pk", filter=now),
        promoted=Count("pk", filter=now & sql),
        accepted_before=Count("pk", filter=~now),
        promoted_before=Count("pk", filter=~now & sql),
    )


def _minutes(hours: worktime.Hours | None, start: datetime, end: datetime) -> float:
    """Return the minutes between, of work time where a calendar is agreed."""
    if end <= start:
        return 0
    return worktime.between(hours, start, end) if hours else (end - start) / timedelta(minutes=1)
