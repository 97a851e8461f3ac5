"""Count what a member holds that somebody else would have to go on with, and list who is gone and still holds leads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from leads.models import Account, FollowUp, Handoff, PoolMember
from leads.models.handoff import OPEN
from leads.routing.assign import TAKES_LEADS
from leads.states import State
from workspaces import roles
from workspaces.models import Member, Workspace
from workspaces.roles import Role


class Kind(StrEnum):
    """What is handed on, each kind to a destination of its own."""

    OFFERS = "offers"
    ACCEPTED = "accepted"
    SQLS = "sqls"
    FOLLOW_UPS = "follow_ups"  # on leads that are not the member's own; the others go with their leads
    ACCOUNTS = "accounts"

    def counted(self, number: int) -> str:
        """Return a number of this kind in words."""
        return f"{number} {_WORDS[self][number != 1]}"


_WORDS = {
    Kind.OFFERS: ("open offer", "open offers"),
    Kind.ACCEPTED: ("accepted lead in work", "accepted leads in work"),
    Kind.SQLS: ("sales-qualified lead (SQL)", "sales-qualified leads (SQL)"),
    Kind.FOLLOW_UPS: ("follow-up on another lead", "follow-ups on other leads"),
    Kind.ACCOUNTS: ("account", "accounts"),
}
KIND_OF = {State.MQL.value: Kind.OFFERS, State.SAL.value: Kind.ACCEPTED, State.SQL.value: Kind.SQLS}
LEAD_KINDS = tuple(KIND_OF.values())
_KEEPS_FOLLOW_UPS = [role for role in Role.values if roles.can(role, "leads.edit")]


@dataclass(frozen=True)
class Holdings:
    """Count what a member holds by kind; `promised` are the follow-ups that go with the leads, `pools` the names."""

    counts: Mapping[Kind, int] = field(default_factory=dict)  # without those that are none
    promised: int = 0
    pools: tuple[str, ...] = ()

    @property
    def leads(self) -> int:
        """Return the number of leads, whatever their kind."""
        return sum(self.counts.get(kind, 0) for kind in LEAD_KINDS)

    @property
    def words(self) -> str:
        """Return the kinds with their numbers as one phrase."""
        return say([kind.counted(number) for kind, number in self.counts.items()])

    def __bool__(self) -> bool:
        return bool(self.counts)


def of(member: Member) -> Holdings:
    """Count what a member holds. Four statements."""
    workspace = member.workspace_id
    by_state = dict(handoffs(member).order_by().values_list("lead__state").annotate(count=Count("pk")))
    planned = FollowUp.objects.of(workspace).filter(member=member, done_at=None)
    with_lead = Count("pk", filter=Q(lead__in=handoffs(member).values("lead")))
    promised = planned.aggregate(all=Count("pk"), with_lead=with_lead)
    counts = {kind: by_state.get(state, 0) for state, kind in KIND_OF.items()}
    counts[Kind.FOLLOW_UPS] = promised["all"] - promised["with_lead"]
    counts[Kind.ACCOUNTS] = Account.objects.of(workspace).filter(owner=member).count()
    pools = PoolMember.objects.of(workspace).filter(member=member).order_by("pool__name")
    return Holdings(
        {kind: number for kind, number in counts.items() if number},
        promised["with_lead"],
        tuple(pools.values_list("pool__name", flat=True)),
    )


def handoffs(member: Member) -> QuerySet[Handoff]:
    """Return the open handoffs of a member."""
    return Handoff.objects.of(member.workspace_id).filter(owner=member, state__in=OPEN)


def takes_leads(member: Member) -> bool:
    """Return whether a member is here and works leads."""
    return member.active and member.role in TAKES_LEADS


def why_gone(member: Member) -> str:
    """Say why a member goes on with no lead: shut out, or in a role that works none. Nothing for all others."""
    if not member.active:
        return "is deactivated"
    if member.role not in TAKES_LEADS:
        return f"works no leads any more ({member.get_role_display().lower()})"
    return ""


@dataclass(frozen=True)
class LeftBehind:
    """Name a member who is gone, with the leads and planned follow-ups that wait with them for somebody else."""

    member: Member
    leads: int
    follow_ups: int

    @property
    def it(self) -> str:
        """Return the word for what waits."""
        return "it" if self.leads + self.follow_ups == 1 else "them"

    @property
    def words(self) -> str:
        """Return what waits, and whose it is, as one sentence without its end."""
        found = [(self.leads, "lead"), (self.follow_ups, "planned follow-up")]
        what = say([f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in found if number])
        return f"{what} {'belongs' if self.it == 'it' else 'belong'} to {self.member}, who {why_gone(self.member)}"


def left_behind(workspace: Workspace | int) -> list[LeftBehind]:
    """List who is gone and still holds leads or planned follow-ups, by name. One statement."""
    gone = ~Q(active=True, role__in=TAKES_LEADS)
    open_ones = Handoff.objects.of(workspace).filter(state__in=OPEN)
    planned = FollowUp.objects.of(workspace).filter(done_at=None)
    rows = Member.objects.of(workspace).filter(gone).select_related("user").order_by("user__name", "pk")
    counted = rows.annotate(
        open_leads=_count(open_ones.filter(owner=OuterRef("pk")), "owner"),
        planned=_count(planned.filter(member=OuterRef("pk")), "member"),
    )
    found = []
    for member in counted.filter(Q(open_leads__gt=0) | Q(planned__gt=0)):
        keeps = member.active and member.role in _KEEPS_FOLLOW_UPS
        left = LeftBehind(member, member.open_leads, 0 if keeps else member.planned)
        if left.leads or left.follow_ups:
            found.append(left)
    return found


def say(parts: list[str]) -> str:
    """Join parts as a list in a sentence."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _count(rows: QuerySet[Any], column: str) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values(column).annotate(count=Count("pk")).values("count")), 0)
