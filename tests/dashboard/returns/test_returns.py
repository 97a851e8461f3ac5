"""The returns: what came back, where it went, and marketing's answer; and the overview over all of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.lifecycle import moves
from sla.models import Clock
from tests import builders
from tests.dashboard.desk import html
from tests.dashboard.marketing import program, return_to_marketing

pytestmark = pytest.mark.django_db


def test_a_return_shows_its_reason_its_note_and_the_program_that_took_it(desk):
    drip = program(desk, "Another day", entry={"reasons": ["not-ready"], "topics": []})
    return_to_marketing(desk, first_name="Priya", last_name="Raman", note="Their budget opens in spring")
    page = desk.browser(desk.marketer).get("/returns/").content.decode()
    for words in ("Priya Raman", "Their budget opens in spring", "Rita Rep", "Met at the fair", "Revisit date"):
        assert words in page, words
    assert f"/programs/{drip.pk}/" in page
    assert "No return waits" in page


def test_the_filters_keep_the_returns_they_name(desk):
    other = desk.member("sales")
    return_to_marketing(desk, last_name="Early")
    return_to_marketing(desk, "no-authority", last_name="Clerk", owner=other)
    browser = desk.browser(desk.marketer)

    def names(query: str) -> set[str]:
        return {row.handoff.lead.last_name for row in browser.get(f"/returns/{query}").context["rows"]}

    assert names("") == {"Early", "Clerk"}
    assert names("?reason=not-ready") == {"Early"}
    assert names(f"?rep={other.pk}") == {"Clerk"}
    assert names("?reason=nonsense") == {"Early", "Clerk"}


def test_marketing_answers_a_return_that_blames_the_data_and_its_clock_stops(desk):
    handoff = return_to_marketing(desk, "bad-data", note="The number belongs to a bakery")
    browser = desk.browser(desk.marketer)
    assert "1 return waits" in browser.get("/returns/").content.decode()
    empty = browser.post(f"/returns/{handoff.pk}/answer/", {"note": " "})
    assert empty.status_code == 422
    clock = Clock.objects.of(desk.workspace).get(kind="triage")
    assert clock.state == "running"
    browser.post(f"/returns/{handoff.pk}/answer/", {"note": "We found the right number"})
    clock.refresh_from_db()
    assert (clock.state, clock.answer) == ("met", "We found the right number")
    page = browser.get("/returns/").content.decode()
    assert "No return waits" in page
    assert "We found the right number" in page


def test_a_return_that_owes_no_answer_refuses_one_in_words(desk):
    handoff = return_to_marketing(desk)
    answer = desk.browser(desk.marketer).post(f"/returns/{handoff.pk}/answer/", {"note": "Thanks"})
    assert answer.status_code == 422
    assert "waits for no answer" in answer.content.decode()
    assert not Clock.objects.of(desk.workspace).filter(kind="triage").exists()


def test_sales_reads_the_returns_and_does_not_answer_them(desk):
    handoff = return_to_marketing(desk, "bad-data")
    browser = desk.browser(desk.manager)
    assert browser.get("/returns/").status_code == 200
    assert browser.post(f"/returns/{handoff.pk}/answer/", {"note": "Ours"}).status_code == 403
    assert Clock.objects.of(desk.workspace).get(kind="triage").state == "running"


def test_the_overview_says_what_sales_did_and_each_figure_opens_its_list(desk):
    return_to_marketing(desk, source="web")
    desk.accepted(source="web")
    desk.offer(source="fair")
    browser = desk.browser(desk.head)
    page = browser.get("/overview/?period=30")
    text = html(page)
    words = "3 hand-overs to sales in the last 30 days: 1 waits for an answer, 1 is in work and 1 came back."
    assert words in text
    assert "Interested, but not ready to buy" in text
    context = page.context
    behind = [(one.value.split(" ")[0], one.url) for one in context["figures"][:1]]
    behind += [(bar.count, bar.url) for bar in (*context["outcomes"], *context["reasons"])]
    behind += [(cell.count, cell.url) for line in context["lines"] for cell in (*line.cells, *line.reasons)]
    behind += [(stage["count"], stage["url"]) for stage in context["stages"]]
    assert len(behind) > 15
    for count, url in behind:
        if "outcome=overdue" not in url:
            assert browser.get(url).context["page"].shown == int(count), url


def test_the_outcomes_on_the_overview_add_up_to_the_hand_overs_though_a_lead_was_handed_over_twice(desk):
    first = desk.offer(at=timezone.now() - timedelta(hours=1))
    moves.recall(first, actor=builders.actor(desk.head), note="Too early")
    desk.offer(lead=first.lead, at=timezone.now())
    page = desk.browser(desk.head).get("/overview/")
    said = "2 hand-overs to sales in the last 90 days: 1 waits for an answer and 1 was withdrawn."
    assert said in html(page)
    bars = [bar.count for bar in page.context["outcomes"] if bar.label != "of these overdue"]
    assert sum(bars) == 2
    assert page.context["figures"][0].value == "2"


def test_the_change_is_against_the_period_before(desk):
    for days in (40, 41, 5):
        desk.offer(at=timezone.now() - timedelta(days=days))
    figure = desk.browser(desk.head).get("/overview/?period=30").context["figures"][0]
    assert (figure.value, figure.change, figure.change_tone, figure.change_up) == ("1", "50%", "bad", False)
    assert desk.browser(desk.head).get("/overview/?period=all").context["figures"][0].change == ""
