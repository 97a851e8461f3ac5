"""Page, CSV and API give the same leads for the same filters, each of which keeps some leads and not others."""

import csv
import io
import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Campaign, Lead, Territory
from leads.people import search_text
from leads.queries import lead_filters
from leads.queries.lead_columns import COLUMNS
from leads.queries.lead_filters import FILTERS
from tests import builders
from tests.api.conftest import caller
from tests.dashboard.desk import Desk
from tests.dashboard.marketing import program, return_to_marketing

pytestmark = pytest.mark.django_db

# filter → addresses; {owner}, {program} stand for ids, {email} for an address of the world below
CASES = {
    "q": ["q=raman", "q=Priya+Raman", "q=raman+helio", "q=+49+30+1234", "q=0031", "q=ra", "q=zzz", "q=%25", "q=_"],
    "state": ["state=new", "state=nurture&state=mql", "state=new,sal", "state=won"],
    "source": ["source=web", "source=-", "source=unknown"],
    "campaign": ["campaign=fair", "campaign=-"],
    "owner": ["owner={owner}", "owner={owner_email}", "owner=-"],
    "grade": ["grade=B2", "grade=-"],
    "territory": ["territory=DACH", "territory=-", "territory=Nowhere"],
    "readiness": ["readiness=none", "readiness=some"],
    "reached": ["reached=mql", "reached=sal", "reached=won"],
    "outcome": ["outcome=returned", "outcome=waiting", "outcome=overdue", "outcome=in_work"],
    "reason": ["reason=not-ready", "reason=nonsense"],
    "topic": ["topic=seo"],
    "program": ["program={program}", "program=999999"],
    "care": ["care=nobody", "care=program", "care=answer", "care=revisit"],
    "flag": ["flag=won_before_first_contact"],
    "email": ["email=+PRIYA@helio.test", "email=nobody@helio.test"],
    "external_id": ["external_id=CRM:0031", "external_id=shop:0031"],
    "updated_since": ["updated_since=2026-01-01", "updated_since=2999-01-01T00:00:00Z"],
    "dates": ["dates=handed", "dates=returned", "dates=won", "dates=contact"],
    "since": ["since=2026-11-02", "since=2026-11-03", "dates=handed&since=2026-11-02T10:00:00Z"],
    "until": ["until=2026-11-02", "until=2026-11-01", "dates=returned&until=9999-12-31"],
}


class World(Desk):
    """A desk with a lead for every filter."""

    def __init__(self) -> None:
        super().__init__()
        fair = Campaign.everywhere.create(workspace=self.workspace, code="fair", name="Fair")
        helio = builders.account(self.workspace, name="Helio Bank", domain="helio.test")
        dach = Territory.everywhere.create(workspace=self.workspace, position=10, name="DACH", countries=["DE"])
        self.priya = builders.lead(
            self.workspace,
            territory=dach,
            first_name="Priya",
            last_name="Raman",
            email="priya@helio.test",
            phone="+49 30 1234",
            account=helio,
            source="web",
            campaign=fair,
            grade="B2",
            readiness="some",
            interests={"seo": 5},
        )
        self.priya.external_ids.create(workspace=self.workspace, system="crm", value="0031")
        search_text.write(self.workspace, [self.priya], search_text.ids_of([self.priya]))
        builders.lead(self.workspace, source="unknown", flags=["won_before_first_contact"])
        long_ago = builders.MONDAY - timedelta(days=400)
        builders.lead(self.workspace, first_contact_at=long_ago, created_at=long_ago, state_since=long_ago)
        self.owned = self.accepted()
        self.offer(at=builders.MONDAY)
        self.offer()
        self.program = program(self, entry={"reasons": ["not-ready"], "topics": []})
        return_to_marketing(self, source="web")
        return_to_marketing(self, "bad-data")
        builders.lead(self.workspace, revisit_at=builders.MONDAY + timedelta(days=9))

    def address(self, query: str) -> str:
        owner = self.owned.owner
        return query.format(owner=owner.pk, owner_email=owner.user.email.upper(), program=self.program.pk)

    def page(self, query: str) -> list[int]:
        shown = self.browser(self.head).get(f"/leads/?{query}")
        return sorted(lead.pk for lead in shown.context["page"].rows)

    def csv(self, query: str) -> list[int]:
        text = self.browser(self.head).get(f"/leads/csv/?{query}").getvalue().decode()
        return sorted(int(row["id"]) for row in csv.DictReader(io.StringIO(text)))

    def api(self, query: str) -> list[int]:
        answer = caller(self.workspace, "read").get(f"/api/v1/leads?{query}")
        assert answer.status_code == 200, answer.content
        return sorted(row["id"] for row in json.loads(answer.content)["results"])


@pytest.fixture
def world() -> World:
    return World()


def test_every_filter_has_cases():
    assert set(CASES) == set(FILTERS)


def test_page_csv_and_api_give_the_same_leads_for_every_filter(world):
    everybody = set(Lead.objects.of(world.workspace).values_list("pk", flat=True))
    for name, queries in CASES.items():
        kept = []
        for query in map(world.address, queries):
            page, exported, answered = world.page(query), world.csv(query), world.api(query)
            assert page == exported == answered, query
            kept.append(set(page))
        assert any(found and found < everybody for found in kept), f"{name} narrows nothing"


def test_filters_hold_together_and_for_one_handoff(world):
    query = "q=priya&state=new&source=web&campaign=fair&grade=B2&topic=seo&since=2026-11-01&external_id=crm:0031"
    assert world.page(query) == world.csv(query) == world.api(query) == [world.priya.pk]
    other = query.replace("grade=B2", "grade=A1")
    assert world.page(other) == world.csv(other) == world.api(other) == []


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "owner=0x1",
        "owner=²",
        "grade=Z9",
        "reached=moon",
        "outcome=x",
        "flag=x",
        "program=x",
        "program=99999999999999999999",
        "external_id=crm",
        "since=soon",
        "until=2026-02-30",
        "dates=x",
        "updated_since=2026-01-01T00:00:00",
        "updated_since=0001-01-01T00:00:00%2B23:59",
        "state=new,moon",
    ],
)
def test_what_cannot_be_read_is_refused_by_the_api_and_says_nothing_on_the_page(world, query):
    answer = caller(world.workspace, "read").get(f"/api/v1/leads?{query}")
    assert answer.status_code == 422
    assert json.loads(answer.content)["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"
    assert world.page(query) == world.csv(query) == world.page("")


def test_the_owner_and_the_days_mean_the_workspace_s(world):
    """Berlin is an hour ahead of UTC in November: 23:30 UTC on the first is the second there."""
    late = builders.lead(world.workspace, first_contact_at=builders.MONDAY.replace(day=1, hour=23, minute=30))
    query = "since=2026-11-02&until=2026-11-02"
    assert late.pk in world.page(query)
    assert world.page(query) == world.api(query)
    foreign = builders.lead(Desk("Other").workspace, first_name="Priya")
    assert foreign.pk not in world.api("q=priya")


def test_several_states_are_one_choice_of_the_page(world):
    page = world.browser(world.head).get("/leads/?state=nurture&state=mql").content.decode()
    assert "State: Nurture or MQL" in page
    assert '<option value="nurture,mql" selected>' in page


@pytest.mark.parametrize("query", ["", "q=priya+raman", "q=ra", "outcome=overdue&reason=not-ready&program=1"])
def test_a_list_costs_the_same_however_many_leads_and_words_match(world, query):
    def statements(act) -> int:
        with CaptureQueriesContext(connection) as seen:
            act()
        return len(seen)

    browser, api = world.browser(world.head), caller(world.workspace, "read")

    def costs() -> tuple[int, int]:
        return (
            statements(lambda: browser.get(f"/leads/?{query}")),
            statements(lambda: api.get(f"/api/v1/leads?{query}")),
        )

    costs()
    few = costs()
    for _ in range(12):
        builders.lead(world.workspace, first_name="Priya", last_name="Raman")
    assert costs() == few


def test_the_columns_of_the_page_and_the_csv_are_those_of_the_table(world):
    page = world.browser(world.head).get("/leads/?q=priya").content.decode()
    labels = [column.label for column in COLUMNS if column.label]
    assert labels == ["Lead", "Territory", "State", "Grade", "Source", "Campaign", "Owner", "Last activity"]
    for label in labels:
        assert f">{label}</th>" in page
    assert page.count("<td") == len(labels) + 1  # and the box to tick
    text = world.browser(world.head).get("/leads/csv/?q=priya").getvalue().decode()
    assert next(csv.reader(io.StringIO(text))) == [column.header for column in COLUMNS if column.header]
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["company"], row["campaign"], row["first contact"]) == (
        "Helio Bank",
        "fair",
        "2026-11-02T09:00:00+00:00",
    )


def test_a_filter_of_the_address_is_read_back_from_what_the_form_sends(world):
    sent = {"q": "priya", "source": "web", "since": "2026-11-01", "sort": "grade", "email": ""}
    form = world.browser(world.head).get(f"/leads/?{urlencode(sent)}").context["form"]
    assert set(form.filters) == {"q", "source", "since"}
    assert form.order == "grade"
    assert lead_filters.Filters().plain
    assert not form.filters.plain
