"""The event types of the agreement and its clocks: what is sent of each, and how it is recorded.

A clock that was over before it was reported (imported history) raises no alarm here either: nothing is sent of its
warning and breach.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from leads import summaries
from leads.models import Handoff
from leads.payloads import AboutHandoff, AboutLead
from leads.summaries import HandoffSummary
from sla.durations import Unit
from sla.kinds import Kind
from sla.models import Agreement, Clock
from webhooks import outbox
from webhooks.catalogue import event
from webhooks.payloads import ActorSummary, Group, MemberSummary, Payload
from workspaces import actors
from workspaces.models import Member

_MET, _MISSED = Clock.State.MET, Clock.State.MISSED
_SWEEP = ActorSummary.of(actors.engine("clocks"))


@dataclass(frozen=True)
class DurationSummary:
    """A length of work time in the unit it was promised in; a day is a working day of the agreement's calendar."""

    amount: int
    unit: Unit


@dataclass(frozen=True, kw_only=True)
class ClockSummary:
    """One running or ended promise."""

    id: int
    kind: Annotated[Kind, "What was promised."]
    tier: str
    owner: Annotated[MemberSummary | None, "Who owes it; null: the team."]
    target: Annotated[DurationSummary | None, "Business time; null where a date was promised."]
    agreement_version: Annotated[int, "The version of the agreement it began under, and runs by."]
    started_at: datetime
    due_at: Annotated[datetime | None, "Null: the calendar never opens."]


@dataclass(frozen=True, kw_only=True)
class AboutClock(AboutLead):
    """The common part of payloads about a clock."""

    handoff: Annotated[HandoffSummary | None, "Null for a follow-up outside of a handoff."]
    clock: ClockSummary


@event("clock.warned", group=Group.CLOCKS, help="A clock falls due soon.")
@dataclass(frozen=True, kw_only=True)
class ClockWarned(AboutClock):
    """A clock falls due soon: so much of its time is over as the agreement says."""


@event("clock.breached", group=Group.CLOCKS, help="A clock fell due and the promise was not kept.")
@dataclass(frozen=True, kw_only=True)
class ClockBreached(AboutClock):
    """A clock fell due. It runs on until the promise is kept, late, or nothing is owed any more."""


@event("clock.met", group=Group.CLOCKS, help="What a clock promises was done, in time or late.")
@dataclass(frozen=True, kw_only=True)
class ClockMet(AboutClock):
    """A clock was met."""

    stopped_at: datetime
    in_time: bool


@event("clock.missed", group=Group.CLOCKS, help="A clock ended, and what it promises was not done.")
@dataclass(frozen=True, kw_only=True)
class ClockMissed(AboutClock):
    """A clock was missed: a return, a loss or a promotion came with fewer touches or channels than agreed.

    It may come before the clock was due, after `clock.breached`, or, where a promotion had met the clock and the lead
    is given up after all, after `clock.met`.
    """

    stopped_at: datetime
    ended_by: Annotated[str, "What ended it, by the table of clocks."]


@event("return.answered", group=Group.HANDOVERS, help="Marketing answered a return that blames data or definition.")
@dataclass(frozen=True, kw_only=True)
class ReturnAnswered(AboutHandoff):
    """Marketing answered a return."""

    answer: str


@dataclass(frozen=True, kw_only=True)
class AgreementSummary:
    """A version of the agreement; `content_hash` is what both sides signed."""

    id: int
    version: int
    content_hash: str


@event("agreement.activated", group=Group.AGREEMENTS, help="An agreement was signed by both sides and runs.")
@dataclass(frozen=True, kw_only=True)
class AgreementActivated(Payload):
    """An agreement was signed by both sides and runs from now on; the actor signed last."""

    actor: ActorSummary
    agreement: AgreementSummary


def record_warned(clock: Clock, *, at: datetime) -> None:
    """Record that the sweep warned of a clock."""
    _record_alarm(ClockWarned, clock, at)


def record_breached(clock: Clock, *, at: datetime) -> None:
    """Record that the sweep found a clock breached; `at` is when it was due."""
    _record_alarm(ClockBreached, clock, at)


def record_ended(clocks: Iterable[Clock], *, actor: ActorSummary) -> None:
    """Record those of the clocks of one workspace, just ended, that were met or missed: four statements, or none.

    Nothing is sent of one that history missed.
    """
    told = [clock for clock in clocks if clock.state == _MET or (clock.state == _MISSED and not clock.silent)]
    if not told:
        return
    facts = [
        outbox.RecordedEvent(_ended(clock, about, actor), _stopped(clock))
        for clock, about in zip(told, _about(told), strict=True)
    ]
    outbox.record_many(told[0].workspace_id, facts)


def record_answered(handoff: Handoff, *, answer: str, actor: ActorSummary, at: datetime) -> None:
    """Record that marketing answered a return."""
    lead, passed = summaries.read_one(handoff.lead_id), summaries.of_handoff(handoff)
    outbox.record(handoff.workspace_id, ReturnAnswered(lead=lead, actor=actor, handoff=passed, answer=answer), at=at)


def record_activated(agreement: Agreement, *, actor: ActorSummary, at: datetime) -> None:
    """Record that an agreement runs from now on."""
    summary = AgreementSummary(id=agreement.pk, version=agreement.version, content_hash=agreement.content_hash)
    outbox.record(agreement.workspace_id, AgreementActivated(actor=actor, agreement=summary), at=at)


def _record_alarm(payload: type[ClockWarned] | type[ClockBreached], clock: Clock, at: datetime) -> None:
    [about] = _about([clock])
    alarm = payload(lead=about.lead, actor=_SWEEP, handoff=about.handoff, clock=about.clock)
    outbox.record(clock.workspace_id, alarm, at=at)


def _stopped(clock: Clock) -> datetime:
    assert clock.stopped_at is not None  # a constraint of the table
    return clock.stopped_at


def _ended(clock: Clock, about: "_About", actor: ActorSummary) -> ClockMet | ClockMissed:
    """Return what is sent of a clock that was met or missed."""
    facts: dict[str, Any] = {"lead": about.lead, "actor": actor, "handoff": about.handoff, "clock": about.clock}
    if clock.state == _MISSED:
        return ClockMissed(**facts, stopped_at=_stopped(clock), ended_by=clock.ended_by)
    return ClockMet(**facts, stopped_at=_stopped(clock), in_time=clock.breached_at is None)


@dataclass(frozen=True)
class _About:
    lead: summaries.LeadSummary
    handoff: HandoffSummary | None
    clock: ClockSummary


def _about(clocks: Sequence[Clock]) -> list[_About]:
    """Read what payloads say of clocks, in three statements: their leads, their handoffs and their owners."""
    leads = summaries.read({clock.lead_id for clock in clocks})
    ids = {clock.handoff_id for clock in clocks if clock.handoff_id}
    handoffs = Handoff.everywhere.select_related("owner__user").in_bulk(ids) if ids else {}
    members = Member.everywhere.select_related("user").in_bulk({clock.member_id for clock in clocks if clock.member_id})
    return [
        _About(
            leads[clock.lead_id],
            summaries.of_handoff(handoffs[clock.handoff_id]) if clock.handoff_id else None,
            _summary(clock, members.get(clock.member_id) if clock.member_id else None),
        )
        for clock in clocks
    ]


def _summary(clock: Clock, owner: Member | None) -> ClockSummary:
    target = clock.target
    return ClockSummary(
        id=clock.pk,
        kind=Kind(clock.kind),
        tier=clock.tier,
        owner=MemberSummary.of(owner),
        target=DurationSummary(target.amount, target.unit) if target else None,
        agreement_version=clock.agreement.version,
        started_at=clock.started_at,
        due_at=clock.due_at,
    )
