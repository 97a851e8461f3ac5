"""Two workspaces with one of everything that an address can name, for the test of who may open what."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from leadflow import tokens
from leads.activity import follow_ups
from leads.models import (
    Attribute,
    Campaign,
    Form,
    Import,
    Persona,
    PoolMember,
    Question,
    Reason,
    RoutingRule,
    Territory,
    Topic,
)
from leads.models.definition import Version
from nurture import enrolments, suppression
from nurture.models import Content, Send
from sla.models import Agreement, Clock
from tests import builders
from tests.dashboard import marketing
from tests.dashboard.desk import Desk
from webhooks import endpoints
from webhooks.models import Delivery, OutboxEvent
from workspaces import invitations, keys, notices
from workspaces.models import Member
from workspaces.roles import Role


class World:
    """One workspace; `ids` maps the names that addresses use to ids in it. Handoffs belong to `owner`'s role."""

    def __init__(self, name: str, role: str = Role.SALES, version: int = 7) -> None:
        self.desk = Desk(name)
        self.workspace = self.desk.workspace
        self.admin = Member.objects.of(self.workspace).get(role=Role.ADMIN)
        self.members = {
            Role.ADMIN: self.admin,
            Role.MARKETING: self.desk.marketer,
            Role.MARKETING_MANAGER: self.desk.head,
            Role.SALES: self.desk.rep,
            Role.SALES_MANAGER: self.desk.manager,
            Role.VIEWER: self.desk.viewer,
        }
        self.owner = self.members[role] if role in (Role.SALES, Role.SALES_MANAGER, Role.ADMIN) else self.desk.rep
        self.ids: dict[str, Any] = {}
        self._of_sales()
        self._of_marketing()
        self._of_settings(version)
        self._of_webhooks()

    def browser(self, role: str) -> Client:
        """Return a client in which the member of a role is logged in."""
        return self.desk.browser(self.members[role])

    def _of_sales(self) -> None:
        handoff = self.desk.offer(self.owner)
        actor = builders.actor(self.owner)
        follow_up = follow_ups.plan(
            self.desk.accepted(self.owner).lead, actor=actor, due_at=timezone.now() + timedelta(days=1)
        )
        at = timezone.now()
        for each in self.members.values():
            notices.notify([each], kind="test", text="Told", key="test", at=at)
        self.ids |= {
            "handoff": handoff.pk,
            "lead": handoff.lead_id,
            "follow_up": follow_up.pk,
            "question": Question.objects.of(self.workspace).order_by("pk").first().pk,
            "clock": Clock.objects.of(self.workspace).order_by("pk").first().pk,
        }

    def _of_marketing(self) -> None:
        actor = builders.actor(self.desk.marketer)
        program = marketing.program(self.desk)
        lead = builders.lead(self.workspace)
        enrolment = enrolments.enrol(lead, program, actor=actor, why={"words": "by hand"}, at=timezone.now())
        send = Send.everywhere.create(
            workspace=self.workspace,
            lead=lead,
            to=lead.email,
            subject="Hello",
            html="<p>Hello</p>",
            text="Hello",
            state=Send.State.FAILED,
            message_id=f"<{self.workspace.pk}@x.test>",
            dead_reason="It failed",
        )
        returned = marketing.return_to_marketing(self.desk, "bad-data", owner=self.desk.rep)
        content = Content.everywhere.create(
            workspace=self.workspace, title="Guide", url="https://example.test/guide", stage="awareness"
        )
        form = Form.everywhere.create(
            workspace=self.workspace, token=f"token{self.workspace.pk}", name="F", heading="F", fields=["email"]
        )
        batch = Import.everywhere.create(
            workspace=self.workspace,
            file_name="a.csv",
            file=b"email\na@b.test\n",
            header=["email"],
            encoding="utf-8",
            delimiter=",",
        )
        campaign = Campaign.everywhere.create(workspace=self.workspace, code="fair", name="Fair")
        self.ids |= {
            "program": program.pk,
            "step": program.steps.first().pk,
            "enrolment": enrolment.pk,
            "send": send.pk,
            "suppression": suppression.add(self.workspace, "gone@x.test", why="bounced").pk,
            "returned": returned.pk,
            "content": content.pk,
            "form": form.pk,
            "form_token": form.token,
            "import": batch.pk,
            "campaign": campaign.pk,
        }

    def _of_settings(self, version: int) -> None:
        actor = builders.actor(self.admin)
        at = timezone.now()
        old = Agreement.objects.of(self.workspace).get(status="active")
        Agreement.everywhere.create(
            workspace=self.workspace,
            version=version,
            terms=old.terms,
            content_hash=old.content_hash,
            status=Version.SUPERSEDED,
            activated_at=at,
            superseded_at=at,
        )
        invitation, token = invitations.invite(self.workspace, actor=actor, email="new@x.test", role=Role.SALES)
        key, self.secret = keys.create(self.workspace, actor=actor, name="CRM", scopes=["read"])
        rule = RoutingRule.objects.of(self.workspace).first()
        extra = builders.member(self.workspace, Role.SALES, "Extra Rep")
        place: PoolMember = builders.place(rule.pool, extra)
        words = {
            "topic": Topic(code="t", label="T"),
            "persona": Persona(code="p", label="P"),
            "attribute": Attribute(key="a", label="A"),
        }
        for word in words.values():
            word.workspace = self.workspace
            word.save()
        self.ids |= {name: word.pk for name, word in words.items()}
        territory = Territory.everywhere.create(workspace=self.workspace, name="Here", position=1, countries=["IS"])
        self.ids |= {
            "territory": territory.pk,
            "version": version,
            "invitation": invitation.pk,
            "token": token,
            "key": key.pk,
            "rule": rule.pk,
            "pool": rule.pool_id,
            "place": place.pk,
            "member": extra.pk,
            "reason": Reason.objects.of(self.workspace).first().pk,
            "unsubscribe": tokens.sign("unsubscribe", {"test": True}),
        }

    def _of_webhooks(self) -> None:
        endpoint, _ = endpoints.create(
            self.workspace, actor=builders.actor(self.admin), url="https://hooks.example.com/x"
        )
        event = OutboxEvent.objects.of(self.workspace).first()
        delivery = Delivery.everywhere.create(
            workspace=self.workspace, endpoint=endpoint, event=event, message_id=f"msg_{self.workspace.pk}"
        )
        self.ids |= {"endpoint": endpoint.pk, "delivery": delivery.pk}
