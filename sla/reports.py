"""Measure what both sides promised: targets, what was attained, and the trend. A fixed number of statements.

A period counts the promises that began in it: clocks by when they started, leads by when they were offered. A promise
that still runs and is not late yet counts neither way, and neither does one that was cancelled: it ended with nothing
owed (recalled, given to another owner, bad data) and was not late by then. One that ended undone is missed, and counts
as not kept. The five parts are all there is, and each promise is in one of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, cast

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from leads.models import Handoff
from sla import agreements, kinds, targets, words
from sla.effects import Cause
from sla.kinds import Kind
from sla.models import Clock
from sla.sides import Side
from sla.targets import PromisedDate
from sla.terms import Terms
from workspaces.models import Workspace

DAYS_A_MONTH = 30.4375
IN_TIME, LATE, MISSED, CANCELLED, OPEN = PARTS = ("in_time", "late", "missed", "cancelled", "open")
BROKEN = (LATE, MISSED)
COMPLETE, INCOMPLETE = "complete", "incomplete"
# What is missing is kept by the clock that began with the offer, not by one started afresh for a new owner.
_FIRST_ACCEPT = Q(kind__in=kinds.met_by(Cause.ACCEPT), started_at=F("handoff__offered_at"))
_COMPLETENESS = {COMPLETE: Q(missing=""), INCOMPLETE: ~Q(missing="")}


@dataclass(frozen=True)
class Tally:
    """Count promises by their outcome; `late` ones were kept too late or still are not, `missed` ones ended undone."""

    in_time: int = 0
    late: int = 0
    missed: int = 0
    cancelled: int = 0
    open: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in PARTS})

    @property
    def decided(self) -> int:
        """Return how many were kept or not."""
        return self.in_time + self.late + self.missed

    @property
    def share(self) -> float | None:
        """Return the percentage kept in time of those that are decided; None when none is."""
        return 100 * self.in_time / self.decided if self.decided else None


@dataclass(frozen=True)
class Commitment:
    """Hold one commitment: its words, target and unit, what was attained now and in the period before.

    `rows` are the facts from which `rows_behind` lists what was counted; with `outcome` added, a part of it.
    """

    side: str
    code: str  # mqls | complete | a kind of clock
    label: str
    tier: str
    promise: str  # the target in words
    unit: str  # count | percent
    target: float
    attained: float | None
    before: float | None
    tally: Tally
    rows: Mapping[str, Any]

    @property
    def kept(self) -> bool | None:
        """Return whether the target is reached; None while there is nothing to judge."""
        return None if self.attained is None else self.attained >= self.target

    @property
    def trend(self) -> float | None:
        """Return the change against the period before, in the line's unit."""
        return None if self.attained is None or self.before is None else self.attained - self.before


@dataclass(frozen=True)
class Scoreboard:
    """Hold both sides' commitments over a period, under the agreement that runs now (version None: none is signed)."""

    since: datetime
    until: datetime
    version: int | None
    lines: tuple[Commitment, ...]

    def of(self, side: str) -> tuple[Commitment, ...]:
        """List the lines of one side."""
        return tuple(line for line in self.lines if line.side == side)


def scoreboard(
    workspace: Workspace | int, since: datetime, until: datetime, *, at: datetime | None = None
) -> Scoreboard:
    """Measure both sides from `since` up to but not including `until` (aware), as of `at`. Four statements at most."""
    at = at or timezone.now()
    agreement = agreements.active(workspace)
    if agreement is None:
        return Scoreboard(since, until, None, ())
    terms = agreements.terms_of(agreement)
    periods = ((since, until), (since - (until - since), since))
    now_clocks, before_clocks = _tallies(workspace, periods, at)
    now_offers, before_offers = _offers(workspace, periods)
    rows = {"since": since, "until": until}
    lines = [
        *_marketing(terms, now_offers, before_offers, until - since, rows),
        *(_clock_line(kind, tier, terms, now_clocks, before_clocks, rows) for kind, tier in _promised(terms)),
    ]
    return Scoreboard(since, until, agreement.version, tuple(lines))


def rows_behind(
    workspace: Workspace | int,
    *,
    code: str,
    since: datetime,
    until: datetime,
    tier: str | None = None,
    outcome: str = "",
    at: datetime | None = None,
) -> QuerySet[Clock] | QuerySet[Handoff]:
    """Return what a line of the scoreboard counted: handoffs for `mqls`, clocks for every other code.

    `outcome` narrows to a part, one of `PARTS`; for `complete`, to `complete` or `incomplete`. Without it there are all
    parts. Newest first, with the lead and the reason of its handoff.
    """
    if code == "mqls":
        offered = Handoff.objects.of(workspace).filter(offered_at__gte=since, offered_at__lt=until)
        return offered.select_related("lead", "owner__user", "reason").order_by("-offered_at", "-pk")
    found = Clock.objects.of(workspace).filter(_began(since, until, "started_at"))
    if code == COMPLETE:
        found, parts = found.filter(_FIRST_ACCEPT), _COMPLETENESS
    else:
        found, parts = found.filter(kind=code), outcomes(at or timezone.now())
    counted = parts[outcome] if outcome else reduce(or_, parts.values())
    found = found.filter(counted)
    if tier is not None:
        found = found.filter(tier=tier)
    return found.select_related("lead", "handoff__reason", "member__user").order_by("-started_at", "-pk")


def _marketing(
    terms: Terms, now: "_Offers", before: "_Offers", length: timedelta, rows: Mapping[str, Any]
) -> Iterable[Commitment]:
    """Yield the commitments on how many leads are handed over, and how complete they are."""
    promised = terms.marketing
    share = length / timedelta(days=DAYS_A_MONTH)
    yield Commitment(
        side="marketing",
        code="mqls",
        label="Leads handed over",
        tier="",
        promise=f"{promised.mqls_per_month} a month",
        unit="count",
        target=round(promised.mqls_per_month * share, 1),
        attained=now.offered,
        before=before.offered,
        tally=Tally(),
        rows={**rows, "code": "mqls"},
    )
    yield Commitment(
        side="marketing",
        code=COMPLETE,
        label="With all the information promised",
        tier="",
        promise=f"{promised.complete_percent}% of the leads",
        unit="percent",
        target=promised.complete_percent,
        attained=now.completeness.share,
        before=before.completeness.share,
        tally=now.completeness,
        rows={**rows, "code": COMPLETE},
    )


def _promised(terms: Terms) -> list[tuple[Kind, str | None]]:
    """List the promises of marketing, of sales for each tier, and of sales for all tiers (None), in this order."""
    sales = kinds.owed_by(Side.SALES)
    tiered = [kind for kind in sales if targets.by_tier(kinds.of(kind).target)]
    return [
        *((kind, None) for kind in kinds.owed_by(Side.MARKETING)),
        *((kind, policy.tier) for policy in terms.sales for kind in tiered),
        *((kind, None) for kind in sales if kind not in tiered),
    ]


def _clock_line(
    kind: Kind,
    tier: str | None,
    terms: Terms,
    now: "_Tallies",
    before: "_Tallies",
    rows: Mapping[str, Any],
) -> Commitment:
    """Build the line of one kind of clock, of one tier or (None) of all."""
    tally = _sum(now, kind, tier)
    facts = {**rows, "code": kind.value}
    if tier is not None:
        facts["tier"] = tier
    return Commitment(
        side=kinds.of(kind).side.value,
        code=kind.value,
        label=kind.label,
        tier=tier or "",
        promise=_promise(kind, tier, terms),
        unit="percent",
        target=terms.met_percent,
        attained=tally.share,
        before=_sum(before, kind, tier).share,
        tally=tally,
        rows=facts,
    )


def _promise(kind: Kind, tier: str | None, terms: Terms) -> str:
    """Put the target of a kind of clock into words."""
    target = kinds.of(kind).target
    if isinstance(target, PromisedDate):
        return "on the date promised"
    within = f"within {words.duration(terms.target(kind, tier or ''), terms.hours)}"
    return f"{terms.policy(tier or '').amount(target)} {within}".lstrip()


_Tallies = dict[tuple[str, str], Tally]  # (kind, tier) → count


@dataclass(frozen=True)
class _Offers:
    """Count the leads handed over in a period; `completeness` holds the complete as in time, the others as late."""

    offered: int
    completeness: Tally


def _tallies(
    workspace: Workspace | int, periods: tuple[tuple[datetime, datetime], ...], at: datetime
) -> list[_Tallies]:
    """Count the clocks of both periods by kind, tier and outcome, in one statement."""
    whole = _began(min(since for since, _ in periods), max(until for _, until in periods), "started_at")
    counts = {
        f"{name}_{i}": Count("pk", filter=_began(*period, "started_at") & outcome)
        for i, period in enumerate(periods)
        for name, outcome in outcomes(at).items()
    }
    found = Clock.objects.of(workspace).filter(whole).values("kind", "tier").annotate(**counts).order_by()
    tallies: list[_Tallies] = [{} for _ in periods]
    for row in cast("Iterable[dict[str, Any]]", found):
        for i, tally in enumerate(tallies):
            tally[row["kind"], row["tier"]] = Tally(**{name: row[f"{name}_{i}"] for name in PARTS})
    return tallies


def _offers(workspace: Workspace | int, periods: tuple[tuple[datetime, datetime], ...]) -> list[_Offers]:
    """Count the handoffs of both periods, and which of them were complete, in two statements."""
    whole = (min(since for since, _ in periods), max(until for _, until in periods))
    offered = {f"n{i}": Count("pk", filter=_began(*period, "offered_at")) for i, period in enumerate(periods)}
    handoffs = Handoff.objects.of(workspace).filter(_began(*whole, "offered_at")).aggregate(**offered)
    parts = {
        f"{name}_{i}": Count("pk", filter=_began(*period, "started_at") & part)
        for i, period in enumerate(periods)
        for name, part in _COMPLETENESS.items()
    }
    accepts = Clock.objects.of(workspace).filter(_FIRST_ACCEPT, _began(*whole, "started_at")).aggregate(**parts)
    return [
        _Offers(handoffs[f"n{i}"], Tally(accepts[f"{COMPLETE}_{i}"], accepts[f"{INCOMPLETE}_{i}"]))
        for i, _ in enumerate(periods)
    ]


def _began(since: datetime, until: datetime, field: str) -> Q:
    return Q(**{f"{field}__gte": since, f"{field}__lt": until})


def outcomes(at: datetime) -> dict[str, Q]:
    """Sort clocks by outcome; one that is over at `at` is late whether or not the sweep has seen it."""
    running, late, missed = Q(state=Clock.State.RUNNING), Q(breached_at__isnull=False), Q(state=Clock.State.MISSED)
    return {
        IN_TIME: Q(state=Clock.State.MET) & ~late,
        LATE: (late & ~missed) | (running & Q(due_at__lte=at)),
        MISSED: missed,
        CANCELLED: Q(state=Clock.State.CANCELLED) & ~late,
        OPEN: running & ~late & (Q(due_at__isnull=True) | Q(due_at__gt=at)),
    }


def outcome_of(clock: Clock, at: datetime) -> str:
    """Return the part that one clock is in at a time, as `outcomes` sorts it."""
    if clock.state == Clock.State.MISSED:
        return MISSED
    running = clock.state == Clock.State.RUNNING
    if clock.breached_at is not None or (running and clock.due_at is not None and clock.due_at <= at):
        return LATE
    return {Clock.State.MET.value: IN_TIME, Clock.State.CANCELLED.value: CANCELLED}.get(clock.state, OPEN)


def _sum(tallies: _Tallies, kind: str, tier: str | None) -> Tally:
    """Add up the counts of a kind, of one tier or (None) of all."""
    counts = (tally for (k, t), tally in tallies.items() if k == kind and tier in (None, t))
    return sum(counts, Tally())
