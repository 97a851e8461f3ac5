"""Marketing's answers to returns: where both sides read them, object and decide; and the rating beside the note."""

from functools import partial
from urllib.parse import urlencode

import pytest

from leadflow import paging
from leads.activity import ratings, returns
from leads.models import ReturnObjection
from tests import builders
from tests.dashboard.desk import HTMX, html
from tests.dashboard.marketing import queries, return_to_marketing

pytestmark = pytest.mark.django_db


@pytest.fixture
def answered(desk):
    def made(text: str = "The number was corrected", **fields):
        handoff = return_to_marketing(desk, "bad-data", note="Not in use", **fields)
        returns.answer(handoff, actor=builders.actor(desk.marketer), text=text)
        return handoff

    return made


def names(browser, query="") -> set[str]:
    return {row["answer"].lead.last_name for row in browser.get(f"/returns/answers/{query}").context["rows"]}


def test_a_rep_reads_the_answers_to_their_own_returns_and_others_read_all(desk, answered):
    other = desk.member("sales", "Olga Other")
    answered(last_name="Mine")
    answered(last_name="Hers", owner=other)
    assert names(desk.browser(desk.rep)) == {"Mine"}
    for reader in (desk.manager, desk.head, desk.marketer, desk.viewer):
        assert names(desk.browser(reader)) == {"Mine", "Hers"}
    assert names(desk.browser(desk.manager), f"?member={other.pk}") == {"Hers"}
    assert names(desk.browser(desk.rep), f"?member={other.pk}") == {"Mine"}


def test_the_inbox_counts_the_answers_and_leads_to_them(desk, answered):
    answered()
    page = desk.browser(desk.rep).get("/inbox/")
    assert page.context["answers"] == 1
    assert '<a href="/returns/answers/">Answers to returns<span class="count">1</span></a>' in html(page)


def test_the_rep_objects_and_the_manager_decides_and_both_are_on_the_pages(desk, answered):
    handoff = answered(last_name="Wagner")
    rep, manager = desk.browser(desk.rep), desk.browser(desk.manager)
    assert f"/returns/{handoff.pk}/object/" in html(rep.get("/returns/answers/"))
    assert f"/returns/{handoff.pk}/object/" in html(rep.get(f"/leads/{handoff.lead_id}/"))
    form = html(rep.get(f"/returns/{handoff.pk}/object/"))
    assert "Mia Market answered: “The number was corrected”" in form
    blank = rep.post(f"/returns/{handoff.pk}/object/", {"text": " "})
    assert blank.status_code == 422
    assert not ReturnObjection.objects.of(desk.workspace).exists()
    assert rep.post(f"/returns/{handoff.pk}/object/", {"text": "It is dead too"}).status_code == 302
    again = rep.post(f"/returns/{handoff.pk}/object/", {"text": "Really"})
    assert again.status_code == 422
    assert "has objected to this answer already" in html(again)
    assert f"/returns/{handoff.pk}/object/" not in html(rep.get("/returns/answers/"))
    waiting = html(manager.get("/returns/answers/?show=objected"))
    assert "1 objection to an answer waits for the sales manager" in waiting
    assert f"/returns/{handoff.pk}/decide/" in waiting
    assert f"/returns/{handoff.pk}/decide/" not in html(rep.get("/returns/answers/"))
    assert manager.post(f"/returns/{handoff.pk}/decide/", {"note": "So"}).status_code == 422
    manager.post(f"/returns/{handoff.pk}/decide/", {"decision": "sales", "note": "I called it"})
    for reader in (desk.rep, desk.marketer):
        page = html(desk.browser(reader).get(f"/leads/{handoff.lead_id}/"))
        for words in ("The number was corrected", "It is dead too", "Decided with the rep by Sam Sales", "I called it"):
            assert words in page, words
    assert "It is dead too" in html(desk.browser(desk.marketer).get("/returns/"))
    assert names(manager, "?show=decided") == {"Wagner"}
    assert names(manager, "?show=objected") == set()


def test_a_rep_does_not_object_to_the_answer_to_a_colleague(desk, answered):
    handoff = answered(owner=desk.member("sales"))
    browser = desk.browser(desk.rep)
    assert browser.post(f"/returns/{handoff.pk}/object/", {"text": "No"}).status_code == 403
    assert browser.post(f"/returns/{handoff.pk}/decide/", {"decision": "sales"}).status_code == 403
    assert not ReturnObjection.objects.of(desk.workspace).exists()


def test_a_lead_that_waits_for_the_answer_says_so(desk):
    handoff = return_to_marketing(desk, "bad-data")
    page = html(desk.browser(desk.marketer).get(f"/leads/{handoff.lead_id}/"))
    assert "It waits for marketing's answer, and is not handed over before." in page


def test_marketing_reads_the_rating_beside_the_note(desk):
    handoff = return_to_marketing(desk, "bad-data", note="Nobody knows them there")
    ratings.rate(handoff, actor=builders.actor(desk.rep), rating=2)
    browser = desk.browser(desk.marketer)
    page = html(browser.get("/returns/"))
    assert "rated it 2 of 5" in page.split('aria-label="Filter the returns"')[0]
    assert "Rated 2 of 5" in page.split('aria-label="Filter the returns"')[1]
    lead = html(browser.get(f"/leads/{handoff.lead_id}/"))
    assert "rated 2 of 5" in lead
    assert lead.count("Nobody knows them there") >= 2  # above the page, and with its hand-over


def test_a_return_whose_reason_keeps_it_from_nurture_says_no_mail(desk):
    handoff = desk.accepted()
    reason = builders.reason(desk.workspace, "duplicate")
    path = f"/handoffs/{handoff.pk}/return/?part=more&reason={reason.pk}"
    form = html(desk.browser(desk.rep).get(path, headers=HTMX))
    assert "No mail: no program takes leads returned as “A duplicate of another lead”." in form
    assert "Back to marketing, and no program takes it" in form


def test_the_page_takes_as_many_statements_for_many_answers_as_for_one(desk, answered):
    browser = desk.browser(desk.rep)
    answered()
    few = queries(browser, "/returns/answers/")
    for _ in range(4):
        handoff = answered()
        returns.object_to(handoff, actor=builders.actor(desk.rep), text="No")
    assert queries(browser, "/returns/answers/") == few


def test_more_answers_than_a_page_holds_are_reached_by_a_cursor(desk, answered, monkeypatch):
    monkeypatch.setattr(paging, "by_time", partial(paging.by_time, size=2))
    for number in range(3):
        answered(last_name=f"L{number}")
    browser = desk.browser(desk.rep)
    first = browser.get("/returns/answers/").context["page"]
    assert [each.lead.last_name for each in first.rows] == ["L2", "L1"]
    assert names(browser, f"?{urlencode({'after': first.next_cursor})}") == {"L0"}
