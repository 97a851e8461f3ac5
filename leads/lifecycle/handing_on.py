"""Hand on what a member holds who leaves or stops working leads: each kind to a pool, a person, or the queue.

`preview` and `hand_on` decide by the same rules; the one writes nothing and locks nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.errors import Invalid
from leads.lifecycle import holdings, locks, reassignment
from leads.lifecycle.holdings import KIND_OF, Kind
from leads.lifecycle.reassignment import NewOwner
from leads.models import Account, FollowUp, Handoff, Lead, Pool, PoolMember
from leads.models.handoff import OPEN
from leads.routing import assign, pools
from workspaces import access, audit, notices
from workspaces.actors import Actor
from workspaces.models import Member, Workspace
from workspaces.roles import Role

MOST_NAMED = 3  # new owners, in the notice of the managers


@dataclass(frozen=True)
class Destination:
    """Say to whom a kind goes: a pool, by its turns, or a member; without both to nobody, which is the queue."""

    pool: Pool | None = None
    member: Member | None = None

    def __str__(self) -> str:
        return f"the pool {self.pool}" if self.pool else str(self.member or "nobody")


Destinations = Mapping[Kind, Destination]


@dataclass(frozen=True)
class Staying:
    """Name a lead that stays with the member, and why the destination cannot take it."""

    kind: Kind
    lead: Lead
    why: str


@dataclass
class Division:
    """Hold who gets how many of each kind (None: nobody, which for leads is the queue), and what stays."""

    shares: dict[Kind, Counter[Member | None]] = field(default_factory=dict)
    staying: list[Staying] = field(default_factory=list)

    def add(self, kind: Kind, to: Member | None, number: int = 1) -> None:
        """Count what goes to a member, or to nobody."""
        self.shares.setdefault(kind, Counter())[to] += number

    def of(self, member: Member | None) -> dict[Kind, int]:
        """Return what a member gets, by kind."""
        return {kind: share[member] for kind, share in self.shares.items() if share[member]}

    @property
    def members(self) -> list[Member]:
        """Return those who get something."""
        return list({each.pk: each for share in self.shares.values() for each in share if each is not None}.values())


@dataclass(frozen=True)
class _Held:
    """Hold the rows of what a member has: open handoffs with their leads, follow-ups on other leads, accounts."""

    handoffs: Sequence[tuple[Lead, Handoff]]
    follow_ups: Sequence[FollowUp]
    accounts: Sequence[Account]

    def kinds(self) -> Counter[Kind]:
        """Count the rows by kind."""
        counts = Counter(KIND_OF[lead.state] for lead, _ in self.handoffs)
        return counts + Counter({Kind.FOLLOW_UPS: len(self.follow_ups), Kind.ACCOUNTS: len(self.accounts)})


def preview(member: Member, to: Destinations, *, at: datetime | None = None) -> Division:
    """Say who would get how many of what a member holds, of the kinds that have a destination.

    A dry run of the routing: no turn is taken, nothing is locked or written. Raise `Invalid` as `hand_on` does for a
    destination that takes nothing.
    """
    _check(member, to)
    _, division = _decide(member, _read(member), to, at or timezone.now(), dry_run=True)
    return division


@transaction.atomic
def hand_on(
    member: Member,
    to: Destinations,
    *,
    actor: Actor,
    note: str = "",
    leave_pools: bool = False,
    at: datetime | None = None,
) -> Division:
    """Hand on all that a member holds, with one row of the log for each lead and one notice for each new owner.

    1. Lock the workspace if places in pools go, then the leads, then the handoffs, follow-ups and accounts;
       sort them into kinds as they are then.
    2. Draw in the pools; a lead that its destination cannot take stays, and the result says why.
    3. Write each kind as a set; clocks and follow-ups go with their leads as the agreement says.
    4. Notify the new owners and the sales managers, and append to the audit log.

    Raise `Invalid`, with the kind as its field, for a destination that takes nothing, or for a kind that has none: a
    lead may have been accepted since the page was shown. Then nothing is written.
    """
    now = timezone.now()
    at = at or now
    _check(member, to)
    if leave_pools:
        db.lock(Workspace.objects.all(), member.workspace_id)
    held = _lock(member)
    for kind, number in held.kinds().items():
        if kind not in to:
            raise Invalid(f"{kind.counted(number)}: say to whom this goes.", field=kind)
    changes, division = _decide(member, held, to, at)
    reassignment.write(changes, actor=actor, note=note.strip() or _note(member), at=at, now=now)
    workspace = member.workspace_id
    if held.follow_ups:
        taker = to[Kind.FOLLOW_UPS].member
        reassignment.give_follow_ups([(each, taker) for each in held.follow_ups], workspace_id=workspace)
    for account in held.accounts:
        account.owner = to[Kind.ACCOUNTS].member
    db.update_many(held.accounts, ["owner"])
    if leave_pools:
        for place in PoolMember.objects.of(workspace).filter(member=member).select_related("pool", "member__user"):
            pools.remove_place(place, actor=actor)
    if division.shares:
        gone = {kind.value: [sum(share.values()), str(to[kind])] for kind, share in division.shares.items()}
        audit.record(workspace, actor=actor, action="member.handed_on", object_name=str(member), changes=gone, at=at)
        _notify(member, division, actor=actor, at=at)
    return division


def notify_left(member: Member, *, actor: Actor, url: str, at: datetime | None = None) -> None:
    """Notify the sales managers, in the transaction of the change, that a member is gone and leads wait for somebody.

    `url` is the page on which they are handed on. Nobody is notified where nothing waits.
    """
    at = at or timezone.now()
    for left in holdings.left_behind(member.workspace_id):
        if left.member == member:
            _tell(_managers(member, actor), f"{left.words}: give {left.it} to somebody.", member, "left", url, at)


def _check(member: Member, to: Destinations) -> None:
    """Raise `Invalid`, with the kind as its field, for a destination that takes nothing of this kind."""
    for kind, destination in to.items():
        taker = destination.member
        if taker is not None:
            if taker.workspace_id != member.workspace_id or taker == member or not holdings.takes_leads(taker):
                raise Invalid("Choose somebody else, an active member of sales.", field=kind)
        elif destination.pool is not None:
            if destination.pool.workspace_id != member.workspace_id or kind not in KIND_OF.values():
                raise Invalid("Choose a person.", field=kind)
        elif kind not in (Kind.OFFERS, Kind.ACCOUNTS):
            raise Invalid("Only open offers can wait in the queue. Choose a pool or a person.", field=kind)


def _read(member: Member) -> _Held:
    """Read what a member holds. Three statements."""
    pairs = [(each.lead, each) for each in holdings.handoffs(member).select_related("lead", "owner__user")]
    planned = FollowUp.objects.of(member.workspace_id).filter(member=member, done_at=None)
    accounts = Account.objects.of(member.workspace_id).filter(owner=member)
    return _sorted(pairs, list(planned), list(accounts))


def _lock(member: Member) -> _Held:
    """Lock what a member holds: the leads by id, then handoffs, follow-ups and accounts. Six statements."""
    workspace = member.workspace_id
    planned = FollowUp.objects.of(workspace).filter(member=member, done_at=None)
    ids = {*holdings.handoffs(member).values_list("lead", flat=True), *planned.values_list("lead", flat=True)}
    pairs = [
        (lead, handoff)
        for lead, handoff in locks.lock_handoffs(workspace, ids)
        if handoff.owner_id == member.pk and handoff.state in OPEN
    ]
    follow_ups = list(db.locked(planned.filter(lead__in=ids)))
    return _sorted(pairs, follow_ups, list(db.locked(Account.objects.of(workspace).filter(owner=member))))


def _sorted(pairs: list[tuple[Lead, Handoff]], planned: list[FollowUp], accounts: list[Account]) -> _Held:
    """Leave out the follow-ups that go with a lead of the member's own; leads come in the order of their ids."""
    own = {lead.pk for lead, _ in pairs}
    others = [each for each in planned if each.lead_id not in own]
    return _Held(sorted(pairs, key=lambda pair: pair[0].pk), others, accounts)


def _decide(
    member: Member, held: _Held, to: Destinations, at: datetime, *, dry_run: bool = False
) -> tuple[list[NewOwner], Division]:
    """Decide who gets each lead, and count the rest. Statements do not grow with what is held."""
    division = Division()
    pairs = [(lead, handoff) for lead, handoff in held.handoffs if KIND_OF[lead.state] in to]
    returned = assign.returners([lead for lead, _ in pairs])
    wanted = []
    for lead, handoff in pairs:
        kind = KIND_OF[lead.state]
        taker = to[kind].member
        if taker is not None and taker.pk in returned[lead.pk]:
            division.staying.append(Staying(kind, lead, f"{taker} {returned[lead.pk][taker.pk]}"))
        else:
            wanted.append((kind, handoff, _request(lead, to[kind], member, at)))
    changes = []
    choices = assign.choose([request for _, _, request in wanted], dry_run=dry_run) if wanted else []
    for (kind, handoff, request), choice in zip(wanted, choices, strict=True):
        if choice.member is None and kind is not Kind.OFFERS:
            division.staying.append(Staying(kind, request.lead, f"nobody in {to[kind]} can take it"))
            continue
        changes.append(NewOwner(request.lead, handoff, choice.member))
        division.add(kind, choice.member)
    for kind, rows in ((Kind.FOLLOW_UPS, held.follow_ups), (Kind.ACCOUNTS, held.accounts)):
        if rows and kind in to:
            division.add(kind, to[kind].member, len(rows))
    return changes, division


def _request(lead: Lead, to: Destination, member: Member, at: datetime) -> assign.AssignmentRequest:
    """Ask for the owner of one lead: by the turns of a pool, or as it was chosen."""
    chosen = None if to.pool else assign.Choice(to.member, {"words": f"Handed on by {member}"})
    return assign.AssignmentRequest(lead, {}, at, exclude=member, chosen=chosen, pool=to.pool)


def _note(member: Member) -> str:
    why = holdings.why_gone(member)
    return f"{member} {why}" if why else f"Handed on by {member}"


def _notify(member: Member, division: Division, *, actor: Actor, at: datetime) -> None:
    """Notify each new owner once of all that they get, and the managers, once as well, of who got what."""
    managers = _managers(member, actor)
    for each in division.members:
        mine = division.of(each)
        if each != actor.member and each not in managers:
            url = "/inbox/" if Kind.OFFERS in mine else "/inbox/?tab=in_work"
            one = sum(mine.values()) == 1
            _tell([each], f"{_counted(mine)} of {member} {'is' if one else 'are'} yours now.", member, "yours", url, at)
    given = [f"{_counted(division.of(each))} to {each}" for each in division.members[:MOST_NAMED]]
    if (others := len(division.members) - MOST_NAMED) > 0:
        given.append(f"the rest to {others} more of sales")
    if queued := division.of(None):
        given.append(f"{_counted(queued)} to nobody in particular")
    text = f"{actor.name} handed on what {member} had: {'; '.join(given)}."
    if division.staying:
        text += f" {len(division.staying)} could not be given away."
    _tell(managers, text, member, "managers", "/queue/" if Kind.OFFERS in queued else "/inbox/", at)


def _counted(numbers: Mapping[Kind, int]) -> str:
    return holdings.say([kind.counted(number) for kind, number in numbers.items()])


def _managers(member: Member, actor: Actor) -> list[Member]:
    found = access.members_of(member.workspace_id, roles=[Role.SALES_MANAGER])
    return [each for each in found if each not in (member, actor.member)]


def _tell(members: Sequence[Member], text: str, member: Member, what: str, url: str, at: datetime) -> None:
    key = f"handed_on:{member.pk}:{what}:{at.isoformat()}"
    notices.notify(members, kind="leads.handed_on", text=text, url=url, key=key, at=at)
