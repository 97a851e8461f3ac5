import ast
import json
from pathlib import Path
from unittest.mock import patch as replaced

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client

from api import problems
from leadflow.errors import Conflict, Forbidden, Invalid, Missing, NotAllowed
from leads.models import Lead
from nurture import programs
from nurture.models import Enrolment
from nurture.steps import StepIn
from tests import builders
from tests.api.conftest import caller, check_problem
from workspaces.models import Member
from workspaces.roles import Role


def test_an_unknown_route_is_a_problem(db):
    check_problem(Client().get("/api/v1/nowhere"), 404, "not_found")
    check_problem(Client().get("/api/nowhere/"), 404, "not_found")
    check_problem(Client().get("/v1/nowhere"), 404, "not_found")


def test_a_page_outside_of_the_api_keeps_its_own_errors(db):
    assert Client().get("/nowhere/").headers["Content-Type"].startswith("text/html")


def test_a_caller_without_key_is_told_how_to_send_one(db):
    response = Client().get("/api/v1/leads")
    check_problem(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer lf_0123456789_wrong", "Basic bGY6", "Bearer", "Bearer \x7f", "lf_x"])
def test_a_wrong_key_is_not_let_in(db, header):
    response = Client().get("/api/v1/leads", headers={"Authorization": header})
    check_problem(response, 401, "not_authenticated")
    assert "WWW-Authenticate" in response.headers


def test_a_key_without_the_scope_may_not(workspace):
    problem = check_problem(caller(workspace, "read").post("/api/v1/leads", {"email": "a@b.test"}), 403, "forbidden")
    assert "leads.edit" in problem["detail"]
    assert not Lead.objects.of(workspace).exists()


def test_a_publishable_key_reads_nothing(workspace):
    check_problem(caller(workspace, "track").get("/api/v1/leads"), 403, "forbidden")


def test_a_wrong_method_names_the_right_ones(api):
    response = api("DELETE", "/api/v1/leads")
    check_problem(response, 405, "method_not_allowed")
    assert {"GET", "POST"} <= {name.strip() for name in response.headers["Allow"].split(",")}


def test_another_format_is_not_served(api):
    check_problem(api.get("/api/v1/leads", Accept="application/xml"), 406, "not_acceptable")


def test_another_format_is_not_taken(api):
    response = api("POST", "/api/v1/leads", raw=b"<lead/>", Content_Type="application/xml")
    check_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("size", [4 * 1024 * 1024 + 1, 6 * 1024 * 1024])
def test_a_body_that_is_too_large_is_refused(api, size):
    body = b'{"email": "' + b"x" * size + b'"}'
    check_problem(api("POST", "/api/v1/leads", raw=body), 413, "too_large")
    check_problem(api("POST", "/api/v1/leads", raw=body, Idempotency_Key="large"), 413, "too_large")


def test_what_is_not_valid_is_listed_with_pointers(api, workspace):
    body = {"email": "a@b.test", "external_ids": [{"system": "crm", "value": "1"}, {"system": "crm"}], "employees": -1}
    problem = check_problem(api.post("/api/v1/leads", body), 422, "invalid")
    assert {entry["pointer"] for entry in problem["errors"]} == {"/external_ids/1/value", "/employees"}
    assert not Lead.objects.of(workspace).exists()


def test_what_the_domain_refuses_points_at_its_field(api):
    problem = check_problem(api.post("/api/v1/leads", {"email": "nonsense"}), 422, "invalid")
    assert [entry["pointer"] for entry in problem["errors"]] == ["/email"]


def test_a_body_that_is_no_object_is_not_valid(api):
    for body in ([], "text", 1, None, True):
        check_problem(api("POST", "/api/v1/leads", raw=json.dumps(body).encode()), 422, "invalid")


def test_too_many_requests_say_when_to_come_back(api, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    with time_machine.travel("2026-11-02T09:00:20Z", tick=False):
        first, second, third = (api.get("/api/v1/me") for _ in range(3))
        assert (first.status_code, second.status_code) == (200, 200)
        check_problem(third, 429, "too_many")
        assert third.headers["Retry-After"] == "40"
        assert caller(builders.workspace()).get("/api/v1/me").status_code == 200
    with time_machine.travel("2026-11-02T09:01:00Z", tick=False):
        assert api.get("/api/v1/me").status_code == 200


def test_a_database_that_does_not_answer_is_503(api):
    with replaced("api.v1.lookups.list_leads", side_effect=OperationalError("server closed the connection")):
        response = api.get("/api/v1/leads")
    problem = check_problem(response, 503, "unavailable")
    assert response.headers["Retry-After"] == "5"
    assert "server closed" not in json.dumps(problem)


def test_a_fault_of_ours_shows_nothing_of_the_inside(api):
    with replaced("api.v1.lookups.list_leads", side_effect=RuntimeError("SELECT secret FROM /srv/file.py")):
        problem = check_problem(api.get("/api/v1/leads"), 500, "internal")
    assert "secret" not in json.dumps(problem)
    assert "file.py" not in json.dumps(problem)


def test_a_host_that_is_not_ours_is_refused_and_not_repeated(db):
    response = Client().get("/api/v1/leads", headers={"Host": "evil.example"})
    problem = check_problem(response, 400, "malformed")
    assert "evil" not in json.dumps(problem)


def test_every_type_leads_to_a_page(api):
    pages = Client()
    for code in problems.TYPES:
        page = pages.get(f"/api/problems/{code}/")
        assert page.status_code == 200
        assert problems.TYPES[code].title in page.content.decode()
    address = json.loads(api.get("/api/v1/leads/9999999").content)["type"]
    assert address == "http://testserver/api/problems/not_found/"
    assert b"not_found" in pages.get("/api/problems/").content
    check_problem(pages.get("/api/problems/none-such/"), 404)


def refusals() -> set[tuple[str, int]]:
    """List code and status of every refusal that the product writes down with a code of its own."""
    statuses = {kind.__name__: kind.status for kind in (Conflict, Forbidden, Invalid, Missing, NotAllowed)}
    root = Path(__file__).resolve().parents[2]
    found = set()
    for app in ("leadflow", "workspaces", "webhooks", "leads", "sla", "nurture", "api"):
        for path in (root / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                codes = [each.value for each in node.keywords if each.arg == "code"]
                status = statuses.get(name)
                if name in ("Refusal", "Ineligibility", "TrackingRefusal"):  # code, words; or status, words, code
                    given = [each.value for each in node.args if isinstance(each, ast.Constant)]
                    status = next((value for value in given if isinstance(value, int)), 409)
                    codes = node.args[2:3] if status != 409 else node.args[:1]
                found |= {(each.value, status) for each in codes if status and isinstance(each, ast.Constant)}
    return found


def test_every_refusal_with_a_code_has_a_page_of_its_own():
    found = refusals()
    named = {code for code, _ in found}
    assert {"definition_not_met", "opted_out", "program_not_active", "content_seen", "nothing_to_answer"} <= named
    assert {"cooling_off", "file_too_big", "too_many_events", "idempotency_key_reused", "last_admin"} <= named
    alone = set(problems.BY_STATUS.values())
    assert {(code, status) for code, status in found if problems.find(code, status).code in alone - {code}} == set()


def test_a_lead_that_may_not_enter_a_program_is_told_why(api, workspace):
    actor = builders.actor(Member.objects.of(workspace).get(role=Role.ADMIN))
    program = programs.create(workspace, actor=actor, name="Stay close")
    programs.replace_steps(program, actor=actor, steps_in=[StepIn("mail", {"subject": "Hello", "body": "Hello."})])
    lead = builders.lead(workspace, consent="opted_out")
    body = {"program": program.pk, "lead": {"id": lead.pk}}
    check_problem(api.post("/api/v1/enrolments", body), 409, "program_not_active")
    programs.activate(program, actor=actor)
    problem = check_problem(api.post("/api/v1/enrolments", body), 409, "opted_out")
    assert problem["type"].endswith("/api/problems/not_eligible/")
    assert problem["title"] == "The lead cannot enter the program"
    assert not Enrolment.objects.of(workspace).exists()


def test_the_title_of_a_type_is_always_the_same(api):
    titles = {json.loads(api.get(f"/api/v1/{thing}/999").content)["title"] for thing in ("leads", "handoffs", "x")}
    assert len(titles) == 1


def test_a_move_that_is_not_allowed_names_state_and_moves(api, workspace, rep):
    handoff = builders.handoff(workspace, owner=rep)
    problem = check_problem(api.post(f"/api/v1/handoffs/{handoff.pk}/win", {"amount": 10}), 409, "move_not_allowed")
    assert problem["state"] == "mql"
    assert problem["allowed"] == ["accept", "return", "recall", "reassign", "disqualify"]
    assert Lead.objects.of(workspace).get().state == "mql"


def test_who_was_faster_is_named(api, workspace, rep):
    handoff = builders.handoff(workspace, owner=rep, accepted=True)
    problem = check_problem(api.post(f"/api/v1/handoffs/{handoff.pk}/accept"), 409, "already_accepted")
    assert problem["winner"]["name"] == "Rita Rep"
