"""What the overview says of this week: each line is true, opens its list, and is gone when it is done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.lifecycle import moves
from leads.models import Campaign, Handoff, Topic
from nurture import library
from nurture.models import Send
from sla import clocks
from tests import builders
from tests.dashboard.desk import Desk, html
from tests.dashboard.marketing import program, return_to_marketing
from workspaces.roles import Role

pytestmark = pytest.mark.django_db


def week(desk: Desk, member=None, path="/overview/") -> list[str]:
    return [one.text for one in desk.browser(member or desk.head).get(path).context["week"]]


def test_where_all_is_well_nothing_is_said(desk):
    assert week(desk) == []
    assert "For this week" not in html(desk.browser(desk.head).get("/overview/"))


def test_a_contested_return_stands_there_until_it_is_answered(desk):
    handoff = return_to_marketing(desk, "bad-data")
    browser = desk.browser(desk.head)
    [line] = browser.get("/overview/").context["week"]
    assert line.text.startswith("1 return waits for marketing's answer, the first is due ")
    assert handoff.lead.name in html(browser.get(line.url))
    clocks.answer_triage(handoff, actor=builders.actor(desk.head), note="Mended")
    assert week(desk) == []


def test_a_rep_is_not_sent_to_pages_that_he_may_not_open(desk):
    return_to_marketing(desk, "bad-data")
    assert week(desk, desk.member(Role.SALES)) == []


def test_mails_that_failed_lately_are_counted_and_old_ones_are_not(desk):
    drip, lead = program(desk), builders.lead(desk.workspace)
    for days, state in ((1, "failed"), (2, "unknown"), (30, "failed"), (1, "planned")):
        Send.everywhere.create(
            workspace=desk.workspace,
            lead=lead,
            step=drip.steps.first(),
            state=state,
            to="a@b.example",
            message_id=f"<{days}{state}@x>",
            created_at=timezone.now() - timedelta(days=days),
        )
    assert week(desk) == ["2 mails of the last 7 days failed, or may not have gone"]


def test_holes_in_the_library_are_counted_once_there_is_content(desk):
    seo, ads = (Topic.everywhere.create(workspace=desk.workspace, code=code, label=code) for code in ("seo", "ads"))
    assert week(desk) == []
    actor = builders.actor(desk.marketer)
    for stage in ("awareness", "decision"):
        library.add(
            desk.workspace,
            actor=actor,
            title=stage,
            kind="guide",
            url="https://x.example/g",
            stage=stage,
            topics=[seo, ads],
        )
    assert week(desk) == ["2 buying stages of topics have no content to send"]
    assert desk.browser(desk.head).get("/content/").context["holes"] == 2


def test_the_campaign_that_clearly_comes_back_most_is_named_with_its_figures(desk):
    good, bad = (Campaign.everywhere.create(workspace=desk.workspace, code=code, name=code) for code in ("good", "bad"))
    for _ in range(5):
        desk.accepted(campaign=good)
        return_to_marketing(desk, campaign=bad)
    assert week(desk) == ["bad: 5 of 5 hand-overs came back (100%)"]
    for handoff in Handoff.objects.of(desk.workspace).filter(campaign=good):  # where all come back, none is the worst
        moves.return_to_marketing(
            handoff, actor=builders.actor(desk.rep), reason=builders.reason(desk.workspace, "no-authority")
        )
    assert week(desk) == []
