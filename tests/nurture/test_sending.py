"""The ledger, over a real mail server."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leadflow import db
from leadflow.errors import Conflict
from leads.people import consent
from nurture import enrolments, ledger, programs, sending, suppression, tasks
from nurture.models import Enrolment, Seen, Send, Suppression
from nurture.steps import StepIn
from nurture.transport import SendOutcome, SendResult
from tests import builders
from tests.nurture.conftest import MAIL

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(make_program, enrolled, workspace, at):
    """Plan a mail for each of so many leads of one program."""

    def plan(count: int = 1, **fields) -> list[Send]:
        program = make_program(**fields)
        for _ in range(count):
            enrolments.advance(enrolled(program), at)
        return list(Send.everywhere.order_by("pk"))

    return plan


def states() -> list[str]:
    return list(Send.everywhere.order_by("pk").values_list("state", flat=True))


def received(envelope) -> EmailMessage:
    return message_from_bytes(envelope.content, policy=policy.default)


def test_a_planned_mail_goes_once(planned, smtp, at):
    send = planned()[0]
    assert sending.sweep(at=at) == 1
    assert sending.sweep(at=at + timedelta(days=1)) == 0
    assert smtp.recipients == [send.to]
    send.refresh_from_db()
    assert (send.state, send.sent_at, send.error) == ("sent", at, "")


def test_a_mail_carries_what_marketing_mail_must(planned, smtp, at, workspace, settings):
    settings.LEADFLOW_URL = "https://leads.example.test"
    send = planned()[0]
    sending.sweep(at=at)
    mail = received(smtp.accepted[0])
    assert mail["Subject"] == "News for Lea"
    assert mail["Message-ID"] == send.message_id
    assert mail["X-Leadflow-Workspace"] == workspace.slug
    assert mail.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    (way_out,) = mail.get_all("List-Unsubscribe")
    way_out = way_out.strip()  # the header is folded
    assert way_out.startswith("<https://leads.example.test/u/")
    assert send.to not in way_out
    text = mail.get_body(("plain",)).get_content()
    page = mail.get_body(("html",)).get_content()
    assert "Hello Lea," in text
    assert "1 Main Street, Springfield" in text
    assert "1 Main Street, Springfield" in page
    assert way_out.strip("<>") in text
    assert way_out.strip("<>") in page
    assert "<style" not in page
    assert 'style="margin: 0 0 16px;"' in page


def test_a_batch_goes_over_one_connection(planned, smtp, at):
    planned(20)
    sending.sweep(at=at)
    assert len(smtp.accepted) == 20
    assert len(smtp.sessions) == 1


def test_statements_of_a_claim_are_fixed_and_each_mail_takes_two(planned, smtp, at):
    planned(25)
    counts = {}
    for size in (5, 20):
        with CaptureQueriesContext(connection) as claim:
            _, claimed = sending.claim(at=at, size=size)
        with CaptureQueriesContext(connection) as delivery:
            sending.deliver(claimed, at=at)
        counts[size] = (len(claim), len(delivery) - 2 * size)
    assert counts[5] == counts[20]
    assert counts[5][0] <= 8
    assert counts[5][1] == 1


def test_a_server_that_says_later_gets_the_mail_later_with_back_off(planned, smtp, at):
    send = planned()[0]
    smtp.rcpt[send.to] = "451 Try again later"
    sending.sweep(at=at)
    send.refresh_from_db()
    assert (send.state, send.next_at, send.attempts) == ("planned", at + timedelta(minutes=5), 1)
    assert "451" in send.error
    second = at + timedelta(minutes=5)
    sending.sweep(at=second)
    send.refresh_from_db()
    assert send.next_at == second + timedelta(minutes=10)
    smtp.rcpt.clear()
    sending.sweep(at=second + timedelta(minutes=10))
    assert smtp.recipients == [send.to]
    assert states() == ["sent"]


def test_a_mail_that_is_put_off_too_often_fails(planned, smtp, at):
    send = planned()[0]
    Send.everywhere.update(attempts=sending.MAX_TRIES - 1)
    smtp.data[send.to] = "450 Still not"
    sending.sweep(at=at)
    assert states() == ["failed"]


def test_an_address_that_does_not_exist_fails_and_is_suppressed(planned, smtp, at, workspace):
    bad, good = planned(2)
    smtp.rcpt[bad.to] = "550 5.1.1 No such user"
    sending.sweep(at=at)
    assert states() == ["failed", "sent"]
    row = Suppression.objects.of(workspace).get()
    assert (row.email, row.why) == (bad.to, "bounced")
    assert Enrolment.everywhere.get(pk=bad.enrolment_id).state == "exited"
    assert smtp.recipients == [good.to]


def test_a_refusal_that_is_not_about_the_address_suppresses_nobody(planned, smtp, at):
    blocked, spam = planned(2)
    smtp.rcpt[blocked.to] = "550 5.7.1 Your server is on a block list"
    smtp.data[spam.to] = "554 Looks like spam"
    sending.sweep(at=at)
    assert states() == ["failed", "failed"]
    assert not Suppression.everywhere.exists()


@pytest.mark.parametrize("how", ["drop", "keep and drop"])
def test_a_connection_lost_after_data_leaves_the_mail_unknown_and_the_others_go(planned, smtp, at, how):
    lost, _ = planned(2)
    smtp.data[lost.to] = how
    sending.sweep(at=at)
    assert states() == ["unknown", "sent"]
    smtp.data.clear()
    sending.sweep(at=at + timedelta(days=3))
    tasks.run_sweeps(at=at + timedelta(days=4))
    assert states() == ["unknown", "sent"]
    assert smtp.recipients.count(lost.to) == (how == "keep and drop")


def test_a_connection_lost_before_data_surely_sent_nothing(planned, smtp, at):
    lost, _ = planned(2)
    smtp.rcpt[lost.to] = "drop"
    sending.sweep(at=at)
    assert states() == ["planned", "sent"]
    assert Send.everywhere.get(pk=lost.pk).next_at == at + sending.BACK_OFF


def test_a_server_that_is_down_costs_no_mail_a_try(planned, settings, at):
    planned(3)
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        1,
    )
    sending.sweep(at=at)
    assert states() == ["planned"] * 3
    assert set(Send.everywhere.values_list("attempts", "next_at")) == {(0, at + sending.SERVER_DOWN)}


def test_what_a_crash_left_under_way_becomes_unknown_and_is_not_sent_again(planned, smtp, at):
    send = planned()[0]
    _, claimed = sending.claim(at=at)
    assert sending._mark(claimed[0], at + timedelta(minutes=4))  # and here the worker is killed
    assert ledger.recover(at=at + timedelta(minutes=13)) == 0  # its time counts from the mark, not from the claim
    later = at + timedelta(minutes=15)
    assert ledger.recover(at=later) == 1
    sending.sweep(at=later)
    send.refresh_from_db()
    assert send.state == "unknown"
    assert "may have arrived or not" in send.error
    assert smtp.accepted == []
    assert Enrolment.everywhere.get().next_at == later


def test_what_a_crash_left_leased_goes_when_the_lease_has_run_out(planned, smtp, at):
    planned()
    sending.claim(at=at)  # and here the worker is killed
    assert sending.sweep(at=at + timedelta(minutes=4)) == 0
    assert sending.sweep(at=at + timedelta(minutes=6)) == 1
    assert len(smtp.accepted) == 1


def test_an_unknown_mail_goes_again_by_hand_with_the_same_message_id(planned, smtp, at, actor):
    send = planned()[0]
    smtp.data[send.to] = "keep and drop"
    sending.sweep(at=at)
    smtp.data.clear()
    send.refresh_from_db()
    ledger.resend(send, actor=actor, at=at)
    sending.sweep(at=at)
    assert states() == ["sent"]
    assert [received(each)["Message-ID"] for each in smtp.accepted] == [send.message_id] * 2


def test_a_sent_mail_is_not_sent_again_by_hand(planned, smtp, at, actor):
    send = planned()[0]
    sending.sweep(at=at)
    with pytest.raises(Conflict) as refused:
        ledger.resend(send, actor=actor, at=at)
    assert refused.value.code == "not_resendable"
    assert states() == ["sent"]


def test_a_lead_that_opted_out_since_gets_nothing(planned, smtp, at):
    send = planned()[0]
    consent.change(send.lead, state="opted_out", source="API", at=at)
    sending.sweep(at=at)
    send.refresh_from_db()
    assert (send.state, send.error) == ("cancelled", "The lead has opted out of marketing mail.")
    assert smtp.accepted == []


def test_a_lead_that_was_handed_over_since_gets_nothing(planned, smtp, workspace, at):
    send = planned()[0]
    builders.handoff(workspace, lead=send.lead, at=at)
    sending.sweep(at=at)
    assert states() == ["cancelled"]
    assert smtp.accepted == []


def test_what_a_worker_held_for_too_long_is_left_to_the_next_claim(planned, smtp, at):
    planned()
    _, claimed = sending.claim(at=at)
    sending.deliver(claimed, at=at + sending.LEASE)
    assert (smtp.accepted, states()) == ([], ["planned"])
    sending.sweep(at=at + sending.LEASE)
    assert states() == ["sent"]


def test_a_mail_goes_by_the_clock_of_the_database(planned, smtp):
    planned(send_from="00:00", send_until="23:59:59.999999", send_weekdays=list(range(7)))
    _, claimed = sending.claim(at=db.now())
    sending.deliver(claimed)
    assert len(smtp.accepted) == 1
    sent = Send.everywhere.get()
    assert timedelta(0) <= db.now() - sent.claimed_at < timedelta(minutes=1)


def test_a_program_that_is_paused_between_claim_and_mark_sends_nothing(planned, smtp, actor, at):
    program = planned(3)[0].enrolment.program
    _, claimed = sending.claim(at=at)
    programs.pause(program, actor=actor)
    sending.deliver(claimed, at=at)
    assert (smtp.accepted, states()) == ([], ["planned"] * 3)
    programs.activate(program, actor=actor)
    sending.sweep(at=at + sending.LEASE)
    assert states() == ["sent"] * 3


@pytest.fixture
def with_content(make_program, make_content, enrolled, workspace, at):
    """A mail to a lead that shows the only content there is, planned."""
    make_content("Guide")
    enrolments.advance(enrolled(make_program(StepIn("content", {}))), at)
    return Send.everywhere.get()


def fail(send: Send, smtp, at) -> None:
    smtp.data[send.to] = "554 Looks like spam"
    sending.sweep(at=at)
    smtp.data.clear()
    assert states() == ["failed"]
    assert not Seen.everywhere.exists()


def test_a_failed_mail_that_goes_again_notes_its_content_again(with_content, smtp, actor, at):
    fail(with_content, smtp, at)
    ledger.resend(with_content, actor=actor, at=at)
    sending.sweep(at=at)
    assert states() == ["sent"]
    assert Seen.everywhere.get().send_id == with_content.pk


def test_a_failed_mail_does_not_go_again_when_another_has_shown_its_content(
    with_content, make_program, enrolled, smtp, actor, at
):
    fail(with_content, smtp, at)
    enrolments.advance(enrolled(make_program(StepIn("content", {}), name="Second"), with_content.lead), at)
    with pytest.raises(Conflict) as refused:
        ledger.resend(with_content, actor=actor, at=at)
    assert refused.value.code == "content_seen"
    assert states() == ["failed", "planned"]
    assert Seen.everywhere.get().send_id != with_content.pk


def test_the_late_failure_of_a_mail_that_was_sent_again_meanwhile_changes_nothing(with_content, smtp, actor, at):
    _, (slow,) = sending.claim(at=at)
    assert sending._mark(slow, at)
    later = at + timedelta(minutes=11)
    ledger.recover(at=later)
    ledger.resend(with_content, actor=actor, at=later)
    sending._settle(slow, SendResult(SendOutcome.REFUSED, "554 Looks like spam"), later)
    sending._give_up(slow, "Cannot be made")
    assert states() == ["planned"]
    assert Seen.everywhere.get().send_id == with_content.pk


@pytest.mark.parametrize("change", ["opt out", "suppress", "leave"])
def test_what_happens_between_claim_and_mark_still_stops_the_mail(planned, smtp, workspace, at, change):
    send = planned()[0]
    _, claimed = sending.claim(at=at)
    if change == "opt out":
        consent.change(send.lead, state="opted_out", source="API", at=at)
    elif change == "suppress":
        suppression.add(workspace, send.to, why="by_hand", at=at)
    else:
        enrolments.exit(send.enrolment, reason="By hand", at=at)
    sending.deliver(claimed, at=at)
    assert smtp.accepted == []
    sending.sweep(at=at + sending.LEASE)
    assert states() == ["cancelled"]


def test_outside_the_window_a_mail_is_put_off(planned, smtp, at):
    planned()
    night = datetime(2026, 11, 3, 23, tzinfo=UTC)
    sending.sweep(at=night)
    assert smtp.accepted == []
    assert Send.everywhere.get().next_at == datetime(2026, 11, 4, 8, tzinfo=UTC)


def test_the_daily_cap_holds_over_all_programs(make_program, enrolled, smtp, workspace, at):
    workspace.daily_cap = 1
    workspace.save()
    lead = builders.lead(workspace)
    for name in ("One", "Two"):
        mail = StepIn("mail", {"subject": name, "body": name})
        enrolments.advance(enrolled(make_program(mail, name=name), lead), at)
    sending.sweep(at=at)
    assert len(smtp.accepted) == 1
    waiting = Send.everywhere.get(state="planned")
    assert waiting.next_at == datetime(2026, 11, 4, 8, tzinfo=UTC)
    sending.sweep(at=waiting.next_at)
    assert len(smtp.accepted) == 2


def test_a_paused_program_sends_nothing_until_it_goes_on(make_program, enrolled, smtp, actor, at):
    program = make_program()
    enrolments.advance(enrolled(program), at)
    programs.pause(program, actor=actor)
    sending.sweep(at=at)
    assert smtp.accepted == []
    programs.activate(program, actor=actor)
    sending.sweep(at=at)
    assert len(smtp.accepted) == 1


def test_a_mail_goes_to_the_address_that_the_lead_has_by_then(planned, smtp, at):
    send = planned()[0]
    type(send.lead).everywhere.filter(pk=send.lead_id).update(email="new@company.test")
    sending.sweep(at=at)
    assert smtp.recipients == ["new@company.test"]


def test_a_step_is_planned_once_per_enrolment(planned):
    send = planned()[0]
    again = Send(
        workspace_id=send.workspace_id, enrolment=send.enrolment, step=send.step, lead=send.lead, message_id="<x@y>"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()
    assert Send.everywhere.count() == 1


def test_the_sweep_takes_a_lead_from_entry_to_mail(make_program, enrolled, smtp, at):
    program = make_program(StepIn("wait", {"minutes": 5}), MAIL)
    enrolment = enrolled(program)
    tasks.run_sweeps(at=at)
    for _ in range(2):
        tasks.run_sweeps(at=at + timedelta(minutes=5))
    enrolment.refresh_from_db()
    assert len(smtp.accepted) == 1
    assert enrolment.state == "finished"
