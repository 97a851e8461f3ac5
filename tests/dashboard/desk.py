"""What the tests of the pages of sales stand on: a workspace with a signed agreement, members and handoffs."""

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client
from django.utils import timezone

from leads.lifecycle import moves
from leads.models import Handoff, Lead
from sla import agreements
from sla.models import Agreement
from tests import builders
from workspaces.models import Member, Workspace
from workspaces.roles import Role


def html(page: Any) -> str:
    """Return a page as it reads, wherever its template breaks lines: each white space once, and none at a tag."""
    text = re.sub(r"\s+", " ", page.content.decode())
    return text.replace("> ", ">").replace(" <", "<")


class Desk:
    """One workspace, with a member of each role that works with leads."""

    def __init__(self, name: str = "Acme") -> None:
        self.workspace: Workspace = builders.workspace(name, active=False, time_zone="Europe/Berlin")
        self.rep = self.member(Role.SALES, "Rita Rep")
        self.manager = self.member(Role.SALES_MANAGER, "Sam Sales")
        self.marketer = self.member(Role.MARKETING, "Mia Market")
        self.head = self.member(Role.MARKETING_MANAGER, "Mira Head")
        self.viewer = self.member(Role.VIEWER, "Vera View")
        draft = agreements.in_work(self.workspace)
        assert draft is not None
        self.sign(draft)

    def sign(self, draft: Agreement) -> Agreement:
        """Propose a draft, and sign it for both sides."""
        draft = agreements.propose(draft, actor=builders.actor(self.manager))
        agreements.sign(draft, actor=builders.actor(self.head), side="marketing")
        return agreements.sign(draft, actor=builders.actor(self.manager), side="sales")

    def member(self, role: str, name: str = "") -> Member:
        return builders.member(self.workspace, role, name)

    def browser(self, member: Member) -> Client:
        """Return a client in which the member is logged in."""
        client = Client()
        client.force_login(member.user)
        return client

    def today(self) -> date:
        """Return the day that its members write, not that of the server."""
        return timezone.localdate(timezone=ZoneInfo(self.workspace.time_zone))

    def offer(self, owner: Member | None = None, *, at: datetime | None = None, **fields) -> Handoff:
        """Hand a lead over to a member, the rep unless named, a minute ago unless told."""
        at = at or timezone.now() - timedelta(minutes=1)
        lead: Lead = fields.pop("lead", None) or builders.lead(self.workspace, **fields)
        return moves.qualify(
            lead, actor=builders.actor(self.head), override="Met at the fair", owner=owner or self.rep, at=at
        )

    def queued(self, **fields) -> Handoff:
        """Hand a lead over to nobody: no pool has a member."""
        return moves.qualify(
            builders.lead(self.workspace, **fields), actor=builders.actor(self.head), override="Met at the fair"
        )

    def accepted(self, owner: Member | None = None, **fields) -> Handoff:
        """Hand a lead over and have it accepted."""
        handoff = self.offer(owner, **fields)
        return moves.accept(handoff, actor=builders.actor(owner or self.rep))

    def fresh(self, lead: Lead) -> Lead:
        """Read a lead anew: a protected state cannot be refreshed in place."""
        return Lead.objects.of(self.workspace).get(pk=lead.pk)


HTMX = {"HX-Request": "true"}
IN_DIALOG = {"HX-Request": "true", "HX-Target": "modal-body"}
