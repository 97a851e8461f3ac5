"""Build what tests need: a workspace with its defaults, members, leads, events, and handoffs through the services."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from leads.lifecycle import moves
from leads.models import Account, Definition, Event, Handoff, Lead, Pool, PoolMember, Reason, Territory
from leads.models.definition import Version
from leads.move_catalogue import MOVES, Need
from leads.people import search_text
from leads.qualification import definitions
from webhooks.models import OutboxEvent
from workspaces import access
from workspaces.actors import Actor
from workspaces.models import Member, User, Workspace
from workspaces.roles import Role

PASSWORD = "correct horse battery"
MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)  # a plain working day: any test that needs "some time" may use it
_numbers = count(1)


def user(name: str = "", email: str = "") -> User:
    """Make a user with `PASSWORD`."""
    number = next(_numbers)
    name = name or f"Person {number}"
    return User.objects.create_user(email or f"person{number}@example.test", PASSWORD, name=name)


def workspace(
    name: str = "Acme", *, time_zone: str = "UTC", active: bool = True, owner: User | None = None
) -> Workspace:
    """Make a workspace with its defaults; `active` also activates the three default definitions."""
    made = access.create_workspace(name, owner=user("Ada Admin"), time_zone=time_zone)
    if active:
        for draft in Definition.objects.of(made).filter(status=Version.DRAFT):
            definitions.activate(draft)
    return made


def member(workspace: Workspace, role: str = Role.SALES, name: str = "") -> Member:
    """Add a member with a role of `workspaces.roles.Role`."""
    return Member.everywhere.create(workspace=workspace, user=user(name), role=role)


def actor(member: Member) -> Actor:
    """Return the member as the author of a change."""
    return Actor(member=member)


def engine() -> Actor:
    """Return the engine as the author of a change."""
    return Actor(engine="test")


def lead(workspace: Workspace, **fields: Any) -> Lead:
    """Add a lead in state new, with an e-mail and a name of its own unless given."""
    number = next(_numbers)
    defaults = {
        "email": f"lead{number}@company{number}.test",
        "first_name": "Lea",
        "last_name": f"Leader{number}",
        "first_contact_at": MONDAY,
    }
    facts = {**defaults, **fields}
    if isinstance(name := facts.get("territory"), str):  # by name: a territory of the region that is called so
        facts |= {"territory": territory(workspace, name), "region": name, "territory_why": f"region is {name}"}
    made = Lead(workspace=workspace, **facts)
    made.save(force_insert=True)
    search_text.write(workspace, [made], search_text.ids_of([made]))
    return made


def territory(workspace: Workspace, name: str, **fields: Any) -> Territory:
    """Return the territory of a name; a new one takes the region that is called so, unless fields say otherwise."""
    wanted = {"position": 1, **(fields or {"regions": [name]})}
    return Territory.everywhere.get_or_create(workspace=workspace, name=name, defaults=wanted)[0]


def account(workspace: Workspace, **fields: Any) -> Account:
    """Add a company that fits the default scoring well."""
    number = next(_numbers)
    defaults = {
        "name": f"Company {number}",
        "domain": f"company{number}.test",
        "industry": "Software",
        "employees": 300,
        "country": "DE",
    }
    facts = {**defaults, **fields}
    words = search_text.words_of(facts["name"], facts["domain"])
    return Account.everywhere.create(workspace=workspace, search_text=words, **facts)


def event(lead: Lead, type: str = "page", *, at: datetime = MONDAY, **fields: Any) -> Event:
    """Add something that a lead did at `at`."""
    Lead.everywhere.filter(pk=lead.pk).update(last_event_at=at)
    lead.last_event_at = at
    return Event.everywhere.create(
        workspace_id=lead.workspace_id, lead=lead, type=type, occurred_at=at, received_at=at, **fields
    )


def place(pool: Pool, member: Member, **fields: Any) -> PoolMember:
    """Put a member into a pool."""
    return PoolMember.everywhere.create(workspace_id=pool.workspace_id, pool=pool, member=member, **fields)


def reason(workspace: Workspace, code: str, kind: str = Reason.Kind.RETURN) -> Reason:
    """Return one of the workspace's reasons by its code."""
    return Reason.objects.of(workspace).get(kind=kind, code=code)


def recorded(workspace: Workspace, type: str) -> list[OutboxEvent]:
    """Return the webhook events of a type, in the order in which they were recorded."""
    return list(OutboxEvent.objects.of(workspace).filter(type=type).order_by("pk"))


_REASONS = {"return": "no-authority", "lose": "price", "disqualify": "spam"}


def facts_of(move: str, workspace: Workspace) -> dict[str, Any]:
    """Return facts that are in order for what a move needs, as `leads.lifecycle` takes them."""
    facts: dict[str, Callable[[], dict[str, Any]]] = {
        Need.WHY: lambda: {"note": "They called"},
        Need.REASON: lambda: {"reason": reason(workspace, _REASONS[move], move)},
        Need.NEW_OWNER: lambda: {"to": member(workspace)},
        Need.AMOUNT: lambda: {"amount": Decimal("1200.50")},
        Need.OVERRIDE: lambda: {"override": "Met at the fair"},
    }
    return {name: value for need in MOVES[move].needs if need in facts for name, value in facts[need]().items()}


def handoff(
    workspace: Workspace,
    *,
    owner: Member | None = None,
    accepted: bool = False,
    lead: Lead | None = None,
    at: datetime = MONDAY,
    **fields: Any,
) -> Handoff:
    """Hand a lead over by hand at `at`, to `owner` (a new rep if none), and have it accepted if asked for."""
    lead = lead or globals()["lead"](workspace, **fields)
    owner = owner or member(workspace, Role.SALES)
    made = moves.qualify(lead, actor=engine(), override="Met at the fair", owner=owner, at=at)
    return moves.accept(made, actor=actor(owner), at=at) if accepted else made
