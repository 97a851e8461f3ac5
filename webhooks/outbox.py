"""Record facts for the outside, inside the transaction of the change they tell of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadflow import db
from leadflow.celery import ring
from webhooks import tasks
from webhooks.models import OutboxEvent


@dataclass(frozen=True)
class Fact:
    """Something that happened at `at` (aware), for the outside: its name, what is told of it, and its place in a
    lead's log."""

    type: str
    at: datetime
    data: dict = field(default_factory=dict)
    lead_id: int | None = None
    sequence: int = 0


def record(
    workspace: Any, type: str, *, at: datetime, data: dict, lead_id: int | None = None, sequence: int = 0
) -> None:
    """Append one fact. The caller holds the transaction; delivery happens later, from the row."""
    record_many(workspace, [Fact(type, at, data, lead_id, sequence)])


def record_many(workspace: Any, facts: Sequence[Fact]) -> None:
    """Append a set of facts in one statement, like `record`."""
    workspace_id = getattr(workspace, "pk", workspace)
    rows = [
        OutboxEvent(
            workspace_id=workspace_id,
            type=fact.type,
            at=fact.at,
            data=fact.data,
            lead_id=fact.lead_id,
            sequence=fact.sequence,
        )
        for fact in facts
    ]
    db.insert_new(rows, key=())
    ring(tasks.sweep)
