"""A workspace with a key of every sort, and a client that speaks JSON."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests import builders
from workspaces import keys
from workspaces.models import Member, Workspace
from workspaces.roles import Role

ALL = ["read", "write", "history"]


class Caller:
    """Call the API with one key."""

    def __init__(self, secret: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.secret = secret

    def __call__(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.secret}", **{name.replace("_", "-"): headers[name] for name in headers}}
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        kind = sent.pop("Content-Type", "application/json")
        return self.client.generic(method, path, data, content_type=kind, headers=sent)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self("PATCH", path, body, **headers)


def caller(workspace: Workspace, *scopes: str) -> Caller:
    admin = Member.objects.of(workspace).filter(role=Role.ADMIN).first()
    _, secret = keys.create(workspace, actor=builders.actor(admin), name="Test", scopes=scopes or ALL)
    return Caller(secret)


@pytest.fixture
def workspace(db) -> Workspace:
    return builders.workspace()


@pytest.fixture
def foreign(db) -> Workspace:
    return builders.workspace("Other")


@pytest.fixture
def api(workspace) -> Caller:
    return caller(workspace)


@pytest.fixture
def rep(workspace) -> Member:
    return builders.member(workspace, Role.SALES, "Rita Rep")


def check_problem(response: Any, status: int, code: str = "") -> dict[str, Any]:
    """Assert that an answer is a problem as the conformance points say, and return it."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert {"type", "title", "status", "detail", "instance", "code", "message"} <= set(body)
    assert body["status"] == status
    assert body["message"] == body["detail"] != ""
    assert body["instance"] == response.wsgi_request.path
    assert all(len(name) >= 3 and name.replace("_", "").isalnum() for name in body)
    if code:
        assert body["code"] == code
    return body
