"""Look at the two extremes: a workspace in which nothing has happened yet, and one with far too much of everything."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.installation import Site
from tests.browser.test_screens import SCREENS, TOO_WIDE

pytestmark = pytest.mark.browser

# page → what it must say while there is nothing: what will appear here, or how to make it
EMPTY = {
    "/inbox/": "when it meets the agreed definition",
    "/queue/": "routing finds no owner",
    "/overview/": "as soon as the first is handed over",
    "/leads/": "Import a CSV file to begin",
    "/imports/": "Import",
    "/returns/": "Leads that sales returns are listed here",
    "/programs/": "Stay in touch",
    "/content/": "add what programs and sales send",
    "/campaigns/": "Campaigns are added automatically",
    "/forms/": "put its address into your pages",
    "/scoreboard/": "Once both sides have signed an agreement",
    "/agreement/": "How to get it signed",
    "/outbox/": "Every mail that it plans",
    "/outbox/mail/": "are listed here when they are sent",
    "/notices/": "You are notified here and by mail",
    "/settings/keys/": "Make one for each system",
    "/settings/webhooks/": "Add the address of a system",
    "/settings/rejected/": "cannot be read",
}


def test_a_fresh_workspace_says_on_every_page_what_to_do(visit: Any) -> None:
    visitor: Visitor = visit()
    page = visitor.open("/account/signup/")
    page.get_by_label("E-mail address").fill("first@nimmersatt.example")
    page.locator("input[type=password]").first.fill("nobody guesses this one")
    page.get_by_role("button", name="Create account").click()
    page.get_by_label("Name", exact=False).first.fill("Nimmersatt")
    page.get_by_role("button", name="Make the workspace").click()
    expect(page.locator(".who")).to_contain_text("Nimmersatt")
    silent = []
    for path, words in EMPTY.items():
        page = visitor.open(path)
        visitor.dress(390)
        assert page.evaluate(TOO_WIDE) == [], path
        visitor.dress(1440)
        page.screenshot(path=SCREENS / f"empty{path.replace('/', '-')}1440-light.png", full_page=True)
        said = page.locator("main").inner_text()
        if words not in said:
            silent.append(f"{path}: {said!r}")
    assert not silent, "\n".join(silent)


def test_ten_thousand_leads_with_long_names_fit_a_phone(visit: Any, site: Site) -> None:
    key = site.run("-m", "tests.browser.crowd").strip()
    visitor: Visitor = visit()
    visitor.context.add_cookies([{"name": "leadflow_session", "value": key, "url": site.url}])
    visitor.open("/leads/")
    found = {}
    for width in (390, 1440):
        visitor.dress(width)
        found[width] = visitor.page.evaluate(TOO_WIDE)
        visitor.page.screenshot(path=SCREENS / f"many-leads-{width}-light.png")
    assert found == {390: [], 1440: []}
    expect(visitor.page.locator("tbody tr")).to_have_count(50)
    visitor.dress(390)
    visitor.page.locator("tbody .row-link").first.click()
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Wolfeschlegelsteinhausen")
    visitor.page.screenshot(path=SCREENS / "many-lead-390-light.png", full_page=True)
    assert visitor.page.evaluate(TOO_WIDE) == []
