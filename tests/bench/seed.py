"""Fill a PostgreSQL database with a large workspace: the shape of real data, in sets, without the doors.

The workspace, its members, agreement and rules are made through the doors; leads, handoffs, their log, clocks and
events by `INSERT … SELECT`, with the triggers of foreign keys off.
"""

from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.utils import timezone

from leads.models import Definition, Pool, PoolMember, Reason
from sla import agreements
from sla.models import Signature
from workspaces import access
from workspaces.actors import Actor
from workspaces.models import Member, User, Workspace
from workspaces.roles import Role

REPS = 50
SQL = Path(__file__).with_name("seed.sql")


@dataclass(frozen=True)
class Size:
    """How many rows to make."""

    leads: int
    handoffs: int
    events: int


def workspace(name: str) -> Workspace:
    """Make a workspace with an agreement signed by both sides and `REPS` reps in its pool."""
    made = access.create_workspace(name, owner=_user("admin", name), time_zone="Europe/Berlin")
    heads = {}
    for side, role in (("marketing", Role.MARKETING_MANAGER), ("sales", Role.SALES_MANAGER)):
        heads[side] = Member.everywhere.create(workspace=made, user=_user(side, name), role=role)
    pool = Pool.objects.of(made).get()
    for number in range(REPS):
        rep = Member.everywhere.create(workspace=made, user=_user(f"rep{number}", name), role=Role.SALES)
        PoolMember.everywhere.create(workspace=made, pool=pool, member=rep)
    now = timezone.now()
    draft = agreements.in_work(made)
    agreements.propose(draft, actor=Actor(member=heads["marketing"]), at=now)
    for side in Signature.Side.values:
        agreements.sign(draft, actor=Actor(member=heads[side]), side=side, at=now)
    return made


def fill(workspace: Workspace, size: Size) -> None:
    """Add leads, handoffs with log and clocks, and events to a workspace made by `workspace`."""
    definition = Definition.objects.of(workspace).get(kind="mql", status="active").pk
    agreement = agreements.active(workspace).pk
    reps = list(Member.objects.of(workspace).filter(role=Role.SALES).order_by("pk").values_list("pk", flat=True))
    facts = {
        "w": workspace.pk,
        "leads": size.leads,
        "handoffs": size.handoffs,
        "events": size.events,
        "definition": definition,
        "agreement": agreement,
        "reps": reps,
        "n": len(reps),
        "reason": _reason(workspace),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in SQL.read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement, facts)
        cursor.execute("SET session_replication_role = DEFAULT")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _user(name: str, workspace: str) -> User:
    return User.objects.create_user(f"{name}@{workspace}.example", None, name=name.title())


def _reason(workspace: Workspace) -> int:
    reasons = Reason.objects.of(workspace).filter(kind="return", disqualifies=False).order_by("pk")
    return reasons.values_list("pk", flat=True)[0]
