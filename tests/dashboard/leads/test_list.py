"""The list of leads: filters in the address, pages, CSV, many at once."""

import csv
import io
import re

import pytest
from django.utils import timezone

from leads.models import Campaign, Lead
from leads.queries import lead_list
from nurture.models import Enrolment, Send
from nurture.steps import catalogue
from tests import builders
from tests.dashboard.desk import Desk, html
from tests.dashboard.marketing import program, return_to_marketing

pytestmark = pytest.mark.django_db


def text(desk: Desk, path: str) -> str:
    return desk.browser(desk.head).get(path).content.decode()


def names(desk: Desk, query: str) -> set[str]:
    page = desk.browser(desk.head).get(f"/leads/{query}").context["page"]
    return {lead.last_name for lead in page.rows}


def test_each_filter_of_the_address_keeps_the_leads_it_names(desk):
    fair = Campaign.everywhere.create(workspace=desk.workspace, code="fair", name="Fair")
    builders.lead(desk.workspace, last_name="Plain")
    builders.lead(desk.workspace, last_name="Webber", source="web", campaign=fair, grade="B2", interests={"seo": 5})
    builders.lead(desk.workspace, last_name="Odd", source="unknown", flags=["won_before_first_contact"])
    owned = desk.accepted(last_name="Owned")
    return_to_marketing(desk, last_name="Back", source="web")
    everybody = {"Plain", "Webber", "Odd", "Owned", "Back"}
    assert names(desk, "") == everybody
    assert names(desk, "?source=web") == {"Webber", "Back"}
    assert names(desk, "?source=-") == {"Plain", "Owned"}
    assert names(desk, "?source=unknown") == {"Odd"}
    assert names(desk, "?campaign=fair") == {"Webber"}
    assert names(desk, "?campaign=-") == everybody - {"Webber"}
    assert names(desk, f"?owner={owned.owner_id}") == {"Owned"}
    assert names(desk, "?grade=B2") == {"Webber"}
    assert names(desk, "?state=nurture") == {"Back"}
    assert names(desk, "?q=webb") == {"Webber"}
    assert names(desk, "?q=lea+webber") == {"Webber"}
    assert names(desk, "?reached=mql") == {"Owned", "Back"}
    assert names(desk, "?outcome=returned") == names(desk, "?reason=not-ready") == {"Back"}
    assert names(desk, "?flag=won_before_first_contact") == {"Odd"}
    assert names(desk, "?since=2030-01-01") == set()
    assert names(desk, "?dates=handed&since=2020-01-01&until=2030-01-01") == {"Owned", "Back"}


def test_overdue_and_program_are_filters_too(desk):
    late = desk.offer(last_name="Late", at=builders.MONDAY)
    desk.offer(last_name="Fresh")
    drip = program(desk, entry={"reasons": ["not-ready"], "topics": []})
    return_to_marketing(desk, last_name="Back")
    assert late.lead.last_name in names(desk, "?outcome=overdue")
    assert "Fresh" not in names(desk, "?outcome=overdue")
    assert names(desk, f"?program={drip.pk}") == {"Back"}


def test_a_filter_that_cannot_be_read_says_nothing(desk):
    builders.lead(desk.workspace, last_name="Plain")
    for query in (
        "?state=nonsense",
        "?since=soon",
        "?owner=0x1",
        "?sort=evil",
        "?after=abc",
        "?after=²",
        "?after=99999999999999999999",
        "?until=9999-12-31",
    ):
        assert names(desk, query) == {"Plain"}, query


def test_a_filter_that_is_set_is_a_chip_that_takes_it_away(desk):
    page = text(desk, "/leads/?state=new&source=fair")
    assert "State: New" in page
    assert "Source: fair" in page
    assert 'href="?source=fair"' in page


@pytest.mark.parametrize("sort", [name for name in lead_list.SORTS if name != "won"])
def test_the_pages_go_through_all_leads_once_and_back_again(desk, sort):
    for number in range(7):
        builders.lead(desk.workspace, grade=["A1", "B2"][number % 2])
    found = lead_list.lead_list(desk.workspace, lead_list.Filters())
    pages, cursor = [], ""
    while True:
        shown = lead_list.page(found, sort=sort, after=cursor, size=3)
        pages.append([lead.pk for lead in shown.rows])
        if shown.next_cursor is None:
            break
        cursor = shown.next_cursor
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [pk for page in pages for pk in page] == list(
        found.order_by(*lead_list.SORTS[sort].columns).values_list("pk", flat=True)
    )
    back = lead_list.page(found, sort=sort, before=str(pages[1][0]), size=3)
    assert [lead.pk for lead in back.rows] == pages[0]
    assert back.previous_cursor is None
    assert back.next_cursor is not None


def test_a_count_stops_at_its_bound(desk):
    for _ in range(4):
        builders.lead(desk.workspace)
    found = lead_list.lead_list(desk.workspace, lead_list.Filters())
    assert lead_list.count(found) == 4
    assert lead_list.count(found, most=4) == 4
    assert lead_list.count(found, most=3) is None


def test_the_csv_holds_what_is_shown_and_runs_no_formula(desk):
    builders.lead(desk.workspace, last_name="=HYPERLINK(1)", source="web", phone="+49 30 1234")
    builders.lead(desk.workspace, last_name="Other", source="fair")
    answer = desk.browser(desk.head).get("/leads/csv/?source=web")
    assert answer.streaming
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [row["last name"] for row in rows] == ["'=HYPERLINK(1)"]
    assert rows[0]["phone"] == "+49 30 1234"


def test_an_empty_list_says_how_leads_come_in(desk):
    assert "No leads yet" in text(desk, "/leads/")
    builders.lead(desk.workspace)
    assert "No lead matches" in text(desk, "/leads/?state=won")


def test_many_leads_are_enrolled_and_refusals_are_told_with_their_reason(desk):
    drip = program(desk, entry={"manual": True})
    good, out = builders.lead(desk.workspace), builders.lead(desk.workspace, consent="opted_out")
    foreign = builders.lead(Desk("Other").workspace)
    ids = [good.pk, out.pk, foreign.pk]
    browser = desk.browser(desk.head)
    asked = browser.post("/leads/many/", {"action": "enrol", "lead": ids})
    assert "2 leads are ticked" in asked.content.decode()
    assert not Enrolment.everywhere.exists()
    page = browser.post("/leads/many/", {"action": "enrol", "confirmed": "1", "lead": ids, "program": drip.pk})
    assert "1 of 2" in page.content.decode()
    assert "The lead has opted out of marketing mail." in page.content.decode()
    assert [each.lead_id for each in Enrolment.everywhere.all()] == [good.pk]


def test_enrolling_many_says_beforehand_which_mails_some_had(desk):
    drip = program(desk, entry={"manual": True})
    new, again = builders.lead(desk.workspace), builders.lead(desk.workspace)
    ask = {"action": "enrol", "lead": [new.pk, again.pk]}
    browser = desk.browser(desk.head)
    assert browser.post("/leads/many/", ask).context["forecast"] == []
    had_mails(drip, again, 1)
    page = html(browser.post("/leads/many/", ask))
    assert "“Stay close”, 1 lead: It had these mails, which are left out: step 1" in page
    had_mails(drip, again, 3)
    assert "1 lead: all its mails were had, so it is not entered." in html(browser.post("/leads/many/", ask))
    assert not Enrolment.everywhere.exists()


def had_mails(drip, lead, position):
    """Let a lead have had the mail at a position of a program."""
    step = drip.steps.get(position=position)
    Send.everywhere.create(
        workspace_id=lead.workspace_id,
        lead=lead,
        step=step,
        mail=catalogue.load(step).mail,
        state="sent",
        to=lead.email,
        message_id=f"<{lead.pk}.{position}@x>",
        sent_at=timezone.now(),
        repeat=True,
    )


def test_many_leads_are_disqualified_for_a_reason_and_handed_over_for_one(desk):
    one, two = builders.lead(desk.workspace), builders.lead(desk.workspace)
    browser = desk.browser(desk.head)
    lacking = browser.post("/leads/many/", {"action": "disqualify", "confirmed": "1", "lead": [one.pk]})
    assert lacking.status_code == 422
    assert desk.fresh(one).state == "new"
    reason = builders.reason(desk.workspace, "spam", "disqualify")
    browser.post("/leads/many/", {"action": "disqualify", "confirmed": "1", "lead": [one.pk], "reason": reason.pk})
    assert desk.fresh(one).state == "disqualified"
    override = {"override": "Asked for a call"}
    browser.post("/leads/many/", {"action": "qualify", "confirmed": "1", "lead": [one.pk, two.pk], **override})
    assert desk.fresh(one).state == "disqualified"
    assert desk.fresh(two).state == "mql"


def test_many_at_once_is_for_the_roles_that_may_do_it_to_one(desk):
    lead = builders.lead(desk.workspace)
    reason = builders.reason(desk.workspace, "spam", "disqualify")
    asked = {"action": "disqualify", "confirmed": "1", "lead": [lead.pk], "reason": reason.pk}
    assert desk.browser(desk.rep).post("/leads/many/", asked).status_code == 403
    assert desk.browser(desk.head).get("/leads/many/").status_code == 405
    assert Lead.objects.of(desk.workspace).get().state == "new"


def test_an_external_id_that_cannot_be_read_is_refused_beside_its_field(desk, browser):
    builders.lead(desk.workspace)
    page = browser.get("/leads/?external_id=10")
    assert "Give the external id as system:value" in html(page)
    assert re.search(r'<details class="filters-more" open', html(page))
    assert page.context["form"]["external_id"].value() == "10"
