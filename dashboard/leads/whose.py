"""Whose leads a page of sales shows: one's own, or for managers everybody's or one member's."""

from dashboard.leads.move_forms import SALES_ROLES
from dashboard.shell.access import PageRequest
from workspaces import access
from workspaces.models import Member


def whose(request: PageRequest) -> tuple[Member | None, list[Member]]:
    """Return the member whose leads are shown (None: all members) and, for managers, the members to choose from."""
    if not request.actor.can("handoffs.work_any"):
        return request.member, []
    members = list(access.members_of(request.workspace, roles=SALES_ROLES))
    chosen = request.GET.get("member", "")
    return next((member for member in members if str(member.pk) == chosen), None), members
