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
from sla import agreements, kinds, selectors, tallies, targets
from sla.effects import Cause
from sla.kinds import Kind
from sla.models import Agreement, Clock
from sla.sides import Side
from sla.tallies import CANCELLED, IN_TIME, LATE, MISSED, OPEN, PARTS, ByVersion, Tally, Version
from sla.targets import PromisedDate
from sla.terms import Terms
from workspaces.models import Workspace

DAYS_A_MONTH = 30.4375
COMPLETE, INCOMPLETE = "complete", "incomplete"
# What is missing is kept by the clock that began with the offer, not by one started afresh for a new owner.
FIRST_ACCEPT = Q(kind__in=kinds.met_by(Cause.ACCEPT), started_at=F("handoff__offered_at"))
_COMPLETENESS = {COMPLETE: Q(missing=""), INCOMPLETE: ~Q(missing="")}


@dataclass(frozen=True)
class EarlierPromise:
    """Hold what another version than the one that runs promised, and how many of a line's clocks began under it."""

    version: int
    promise: str
    count: int


@dataclass(frozen=True)
class Commitment:
    """Hold one commitment: its words, target and unit, what was attained now and in the period before.

    The promise is that of the version that runs; `earlier` lists the others, where they differ, under which clocks
    of the period began. The target is what the versions ask for, by how many clocks are decided under each. `rows`
    are the facts from which `rows_behind` lists what was counted; with `outcome` added, a part of it.
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
    earlier: tuple[EarlierPromise, ...] = ()

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
    """Measure both sides from `since` up to but not including `until` (aware), as of `at`. Five statements at most."""
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
        *_marketing(terms, now_offers, before_offers, _leads_promised(workspace, since, until), rows),
        *(
            _clock_line(kind, tier, agreement.version, terms, now_clocks, before_clocks, rows)
            for kind, tier in _promised(terms, now_clocks)
        ),
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
        found, parts = found.filter(FIRST_ACCEPT), _COMPLETENESS
    else:
        found, parts = found.filter(kind=code), outcomes(at or timezone.now())
    counted = parts[outcome] if outcome else reduce(or_, parts.values())
    found = found.filter(counted)
    if tier is not None:
        found = found.filter(tier=tier)
    found = selectors.with_version(found).select_related("lead", "handoff__reason", "member__user")
    return found.order_by("-started_at", "-pk")


def _marketing(
    terms: Terms, now: "_Offers", before: "_Offers", leads: float, rows: Mapping[str, Any]
) -> Iterable[Commitment]:
    """Yield the commitments on how many leads are handed over, and how complete they are."""
    promised = terms.marketing
    yield Commitment(
        side="marketing",
        code="mqls",
        label="Leads handed over",
        tier="",
        promise=f"{promised.mqls_per_month} a month",
        unit="count",
        target=round(leads, 1),
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
        target=tallies.weighted(
            now.completeness, lambda each: each.marketing.complete_percent, promised.complete_percent
        ),
        attained=tallies.total(now.completeness).share,
        before=tallies.total(before.completeness).share,
        tally=tallies.total(now.completeness),
        rows={**rows, "code": COMPLETE},
    )


def _promised(terms: Terms, now: "_Tallies") -> list[tuple[Kind, str | None]]:
    """List the promises of marketing, of sales for each tier, and of sales for all tiers (None), in this order.

    Tiers that only another version knows follow those of the one that runs, while clocks of the period have them.
    """
    tiers = [policy.tier for policy in terms.sales]
    tiers += sorted({tier for kind, tier, _ in now if targets.by_tier(kinds.of(kind).target)} - set(tiers))
    sales = kinds.owed_by(Side.SALES)
    tiered = [kind for kind in sales if targets.by_tier(kinds.of(kind).target)]
    return [
        *((kind, None) for kind in kinds.owed_by(Side.MARKETING)),
        *((kind, tier) for tier in tiers for kind in tiered),
        *((kind, None) for kind in sales if kind not in tiered),
    ]


def _clock_line(
    kind: Kind,
    tier: str | None,
    running: int,
    terms: Terms,
    now: "_Tallies",
    before: "_Tallies",
    rows: Mapping[str, Any],
) -> Commitment:
    """Build the line of one kind of clock, of one tier or (None) of all."""
    found = _of(now, kind, tier)
    tally = tallies.total(found)
    known = tier is None or any(policy.tier == tier for policy in terms.sales)
    said = terms if known else max(found, key=lambda version: version.number).terms
    promise = _promise(kind, tier, said)
    facts = {**rows, "code": kind.value}
    if tier is not None:
        facts["tier"] = tier
    return Commitment(
        side=kinds.of(kind).side.value,
        code=kind.value,
        label=kind.label,
        tier=tier or "",
        promise=promise,
        unit="percent",
        target=tallies.weighted(found, lambda each: each.met_percent, terms.met_percent),
        attained=tally.share,
        before=tallies.total(_of(before, kind, tier)).share,
        tally=tally,
        rows=facts,
        earlier=_earlier(kind, tier, running, promise if known else "", found),
    )


def _promise(kind: Kind, tier: str | None, terms: Terms) -> str:
    """Put the target of a kind of clock into words."""
    target = kinds.of(kind).target
    if isinstance(target, PromisedDate):
        return "on the date promised"
    within = f"within {terms.target(kind, tier or '')}"
    return f"{terms.policy(tier or '').amount(target)} {within}".lstrip()


def _earlier(kind: Kind, tier: str | None, running: int, now: str, found: "ByVersion") -> tuple[EarlierPromise, ...]:
    """List what the versions before the one that runs promised otherwise to the clocks that began under them."""
    counts = ((version, tally.decided + tally.open) for version, tally in found.items())
    return tuple(
        EarlierPromise(version.number, promise, count)
        for version, count in sorted(counts, key=lambda each: -each[0].number)
        if version.number != running and count and (promise := _promise(kind, tier, version.terms)) != now
    )


_Tallies = dict[tuple[str, str, Version], Tally]  # (kind, tier, version) → count


@dataclass(frozen=True)
class _Offers:
    """Count the leads handed over in a period; `completeness` holds the complete as in time, the others as late."""

    offered: int
    completeness: ByVersion


def _tallies(
    workspace: Workspace | int, periods: tuple[tuple[datetime, datetime], ...], at: datetime
) -> list[_Tallies]:
    """Count the clocks of both periods by kind, tier, version and outcome, in one statement."""
    whole = _began(min(since for since, _ in periods), max(until for _, until in periods), "started_at")
    counts = {
        f"{name}_{i}": Count("pk", filter=_began(*period, "started_at") & outcome)
        for i, period in enumerate(periods)
        for name, outcome in outcomes(at).items()
    }
    found = (
        Clock.objects.of(workspace).filter(whole).values("kind", "tier", *tallies.VERSION).annotate(**counts).order_by()
    )
    counted: list[_Tallies] = [{} for _ in periods]
    for row in cast("Iterable[dict[str, Any]]", found):
        for i, tally in enumerate(counted):
            tally[row["kind"], row["tier"], tallies.version_of(row)] = Tally(
                **{name: row[f"{name}_{i}"] for name in PARTS}
            )
    return counted


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
    accepts = Clock.objects.of(workspace).filter(FIRST_ACCEPT, _began(*whole, "started_at"))
    rows = list(cast("Iterable[dict[str, Any]]", accepts.values(*tallies.VERSION).annotate(**parts).order_by()))
    return [
        _Offers(
            handoffs[f"n{i}"],
            {tallies.version_of(row): Tally(row[f"{COMPLETE}_{i}"], row[f"{INCOMPLETE}_{i}"]) for row in rows},
        )
        for i, _ in enumerate(periods)
    ]


def _leads_promised(workspace: Workspace | int, since: datetime, until: datetime) -> float:
    """Add up how many leads were promised for a period, each version for as long as it ran in it. One statement.

    The first version stands for the time before it, too.
    """
    ran = Agreement.objects.of(workspace).filter(activated_at__isnull=False).order_by("activated_at", "version")
    promised, begins = 0.0, since
    for agreement in ran.defer("terms"):
        ends = min(agreement.superseded_at or until, until)
        if ends > begins:
            months = (ends - begins) / timedelta(days=DAYS_A_MONTH)
            promised += agreements.terms_of(agreement).marketing.mqls_per_month * months
            begins = ends
    return promised


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


def _of(tallies: _Tallies, kind: str, tier: str | None) -> dict[Version, Tally]:
    """Add up the counts of a kind, of one tier or (None) of all, by version."""
    found: dict[Version, Tally] = {}
    for (k, t, version), tally in tallies.items():
        if k == kind and tier in (None, t):
            found[version] = found.get(version, Tally()) + tally
    return found
