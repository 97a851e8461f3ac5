"""What was set aside because it failed again and again: which rows, in words, and the door that tries them again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from leadflow.errors import Missing
from leads.models import Import, Lead
from nurture.models import Enrolment, Send
from sla.models import Clock, Escalation
from webhooks import deliveries
from webhooks.models import Delivery
from workspaces import repairs
from workspaces.actors import Actor
from workspaces.models import Invitation, Notice, Workspace

MOST = 50  # shown of one kind


@dataclass(frozen=True)
class Kind:
    """Hold one kind of row: what to read with it, how it is called, and who may try it again."""

    label: str
    model: type[Any]
    related: tuple[str, ...]
    name: Callable[[Any], str]
    capability: str = "settings.rules"
    door: Callable[..., Any] = repairs.retry

    def rows(self, workspace: Workspace) -> QuerySet[Any]:
        """Return the rows set aside, the newest first."""
        found: QuerySet[Any] = self.model.objects.of(workspace).exclude(dead_reason="")
        return found.select_related(*self.related).defer(*self._bulky).order_by("-pk")

    @property
    def _bulky(self) -> tuple[str, ...]:
        return ("file",) if self.model is Import else ()


@dataclass(frozen=True)
class Group:
    """Hold what is set aside of one kind; `more` tells that there are more rows than are shown."""

    code: str
    label: str
    rows: list[tuple[Model, str]]
    may_retry: bool
    more: bool


KINDS: dict[str, Kind] = {
    "send": Kind("Mails", Send, ("lead",), lambda row: f"“{row.subject}” to {row.to}", "nurture.edit"),
    "enrolment": Kind(
        "Enrolments", Enrolment, ("lead", "program"), lambda row: f"{row.lead.name} in {row.program}", "nurture.edit"
    ),
    "lead": Kind("Leads", Lead, (), lambda row: f"Scoring and handing over {row.name}"),
    "clock": Kind("Clocks", Clock, ("lead",), lambda row: f"{row.get_kind_display()}: {row.lead.name}"),
    "escalation": Kind(
        "Escalations", Escalation, ("clock__lead",), lambda row: f"{row.get_action_display()}: {row.clock.lead.name}"
    ),
    "import": Kind("Imports", Import, (), lambda row: row.file_name, "leads.import"),
    "delivery": Kind(
        "Deliveries",
        Delivery,
        ("endpoint", "event"),
        lambda row: f"{row.event.type} to {row.endpoint}",
        "webhooks.manage",
        lambda row, *, actor, name: deliveries.replay(row, actor=actor),
    ),
    "notice": Kind("Alerts by mail", Notice, ("member__user",), lambda row: f"{row.text} (to {row.member})"),
    "invitation": Kind("Invitations", Invitation, (), lambda row: row.email, "members.manage"),
}


def groups(workspace: Workspace, actor: Actor) -> list[Group]:
    """List what is set aside, by kind, those kinds alone that have any. One statement a kind."""
    found = []
    for code, kind in KINDS.items():
        rows = list(kind.rows(workspace)[: MOST + 1])
        if rows:
            named = [(row, kind.name(row)) for row in rows[:MOST]]
            found.append(Group(code, kind.label, named, actor.can(kind.capability), len(rows) > MOST))
    return found


def retry(workspace: Workspace, code: str, pk: int, *, actor: Actor) -> None:
    """Try one row again. Raise `Missing` for a row that is not set aside here, `Conflict` when its door refuses."""
    if code not in KINDS:
        raise Missing("There is no such kind of row.")
    kind = KINDS[code]
    row = kind.rows(workspace).filter(pk=pk).first()
    if row is None:
        raise Missing("There is no such row set aside in this workspace.")
    kind.door(row, actor=actor, name=kind.name(row))
