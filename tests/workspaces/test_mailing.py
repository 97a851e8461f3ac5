"""The mails of notices and invitations, over a real SMTP server."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from django.db import connection

from leadflow.sweeps import lease
from tests.services import free_port
from tests.workspaces.conftest import NOON, make_member
from workspaces import invitations, mailing, notices, tasks
from workspaces.models import Invitation, Member, Notice


class Mailbox:
    """Take mails in, or answer as told."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.answers: dict[str, str] = {}  # address → answer to RCPT
        self.answer = "250 OK"  # to DATA

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if refusal := self.answers.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.answer.startswith("250"):
            self.messages.append(message_from_bytes(envelope.content))
        return self.answer


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_TIMEOUT = 5
    settings.LEADFLOW_URL = "https://leads.example.com"
    settings.DEFAULT_FROM_EMAIL = "Leadflow <leadflow@leads.example.com>"
    yield box
    controller.stop()


def tell(*members: Member, key: str = "clock:1:warned") -> None:
    notices.notify(members, kind="clock.warned", text="Jo Ito is due at 10:00", url="/leads/1", key=key, at=NOON)


def test_a_notice_goes_out_once_by_mail(mailbox, workspace, admin):
    tell(admin)
    assert mailing.send_due(at=NOON) == 1
    assert mailing.send_due(at=NOON + timedelta(days=1)) == 0
    (mail,) = mailbox.messages
    notice = Notice.objects.of(workspace).get()
    assert (mail["To"], mail["Subject"], mail["Message-ID"]) == (
        "ada@northwind.example",
        "Jo Ito is due at 10:00",
        notice.message_id,
    )
    assert mail["X-Leadflow-Workspace"] == "northwind"
    assert "List-Unsubscribe" not in mail
    assert notice.message_id.endswith("@leads.example.com>")
    assert "https://leads.example.com/leads/1" in mail.get_payload()
    assert (notice.mailed_at, notice.next_at, notice.attempts) == (NOON, None, 0)


def test_a_mail_cut_off_by_a_crash_goes_again_with_the_same_message_id(mailbox, workspace, admin):
    tell(admin)
    message_id = Notice.objects.of(workspace).get().message_id
    lease(Notice, at=NOON, seconds=mailing.LEASE_SECONDS)  # and here the process dies
    assert mailing.send_due(at=NOON + timedelta(seconds=299)) == 0
    assert mailing.send_due(at=NOON + timedelta(seconds=300)) == 1
    assert [mail["Message-ID"] for mail in mailbox.messages] == [message_id]


def test_a_mail_that_ends_the_process_each_time_is_set_aside(mailbox, workspace, admin):
    tell(admin)
    Notice.objects.of(workspace).update(attempts=5)
    mailing.send_due(at=NOON)
    assert Notice.objects.of(workspace).get().dead_reason == "No attempt was completed."
    assert mailbox.messages == []


def test_a_temporary_refusal_is_tried_again_later(mailbox, workspace, admin):
    tell(admin)
    mailbox.answer = "451 Busy"
    mailing.send_due(at=NOON)
    notice = Notice.objects.of(workspace).get()
    assert (notice.next_at, notice.attempts, notice.dead_reason) == (NOON + timedelta(minutes=2), 1, "")
    mailbox.answer = "250 OK"
    mailing.send_due(at=NOON + timedelta(minutes=2))
    assert len(mailbox.messages) == 1


def test_a_refused_address_is_set_aside_and_the_others_go_on(mailbox, workspace, admin):
    rep = make_member(workspace, "rep@northwind.example")
    tell(admin, rep)
    mailbox.answers["ada@northwind.example"] = "550 Unknown"
    assert mailing.send_due(at=NOON) == 2
    assert [mail["To"] for mail in mailbox.messages] == ["rep@northwind.example"]
    assert "550" in notices.of(admin).get().dead_reason


def test_a_dead_mail_server_loses_nothing(workspace, admin, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    tell(admin)
    at = NOON
    for minutes in (2, 4, 8, 16):
        assert mailing.send_due(at=at) == 1
        at += timedelta(minutes=minutes)
        assert Notice.objects.of(workspace).get().next_at == at
    mailing.send_due(at=at)
    assert "ConnectionRefusedError" in Notice.objects.of(workspace).get().dead_reason


def test_who_was_deactivated_meanwhile_gets_no_mail(mailbox, workspace, admin):
    tell(admin)
    Member.objects.of(workspace).update(active=False)
    mailing.send_due(at=NOON)
    assert mailbox.messages == []
    assert Notice.objects.of(workspace).get().dead_reason == "The member is no longer active."


def test_an_invitation_goes_out_with_its_link(mailbox, workspace, actor):
    _, token = invitations.invite(workspace, actor=actor, email="rep@northwind.example", role="sales_manager", at=NOON)
    assert mailing.send_due(at=NOON) == 1
    (mail,) = mailbox.messages
    text = mail.get_payload(decode=True).decode()
    assert (mail["To"], mail["Subject"]) == ("rep@northwind.example", "Invitation to Northwind on Leadflow")
    assert f"https://leads.example.com/invitations/{token}\r\n" in text
    assert "Ada invites you to the workspace Northwind on Leadflow, as Sales manager." in text
    assert "9 March 2026, 12:00 UTC" in text


def test_an_invitation_that_was_replaced_or_has_expired_is_not_mailed(mailbox, workspace, actor):
    for _ in range(2):
        invitations.invite(workspace, actor=actor, email="rep@northwind.example", role="sales", at=NOON)
    assert mailing.send_due(at=NOON + invitations.VALID_FOR) == 1
    assert mailbox.messages == []
    assert set(Invitation.objects.of(workspace).values_list("dead_reason", flat=True)) == {
        "",
        "The invitation has expired.",
    }


@pytest.mark.django_db(transaction=True)
def test_the_mail_server_is_spoken_to_outside_of_any_transaction(mailbox, workspace, admin, monkeypatch):
    tell(admin)
    seen: list[bool] = []
    letter = mailing.letter

    def watched(row, at):
        seen.append(connection.in_atomic_block)
        return letter(row, at)

    monkeypatch.setattr(mailing, "letter", watched)
    tasks.run_sweeps()
    assert seen == [False]
    assert len(mailbox.messages) == 1


def test_a_sweep_stops_at_its_limit(mailbox, workspace, admin):
    for number in range(3):
        tell(admin, key=f"clock:{number}:warned")
    assert tasks.run_sweeps(limit=2) == 2
    assert len(mailbox.messages) == 2
