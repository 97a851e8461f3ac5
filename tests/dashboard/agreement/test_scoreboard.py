"""The scoreboard and the rows behind it; the outbox and what was set aside."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from leadflow.outbox import FolderBackend
from leads.lifecycle import moves
from leads.models import Lead
from nurture.models import Send
from sla import reports
from sla.models import Clock
from tests import builders
from tests.dashboard.desk import Desk, html
from tests.dashboard.marketing import queries
from workspaces import invitations, mailing
from workspaces.models import AuditEntry, Member

pytestmark = pytest.mark.django_db


def mail(desk: Desk, lead: Lead | None = None, **fields) -> Send:
    lead = lead or builders.lead(desk.workspace)
    facts = {"subject": "Hello", "html": "<p>Hello <b>you</b></p>", "text": "Hello you", "state": Send.State.PLANNED}
    number = Send.everywhere.count()
    return Send.everywhere.create(
        workspace=desk.workspace, lead=lead, to=lead.email, message_id=f"<{number}@x.test>", **{**facts, **fields}
    )


def test_the_scoreboard_says_how_many_were_kept_and_of_how_few(desk):
    desk.accepted()
    page = desk.browser(desk.viewer).get("/scoreboard/")
    sales = dict(page.context["sides"])["Sales"]
    accept = next(one for one in sales if one.line.code == "accept" and one.line.tally.in_time)
    assert accept.few == 1
    assert accept.line.attained == 100
    assert "1 in time" in html(page)


def test_each_figure_lists_its_rows(desk):
    kept = desk.accepted(first_name="Kept")
    desk.offer(first_name="Open")
    page = desk.browser(desk.viewer).get("/scoreboard/")
    sales = dict(page.context["sides"])["Sales"]
    for one in sales:
        for name, count, url in one.parts:
            rows = desk.browser(desk.viewer).get(f"/scoreboard/rows/?{url}").context["page"].rows
            assert len(rows) == count, (one.line.label, name)
    accepts = next(one for one in sales if one.line.code == "accept" and one.line.tally.in_time)
    url = next(url for name, _, url in accepts.parts if name == "in time")
    rows = desk.browser(desk.viewer).get(f"/scoreboard/rows/?{url}").context["page"].rows
    assert [row.lead_id for row in rows] == [kept.lead_id]


def test_what_was_missed_and_cancelled_is_counted_and_its_rows_say_why(desk):
    for code in ("no-response", "no-response", "wrong-territory"):
        reason = builders.reason(desk.workspace, code)
        moves.return_to_marketing(desk.accepted(), actor=builders.actor(desk.rep), reason=reason, note="So it is")
    desk.accepted()
    browser = desk.browser(desk.viewer)
    page = browser.get("/scoreboard/")
    sales = dict(page.context["sides"])["Sales"]
    [attempts] = [one for one in sales if one.line.code == "attempts" and one.line.tally.missed]
    assert [(name, count) for name, count, _ in attempts.parts] == [("missed", 2), ("cancelled", 1), ("open still", 1)]
    assert (attempts.line.attained, attempts.few) == (0, 2)
    addresses = {name: url for name, _, url in attempts.parts}
    missed = html(browser.get(f"/scoreboard/rows/?{addresses['missed']}"))
    assert missed.count("Returned with too few attempts: Never answered") == 2
    assert missed.count("0 of 6 attempts, 0 of 2 channels") == 2
    cancelled = html(browser.get(f"/scoreboard/rows/?{addresses['cancelled']}"))
    assert "Returned: Not in our territory" in cancelled
    rows = desk.browser(desk.manager).get(f"/scoreboard/rows.csv?{addresses['missed']}")
    assert b"".join(rows.streaming_content).decode().count("missed,returned with too few attempts: Never answered") == 2


def test_the_rows_of_attempts_take_a_fixed_number_of_statements(desk):
    browser, path = desk.browser(desk.viewer), "/scoreboard/rows/?code=attempts"
    desk.accepted()
    few = queries(browser, path)
    for _ in range(5):
        desk.accepted()
    assert queries(browser, path) == few


def test_the_rows_come_as_csv_for_those_who_may_take_leads_away(desk):
    desk.accepted(first_name="=cmd")
    text = b"".join(desk.browser(desk.manager).get("/scoreboard/rows.csv?code=accept").streaming_content).decode()
    assert "accept or return" in text.lower()
    assert "'=cmd" in text
    assert desk.browser(desk.rep).get("/scoreboard/rows.csv?code=accept").status_code == 403


def test_the_rows_of_the_scoreboard_take_a_fixed_number_of_statements(desk):
    desk.offer()
    browser, path = desk.browser(desk.viewer), "/scoreboard/rows/?code=accept"
    few, board = queries(browser, path), queries(browser, "/scoreboard/")
    for _ in range(12):
        desk.offer()
    assert queries(browser, path) == few
    assert queries(browser, "/scoreboard/") == board


def test_an_address_of_rows_that_makes_no_sense_shows_a_page(desk):
    for query in ("code=nope&since=x&until=9999-99-99", "code=accept&after=nonsense", "since=0001-01-01"):
        assert desk.browser(desk.viewer).get(f"/scoreboard/rows/?{query}").status_code == 200


def test_the_scoreboard_without_an_agreement_says_what_will_be_there():
    workspace = builders.workspace(active=False)
    viewer = builders.member(workspace, "viewer")
    from django.test import Client

    browser = Client()
    browser.force_login(viewer.user)
    assert "No commitments yet" in browser.get("/scoreboard/").content.decode()
    assert reports.scoreboard(workspace, timezone.now(), timezone.now()).version is None


def test_the_outbox_lists_mails_by_state_page_by_page_in_a_fixed_number_of_statements(desk):
    mail(desk, state=Send.State.FAILED)
    browser = desk.browser(desk.marketer)
    few = queries(browser, "/outbox/")
    lead = builders.lead(desk.workspace)
    for _ in range(60):
        mail(desk, lead)
    assert queries(browser, "/outbox/") <= few
    first = browser.get("/outbox/").context["page"]
    second = browser.get(f"/outbox/?after={first.next_cursor}").context["page"]
    assert (first.shown, second.shown) == (50, 11)
    assert len({row.pk for row in [*first.rows, *second.rows]}) == 61
    assert [row.state for row in browser.get("/outbox/?state=failed").context["page"].rows] == ["failed"]


def test_what_is_planned_comes_first_in_the_outbox_and_is_counted_in_words(desk):
    planned = mail(desk)
    for _ in range(60):
        mail(desk, planned.lead, state=Send.State.SENT, sent_at=timezone.now())
    browser = desk.browser(desk.marketer)
    page = browser.get("/outbox/")
    assert "60 mails went out" in page.content.decode()
    assert "1 is planned</a>" in html(page)
    first = page.context["page"]
    second = browser.get(f"/outbox/?after={first.next_cursor}").context["page"]
    assert first.rows[0] == planned
    assert [row.state for row in second.rows] == ["sent"] * 10


def test_a_mail_is_framed_without_scripts_and_without_anything_from_outside(desk):
    sent = mail(desk, html='<p>Hello</p><img src="https://elsewhere.test/x.gif">')
    browser = desk.browser(desk.marketer)
    page = browser.get(f"/outbox/{sent.pk}/")
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "sandbox" in page.content.decode()
    framed = browser.get(f"/outbox/{sent.pk}/preview/")
    policy = framed["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy
    assert policy.endswith("sandbox")
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    assert "/o/" not in framed.content.decode()  # no pixel: looking at it is no open


def test_an_unknown_mail_is_sent_again_by_hand_alone(desk):
    lost = mail(desk, state=Send.State.UNKNOWN)
    desk.browser(desk.marketer).post(f"/outbox/{lost.pk}/resend/")
    lost.refresh_from_db()
    assert lost.state == "planned"
    assert lost.why["resent_by"] == "Mia Market"
    assert AuditEntry.objects.of(desk.workspace).filter(action="send.resent").exists()


def test_a_mail_that_went_out_is_not_sent_again(desk):
    went = mail(desk, state=Send.State.SENT, sent_at=timezone.now())
    answer = desk.browser(desk.marketer).post(f"/outbox/{went.pk}/resend/", follow=True)
    assert "Only an unknown or failed one" in answer.content.decode()
    went.refresh_from_db()
    assert went.state == "sent"


def test_the_local_folder_shows_the_mails_of_this_workspace_newest_first(desk, settings, tmp_path):
    settings.OUTBOX_DIR, settings.EMAIL_BACKEND = tmp_path, "leadflow.outbox.FolderBackend"
    other = Desk("Other")
    for subject, slug in (
        ("First", desk.workspace.slug),
        ("Second", desk.workspace.slug),
        ("Hidden", other.workspace.slug),
    ):
        FolderBackend().send_messages(
            [EmailMessage(subject, "Text", "a@x.test", ["b@x.test"], headers={"X-Leadflow-Workspace": slug})]
        )
    browser = desk.browser(desk.marketer)
    rows = browser.get("/outbox/mail/").context["page"].rows
    assert [row.subject for row in rows] == ["Second", "First"]
    assert "Text" in browser.get(f"/outbox/mail/{rows[0].name}/").content.decode()
    hidden = newest_mail(other)
    assert browser.get(f"/outbox/mail/{hidden}/").status_code == 404
    assert browser.get("/outbox/mail/..%2f..%2fetc%2fpasswd/").status_code == 404


def newest_mail(desk: Desk) -> str:
    """Return the name of the newest mail of a workspace."""
    return desk.browser(desk.marketer).get("/outbox/mail/").context["page"].rows[0].name


def test_an_invitation_in_the_local_folder_is_read_by_those_alone_who_may_invite(desk, settings, tmp_path):
    settings.OUTBOX_DIR, settings.EMAIL_BACKEND = tmp_path, "leadflow.outbox.FolderBackend"
    admin = Member.objects.of(desk.workspace).get(role="admin")
    _, token = invitations.invite(desk.workspace, actor=builders.actor(admin), email="new@x.test", role="admin")
    mailing.send_due()
    found = desk.browser(admin).get("/outbox/mail/").context["page"].rows
    name = next(row.name for row in found if row.to == "new@x.test")
    assert token in desk.browser(admin).get(f"/outbox/mail/{name}/").content.decode()
    browser = desk.browser(desk.marketer)
    assert all(row.to != "new@x.test" for row in browser.get("/outbox/mail/").context["page"].rows)
    assert browser.get(f"/outbox/mail/{name}/").status_code == 404
    assert browser.get(f"/outbox/mail/{name}/preview/").status_code == 404


def test_there_is_no_local_folder_where_mail_leaves(desk):
    assert desk.browser(desk.marketer).get("/outbox/mail/").status_code == 404


def test_what_was_set_aside_is_shown_with_its_reason_and_tried_again(desk):
    handoff = desk.offer()
    clock = Clock.objects.of(desk.workspace).get(handoff=handoff, kind="accept")
    Clock.objects.of(desk.workspace).filter(pk=clock.pk).update(
        dead_reason="ValueError: broken", attempts=5, next_at=timezone.now() + timedelta(days=1)
    )
    page = desk.browser(desk.manager).get("/outbox/set-aside/")
    assert "ValueError: broken" in page.content.decode()
    desk.browser(desk.manager).post(f"/outbox/set-aside/clock/{clock.pk}/retry/")
    clock.refresh_from_db()
    assert (clock.dead_reason, clock.attempts) == ("", 0)
    assert clock.next_at <= timezone.now()
    assert AuditEntry.objects.of(desk.workspace).filter(action="clock.retried").exists()


def test_what_is_not_set_aside_is_not_tried_again(desk):
    handoff = desk.offer()
    clock = Clock.objects.of(desk.workspace).get(handoff=handoff, kind="accept")
    before = clock.next_at
    assert desk.browser(desk.manager).post(f"/outbox/set-aside/clock/{clock.pk}/retry/").status_code == 404
    clock.refresh_from_db()
    assert clock.next_at == before
