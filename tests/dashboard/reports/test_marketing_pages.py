"""Every page of marketing: who may open it, nothing of another workspace, the same statements however many rows."""

import csv
import io

import pytest

from leads.intake import forms
from leads.intake.imports import jobs
from leads.models import Topic
from leads.vocabulary import campaigns
from nurture import enrolments, library
from tests import builders
from tests.dashboard.desk import Desk
from tests.dashboard.marketing import program, queries, return_to_marketing
from workspaces import roles
from workspaces.roles import Role

pytestmark = pytest.mark.django_db

PAGES = {
    "/overview/": "reports.view",
    "/overview/?period=30&by=campaign": "reports.view",
    "/overview/?period=all": "reports.view",
    "/reports/handoffs/": "reports.view",
    "/reports/handoffs/?by=content&since=&until=": "reports.view",
    "/reports/handoffs/?by=source&sort=returned&row=fair&row=web": "reports.view",
    "/reports/handoffs/csv/": "reports.view",
    "/handoffs/": "reports.view",
    "/handoffs/?outcome=returned&campaign=c1": "reports.view",
    "/handoffs/csv/": "leads.export",
    "/reports/funnel/": "reports.view",
    "/reports/funnel/?by=campaign&since=2026-01-01&until=2026-12-31&source=-": "reports.view",
    "/reports/funnel/csv/": "reports.view",
    "/leads/": "leads.view",
    "/leads/csv/": "leads.export",
    "/imports/": "leads.import",
    "/imports/new/": "leads.import",
    "/returns/": "returns.view",
    "/programs/": "nurture.view",
    "/programs/?archived=1": "nurture.view",
    "/programs/new/": "nurture.edit",
    "/content/": "nurture.view",
    "/content/?by=persona": "nurture.view",
    "/content/new/": "nurture.edit",
    "/campaigns/": "reports.view",
    "/campaigns/new/": "leads.import",
    "/forms/": "nurture.view",
    "/forms/new/": "nurture.edit",
}


def things(desk: Desk) -> dict[str, str]:
    """Make one of each thing that has a page of its own; return the pages with what they ask for."""
    actor = builders.actor(desk.marketer)
    made = program(desk)
    batch = jobs.receive(desk.workspace, actor=actor, file_name="a.csv", content=b"email\na@b.example\n")
    content = library.add(
        desk.workspace, actor=actor, title="Guide", kind="guide", url="https://x.example/g", stage="awareness"
    )
    campaign = campaigns.create(desk.workspace, actor=actor, code="fair", name="Fair")
    form = forms.create(desk.workspace, actor=actor, name="Demo", heading="Ask for a demo")
    return {
        f"/imports/{batch.pk}/": "leads.import",
        f"/imports/{batch.pk}/progress/": "leads.import",
        f"/imports/{batch.pk}/errors/": "leads.import",
        f"/programs/{made.pk}/": "nurture.view",
        f"/programs/{made.pk}/edit/": "nurture.edit",
        f"/programs/{made.pk}/steps/{made.steps.first().pk}/": "nurture.view",
        f"/content/{content.pk}/": "nurture.edit",
        f"/campaigns/{campaign.pk}/": "leads.import",
        f"/forms/{form.pk}/": "nurture.edit",
    }


@pytest.mark.parametrize("role", Role.values)
def test_a_page_opens_for_the_roles_that_have_its_capability_and_for_no_others(desk, role):
    builders.lead(desk.workspace)
    browser = desk.browser(desk.member(role))
    for path, capability in {**PAGES, **things(desk)}.items():
        wanted = 200 if roles.can(role, capability) else 403
        assert browser.get(path).status_code == wanted, path


def test_the_pages_are_not_for_those_who_are_not_logged_in(desk, client):
    for path in {**PAGES, **things(desk)}:
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert "/login" in answer["Location"], path


def test_what_belongs_to_another_workspace_is_not_there(desk):
    foreign = Desk("Other")
    browser = desk.browser(desk.head)
    theirs = things(foreign)
    handoff = return_to_marketing(foreign)
    for path in theirs:
        assert browser.get(path).status_code == 404, path
    program_path = next(path for path in theirs if path.startswith("/programs/"))
    assert browser.post(f"{program_path}turn/", {"to": "archive"}).status_code == 404
    assert browser.post(f"/returns/{handoff.pk}/answer/", {"note": "Ours"}).status_code == 404
    assert foreign.workspace.pk != desk.workspace.pk


@pytest.mark.parametrize("query", ["", "?by=campaign", "?source=fair", "?by=campaign&since=2026-01-01"])
def test_the_funnel_page_and_its_csv_give_the_figures_of_the_api(desk, query):
    campaign = campaigns.create(desk.workspace, actor=builders.actor(desk.marketer), code="c", name="C", cost=100)
    for source in ("fair", "", "unknown"):
        return_to_marketing(desk, source=source)
        desk.accepted(source=source, campaign=campaign)
        builders.lead(desk.workspace, source=source)
    browser = desk.browser(desk.head)
    told = browser.get(f"/api/v1/reports/funnel{query.replace('2026-01-01', '2026-01-01T00:00:00Z')}").json()
    page = browser.get(f"/reports/funnel/{query}").context
    assert told["total"]["counts"]["lead"] > 0
    assert page["total"].counts == told["total"]["counts"]
    assert [(line.row.key, line.row.counts) for line in page["lines"]] == [
        (row["key"], row["counts"]) for row in told["rows"]
    ]
    rows = list(csv.reader(io.StringIO(browser.get(f"/reports/funnel/csv/{query}").getvalue().decode())))
    assert [row[:6] for row in rows[1:-1]] == [[row["key"], *map(str, row["counts"].values())] for row in told["rows"]]


def test_the_number_of_statements_does_not_grow_with_the_rows(desk):
    topic = Topic.everywhere.create(workspace=desk.workspace, code="seo", label="SEO")
    drip = program(desk, entry={"reasons": ["not-ready"], "topics": []})
    actor = builders.actor(desk.marketer)
    listed = (*PAGES, f"/programs/{drip.pk}/", "/leads/?outcome=returned", f"/leads/?program={drip.pk}")

    def grow(start: int, end: int) -> None:
        for number in range(start, end):
            campaign = campaigns.create(desk.workspace, actor=actor, code=f"c{number}", name=f"C{number}", cost=100)
            return_to_marketing(desk, source="web", campaign=campaign, account=builders.account(desk.workspace))
            return_to_marketing(desk, "bad-data", source="fair")
            desk.accepted(source="fair", campaign=campaign)
            jobs.receive(desk.workspace, actor=actor, file_name="a.csv", content=b"email\na@b.example\n")
            library.add(
                desk.workspace,
                actor=actor,
                title=f"G{number}",
                kind="guide",
                url="https://x.example/g",
                stage="awareness",
                topics=[topic],
            )
            forms.create(desk.workspace, actor=actor, name=f"F{number}", heading="Hello")
            program(desk, f"Drip {number}", entry={"manual": True})
            enrolments.enrol(builders.lead(desk.workspace), drip, actor=actor, why={"words": "By hand."})

    grow(0, 3)
    browser = desk.browser(desk.head)
    few = {path: queries(browser, path) for path in listed}
    grow(3, 12)
    many = {path: queries(browser, path) for path in listed}
    assert many == few
    assert max(many.values()) <= 40
