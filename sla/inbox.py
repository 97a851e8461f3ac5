"""Read the inbox of sales: what waits, what is in work, what is done, and the performance of a rep.

A list is a queryset of handoffs with `due_at` (of the clock that is due first, null where none runs), to be paged by
`page_by_due`; the clocks of a page come from `sla.selectors.clocks_of`. `member` None means everybody.
"""

from collections.abc import Iterable
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
from sla import kinds, reports, selectors, standing, tallies
from sla.durations import Duration, Unit
from sla.effects import Cause
from sla.kinds import Kind
from sla.models import Agreement, Clock
from sla.sides import Side
from sla.tallies import Tally, Version
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
class AcceptTarget:
    """Hold the time to accept of a tier, as the version of the agreement says that the clocks began under."""

    tier: str
    within: Duration
    version: int
    superseded: bool


@dataclass(frozen=True)
class Performance:
    """Measure a member in a period and in the one before; None where there is nothing to judge."""

    accept_median: float | None  # in minutes of work time
    accept_median_before: float | None
    accept_targets: tuple["AcceptTarget", ...]  # those that what was accepted in the period began under
    kept: Tally
    kept_before: Tally
    kept_target: float | None  # the percentage that the agreements of these promises ask for, by how many each has
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
    decided = outcomes[tallies.IN_TIME] | outcomes[tallies.LATE] | outcomes[tallies.MISSED]
    found = _sales_clocks(workspace, member, at - timedelta(days=DAYS), at).filter(decided)
    found = selectors.with_version(found).select_related("lead__account", "handoff__reason", "member__user")
    return found.order_by("-started_at", "-pk")


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
    """Measure a member (or all of sales) over the last 30 days and the 30 before. Three statements.

    The time to accept is that of the last answers to offers that the agreement gave a time for, each counted in the
    work time of the version that its clock began under.
    """
    middle, first = at - timedelta(days=DAYS), at - timedelta(days=2 * DAYS)
    spans: tuple[list[float], list[float]] = ([], [])
    targets: set[AcceptTarget] = set()
    for clock in _answered(workspace, member, first, at)[:SAMPLE]:
        before = clock.handoff.accepted_at <= middle  # type: ignore[union-attr, operator]  # by the filter
        spans[before].append(took(clock))
        if not before:
            targets.add(_accept_target(clock))
    kept, kept_before, kept_target = _kept(workspace, member, first, middle, at)
    became = _became_sql(workspace, member, first, middle, at)
    return Performance(
        accept_median=median(spans[0]) if spans[0] else None,
        accept_median_before=median(spans[1]) if spans[1] else None,
        accept_targets=_in_order(targets),
        kept=kept,
        kept_before=kept_before,
        kept_target=kept_target,
        **became,
    )


def waiting_targets(workspace: Workspace | int, member: Member | None) -> tuple[AcceptTarget, ...]:
    """Return the times to accept under which what waits began: one of each tier and version. One statement."""
    running = Clock.objects.of(workspace).filter(state=Clock.State.RUNNING, kind__in=kinds.met_by(Cause.ACCEPT))
    running = running.exclude(member=None) if member is None else running.filter(member=member)
    names = ("tier", "target_amount", "target_unit", "agreement__version", "agreement__status")
    rows = running.order_by().values_list(*names).distinct()
    superseded = Agreement.Status.SUPERSEDED
    return _in_order(
        {
            AcceptTarget(tier, Duration(amount, Unit(unit)), version, status == superseded)
            for tier, amount, unit, version, status in rows
            if amount is not None
        }
    )


def took(clock: Clock) -> float:
    """Return the minutes from the offer to the acceptance of an accept clock's handoff, in its own work time."""
    handoff = clock.handoff
    assert handoff is not None  # an accept clock has one
    assert handoff.accepted_at is not None
    return standing.span(clock.agreement, handoff.offered_at, handoff.accepted_at)


def first_accept(handoff: Handoff, clocks: Iterable[Clock]) -> Clock | None:
    """Return the clock among those of a handoff that began with its offer; None where nothing was agreed by then."""
    answers = kinds.met_by(Cause.ACCEPT)
    return next((each for each in clocks if each.kind in answers and each.started_at == handoff.offered_at), None)


def _answered(workspace: Workspace | int, member: Member | None, since: datetime, until: datetime) -> QuerySet[Clock]:
    """Return the clocks of the offers that were accepted in a period, with offer and version, the newest first."""
    found = Clock.objects.of(workspace).filter(
        reports.FIRST_ACCEPT, handoff__accepted_at__gt=since, handoff__accepted_at__lte=until
    )
    if member is not None:
        found = found.filter(handoff__owner=member)
    shown = ("tier", "target_amount", "target_unit", "handoff__offered_at", "handoff__accepted_at")
    of_version = ("agreement__version", "agreement__status", "agreement__content_hash")
    return (
        found.select_related("handoff", "agreement").only(*shown, *of_version).order_by("-handoff__accepted_at", "-pk")
    )


def _accept_target(clock: Clock) -> AcceptTarget:
    assert clock.target is not None  # an accept clock runs for a length
    version = clock.agreement
    return AcceptTarget(clock.tier, clock.target, version.version, version.status == Agreement.Status.SUPERSEDED)


def _in_order(targets: set[AcceptTarget]) -> tuple[AcceptTarget, ...]:
    return tuple(sorted(targets, key=lambda each: (-each.version, each.tier)))


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
) -> tuple[Tally, Tally, float | None]:
    """Count the promises kept and broken in both periods, in one statement, and say what share was promised now."""
    now = Q(started_at__gt=middle)
    parts = {
        f"{name}_{index}": Count("pk", filter=outcome & period)
        for index, period in enumerate((now, ~now))
        for name, outcome in reports.outcomes(at).items()
    }
    found = _sales_clocks(workspace, member, first, at)
    rows = found.values(*tallies.VERSION).annotate(**parts).order_by()
    counted: tuple[dict[Version, Tally], ...] = ({}, {})
    for row in rows:
        version = tallies.version_of(row)
        for index, tally in enumerate(counted):
            tally[version] = Tally(**{name: row[f"{name}_{index}"] for name in tallies.PARTS})
    one, other = (sum(tally.values(), Tally()) for tally in counted)
    return one, other, tallies.promised_share(counted[0])


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
