"""Record facts for webhooks, inside the transaction of the change that they describe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leadflow import db
from leadflow.celery import wake
from webhooks.models import OutboxEvent
from webhooks.payloads import Payload, to_json
from workspaces.models import Workspace


@dataclass(frozen=True)
class RecordedEvent:
    """Something that happened at `at` (aware), for the outside."""

    payload: Payload
    at: datetime


def record(workspace: Workspace | int, payload: Payload, *, at: datetime) -> None:
    """Append one fact. The caller holds the transaction; delivery happens later, from the row."""
    record_many(workspace, [RecordedEvent(payload, at)])


def record_many(workspace: Workspace | int, facts: Sequence[RecordedEvent]) -> None:
    """Append a set of facts in one statement, like `record`; none at all costs nothing."""
    if not facts:
        return
    workspace_id = workspace.pk if isinstance(workspace, Workspace) else workspace
    db.insert_new([_row(workspace_id, fact) for fact in facts], key=())
    wake("webhooks.sweep")


def _row(workspace_id: int, fact: RecordedEvent) -> OutboxEvent:
    event = fact.payload.event
    lead_id, sequence = fact.payload.subject()
    return OutboxEvent(
        workspace_id=workspace_id,
        type=event.name,
        version=event.version,
        at=fact.at,
        data=to_json(fact.payload),
        lead_id=lead_id,
        sequence=sequence,
    )
