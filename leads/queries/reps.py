"""List whose leads a list can be narrowed to: the members who work leads, and those who did and whose name stands."""

from django.db.models import Exists, OuterRef, Q

from leads.models import Handoff, Lead
from leads.routing.assign import TAKES_LEADS
from workspaces.models import Member, Workspace


def list_reps(workspace: Workspace | int) -> list[Member]:
    """List the active members of sales, then whoever else owns a lead or a handoff; each by name. One statement.

    `named` says how a list calls each of them.
    """
    present = Q(active=True, user__is_active=True, role__in=TAKES_LEADS)
    owns = Exists(Lead.objects.of(workspace).filter(owner=OuterRef("pk")))
    owned = Exists(Handoff.objects.of(workspace).filter(owner=OuterRef("pk")))
    rows = Member.objects.of(workspace).select_related("user").filter(present | Q(owns) | Q(owned))
    found = list(rows.order_by("user__name", "user__email"))
    return sorted(found, key=lambda each: bool(mark(each)))


def mark(member: Member) -> str:
    """Return what marks a member who works leads no longer, for a list of owners; nothing for all others."""
    if not member.active or not member.user.is_active:
        return "deactivated"
    return "" if member.role in TAKES_LEADS else f"now {member.get_role_display().lower()}"


def named(member: Member) -> str:
    """Return the name of a member in a list of owners: who is gone is marked as deactivated, or by the role of now."""
    return f"{member} ({words})" if (words := mark(member)) else str(member)
