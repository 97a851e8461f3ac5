"""Keep the log of moves: append a row, tell the outside, send the signal; and read the log back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from leads import payloads, signals, summaries
from leads.models import Handoff, Lead, Reason, Transition
from leads.states import State
from leads.summaries import LeadSummary, of_evidence, of_handoff, of_reason
from webhooks import outbox
from webhooks.payloads import ActorSummary, MemberSummary, Payload
from workspaces.actors import Actor
from workspaces.models import Member


@dataclass(frozen=True)
class Entry:
    """What a row of the log tells: the lead and the handoff as just written, when it happened (aware), and why.

    `previous_owner` and `previous_grade` are those before the move, where it may change them.
    """

    lead: Lead
    handoff: Handoff | None
    at: datetime
    reason: Reason | None = None
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    previous_owner: Member | None = None
    previous_grade: str | None = None


def append(entries: Sequence[Entry], move: str, *, actor: Actor, now: datetime) -> list[Transition]:
    """Append the rows of a move that leads of one workspace just made, each under its `lead.sequence`.

    Record it for outside, and send `moved` once: three statements however many they are, and those of who hears of it.
    """
    rows = [
        Transition(
            workspace_id=entry.lead.workspace_id,
            lead=entry.lead,
            handoff=entry.handoff,
            sequence=entry.lead.sequence,
            move=move,
            from_state=entry.lead.state_before,
            to_state=entry.lead.state,
            at=entry.at,
            recorded_at=now,
            reason=entry.reason,
            note=entry.note,
            facts=entry.facts,
            **actor.row(),
        )
        for entry in entries
    ]
    Transition.everywhere.bulk_create(rows)
    _record(entries, move, actor)
    signals.moved.send(sender=Lead, move=move, transitions=rows, actor=actor, now=now)
    return rows


def _record(entries: Sequence[Entry], move: str, actor: Actor) -> None:
    """Record each move for outside, and before it the grade that it came with, if that is another."""
    leads = summaries.read([entry.lead.pk for entry in entries])
    author = ActorSummary.of(actor)
    facts: list[outbox.Fact] = []
    for entry in entries:
        lead = leads[entry.lead.pk]
        if entry.previous_grade is not None and entry.previous_grade != entry.lead.grade:
            grade = payloads.LeadGradeChanged.of(entry.lead, lead, author, previous=entry.previous_grade)
            facts.append(outbox.Fact(grade, entry.at))
        facts.append(outbox.Fact(_PAYLOADS[move](entry, lead, author), entry.at))
    outbox.record_many(entries[0].lead.workspace_id, facts)


def _qualified(entry: Entry, lead: LeadSummary, actor: ActorSummary) -> Payload:
    handoff = _handoff(entry)
    why = handoff.routing.get("words", "")
    return payloads.LeadQualified(
        lead=lead, actor=actor, handoff=of_handoff(handoff), evidence=of_evidence(handoff), routing_why=why
    )


def _accepted(entry: Entry, lead: LeadSummary, actor: ActorSummary) -> Payload:
    return payloads.LeadAccepted(lead=lead, actor=actor, handoff=of_handoff(_handoff(entry)))


def _returned(entry: Entry, lead: LeadSummary, actor: ActorSummary) -> Payload:
    return payloads.LeadReturned(
        lead=lead,
        actor=actor,
        handoff=of_handoff(_handoff(entry)),
        reason=of_reason(_reason(entry)),
        note=entry.note,
        rating=_handoff(entry).rating,
        revisit_at=entry.lead.revisit_at,
        cool_off_until=entry.lead.cool_off_until,
    )


def _recalled(entry: Entry, lead: LeadSummary, actor: ActorSummary) -> Payload:
    return payloads.LeadRecalled(lead=lead, actor=actor, handoff=of_handoff(_handoff(entry)), note=entry.note)


def _reassigned(entry: Entry, lead: LeadSummary, actor: ActorSummary) -> Payload:
    return payloads.LeadReassigned(
        lead=lead,
        actor=actor,
        handoff=of_handoff(_handoff(entry)),
        previous_owner=MemberSummary.of(entry.previous_owner),
        note=entry.note,
    )


def _promoted(entry: Entry, lead: LeadSummary, actor: ActorSummary) -> Payload:
    because = list(entry.facts["verdict"]["because"])
    return payloads.LeadPromoted(lead=lead, actor=actor, handoff=of_handoff(_handoff(entry)), because=because)


def _won(entry: Entry, lead: LeadSummary, actor: ActorSummary) -> Payload:
    assert entry.lead.amount is not None  # a constraint of the table
    return payloads.LeadWon(
        lead=lead,
        actor=actor,
        handoff=of_handoff(_handoff(entry)),
        amount=entry.lead.amount,
        currency=entry.lead.currency,
        flags=list(entry.lead.flags),
    )


def _lost(entry: Entry, lead: LeadSummary, actor: ActorSummary) -> Payload:
    return payloads.LeadLost(
        lead=lead,
        actor=actor,
        handoff=of_handoff(_handoff(entry)),
        reason=of_reason(_reason(entry)),
        note=entry.note,
        revisit_at=entry.lead.revisit_at,
    )


def _recycled(entry: Entry, lead: LeadSummary, actor: ActorSummary) -> Payload:
    return payloads.LeadRecycled(lead=lead, actor=actor, note=entry.note)


def _disqualified(entry: Entry, lead: LeadSummary, actor: ActorSummary) -> Payload:
    handoff = of_handoff(entry.handoff) if entry.handoff else None
    reason = of_reason(_reason(entry))
    return payloads.LeadDisqualified(lead=lead, actor=actor, handoff=handoff, reason=reason, note=entry.note)


def _reopened(entry: Entry, lead: LeadSummary, actor: ActorSummary) -> Payload:
    return payloads.LeadReopened(lead=lead, actor=actor, note=entry.note)


def _handoff(entry: Entry) -> Handoff:
    assert entry.handoff is not None  # these moves are made on a handoff
    return entry.handoff


def _reason(entry: Entry) -> Reason:
    assert entry.reason is not None  # these moves demand one
    return entry.reason


# move → what is sent of it
_PAYLOADS: dict[str, Callable[[Entry, LeadSummary, ActorSummary], Payload]] = {
    "qualify": _qualified,
    "accept": _accepted,
    "return": _returned,
    "recall": _recalled,
    "reassign": _reassigned,
    "promote": _promoted,
    "win": _won,
    "lose": _lost,
    "recycle": _recycled,
    "disqualify": _disqualified,
    "reopen": _reopened,
}


@dataclass
class Replayed:
    """Hold what the log alone says of a lead."""

    state: str = State.NEW
    state_since: datetime | None = None
    passes: int = 0
    owner_id: int | None = None
    returned_at: datetime | None = None
    cool_off_until: datetime | None = None
    won_at: datetime | None = None
    amount: Decimal | None = None
    lost_at: datetime | None = None


def replay(rows: Iterable[Transition]) -> Replayed:
    """Play a lead's log, in the order of its sequence. Raise `ValueError` where one row does not follow another."""
    lead = Replayed()
    for number, row in enumerate(rows):
        if number and row.from_state != lead.state:
            raise ValueError(f"row {row.sequence} leaves {row.from_state}, but the lead was in {lead.state}")
        if row.to_state != row.from_state:
            lead.state, lead.state_since = row.to_state, row.at
        _play(lead, row)
    return lead


def _play(lead: Replayed, row: Transition) -> None:
    if row.move in ("qualify", "accept", "reassign"):
        lead.owner_id = row.facts["owner_id"]
    if row.move == "qualify":
        lead.passes += 1
    elif row.move in ("return", "recall", "recycle", "disqualify", "reopen"):
        lead.owner_id = None
    elif row.move == "win":
        lead.won_at, lead.amount = row.at, Decimal(row.facts["amount"])
    elif row.move == "lose":
        lead.lost_at = row.at
    if row.move == "return":
        lead.returned_at = row.at
        lead.cool_off_until = datetime.fromisoformat(row.facts["cool_off_until"])
