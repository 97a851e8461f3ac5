"""Every address × every role × a foreign workspace. A new address is walked by itself."""

import json

import pytest
from django.test import Client

from api.v1.urls import RESOURCES
from api.v1.verbs import VERBS
from leads.activity import follow_ups
from nurture import enrolments
from nurture.models import Program
from tests import builders
from tests.api.conftest import caller, check_problem
from workspaces import roles
from workspaces.roles import CAPABILITIES, SCOPES, Role

OPEN = {("GET", "me"), ("POST", "moves")}  # every caller; each move of a batch asks for its own capability
WALK = [
    (method, address)
    for address, view in RESOURCES.items()
    for method in ("GET", "POST", "PATCH")
    if hasattr(view, method.lower())
]


def send(client, method, address, pk=1, **headers):
    path = "/api/v1/" + address.replace("<int:pk>", str(pk))
    return client.generic(method, path, b"{}", content_type="application/json", headers=headers)


def test_every_scope_of_a_key_opens_something():
    asked = {capability for view in RESOURCES.values() for capability in view.capabilities.values()}
    asked |= {verb.capability for verb in VERBS.values()} | {"history.write", "events.track"}
    for scope, capabilities in SCOPES.items():
        assert capabilities & asked, scope


def test_every_operation_names_a_capability_of_the_table():
    known = {*CAPABILITIES, *(name for names in SCOPES.values() for name in names)}
    for method, address in WALK:
        capability = RESOURCES[address].capabilities.get(method, "")
        assert (capability == "") == ((method, address) in OPEN), address
        assert not capability or capability in known


@pytest.mark.parametrize(("method", "address"), WALK)
def test_nobody_gets_in_without_a_key(db, method, address):
    check_problem(send(Client(), method, address), 401, "not_authenticated")


@pytest.mark.parametrize("role", Role.values)
def test_every_role_meets_what_it_may_and_no_more(workspace, role):
    client = Client(raise_request_exception=False)
    client.force_login(builders.member(workspace, role).user)
    for method, address in WALK:
        capability = RESOURCES[address].capabilities.get(method, "")
        status = send(client, method, address, pk=0).status_code
        if capability and not roles.can(role, capability):
            assert status == 403, (method, address)
        else:
            assert status in (200, 404, 422), (method, address, status)


@pytest.mark.parametrize("scope", ["track", "history"])
def test_a_key_without_reading_and_writing_is_let_in_nowhere(workspace, scope):
    api = caller(workspace, scope)
    for method, address in WALK:
        if (method, address) not in OPEN:
            check_problem(api(method, "/api/v1/" + address.replace("<int:pk>", "1"), {}), 403, "forbidden")


def test_what_is_anothers_does_not_exist(api, foreign):
    handoff = builders.handoff(foreign, accepted=True)
    program = Program.everywhere.create(workspace=foreign, name="Theirs", status="active")
    cold = builders.lead(foreign)
    enrolment = enrolments.enrol(cold, program, actor=builders.engine(), why={"words": "A test"})
    follow_up = follow_ups.plan(
        handoff.lead, actor=builders.engine(), due_at=builders.MONDAY.replace(year=2999), at=builders.MONDAY
    )
    theirs = {"leads": handoff.lead_id, "handoffs": handoff.pk, "enrolments": enrolment.pk, "follow-ups": follow_up.pk}
    for method, address in WALK:
        noun = address.split("/")[0]
        if "<int:pk>" in address:
            path = "/api/v1/" + address.replace("<int:pk>", str(theirs[noun]))
            check_problem(api(method, path, {}), 404, "not_found")
    check_problem(api.post("/api/v1/enrolments", {"program": program.pk, "lead": {"id": cold.pk}}), 422, "invalid")


def test_no_list_shows_what_is_anothers(api, foreign):
    handoff = builders.handoff(foreign, accepted=True, source="theirs")
    secret = {handoff.lead.email, handoff.owner.user.email}
    for method, address in WALK:
        if method == "GET" and "<int:pk>" not in address:
            shown = api.get(f"/api/v1/{address}").content.decode()
            assert not any(word in shown for word in secret), address
    assert json.loads(api.get("/api/v1/reports/funnel").content)["total"]["counts"]["lead"] == 0


def test_options_and_head_break_nothing(api):
    for _, address in WALK:
        path = "/api/v1/" + address.replace("<int:pk>", "1")
        asked = api("OPTIONS", path)
        assert (asked.status_code, asked.content) == (204, b""), address
        assert {method for method, other in WALK if other == address} <= set(asked.headers["Allow"].split(", "))
        assert api("HEAD", path).status_code in (200, 404, 405), address
