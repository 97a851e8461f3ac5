"""Keep the log of moves: append a row, tell the outside, send the signal; and read the log back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from leads import signals
from leads.models import Handoff, Lead, Reason, Transition
from leads.states import State
from webhooks import outbox
from workspaces.actors import Actor

CREATE = "create"

# move → the fact's name in the outbox
FACTS = {
    CREATE: "lead.created",
    "qualify": "lead.qualified",
    "accept": "lead.accepted",
    "return": "lead.returned",
    "recall": "lead.recalled",
    "reassign": "lead.reassigned",
    "promote": "lead.promoted",
    "win": "lead.won",
    "lose": "lead.lost",
    "recycle": "lead.recycled",
    "disqualify": "lead.disqualified",
    "reopen": "lead.reopened",
}


@dataclass(frozen=True)
class Entry:
    """What a row of the log tells: the lead and the handoff as just written, when it happened (aware), and why."""

    lead: Lead
    handoff: Handoff | None
    at: datetime
    reason: Reason | None = None
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def append(entries: Sequence[Entry], move: str, *, actor: Actor, now: datetime) -> list[Transition]:
    """Append the rows of a move that leads of one workspace just made, each under its `lead.sequence`.

    Tell the outbox, and send `moved` once: two statements however many they are, and those of who hears of it.
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
    outbox.record_many(rows[0].workspace_id, [_fact(entry, move, actor) for entry in entries])
    signals.moved.send(sender=Lead, move=move, transitions=rows, actor=actor, now=now)
    return rows


def _fact(entry: Entry, move: str, actor: Actor) -> outbox.Fact:
    lead, handoff = entry.lead, entry.handoff
    data = {
        "lead": {"id": lead.pk, "email": lead.email, "state": lead.state, "grade": lead.grade},
        "handoff": handoff
        and {"id": handoff.pk, "pass": handoff.pass_number, "tier": handoff.tier, "state": handoff.state},
        "actor": actor.name,
        "reason": entry.reason and entry.reason.code,
        "note": entry.note,
        **entry.facts,
    }
    return outbox.Fact(FACTS[move], entry.at, data, lead.pk, lead.sequence)


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
