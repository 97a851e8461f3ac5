"""What no form of ours sends: digits of other scripts, numbers without end, times that no zone holds, NUL."""

import re
from pathlib import Path
from typing import Any

import pytest

from dashboard.inbox.views import TABS
from leadflow.errors import Conflict
from nurture.steps.kinds.branch import leaf
from tests.dashboard.addresses import PAGES, Address
from tests.dashboard.desk import HTMX, Desk
from tests.dashboard.worlds import World
from workspaces.models import Notice
from workspaces.roles import Role

pytestmark = pytest.mark.django_db

PART = re.compile(r"<(?:\w+:)?(\w+)>")
ODD = ("²", "9" * 30, "0001-01-01T00:00:00+14:00~1", "9999-12-31T23:59:59-14:00~touch~1")


def names() -> list[str]:
    """List what the pages read of an address, straight from their sources."""
    found = set()
    for file in (Path(__file__).resolve().parents[3] / "dashboard").rglob("*.py"):
        found |= set(re.findall(r"(?:GET|query|data)\.get\(\"(\w+)\"", file.read_text(encoding="utf-8")))
    return sorted(found)


def test_no_page_breaks_at_odd_parameters():
    world = World("Acme", Role.ADMIN)
    world.ids["mail"] = "none.eml"
    browser = world.browser(Role.ADMIN)
    browser.raise_request_exception = False
    asked = {*names(), "lead", "by", "sort", "owner", "account", "campaign"}
    assert {"after", "before", "tier", "who", "why", "tab"} <= asked
    paths = {_path(route, address, world.ids) for route, address in PAGES.items() if address.read is not None}
    broken = []
    for odd in ODD:
        queries = {path: dict.fromkeys(asked, odd) for path in paths}
        queries |= {f"/inbox/?tab={tab}": {"tab": tab, "after": odd} for tab in TABS}
        broken += [
            path for path, query in queries.items() if browser.get(path.partition("?")[0], query).status_code >= 500
        ]
    assert broken == []


def test_a_nul_is_refused_wherever_it_stands():
    desk = Desk()
    browser = desk.browser(desk.member(Role.ADMIN))
    for path in ("/settings/audit/?who=%00", "/scoreboard/rows/?tier=a%00b", "/search/?q=%00", "/leads/?q=x%00"):
        assert browser.get(path).status_code == 400, path
    assert browser.post("/workspace/", {"workspace": "a\0"}).status_code == 400
    assert b"could not be understood" in browser.get("/settings/audit/?who=%00").content


def test_routing_tried_on_what_is_no_address_says_so_beside_the_field():
    desk = Desk()
    answer = desk.browser(desk.manager).get("/settings/routing/?lead=abc")
    assert answer.status_code == 200
    assert answer.context["form"].errors["lead"]


@pytest.mark.parametrize("number", ["²", "9" * 30, "9" * 5000, "1_0"])
def test_a_form_with_an_id_that_is_none_changes_nothing(number):
    desk = Desk()
    handoff = desk.offer()
    Notice.everywhere.create(workspace=desk.workspace, member=desk.rep, kind="x", text="x", key="x")
    browser = desk.browser(desk.rep)
    assert browser.post("/inbox/accept/", {"handoff": [number]}).status_code == 302
    assert browser.post("/inbox/accept/", {"handoff": [number]}, headers=HTMX).status_code == 409
    assert browser.post("/notices/read/", {"notice": number}).status_code == 302
    assert browser.post("/workspace/", {"workspace": number}).status_code == 302
    assert browser.post(f"/handoffs/{handoff.pk}/return/", {"reason": number}).status_code == 422
    assert desk.fresh(handoff.lead).state == "mql"
    assert not Notice.objects.of(desk.workspace).filter(read_at__isnull=False, key="x").exists()


@pytest.mark.parametrize("number", ["²", "9" * 30, "9" * 5000, "1x"])
def test_the_steps_of_a_program_survive_odd_rows_and_buttons(number):
    desk = Desk()
    browser = desk.browser(desk.marketer)
    for act in ("add:mail", f"up:{number}", f"remove:{number}", "save"):
        given = {"name": "P", "rows": [f"{number}-mail", "-wait"], "act": act}
        assert browser.post("/programs/new/", given).status_code < 500


@pytest.mark.parametrize(
    ("typed", "value"), [("12", 12), ("-3", -3), ("--3", "--3"), ("²", "²"), ("9" * 5000, "9" * 5000), ("yes", True)]
)
def test_a_condition_takes_whole_numbers_as_such_and_the_rest_as_words(typed, value):
    assert leaf("interest_points", "at_least", typed)["value"] == value


def test_what_a_view_overlooked_is_a_page_that_says_it(monkeypatch):
    desk = Desk()
    refusal = desk.browser(desk.rep)
    monkeypatch.setattr("dashboard.shell.search_views.finder.search", _refuse)
    answer = refusal.get("/search/?q=x")
    assert answer.status_code == 409
    assert b"Somebody was faster." in answer.content


def _refuse(*args: Any) -> None:
    raise Conflict("Somebody was faster.")


def _path(route: str, address: Address, ids: dict[str, Any]) -> str:
    values = {**address.fixed, **{part: ids[name] for part, name in address.ids.items()}}
    return "/" + PART.sub(lambda match: str(values[match[1]]), route)
