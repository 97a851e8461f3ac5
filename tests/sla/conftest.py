"""One workspace with a head of each side, two reps and a signed agreement: Monday to Friday, 9 to 17, in UTC."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from leads.lifecycle import moves
from leads.models import Handoff, Lead, Pool, PoolMember, Reason
from sla import agreements, tasks, terms
from sla.models import Agreement, Clock
from tests import builders
from workspaces.access import create_workspace
from workspaces.actors import Actor
from workspaces.models import Member, User, Workspace

SIGNED = datetime(2026, 1, 2, 9, tzinfo=UTC)  # a Friday
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOT = terms.default().sales[0]


def actor(member: Member) -> Actor:
    return Actor(member=member)


def member(workspace: Workspace, name: str, role: str) -> Member:
    user = User.objects.create_user(f"{name.split()[0].lower()}@northwind.example", name=name)
    return Member.everywhere.create(workspace=workspace, user=user, role=role)


@pytest.fixture
def workspace(db) -> Workspace:
    owner = User.objects.create_user("ada@northwind.example", name="Ada Admin")
    return create_workspace("Northwind", owner=owner, at=SIGNED)


@pytest.fixture
def marketing_head(workspace) -> Member:
    return member(workspace, "Mira Marketing", "marketing_manager")


@pytest.fixture
def sales_head(workspace) -> Member:
    return member(workspace, "Sam Sales", "sales_manager")


@pytest.fixture
def rep(workspace) -> Member:
    return member(workspace, "Rita Rep", "sales")


@pytest.fixture
def other_rep(workspace) -> Member:
    return member(workspace, "Otto Rep", "sales")


@pytest.fixture
def pool(workspace, rep, other_rep) -> Pool:
    found = Pool.objects.of(workspace).get()
    for place in (rep, other_rep):
        PoolMember.everywhere.create(workspace=workspace, pool=found, member=place)
    return found


@pytest.fixture
def sign(workspace, marketing_head, sales_head) -> Callable[..., Agreement]:
    """Sign an agreement: the one in work, or the next, with the default terms changed as given."""

    def signed(at: datetime = SIGNED, **changes: Any) -> Agreement:
        draft = agreements.in_work(workspace) or agreements.draft_next(workspace, actor=actor(sales_head))
        agreements.edit(draft, actor=actor(sales_head), terms=replace(terms.default(), **changes))
        agreements.propose(draft, actor=actor(sales_head), at=at)
        agreements.sign(draft, actor=actor(marketing_head), side="marketing", at=at)
        return agreements.sign(draft, actor=actor(sales_head), side="sales", at=at)

    return signed


@pytest.fixture
def agreement(sign) -> Agreement:
    return sign()


@pytest.fixture
def offer(workspace, marketing_head) -> Callable[..., Handoff]:
    """Hand a new lead over, by default at the moment at which we hear of it; `tier` is set as the assessment would."""

    def offered(owner: Member | None, *, at: datetime, tier: str = "", **fields: Any) -> Handoff:
        names = {"first_name": "Priya", "last_name": "Raman", **fields}
        if tier == "hot":  # the fit that the default definition asks for
            names = {"title": "Head of Operations", "country": "DE", **names}
        lead = Lead.everywhere.create(workspace=workspace, first_contact_at=at, **names)
        if tier == "hot":
            return _hot(lead, owner, at, marketing_head)
        return moves.qualify(lead, actor=actor(marketing_head), override="Asked for it", owner=owner, at=at)

    return offered


def _hot(lead: Lead, owner: Member | None, at: datetime, head: Member) -> Handoff:
    """Hand over a lead that fits and asked for a demo, which makes it hot."""
    builders.event(lead, "demo_request", at=at)
    return moves.qualify(lead, actor=actor(head), override="Asked for a demo", owner=owner, at=at)


@pytest.fixture
def blaming(workspace) -> Reason:
    return Reason.objects.of(workspace).get(kind="return", code="wrong-territory")


@pytest.fixture
def at_time():
    """Move the wall clock: what doors take for now."""

    def travel(moment: datetime) -> time_machine.travel:
        return time_machine.travel(moment, tick=False)

    return travel


def clock(handoff: Handoff, kind: str) -> Clock:
    """Return the latest clock of a kind on a handoff."""
    return Clock.everywhere.filter(handoff=handoff, kind=kind).latest("pk")


def sweep(at: datetime) -> int:
    return tasks.run_sweeps(at=at)
