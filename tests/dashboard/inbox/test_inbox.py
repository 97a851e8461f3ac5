import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.inbox.views import TABS
from leads.activity import touches
from leads.lifecycle import moves
from leads.models import HandoffState, Pool
from sla.models import Clock
from tests import builders
from tests.dashboard.desk import HTMX, Desk, html
from workspaces.roles import Role

pytestmark = pytest.mark.django_db


def queries(client, url: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def test_the_inbox_lists_what_is_offered_to_the_rep_and_why(desk):
    handoff = desk.offer(first_name="Priya", last_name="Raman")
    desk.offer(desk.member(Role.SALES), first_name="Somebody", last_name="Else")
    page = desk.browser(desk.rep).get("/inbox/").content.decode()
    assert "Priya Raman" in page
    assert "Met at the fair" in page
    assert "Somebody Else" not in page
    assert "1 lead waits for your answer" in page
    assert f"/handoffs/{handoff.pk}/accept/" in page


def test_the_inbox_is_in_order_of_what_is_due(desk):
    now = timezone.now()
    desk.offer(last_name="Later", at=now - timedelta(minutes=1))
    desk.offer(last_name="Sooner", at=now - timedelta(days=3))
    page = desk.browser(desk.rep).get("/inbox/").content.decode()
    assert page.index("Sooner") < page.index("Later")


def test_the_inbox_says_what_the_agreement_asks_for_in_each_tier(desk):
    desk.offer()
    page = html(desk.browser(desk.rep).get("/inbox/"))
    assert "The agreement asks for one within 4 h of working time." in page
    hot = desk.offer(last_name="Hot")
    Clock.everywhere.filter(handoff=hot).update(tier="hot", target_amount=1)
    page = html(desk.browser(desk.rep).get("/inbox/"))
    assert "The agreement asks for one within 1 h (hot) or 4 h (standard) of working time." in page


def test_a_rep_without_a_place_in_a_pool_is_told_so_in_the_empty_inbox(desk):
    rep = desk.browser(desk.rep)
    assert "You are in no pool yet" in rep.get("/inbox/").content.decode()
    builders.place(Pool.objects.of(desk.workspace).get(), desk.rep)
    page = rep.get("/inbox/").content.decode()
    assert "You are in no pool yet" not in page
    assert "No leads wait for an answer" in page
    assert "You are in no pool yet" not in desk.browser(desk.manager).get("/inbox/").content.decode()


def test_a_manager_sees_everybodys_leads_and_one_members(desk):
    other = desk.member(Role.SALES, "Otto Rep")
    desk.offer(last_name="Of-Rita")
    desk.offer(other, last_name="Of-Otto")
    client = desk.browser(desk.manager)
    everybody = client.get("/inbox/").content.decode()
    assert "Of-Rita" in everybody
    assert "Of-Otto" in everybody
    ottos = client.get(f"/inbox/?member={other.pk}").content.decode()
    assert "Of-Otto" in ottos
    assert "Of-Rita" not in ottos


def test_the_figures_over_everybody_come_once_the_page_is_there(desk):
    desk.accepted()
    desk.offer()
    client = desk.browser(desk.manager)
    first = html(client.get("/inbox/"))
    assert 'hx-get="/inbox/figures/"' in first
    assert first.count("takes a moment longer") == 3
    part = html(client.get("/inbox/figures/", headers=HTMX))
    assert "takes a moment longer" not in part
    assert "<html" not in part
    plain = client.get("/inbox/figures/", follow=True)  # without scripts: the whole page, figures counted
    assert plain.redirect_chain == [("/inbox/?figures=1", 302)]
    assert "".join(part.split()) in "".join(plain.content.decode().split())
    assert "takes a moment longer" not in html(client.get("/inbox/", headers=HTMX))
    assert "takes a moment longer" not in html(desk.browser(desk.rep).get("/inbox/"))


def test_a_rep_who_asks_for_the_inbox_of_another_sees_their_own(desk):
    other = desk.member(Role.SALES, "Otto Rep")
    desk.offer(other, last_name="Of-Otto")
    assert "Of-Otto" not in desk.browser(desk.rep).get(f"/inbox/?member={other.pk}").content.decode()


def test_marketing_has_no_inbox(desk):
    assert desk.browser(desk.marketer).get("/inbox/").status_code == 403


def test_a_lead_is_accepted_from_the_list_without_javascript(desk):
    handoff = desk.offer(first_name="Priya", last_name="Raman")
    answer = desk.browser(desk.rep).post(f"/handoffs/{handoff.pk}/accept/", {"next": "/inbox/"}, follow=True)
    assert answer.redirect_chain == [("/inbox/", 302)]
    assert "Priya Raman is yours" in answer.content.decode()
    handoff.refresh_from_db()
    assert handoff.state == HandoffState.ACCEPTED


def test_accepting_in_place_tells_and_lets_the_list_read_itself_afresh(desk):
    handoff = desk.offer()
    answer = desk.browser(desk.rep).post(f"/handoffs/{handoff.pk}/accept/", headers=HTMX)
    told = json.loads(answer["HX-Trigger"])
    assert answer.status_code == 204
    assert told["toast"]["level"] == "success"
    assert "changed" in told


def test_who_was_slower_is_told_who_won_and_nothing_changes(desk):
    handoff = desk.queued()
    other = desk.member(Role.SALES, "Otto Rep")
    moves.accept(handoff, actor=builders.actor(other))
    answer = desk.browser(desk.rep).post(f"/handoffs/{handoff.pk}/accept/", headers=HTMX)
    assert answer.status_code == 409
    assert "Otto Rep has accepted this lead already" in json.loads(answer["HX-Trigger"])["toast"]["text"]
    handoff.refresh_from_db()
    assert handoff.owner == other


def test_many_are_accepted_at_once_and_the_lost_one_is_named(desk):
    mine = [desk.offer(), desk.offer()]
    lost = desk.queued(last_name="Gone")
    moves.accept(lost, actor=builders.actor(desk.manager))
    answer = desk.browser(desk.rep).post(
        "/inbox/accept/", {"handoff": [each.pk for each in [*mine, lost]], "next": "/inbox/"}, follow=True
    )
    page = answer.content.decode()
    assert "2 leads are yours." in page
    assert "Sam Sales has accepted this lead already" in page
    lost.refresh_from_db()
    assert lost.owner == desk.manager


def test_nothing_ticked_accepts_nothing_and_says_so(desk):
    handoff = desk.offer()
    answer = desk.browser(desk.rep).post("/inbox/accept/", {"next": "/inbox/"}, follow=True)
    assert "Tick the leads to accept first" in answer.content.decode()
    handoff.refresh_from_db()
    assert handoff.state == HandoffState.OFFERED


def test_what_is_in_work_says_what_comes_next(desk):
    desk.accepted(last_name="Working")
    page = desk.browser(desk.rep).get("/inbox/?tab=in_work").content.decode()
    assert "Working" in page
    assert "Make the first touch" in page


def test_what_is_done_lately_names_the_outcome_and_the_reason(desk):
    handoff = desk.accepted(last_name="Done")
    reason = builders.reason(desk.workspace, "no-response")
    moves.return_to_marketing(handoff, actor=builders.actor(desk.rep), reason=reason)
    page = desk.browser(desk.rep).get("/inbox/?tab=done").content.decode()
    assert "Done" in page
    assert reason.label in page


def test_each_figure_opens_the_rows_behind_it(desk):
    handoff = desk.accepted(last_name="Counted")
    touches.log(handoff.lead, actor=builders.actor(desk.rep), channel="call", outcome="connected")
    client = desk.browser(desk.rep)
    front = client.get("/inbox/").content.decode()
    for tab in ("waiting", "accepted", "promises"):
        assert f"?tab={tab}" in front
    assert "Counted" in client.get("/inbox/?tab=accepted").content.decode()
    promises = client.get("/inbox/?tab=promises").content.decode()
    assert "Accept or return" in promises
    assert "First touch" in promises


def test_the_inbox_asks_the_same_number_of_questions_for_3_rows_and_for_60(desk):
    client = desk.browser(desk.rep)
    reason = builders.reason(desk.workspace, "no-response")

    def fill(count: int) -> None:
        for _ in range(count):
            desk.offer()
            desk.accepted()
            moves.return_to_marketing(desk.accepted(), actor=builders.actor(desk.rep), reason=reason)

    def asked() -> list[int]:
        return [queries(client, f"/inbox/?tab={tab}") for tab in TABS]

    fill(3)
    few = asked()
    fill(57)
    assert asked() == few
    assert max(few) <= 25


@pytest.mark.parametrize("tab", TABS)
def test_each_list_comes_as_csv_for_who_may_export(desk, tab):
    handoff = desk.accepted(last_name="=Formula")
    desk.offer(last_name="=Formula")
    reason = builders.reason(desk.workspace, "no-response")
    moves.return_to_marketing(desk.accepted(last_name="=Formula"), actor=builders.actor(desk.rep), reason=reason)
    answer = desk.browser(desk.manager).get(f"/inbox/csv/?tab={tab}")
    head, *rows = b"".join(answer.streaming_content).decode().splitlines()
    assert head.lstrip("\ufeff").startswith("lead,email")
    assert rows
    assert handoff.lead.first_name in rows[0]
    assert desk.browser(desk.rep).get(f"/inbox/csv/?tab={tab}").status_code == 403


def test_the_second_page_goes_on_where_the_first_ends(desk):
    for number in range(28):
        desk.offer(last_name=f"Row{number:02}")
    client = desk.browser(desk.rep)
    first = client.get("/inbox/")
    second = client.get("/inbox/", {"after": first.context["page"].next_cursor})
    names = [row.handoff.lead.last_name for page in (first, second) for row in page.context["rows"]]
    assert len(first.context["rows"]) == 25
    assert sorted(names) == [f"Row{number:02}" for number in range(28)]


def test_a_cursor_that_is_nonsense_shows_the_first_page(desk):
    desk.offer(last_name="First")
    assert "First" in desk.browser(desk.rep).get("/inbox/?after=x~y").content.decode()


def test_the_queue_shows_what_nobody_owns_and_why(desk):
    desk.queued(last_name="Unowned")
    desk.offer(last_name="Owned")
    page = desk.browser(desk.rep).get("/queue/").content.decode()
    assert "Unowned" in page
    assert "Nobody in the pool Sales is available (it has no members)" in page
    assert "Owned<" not in page.replace("Unowned<", "")


def test_the_queue_says_of_a_lead_that_came_back_to_it_why_it_is_qualified(desk):
    handoff = desk.offer()
    moves.reassign(handoff, actor=builders.actor(desk.manager), to=None, note="On leave")
    page = html(desk.browser(desk.rep).get("/queue/"))
    assert handoff.lead.last_name in page
    assert "Chosen by" not in page


def test_the_queue_asks_the_same_number_of_questions_for_3_rows_and_for_60(desk):
    client = desk.browser(desk.rep)
    for _ in range(3):
        desk.queued()
    few = queries(client, "/queue/")
    for _ in range(57):
        desk.queued()
    assert queries(client, "/queue/") == few


def test_a_rep_claims_from_the_queue_and_answers_later(desk):
    handoff = desk.queued()
    desk.browser(desk.rep).post(f"/handoffs/{handoff.pk}/claim/", {"next": "/queue/"})
    handoff.refresh_from_db()
    assert (handoff.owner, handoff.state) == (desk.rep, HandoffState.OFFERED)


def test_the_second_to_claim_is_told_who_has_it(desk):
    handoff = desk.queued()
    moves.claim(handoff, actor=builders.actor(desk.manager))
    answer = desk.browser(desk.rep).post(f"/handoffs/{handoff.pk}/claim/")
    assert answer.status_code == 409
    assert "Sam Sales has taken this lead" in answer.content.decode()
    handoff.refresh_from_db()
    assert handoff.owner == desk.manager


def test_why_a_lead_is_qualified_is_shown_beside_the_list(desk):
    handoff = desk.offer()
    panel = desk.browser(desk.rep).get(f"/handoffs/{handoff.pk}/why/", headers=HTMX).content.decode()
    assert "Why this lead is qualified" in panel
    assert "Met at the fair" in panel


def test_the_evidence_of_another_workspace_is_not_found(desk):
    foreign = Desk("Other").offer()
    client = desk.browser(desk.manager)
    for name in ("why", "accept", "return", "claim", "promote", "win", "lose", "reassign", "rate"):
        assert client.get(f"/handoffs/{foreign.pk}/{name}/", headers=HTMX).status_code == 404
        if name != "why":
            assert client.post(f"/handoffs/{foreign.pk}/{name}/").status_code == 404
    foreign.refresh_from_db()
    assert foreign.state == HandoffState.OFFERED


def test_a_row_in_work_says_what_is_done_of_the_attempts_to_the_rep_and_the_manager(desk):
    handoff = desk.accepted()
    touches.log(handoff.lead, actor=builders.actor(desk.rep), channel="email", outcome="sent")
    for member in (desk.rep, desk.manager):
        page = html(desk.browser(member).get("/inbox/?tab=in_work"))
        assert "1 of 6 attempts, 1 of 2 channels, next by" in page


def test_a_missed_promise_is_among_the_promises_of_thirty_days_with_its_reason(desk):
    reason = builders.reason(desk.workspace, "no-response")
    moves.return_to_marketing(desk.accepted(), actor=builders.actor(desk.rep), reason=reason)
    browser = desk.browser(desk.rep)
    page = html(browser.get("/inbox/?tab=promises"))
    assert "Returned with too few attempts: Never answered" in page
    assert "Returned without a touch: Never answered" in page
    assert browser.get("/inbox/").context["figures"][2]["value"].startswith("50%")  # accept and decide are met
    text = b"".join(desk.browser(desk.manager).get("/inbox/csv/?tab=promises").streaming_content).decode()
    assert text.count("missed,returned with") == 2
