"""The Swagger page in a real browser, under the strict Content-Security-Policy."""

import os
import shutil

import pytest

from tests import builders
from tests.api.conftest import caller

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_key_is_tried_out_on_the_swagger_page(live_server, monkeypatch):
    from playwright.sync_api import sync_playwright

    workspace = builders.workspace()
    lead = builders.lead(workspace)
    secret = caller(workspace, "read").secret
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs a loop in this thread
    complaints: list[str] = []
    with sync_playwright() as playwright:
        program = os.environ.get("LEADFLOW_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{live_server.url}/api/docs/")
        page.get_by_role("button", name="Authorize").first.click()
        form = page.locator(".auth-container", has_text="bearer")
        form.locator("input").fill(secret)
        form.get_by_role("button", name="Apply credentials").click()
        page.locator(".btn-done").first.click()
        page.locator("#operations-leads-leads_list .opblock-summary-control").click()
        page.get_by_role("button", name="Try it out").click()
        assert page.locator("tr[data-param-name=updated_since]").count() == 1
        page.get_by_role("button", name="Execute").click()
        answer = page.locator(".live-responses-table .highlight-code").first
        answer.wait_for()
        assert lead.email in answer.inner_text()
        browser.close()
    assert complaints == []
