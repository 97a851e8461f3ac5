"""The demo workspace: the same every time, and true by the same rules as everybody's."""

import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from dashboard.demo import cast, plot, story
from leads.lifecycle import log
from leads.models import (
    Account,
    Answer,
    Campaign,
    Event,
    FollowUp,
    Form,
    Handoff,
    HandoffState,
    Import,
    Lead,
    Reason,
    RowError,
    Touch,
    Transition,
)
from leads.models.lead import ConsentState
from leads.queries import reports
from leads.states import State
from nurture.models import Content, Enrolment, Program, Send, Suppression
from sla import reports as scores
from sla.models import Agreement, Clock, Signature
from sla.models.clock import Kind
from workspaces.models import ApiKey, AuditEntry, Invitation, Member, Notice, User, Workspace

NOVEMBER = datetime(2026, 11, 18, 15, tzinfo=UTC)
LEADS = 420
PASSWORD = "amber-birch-cedar-1707"


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker):
    """A small demo workspace, made once for the tests of this module and rolled back after them."""
    from django.db import transaction

    # The time is fixed, so that chance plays the same every day.
    with django_db_blocker.unblock(), time_machine.travel(NOVEMBER, tick=True):
        atomic = transaction.atomic()
        atomic.__enter__()
        try:
            yield story.build(password=PASSWORD, leads=LEADS)
        finally:
            transaction.set_rollback(True)
            atomic.__exit__(None, None, None)


@pytest.mark.once
def test_the_same_seed_gives_the_same_leads():
    assert plot.prospects(150, at=NOVEMBER) == plot.prospects(150, at=NOVEMBER)


@pytest.mark.once
def test_no_lead_does_anything_after_the_story_ends_and_none_is_first_seen_before_it_begins():
    for prospect in plot.prospects(400, at=NOVEMBER):
        first = prospect.person.first_contact_at
        assert NOVEMBER - timedelta(days=190) < first < NOVEMBER
        assert all(event.occurred_at <= NOVEMBER for event in prospect.events)
        assert prospect.qualified_at is None or first < prospect.qualified_at <= NOVEMBER


@pytest.mark.once
def test_every_prospect_has_an_address_of_its_own_under_example():
    emails = [prospect.person.email for prospect in plot.prospects(600, at=NOVEMBER)]
    assert len(set(emails)) == 600
    assert all(email.endswith(".example") for email in emails)


def test_every_outcome_of_a_handoff_that_a_person_brings_about_occurs(told):
    states = set(Handoff.objects.of(told).values_list("state", flat=True))
    assert states >= {
        HandoffState.OFFERED,
        HandoffState.ACCEPTED,
        HandoffState.RETURNED,
        HandoffState.RECALLED,
        HandoffState.WON,
        HandoffState.LOST,
    }
    assert Handoff.objects.of(told).filter(pass_number=2).exists()
    assert set(Lead.objects.of(told).values_list("state", flat=True)) == set(State.values)


def test_every_return_reason_occurs(told):
    used = set(Handoff.objects.of(told).filter(state="returned").values_list("reason__code", flat=True))
    assert used == set(Reason.objects.of(told).filter(kind="return").values_list("code", flat=True))


def test_every_lasting_state_of_a_send_occurs(told):
    states = set(Send.objects.of(told).values_list("state", flat=True))
    assert states == set(Send.State.values) - {Send.State.SENDING}
    sends = Send.objects.of(told)
    for fact in ("opened_at", "clicked_at", "bounced_at"):
        assert sends.exclude(**{fact: None}).exists(), fact


def test_clocks_were_met_in_time_and_late_and_some_run(told):
    clocks = Clock.objects.of(told)
    assert set(clocks.values_list("kind", flat=True)) == set(Kind.values)
    met = clocks.filter(state="met")
    assert met.filter(breached_at=None).exists()
    assert met.exclude(breached_at=None).exists()
    assert clocks.filter(state="running", silent=False, breached_at=None).exists()


def test_no_page_is_empty(told):
    tables = (
        Account,
        Agreement,
        Answer,
        ApiKey,
        AuditEntry,
        Campaign,
        Content,
        Enrolment,
        Event,
        FollowUp,
        Form,
        Import,
        Invitation,
        Notice,
        Program,
        RowError,
        Signature,
        Suppression,
        Touch,
    )
    assert [table.__name__ for table in tables if not table.objects.of(told).exists()] == []


def test_the_log_of_every_lead_that_moved_replays_to_its_present_state(told):
    moved = list(Lead.objects.of(told).exclude(state=State.NEW).prefetch_related("transitions"))
    assert len(moved) > 50
    for lead in moved:
        rows = sorted(lead.transitions.all(), key=lambda row: row.sequence)
        assert [row.at for row in rows] == sorted(row.at for row in rows), lead
        replayed = log.replay(rows)
        assert (replayed.state, replayed.passes, replayed.owner_id) == (lead.state, lead.passes, lead.owner_id)


def test_nothing_lies_in_the_future_but_what_is_due(told):
    now = timezone.now()
    assert not Transition.objects.of(told).filter(at__gt=now).exists()
    assert not Touch.objects.of(told).filter(at__gt=now).exists()
    assert not Event.objects.of(told).filter(occurred_at__gt=now).exists()
    assert not Send.objects.of(told).filter(sent_at__gt=now).exists()


def test_every_address_lies_under_example(told):
    found = [
        *Lead.objects.of(told).values_list("email", flat=True),
        *Account.objects.of(told).values_list("domain", flat=True),
        *Send.objects.of(told).values_list("to", flat=True),
        *Member.objects.of(told).values_list("user__email", flat=True),
        *Invitation.objects.of(told).values_list("email", flat=True),
        told.sender_email,
    ]
    assert [address for address in found if not address.endswith(".example")] == []
    hosts = set()
    for html in [*Send.objects.of(told).values_list("html", flat=True), *Content.objects.of(told).values_list("url")]:
        hosts |= set(re.findall(r"https?://([^/\"'<> ]+)", str(html)))
    assert hosts
    assert [host for host in hosts if not host.endswith(".example")] == []


def test_the_funnel_tells_the_story(told):
    found = reports.funnel(told, by="campaign")
    assert found.total.counts["lead"] == LEADS
    bounds = {
        ("mql", "lead"): (0.1, 0.3),
        ("sal", "mql"): (0.5, 0.8),
        ("sql", "sal"): (0.3, 0.6),
        ("won", "sql"): (0.12, 0.6),
    }
    for (stage, since), (least, most) in bounds.items():
        assert least < found.total.conversion(stage, since) < most, (stage, since)
    rows = {row.key: row for row in found.rows}
    webinar, social = rows["webinar-forecasting"], rows["social-worldwide"]
    assert webinar.conversion("sal", "mql") > found.total.conversion("sal", "mql") > social.conversion("sal", "mql")


def test_what_sales_promised_is_mostly_kept_and_not_quite_enough(told):
    now = timezone.now()
    board = scores.scoreboard(told, now - timedelta(days=180), now)
    accepts = [line.tally for line in board.of("sales") if line.code == "accept"]
    share = (accepts[0] + accepts[1]).share
    assert 70 < share < board.of("sales")[0].target


def test_a_lead_who_opted_out_is_in_no_program(told):
    active = Enrolment.objects.of(told).filter(state=Enrolment.State.ACTIVE)
    assert active.exists()
    assert not active.filter(lead__consent=ConsentState.OPTED_OUT).exists()


def test_the_past_raises_few_notices(told):
    assert Notice.objects.of(told).filter(read_at=None).count() < 40
    assert Notice.objects.of(told).filter(next_at__isnull=False).count() < 15


def test_within_minutes_a_clock_warns_one_breaches_and_a_mail_is_due(told):
    now = timezone.now()
    rep = Member.objects.of(told).get(user__email=cast.COLLEAGUES[2].email)
    mine = Clock.objects.of(told).filter(member=rep, kind=Kind.ACCEPT, state="running", breached_at=None)
    assert mine.filter(warn_at__lt=now + timedelta(minutes=2), due_at__gt=now + timedelta(minutes=2)).exists()
    assert mine.filter(due_at__gt=now - timedelta(minutes=1), due_at__lt=now + timedelta(minutes=5)).exists()
    assert Enrolment.objects.of(told).filter(state="active", next_at__lt=now + timedelta(minutes=2)).exists()
    assert Lead.objects.of(told).filter(cool_off_until__range=(now, now + timedelta(minutes=10))).exists()
    assert Handoff.objects.of(told).filter(state=HandoffState.OFFERED, owner=None).exists()
    assert Clock.objects.of(told).filter(kind=Kind.TRIAGE, state="running").count() >= 2


def test_five_may_log_in_and_nobody_else(told):
    members = [member.user for member in Member.objects.of(told).select_related("user")]
    able = {user.email for user in members if user.check_password(PASSWORD)}
    assert able == {each.email for each in cast.COLLEAGUES if each.log_in}
    assert len(able) == 5
    assert not any(user.has_usable_password() for user in members if user.email not in able)


@pytest.mark.django_db
def test_the_command_does_nothing_where_there_is_a_workspace_if_asked_to(tmp_path, settings):
    settings.VAR = tmp_path
    Workspace.objects.create(name="Ours", slug="ours")
    out = StringIO()
    call_command("demo", if_empty=True, stdout=out)
    call_command("demo", log_ins=True, stdout=out)
    assert out.getvalue() == ""
    assert Workspace.objects.count() == 1
    assert not (tmp_path / "demo-password").exists()


@pytest.mark.django_db
def test_the_command_refuses_a_second_demo_and_prints_the_log_ins_of_the_first(tmp_path, settings):
    settings.VAR = tmp_path
    (tmp_path / "demo-password").write_text("amber-birch-cedar-1234\n")
    User.objects.create_user(cast.COLLEAGUES[0].email, "x")
    out = StringIO()
    with pytest.raises(CommandError, match="--log-ins"):
        call_command("demo", stdout=out)
    call_command("demo", log_ins=True, stdout=out)
    assert "amber-birch-cedar-1234" in out.getvalue()
    assert out.getvalue().count(f"@{cast.DOMAIN}") == 5
    assert Workspace.objects.count() == 0
