"""Walk through what marketing and an admin do: bring a file in, make a program, invite, make a key and use it."""

import re
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, expect

from tests.browser.installation import Site
from workspaces.roles import Role

pytestmark = pytest.mark.browser

FILE = """First name;Last name;Work e-mail;Firm;Employees
Zora;Quandt;zora.quandt@quandtworks.example;Quandt Works;120
Ymir;Quell;ymir.quell@quandtworks.example;Quandt Works;120
Nobody;;not an address;Nowhere;
"""


def test_a_file_is_mapped_looked_at_imported_and_its_bad_rows_come_back(visit: Any, site: Site, tmp_path: Path) -> None:
    page = visit(Role.MARKETING).open("/imports/")
    page.get_by_role("link", name="Import leads").first.click()
    (tmp_path / "fair.csv").write_text(FILE, encoding="utf-8")
    page.get_by_label("CSV file").set_input_files(tmp_path / "fair.csv")
    page.get_by_role("button", name="Upload and continue").click()

    expect(page.locator("main")).to_contain_text("5 columns were found")
    page.get_by_label("Work e-mail becomes").select_option(label="E-mail")
    page.get_by_role("button", name="Preview the first rows").click()
    preview = page.locator("#preview")
    expect(preview.get_by_text("created", exact=True)).to_have_count(2)
    expect(preview.get_by_text("refused", exact=True)).to_have_count(1)

    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_role("progressbar").or_(page.locator("progress")).first).to_be_visible()
    site.manage("sweep", "leads")
    expect(page.locator("main")).to_contain_text("3 rows were read; 1 skipped", timeout=20_000)
    with page.expect_download() as file:
        page.get_by_role("link", name="Rows to fix").click()
    assert "not an address" in Path(file.value.path()).read_text(encoding="utf-8-sig")

    page.goto("/leads/?q=zora.quandt")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Zora Quandt")


def test_a_program_of_two_mails_and_a_wait_is_made_and_starts(visit: Any) -> None:
    page = visit(Role.MARKETING).open("/programs/")
    page.get_by_role("link", name="New program").first.click()
    page.get_by_label("Name").fill("After the fair")
    steps = page.locator("#steps li.step")
    expect(steps).to_have_count(3)
    for number, subject in ((0, "Good to meet you, {{ lead.first_name }}"), (2, "One more thing")):
        steps.nth(number).get_by_label("Subject").fill(subject)
        steps.nth(number).get_by_label("Text").fill("Hello {{ lead.first_name }},\n\nhere is what we promised.")
    page.get_by_role("button", name="Save and activate").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Activate After the fair")
    page.get_by_role("button", name="Activate it behind them").click()  # the demo has one that takes the same leads
    expect(page).to_have_url(re.compile(r"/programs/\d+/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("After the fair")
    expect(page.locator("main")).to_contain_text("Active")
    expect(page.locator("main")).to_contain_text("One more thing")


def test_a_merge_field_that_nobody_knows_is_refused_and_what_was_typed_is_kept(visit: Any) -> None:
    page = visit(Role.MARKETING).open("/programs/new/")
    page.get_by_label("Name").fill("Mistaken")
    for number in (0, 2):
        page.locator("#steps li.step").nth(number).get_by_label("Subject").fill("Hello {{ lead.shoe_size }}")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#steps .error, #steps [role=alert], #steps .field-error").first).to_contain_text("shoe_size")
    expect(page.get_by_label("Name")).to_have_value("Mistaken")


def test_an_invited_colleague_joins_by_the_link_in_the_mail(visit: Any, site: Site) -> None:
    admin = visit(Role.ADMIN).open("/settings/members/")
    admin.get_by_label("E-mail").fill("odile.parnwick@brightwater.example")
    admin.get_by_label("Role", exact=True).select_option(label="Viewer")
    admin.get_by_role("button", name="Invite by mail").click()
    expect(admin.locator("main")).to_contain_text("odile.parnwick@brightwater.example")
    site.manage("sweep", "workspaces")

    colleague = visit()
    page = colleague.open(link_to(site, "odile.parnwick@brightwater.example"))
    page.get_by_label("name", exact=False).first.fill("Odile Parnwick")
    page.locator("input[type=password]").first.fill("long enough to be kept")
    page.get_by_role("button", name="Create your account and join").click()
    expect(page.locator(".who")).to_contain_text("Odile Parnwick")
    colleague.open("/settings/members/", 403)


def test_a_key_is_shown_once_and_takes_a_lead_by_api_from_its_first_page_to_won(visit: Any, site: Site) -> None:
    visitor = visit(Role.ADMIN)
    page = visitor.open("/settings/keys/")
    page.get_by_label("Name").fill("CRM of the test")
    for scope in ("read", "write"):
        page.get_by_label(f"{scope}: ").check()
    page.get_by_role("button", name="Make the key").click()
    secret = page.locator("#secret").inner_text()
    page = visitor.open("/settings/keys/")
    expect(page.locator("main")).to_contain_text("CRM of the test")
    assert secret not in page.content()

    api = Api(visitor.context.request, secret)
    lead = api.post(
        "leads",
        {
            "email": "quilla@corlgate.example",
            "first_name": "Quilla",
            "last_name": "Corlgate",
            "title": "Head of Planning",
            "phone": "+49 555 0100",
            "country": "DE",
            "consent": "opted_in",
            "company": "Corlgate",
            "industry": "Manufacturing",
            "employees": 400,
        },
    )
    for kind in ("demo_request", "form", "webinar"):
        api.post(f"leads/{lead['id']}/events", {"events": [{"type": kind, "name": kind}]})
    site.manage("sweep", "leads", "sla")
    handoff = api.get(f"handoffs?lead={lead['id']}")["results"][0]
    assert handoff["state"] == "offered"
    api.post(f"handoffs/{handoff['id']}/accept", {})
    for question in api.get("questions")["results"]:
        value = (question["choices"] or ["3"])[0]
        api.post(f"leads/{lead['id']}/answers", {"question": question["code"], "value": value})
    api.post(f"handoffs/{handoff['id']}/promote", {})
    api.post(f"handoffs/{handoff['id']}/win", {"amount": "4200.00", "currency": "EUR"})
    page = visitor.open(f"/leads/{lead['id']}/")
    expect(page.locator("main")).to_contain_text("Won")
    expect(page.locator("main")).to_contain_text("4,200")


def test_the_api_explains_itself(visit: Any) -> None:
    page = visit(Role.ADMIN).open("/api/docs/")
    expect(page.get_by_text("/api/v1/handoffs/{id}/accept").first).to_be_visible()


class Api:
    """Call the API with a key."""

    def __init__(self, request: APIRequestContext, secret: str) -> None:
        self.request, self.headers = request, {"Authorization": f"Bearer {secret}"}

    def get(self, path: str) -> Any:
        answer = self.request.get(f"/api/v1/{path}", headers=self.headers)
        assert answer.ok, (answer.status, answer.text())
        return answer.json()

    def post(self, path: str, body: Any) -> Any:
        answer = self.request.post(f"/api/v1/{path}", headers=self.headers, data=body)
        assert answer.ok, (path, answer.status, answer.text())
        return answer.json()


def link_to(site: Site, address: str) -> str:
    """Return the path of the invitation in the mail that went to an address."""
    for file in sorted((site.var / "outbox").iterdir(), reverse=True):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        if address in str(mail["To"]):
            text = mail.get_body(("plain",))
            assert text is not None
            found = re.search(r"(/invitations/[^\s/]+/?)", text.get_content())
            assert found, text.get_content()
            return found[1]
    raise AssertionError(f"no mail to {address}")
