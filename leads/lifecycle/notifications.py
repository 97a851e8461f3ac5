"""Notify sales of hand-overs: the new owner, or the sales managers when it waits in the queue."""

from collections.abc import Sequence
from datetime import datetime

from leads.backdating import is_history
from leads.models import Handoff
from leads.routing import assign
from workspaces import access, notices
from workspaces.actors import Actor
from workspaces.models import Member
from workspaces.roles import Role


def notify(offered: Sequence[tuple[Handoff, datetime]], *, actor: Actor, now: datetime) -> None:
    """Notify of open handoffs of one workspace that got an owner, or none, at a time, in the transaction of that move.

    Nobody is notified of history, nor of their own moves. Two statements at most.
    """
    news = [
        handoff
        for handoff, at in offered
        if not is_history(at, now) and (handoff.owner is None or handoff.owner != actor.member)
    ]
    managers: list[Member] = []
    if any(handoff.owner is None for handoff in news):
        managers = list(access.members_of(news[0].workspace_id, roles=[Role.SALES_MANAGER]))
    notices.notify_many([_note(handoff, managers) for handoff in news], at=now)


def _note(handoff: Handoff, managers: Sequence[Member]) -> notices.Note:
    lead = handoff.lead
    if handoff.owner is not None:
        members, kind = [handoff.owner], "handoff.offered"
        text = f"{lead} was handed over to you ({handoff.grade}, {handoff.tier})."
    else:
        members, kind = list(managers), "handoff.queued"
        why = assign.why_queued(handoff)
        text = f"{lead} waits in the queue{f': {why}' if why else ', for whoever claims it'}."
    return notices.Note(members, kind, text, key=f"{kind}:{handoff.pk}:{lead.sequence}", url=f"/leads/{lead.pk}/")
