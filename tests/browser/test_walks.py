"""Walk through Leadflow as its people do: each test is one errand, from the first click to what came of it."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from workspaces.roles import Role

pytestmark = pytest.mark.browser

WAITING = "tbody tr[data-row]"
TOAST = "#toasts [data-toast]"


def test_a_rep_takes_a_lead_from_the_inbox_to_an_sql(visit: Any) -> None:
    page = visit(Role.SALES).open("/inbox/")
    name = first_waiting(page)
    path = page.locator(f"{WAITING} .row-link").first.get_attribute("href")
    page.get_by_role("button", name=f"Accept {name}").click()
    expect(page.locator(TOAST)).to_contain_text(name)
    expect(page.locator(WAITING).filter(has_text=name)).to_have_count(0)

    page.goto(path or "")
    expect(page.locator("main")).to_contain_text("SAL")
    page.get_by_role("link", name="Log touch").click()
    dialog = page.locator("#modal")
    dialog.get_by_label("Outcome").select_option(label="Connected")
    dialog.get_by_label("Note").fill("Wants to see it with their own numbers")
    dialog.get_by_role("button", name="Log touch").click()
    expect(page.locator("main")).to_contain_text("Wants to see it with their own numbers")

    page.get_by_text("More", exact=True).first.click()
    page.get_by_role("link", name="Plan follow-up").click()
    dialog.get_by_label("Next action").fill("Show the demo")
    dialog.get_by_role("button", name="Plan follow-up").click()
    expect(page.locator("main")).to_contain_text("Show the demo")

    page.get_by_role("link", name="Promote to SQL").click()
    answer_all(page)
    dialog.get_by_role("button", name="Promote to SQL").click()
    expect(page.locator("main .badge, main .state").filter(has_text="SQL").first).to_be_visible()
    expect(page.locator(TOAST).last).to_contain_text(name)


def test_a_returned_lead_is_seen_in_the_program_that_its_reason_chose(visit: Any) -> None:
    rep = visit(Role.SALES).open("/inbox/")
    name = first_waiting(rep)
    path = rep.locator(f"{WAITING} .row-link").first.get_attribute("href") or ""
    rep.get_by_role("link", name=f"Return {name}").click()
    dialog = rep.locator("#modal")
    dialog.get_by_label("Reason").select_option(label="Interested, but not ready to buy")
    expect(dialog.get_by_label("Revisit date")).not_to_have_value("")
    dialog.get_by_role("button", name="Return", exact=True).click()
    expect(rep.locator(WAITING).filter(has_text=name)).to_have_count(0)

    marketer = visit(Role.MARKETING).open("/returns/")
    expect(marketer.locator("tbody tr").filter(has_text=name).first).to_contain_text("not ready")
    page = visit(Role.MARKETING).open(path)
    expect(page.locator("aside")).not_to_contain_text("In no program.")


def test_the_inbox_works_without_scripts(visit: Any) -> None:
    page = visit(Role.SALES, java_script_enabled=False).open("/inbox/")
    accepted = first_waiting(page)
    page.get_by_role("button", name=f"Accept {accepted}").click()
    expect(page.locator(TOAST)).to_contain_text(accepted)
    expect(page.locator(WAITING).filter(has_text=accepted)).to_have_count(0)

    returned = first_waiting(page)
    page.get_by_role("link", name=f"Return {returned}").click()
    expect(page).to_have_url(re.compile("/return/"))
    page.get_by_label("Reason").select_option(label="No need that we answer")
    page.get_by_label("Note").fill("They make none of it themselves")
    page.get_by_role("main").get_by_role("button", name="Return").click()
    expect(page).to_have_url(re.compile("/inbox/"))
    expect(page.locator(WAITING).filter(has_text=returned)).to_have_count(0)


def test_keys_move_open_and_act(visit: Any) -> None:
    page = visit(Role.SALES).open("/inbox/")
    names = page.locator(f"{WAITING} .row-link").all_inner_texts()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.selected .row-link")).to_have_text(names[1])
    page.keyboard.press("k")
    expect(page.locator("tr.selected .row-link")).to_have_text(names[0])
    page.keyboard.press("r")
    expect(page.locator("#modal h2")).to_contain_text(names[0])
    page.keyboard.press("Escape")
    expect(page.locator("#modal")).not_to_be_visible()
    page.keyboard.press("a")
    expect(page.locator(WAITING).filter(has_text=names[0])).to_have_count(0)
    expect(page.locator("tr.selected .row-link")).to_have_text(names[1])
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(page).to_have_url(re.compile("/queue/"))
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_url(re.compile("/inbox/"))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/leads/\d+/"))


def test_the_chosen_theme_is_kept(visit: Any) -> None:
    visitor = visit(Role.SALES, color_scheme="light")
    page = visitor.open("/inbox/")
    page.locator(".side-foot summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.wait_for_function("document.cookie.includes('theme=dark')")  # the browser keeps it by and by
    page = visitor.open("/leads/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".side-foot summary").click()
    page.get_by_role("button", name="As the system").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
    page = visitor.open("/leads/")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def first_waiting(page: Page) -> str:
    """Return the name in the first row of the inbox."""
    return page.locator(f"{WAITING} .row-link").first.inner_text()


def answer_all(page: Page) -> None:
    """Answer, from the dialog of promoting and back to it, every open question, with whatever is offered first."""
    dialog = page.locator("#modal")
    unanswered = dialog.get_by_role("link", name="Answer", exact=True)
    expect(unanswered.first).to_be_visible()
    for left in range(unanswered.count(), 0, -1):
        unanswered.first.click()
        value = dialog.locator("[name=value]").first
        kind = value.evaluate("one => one.tagName === 'SELECT' ? 'select' : one.type")
        if kind == "select":
            value.select_option(index=1)
        elif kind == "date":
            value.fill("2026-12-31")
        else:
            value.fill("3")
        dialog.get_by_role("button", name="Save the answer").click()
        expect(dialog.locator("h2").first).to_contain_text("SQL")
        expect(unanswered).to_have_count(left - 1)
