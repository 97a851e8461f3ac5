"""Keep the log of moves: append a row, tell the outside, send the signal; and read the log back."""

from collections.abc import Iterable
from dataclasses import dataclass
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


def append(
    lead: Lead,
    handoff: Handoff | None,
    move: str,
    *,
    actor: Actor,
    at: datetime,
    now: datetime,
    reason: Reason | None = None,
    note: str = "",
    facts: dict[str, Any] | None = None,
) -> Transition:
    """Append the row of a move that was just written, under `lead.sequence`; tell the outbox, send `moved`."""
    facts = facts or {}
    row = Transition(
        workspace_id=lead.workspace_id,
        lead=lead,
        handoff=handoff,
        sequence=lead.sequence,
        move=move,
        from_state=lead.state_before,
        to_state=lead.state,
        at=at,
        recorded_at=now,
        reason=reason,
        note=note,
        facts=facts,
        **actor.row(),
    )
    row.save(force_insert=True)
    data = {
        "lead": {"id": lead.pk, "email": lead.email, "state": lead.state, "grade": lead.grade},
        "handoff": handoff
        and {"id": handoff.pk, "pass": handoff.pass_number, "tier": handoff.tier, "state": handoff.state},
        "actor": actor.name,
        "reason": reason and reason.code,
        "note": note,
        **facts,
    }
    outbox.record(lead.workspace_id, FACTS[move], at=at, data=data, lead_id=lead.pk, sequence=lead.sequence)
    signals.moved.send(sender=Lead, transition=row, lead=lead, handoff=handoff, actor=actor, at=at, now=now)
    return row


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
