"""Whose leads a page of sales shows: one's own, or for managers everybody's or one member's."""

from dashboard.shell.access import PageRequest
from leads.queries import reps
from workspaces.models import Member


def whose(request: PageRequest) -> tuple[Member | None, list[Member]]:
    """Return the member whose leads are shown (None: all members) and, for managers, the members to choose from.

    Those who are gone are among them as long as their name stands on leads.
    """
    if not request.actor.can("handoffs.work_any"):
        return request.member, []
    members = reps.list_reps(request.workspace)
    chosen = request.GET.get("member", "")
    return next((member for member in members if str(member.pk) == chosen), None), members
