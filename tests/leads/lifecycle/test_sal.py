"""The agreed definition of SAL: judged when a lead is accepted, kept, and known to lists and reports."""

import pytest

from leads.lifecycle import moves
from leads.models import Definition, Handoff, Transition
from leads.queries import handoff_filters, handoff_report
from leads.queries.handoff_filters import HandoffFilters
from tests import builders
from tests.dashboard.desk import Desk, html
from webhooks.models import OutboxEvent

pytestmark = pytest.mark.django_db
MISSING = "Phone is not known"


@pytest.fixture
def desk():
    made = Desk()
    asks = {"all": [{"fact": "lead.email", "op": "known"}, {"fact": "lead.phone", "op": "known"}]}
    Definition.objects.of(made.workspace).filter(kind="sal", status="active").update(condition=asks)
    assert Definition.objects.of(made.workspace).filter(kind="sal", status="active").exists()
    return made


def test_a_lead_that_misses_a_criterion_is_accepted_and_recorded_as_such(desk):
    handoff = moves.accept(desk.offer(), actor=builders.actor(desk.rep))
    assert handoff.state == "accepted"
    assert Handoff.objects.of(desk.workspace).get(pk=handoff.pk).sal_missing == [MISSING]
    verdict = Transition.objects.of(desk.workspace).get(handoff=handoff, move="accept").facts["verdict"]
    assert (verdict["kind"], verdict["passed"]) == ("sal", False)
    event = OutboxEvent.objects.of(desk.workspace).get(type="lead.accepted")
    assert event.data["sal_missing"] == [MISSING]


def test_one_that_meets_all_is_recorded_without(desk):
    handoff = moves.accept(desk.offer(phone="+4930123456"), actor=builders.actor(desk.rep))
    assert handoff.sal_missing == []
    assert OutboxEvent.objects.of(desk.workspace).get(type="lead.accepted").data["sal_missing"] == []


def test_lists_and_reports_know_who_was_accepted_so(desk):
    missed = moves.accept(desk.offer(), actor=builders.actor(desk.rep))
    met = moves.accept(desk.offer(phone="+4930123456"), actor=builders.actor(desk.rep))
    desk.offer()  # not accepted at all
    kinds = {
        value: list(handoff_filters.narrow(desk.workspace, HandoffFilters(sal=value))) for value in ("missed", "met")
    }
    assert kinds == {"missed": [missed], "met": [met]}
    report = handoff_report.report(desk.workspace, handoff_report.DIMENSIONS["source"], HandoffFilters())
    assert report.total.sal_missed == 1
    page = desk.browser(desk.head).get("/reports/handoffs/").context
    cell = page["total"].cell("sal_missed")
    assert cell.count == 1
    assert [row.pk for row in desk.browser(desk.head).get(cell.url).context["page"].rows] == [missed.pk]


def test_accepting_shows_what_it_asks_before_and_says_what_was_missing_after(desk):
    handoff = desk.offer()
    browser = desk.browser(desk.rep)
    inbox = browser.get("/inbox/")
    assert [row.sal.in_the_way for row in inbox.context["rows"]] == [(MISSING,)]
    assert "What accepting asks" in html(inbox)
    assert MISSING in html(inbox)
    assert "What accepting asks" in html(browser.get(f"/leads/{handoff.lead_id}/"))
    answer = browser.post(f"/handoffs/{handoff.pk}/accept/", follow=True)
    assert f"Accepted without: {MISSING}." in html(answer)
    after = html(browser.get(f"/leads/{handoff.lead_id}/"))
    assert f"Accepted although the definition of SAL was not met: {MISSING}." in after


def test_without_a_definition_nothing_is_asked(desk):
    Definition.objects.of(desk.workspace).filter(kind="sal").update(status="draft")
    assert moves.accept(desk.offer(), actor=builders.actor(desk.rep)).sal_missing == []
