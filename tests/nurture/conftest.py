"""A workspace with a running program, and a real mail server."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import LazySettings

from leads.models import Lead, Topic
from nurture import enrolments, programs
from nurture.models import Content, Enrolment, Program
from nurture.steps import StepIn
from tests import builders
from tests.services import free_port
from workspaces.actors import Actor
from workspaces.models import Workspace

TUESDAY = datetime(2026, 11, 3, 10, tzinfo=UTC)  # a working day, inside the send window
MAIL = StepIn("mail", {"subject": "News for {{ lead.first_name }}", "body": "Hello {{ lead.first_name }},\n\nread on."})


@pytest.fixture
def at() -> datetime:
    return TUESDAY


@pytest.fixture
def workspace(db: Any) -> Workspace:
    made = builders.workspace()
    made.postal_address = "1 Main Street, Springfield"
    made.daily_cap, made.weekly_cap = 5, 20
    made.save()
    return made


@pytest.fixture
def actor(workspace: Workspace) -> Actor:
    return builders.actor(builders.member(workspace, "marketing"))


@pytest.fixture
def make_program(workspace: Workspace, actor: Actor) -> Callable[..., Program]:
    """Make an active program of steps (one mail unless given)."""

    def make(*steps: StepIn, name: str = "Drip", active: bool = True, **fields: Any) -> Program:
        program = programs.create(workspace, actor=actor, name=name, **fields)
        programs.replace_steps(program, actor=actor, steps_in=steps or (MAIL,))
        return programs.activate(program, actor=actor) if active else program

    return make


@pytest.fixture
def enrolled(actor: Actor, workspace: Workspace, at: datetime) -> Callable[..., Enrolment]:
    """Enrol a lead (a new one unless given)."""

    def enrol(program: Program, lead: Lead | None = None) -> Enrolment:
        lead = lead or builders.lead(workspace)
        return enrolments.enrol(lead, program, actor=actor, why={"words": "By hand."}, at=at)

    return enrol


@pytest.fixture
def make_content(workspace: Workspace) -> Callable[..., Content]:
    """Add content to the library, about topics that are made as needed."""

    def make(title: str, *topics: str, stage: str = "awareness", **fields: Any) -> Content:
        url = f"https://content.example.test/{title.lower().replace(' ', '-')}"
        content = Content.everywhere.create(workspace=workspace, title=title, url=url, stage=stage, **fields)
        for code in topics:
            topic, _ = Topic.objects.of(workspace).get_or_create(
                code=code, defaults={"workspace": workspace, "label": code.title()}
            )
            content.topics.add(topic)
        return content

    return make


class Mailbox:
    """What a mail server accepted, and how it shall answer: {address: answer to RCPT}, {address: what DATA does}."""

    def __init__(self) -> None:
        self.accepted: list[Envelope] = []
        self.sessions: set[int] = set()
        self.rcpt: dict[str, str] = {}
        self.data: dict[str, str] = {}

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        self.sessions.add(id(session))
        if answer := self.rcpt.get(address):
            if answer == "drop":
                server.transport.close()
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.data.get(envelope.rcpt_tos[0], "250 OK")
        if answer == "drop":
            server.transport.close()
        elif answer == "keep and drop":
            self.accepted.append(envelope)
            server.transport.close()
        elif answer.startswith("250"):
            self.accepted.append(envelope)
        return answer

    @property
    def recipients(self) -> list[str]:
        return [envelope.rcpt_tos[0] for envelope in self.accepted]


@pytest.fixture
def smtp(settings: LazySettings) -> Iterator[Mailbox]:
    """Run a real SMTP server, and send through it."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = controller.port
    settings.EMAIL_TIMEOUT = 5
    yield mailbox
    controller.stop()
