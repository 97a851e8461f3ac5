"""Rows set aside after repeated failures, in words, each kind with the function that tries it again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from leadflow.errors import Missing
from leads.models import Import, Lead
from nurture.models import Enrolment, Send
from sla.models import Agreement, Clock, Escalation
from webhooks import deliveries
from webhooks.models import Delivery
from workspaces import repairs
from workspaces.actors import Actor
from workspaces.models import Invitation, Notice, Workspace

MOST = 50  # shown of one kind


@dataclass(frozen=True)
class RetryKind:
    """Hold one kind of row: its related rows to read, its name in words, and the capability to try it again."""

    label: str
    model: type[Any]
    related: tuple[str, ...]
    name: Callable[[Any], str]
    capability: str = "settings.rules"
    retry: Callable[..., Any] = repairs.retry

    def rows(self, workspace: Workspace) -> QuerySet[Any]:
        """Return the rows set aside, the newest first."""
        found: QuerySet[Any] = self.model.objects.of(workspace).exclude(dead_reason="")
        return found.select_related(*self.related).defer(*self._bulky).order_by("-pk")

    @property
    def _bulky(self) -> tuple[str, ...]:
        return ("file",) if self.model is Import else ()


@dataclass(frozen=True)
class RetryGroup:
    """Hold the rows of one kind that are set aside; `more` is true if there are more than shown."""

    code: str
    label: str
    rows: list[tuple[Model, str]]
    may_retry: bool
    more: bool


KINDS: dict[str, RetryKind] = {
    "send": RetryKind("Mails", Send, ("lead",), lambda row: f"“{row.subject}” to {row.to}", "nurture.edit"),
    "enrolment": RetryKind(
        "Enrolments", Enrolment, ("lead", "program"), lambda row: f"{row.lead.name} in {row.program}", "nurture.edit"
    ),
    "lead": RetryKind("Leads", Lead, (), lambda row: f"Scoring and handing over {row.name}"),
    "clock": RetryKind("Clocks", Clock, ("lead",), lambda row: f"{row.get_kind_display()}: {row.lead.name}"),
    "escalation": RetryKind(
        "Escalations", Escalation, ("clock__lead",), lambda row: f"{row.get_action_display()}: {row.clock.lead.name}"
    ),
    "agreement": RetryKind("Reviews", Agreement, (), lambda row: f"Notice of the review of {row}"),
    "import": RetryKind("Imports", Import, (), lambda row: row.file_name, "leads.import"),
    "delivery": RetryKind(
        "Deliveries",
        Delivery,
        ("endpoint", "event"),
        lambda row: f"{row.event.type} to {row.endpoint}",
        "webhooks.manage",
        lambda row, *, actor, name: deliveries.replay(row, actor=actor),
    ),
    "notice": RetryKind("Alerts by mail", Notice, ("member__user",), lambda row: f"{row.text} (to {row.member})"),
    "invitation": RetryKind("Invitations", Invitation, (), lambda row: row.email, "members.manage"),
}


def groups(workspace: Workspace, actor: Actor) -> list[RetryGroup]:
    """List the rows set aside by kind, without empty kinds. One statement a kind."""
    found = []
    for code, kind in KINDS.items():
        rows = list(kind.rows(workspace)[: MOST + 1])
        if rows:
            named = [(row, kind.name(row)) for row in rows[:MOST]]
            found.append(RetryGroup(code, kind.label, named, actor.can(kind.capability), len(rows) > MOST))
    return found


def retry(workspace: Workspace, code: str, pk: int, *, actor: Actor) -> None:
    """Try one row again. Raise `Missing` for a row that is not set aside, `Conflict` when it cannot be retried."""
    if code not in KINDS:
        raise Missing("There is no such kind of row.")
    kind = KINDS[code]
    row = kind.rows(workspace).filter(pk=pk).first()
    if row is None:
        raise Missing("There is no such row set aside in this workspace.")
    kind.retry(row, actor=actor, name=kind.name(row))
