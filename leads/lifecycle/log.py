"""Keep the log of moves: append a row, record the outbox event, send the signal; and read the log back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from leads import payloads, signals, summaries
from leads.models import Handoff, Lead, Reason, Transition
from leads.models.lead import Grading
from leads.move_catalogue import MOVES
from leads.states import MARKETING_STATES, State
from leads.summaries import LeadSummary, of_evidence, of_handoff, of_reason
from webhooks import catalogue, outbox
from webhooks.payloads import ActorSummary, MemberSummary, Payload
from workspaces.actors import Actor
from workspaces.models import Member


@dataclass(frozen=True)
class LogEntry:
    """The contents of a row of the log: the lead and the handoff as just written, when it happened (aware), and why.

    `previous_owner` and `previous_grading` are those before the move, where it may change them.
    """

    lead: Lead
    handoff: Handoff | None
    at: datetime
    reason: Reason | None = None
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    previous_owner: Member | None = None
    previous_grading: Grading | None = None


def append(entries: Sequence[LogEntry], move: str, *, actor: Actor, now: datetime) -> list[Transition]:
    """Append the rows of a move that leads of one workspace just made, each under its `lead.sequence`.

    Record the outbox events, and send `moved` once: three statements however many they are, and those of its receivers.
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


def _record(entries: Sequence[LogEntry], move: str, actor: Actor) -> None:
    """Record an outbox event for each move, and before it one for the grade if that changed."""
    leads = summaries.read([entry.lead.pk for entry in entries])
    author = ActorSummary.of(actor)
    facts: list[outbox.RecordedEvent] = []
    for entry in entries:
        lead = leads[entry.lead.pk]
        if entry.previous_grading is not None and entry.previous_grading != entry.lead.grading:
            grade = payloads.LeadGradeChanged.of(entry.lead, lead, author, previous=entry.previous_grading)
            facts.append(outbox.RecordedEvent(grade, entry.at))
        facts.append(outbox.RecordedEvent(_payload(entry, move, lead, author), entry.at))
    outbox.record_many(entries[0].lead.workspace_id, facts)


def _evidence(entry: LogEntry) -> summaries.EvidenceSummary:
    assert entry.handoff is not None
    return of_evidence(entry.handoff)


# The members of a move's payload other than the lead and the actor: each member by its name.
_MEMBERS: dict[str, Callable[[LogEntry], Any]] = {
    "handoff": lambda entry: of_handoff(entry.handoff) if entry.handoff else None,
    "evidence": _evidence,
    "routing_why": lambda entry: entry.facts["routing"].get("words", ""),
    "reason": lambda entry: of_reason(entry.reason) if entry.reason else None,
    "note": lambda entry: entry.note,
    "rating": lambda entry: entry.handoff and entry.handoff.rating,
    "revisit_at": lambda entry: entry.lead.revisit_at,
    "cool_off_until": lambda entry: entry.lead.cool_off_until,
    "previous_owner": lambda entry: MemberSummary.of(entry.previous_owner),
    "because": lambda entry: list(entry.facts["verdict"]["because"]),
    "sal_missing": lambda entry: list(entry.handoff.sal_missing) if entry.handoff else [],
    "amount": lambda entry: entry.lead.amount,
    "currency": lambda entry: entry.lead.currency,
    "flags": lambda entry: list(entry.lead.flags),
}
# move → the class of what is sent of it
_PAYLOADS = {move.name: catalogue.get(move.event).payload for move in MOVES.values()}


def _payload(entry: LogEntry, move: str, lead: LeadSummary, actor: ActorSummary) -> Payload:
    """Build the payload of a move, with the members of its class."""
    kind: Callable[..., Payload] = _PAYLOADS[move]
    asked = [each.name for each in fields(_PAYLOADS[move]) if each.name not in ("lead", "actor")]
    return kind(lead=lead, actor=actor, **{name: _MEMBERS[name](entry) for name in asked})


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
    if row.to_state in (*MARKETING_STATES, State.DISQUALIFIED):
        lead.owner_id = None
    elif "owner_id" in row.facts:
        lead.owner_id = row.facts["owner_id"]
    if row.move == "qualify":
        lead.passes += 1
    elif row.move == "win":
        lead.won_at, lead.amount = row.at, Decimal(row.facts["amount"])
    elif row.move == "lose":
        lead.lost_at = row.at
    if row.move == "return":
        lead.returned_at = row.at
        lead.cool_off_until = datetime.fromisoformat(row.facts["cool_off_until"])
