"""Two workspaces with an admin each: the second is the foreign one."""

from datetime import UTC, datetime

import pytest

from workspaces.access import create_workspace
from workspaces.actors import Actor
from workspaces.models import Member, User, Workspace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def at() -> datetime:
    return NOON


def make_user(email: str, **fields) -> User:
    return User.objects.create_user(email, "correct horse battery", **fields)


def make_member(workspace: Workspace, email: str, role: str = "sales") -> Member:
    return Member.everywhere.create(workspace=workspace, user=make_user(email), role=role)


@pytest.fixture
def workspace(db) -> Workspace:
    return create_workspace("Northwind", owner=make_user("ada@northwind.example", name="Ada"), at=NOON)


@pytest.fixture
def foreign(db) -> Workspace:
    return create_workspace("Southwind", owner=make_user("sol@southwind.example", name="Sol"), at=NOON)


@pytest.fixture
def admin(workspace) -> Member:
    return Member.objects.of(workspace).select_related("user").get()


@pytest.fixture
def actor(admin) -> Actor:
    return Actor(member=admin)
