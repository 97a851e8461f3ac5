"""Every address × every role × another workspace, for pages and API: the URL conf is walked, the table says who may.

Each request that must be refused runs for real, and afterwards the database is compared row by row; each that is
allowed runs in a transaction of its own that is undone.
"""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.db import transaction
from django.test import Client

from api.v1.urls import RESOURCES
from leadflow.outbox import FolderBackend
from tests.dashboard.addresses import API, OF_OTHERS, PAGES, PUBLIC, USER, Address, walk
from tests.dashboard.worlds import World
from workspaces import keys
from workspaces.models import Workspace
from workspaces.roles import CAPABILITIES, SCOPES, Role

pytestmark = pytest.mark.django_db

OWN_APPS = ("workspaces", "webhooks", "leads", "sla", "nurture", "api")
PART = re.compile(r"<(?:\w+:)?(\w+)>")
# Signing needs the capability of either side; trying a row again, that of the kind of row (a mail, in the table);
# changing many leads, that of the action.
SPECIAL = {
    "agreement.sign": CAPABILITIES["agreement.sign_marketing"] | CAPABILITIES["agreement.sign_sales"],
    "leads.many": CAPABILITIES["leads.disqualify"],
    "outbox.retry": CAPABILITIES["outbox.view"] & CAPABILITIES["nurture.edit"],
}
# A key has no inbox into which it could claim a lead.
FOR_MEMBERS = {"handoffs/<int:pk>/claim"}
# What may be changed in part, and the capability that it takes.
PATCHES = {"leads/<int:pk>": "leads.edit"}
# Complete for every verb of the API, so that nothing but the row can be at fault.
COMPLETE = {
    "reason": "Met at the fair",
    "note": "Met at the fair",
    "amount": "10",
    "rating": 3,
    "channel": "call",
    "outcome": "connected",
    "question": "budget",
    "value": "Approved",
    "text": "It is mended",
    "decision": "sales",
    "due_at": "2026-12-01T10:00:00Z",
    "events": [{"type": "form", "name": "Contact"}],
}
BODIES: dict[str, dict[str, Any]] = {
    "agreement/<int:number>/sign/": {"side": ["marketing", "sales"]},
    "leads/many/": {"action": "disqualify"},
    "programs/<int:pk>/order/": {"to": "up"},
    "programs/<int:pk>/turn/": {"to": "pause"},
}


def test_every_address_of_the_installation_stands_in_the_table():
    routes = {route for route, _ in walk() if not route.startswith(OF_OTHERS)}
    known = PUBLIC | set(PAGES) | {f"api/v1/{route}" for route in API}
    assert routes - known == set(), "not in tests/dashboard/addresses.py"
    assert known - routes == set(), "in tests/dashboard/addresses.py, and gone"


def test_the_table_names_the_capability_that_a_page_asks_for():
    for route, view in walk():
        asked = getattr(view, "capability", None)
        if asked and route in PAGES:
            address = PAGES[route]
            assert asked in (address.read, address.write) or {address.write} & set(SPECIAL), route


@pytest.mark.parametrize("role", Role.values)
def test_pages_open_for_the_roles_that_may_and_for_no_other(role, folder):
    world = _world("Acme", role, folder)
    browser = world.browser(role)
    before = _rows()
    wrong = []
    for route, address in PAGES.items():
        path = _path(route, address, world.ids)
        for method, capability in (("get", address.read), ("post", address.write)):
            if capability is None:
                continue
            may = role in _roles(capability)
            body = _body(route, role)
            with _undone() if may else _kept():
                status = getattr(browser, method)(path, body if method == "post" else {}).status_code
            if (status == 403) == may or status == 404 or status >= 500:
                wrong.append((role, method, path, status))
    assert wrong == []
    assert _rows() == before


@pytest.mark.parametrize("role", Role.values)
def test_pages_hide_the_rows_of_another_workspace(role, folder):
    world, other = _world("Acme", role, folder), _world("Other", role, folder, version=9)
    browser = world.browser(role)
    before = _rows()
    wrong = []
    for route, address in PAGES.items():
        if not address.ids or route == "notices/<int:pk>/":
            continue
        path = _path(route, address, other.ids)
        for method, capability in (("get", address.read), ("post", address.write)):
            if capability is None:
                continue
            expected = 404 if role in _roles(capability) else 403
            status = getattr(browser, method)(path, _body(route, role) if method == "post" else {}).status_code
            if status != expected:
                wrong.append((role, method, path, status))
    assert wrong == []
    assert _rows() == before


def test_pages_send_strangers_to_the_log_in(folder):
    world = _world("Acme", Role.SALES, folder)
    browser = Client()
    before = _rows()
    wrong = []
    for route, address in PAGES.items():
        path = _path(route, address, world.ids)
        for method, capability in (("get", address.read), ("post", address.write)):
            answer = getattr(browser, method)(path) if capability else None
            if answer is not None and not (
                answer.status_code == 302 and answer["Location"].startswith("/account/login")
            ):
                wrong.append((method, path, answer.status_code))
    assert wrong == []
    assert _rows() == before


def test_addresses_that_change_things_refuse_to_be_read(folder):
    world = _world("Acme", Role.ADMIN, folder)
    browser = world.browser(Role.ADMIN)
    before = _rows()
    posts = [_path(route, address, world.ids) for route, address in PAGES.items() if address.read is None]
    statuses = {path: browser.get(path).status_code for path in posts}
    assert {path: status for path, status in statuses.items() if status != 405} == {}
    assert _rows() == before


def test_pages_that_only_show_refuse_to_be_written_or_change_nothing(folder):
    world = _world("Acme", Role.ADMIN, folder)
    browser = world.browser(Role.ADMIN)
    before = _rows()
    for route, address in PAGES.items():
        if address.write is None:
            browser.post(_path(route, address, world.ids))
    assert _rows() == before


def test_reading_a_page_changes_nothing(folder):
    world = _world("Acme", Role.ADMIN, folder)
    browser = world.browser(Role.ADMIN)
    before = _rows()
    for route, address in PAGES.items():
        if address.read is not None:
            browser.get(_path(route, address, world.ids))
    assert _rows() == before


def test_the_table_names_what_may_be_changed_in_part():
    assert {route for route, view in RESOURCES.items() if hasattr(view, "patch")} == set(PATCHES)


@pytest.mark.parametrize("role", Role.values)
def test_the_api_serves_members_as_far_as_their_role_goes(role, folder):
    world = _world("Acme", role, folder)
    allowed = {capability for capability in {*CAPABILITIES, USER} if role in _roles(capability)}
    _try_api(world, world.browser(role), {}, allowed)


@pytest.mark.parametrize("scope", list(SCOPES))
def test_the_api_serves_keys_as_far_as_their_scopes_go(scope, folder):
    world = _world("Acme", Role.ADMIN, folder)
    _try_api(world, Client(), _bearer(world.workspace, [scope]), {*SCOPES[scope], USER}, besides=FOR_MEMBERS)


def test_the_api_hides_the_rows_of_another_workspace(folder):
    world, other = _world("Acme", Role.ADMIN, folder), _world("Other", Role.ADMIN, folder, version=9)
    key = _bearer(world.workspace, ["read", "write"])
    before = _rows()
    wrong = []
    for route, address in API.items():
        path = "/api/v1/" + _path(route, address, other.ids).lstrip("/")
        for method, capability in _methods(route, address):
            if capability and address.ids:
                reason = {"reason": "not-ready"} if path.endswith(("return", "lose", "disqualify")) else {}
                if (status := _call(Client(), method, path, key, COMPLETE | reason)) != 404:
                    wrong.append((method, path, status))
    assert wrong == []
    assert _rows() == before


def test_the_api_answers_strangers_with_401(folder):
    world = _world("Acme", Role.ADMIN, folder)
    before = _rows()
    wrong = []
    for route, address in API.items():
        path = "/api/v1/" + _path(route, address, world.ids).lstrip("/")
        for method, capability in _methods(route, address):
            for headers in ({}, {"HTTP_AUTHORIZATION": "Bearer lf_0123456789_no"}):
                if capability and (status := _call(Client(), method, path, headers)) != 401:
                    wrong.append((method, path, status))
    assert wrong == []
    assert _rows() == before


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Any) -> Any:
    """Keep mail in a local folder, as the embedded default does."""
    settings.OUTBOX_DIR = tmp_path
    settings.EMAIL_BACKEND = "leadflow.outbox.FolderBackend"
    return tmp_path


def _world(name: str, role: str, folder: Any, version: int = 7) -> World:
    world = World(name, role, version)
    known = set(folder.iterdir())
    mail = EmailMessage(
        "Hello", "Hello", "a@x.test", ["b@x.test"], headers={"X-Leadflow-Workspace": world.workspace.slug}
    )
    FolderBackend().send_messages([mail])
    world.ids["mail"] = (set(folder.iterdir()) - known).pop().name
    return world


def _try_api(
    world: World, browser: Client, headers: dict[str, str], allowed: set[str], besides: Collection[str] = ()
) -> None:
    before = _rows()
    wrong = []
    for route, address in API.items():
        path = "/api/v1/" + _path(route, address, world.ids).lstrip("/")
        for method, capability in _methods(route, address):
            if capability is None:
                continue
            may = capability in allowed and route not in besides
            with _undone() if may else _kept():
                status = _call(browser, method, path, headers)
            if (status == 403) == may or status in (401, 404) or status >= 500:
                wrong.append((method, path, status))
    assert wrong == []
    assert _rows() == before


def _methods(route: str, address: Address) -> list[tuple[str, str | None]]:
    """List the methods of an address of the API with the capability that each takes."""
    return [("get", address.read), ("post", address.write), ("patch", PATCHES.get(route))]


def _call(browser: Client, method: str, path: str, headers: dict[str, str], body: dict[str, Any] | None = None) -> int:
    send = getattr(browser, method)
    json = {} if method == "get" else {"data": body or {}, "content_type": "application/json"}
    answer = send(path, **json, **headers)
    status: int = answer.status_code
    return status


def _bearer(workspace: Workspace, scopes: list[str]) -> dict[str, str]:
    from workspaces.actors import engine

    _, secret = keys.create(workspace, actor=engine("test"), name="Test", scopes=scopes)
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}


def _roles(capability: str) -> set[str]:
    if capability == USER:
        return set(Role.values)
    return SPECIAL.get(capability) or CAPABILITIES[capability]


def _body(route: str, role: str) -> dict[str, Any]:
    """Return what a request must hold to reach its own check."""
    body = dict(BODIES.get(route, {}))
    if "side" in body:
        body["side"] = "sales" if role in (Role.SALES, Role.SALES_MANAGER) else "marketing"
    return body


def _path(route: str, address: Address, ids: dict[str, Any]) -> str:
    names = PART.findall(route)
    assert set(names) == {*address.ids, *address.fixed}, route
    values = {**address.fixed, **{part: ids[name] for part, name in address.ids.items()}}
    return "/" + PART.sub(lambda match: str(values[match[1]]), route)


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def _kept() -> Iterator[None]:
    yield


def _rows() -> dict[str, list[Any]]:
    """Return every row of our own tables. The last use of a key is not a change that anybody made."""
    return {
        model._meta.label: [
            {name: value for name, value in row.items() if name not in ("last_used_at", "last_login")}
            for row in model._base_manager.order_by("pk").values()
        ]
        for app in OWN_APPS
        for model in apps.get_app_config(app).get_models()
    }
