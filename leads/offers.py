"""Tell sales what was handed over: the new owner, or the sales managers when it waits in the queue."""

from datetime import datetime

from leads import routing
from leads.history import is_history
from leads.models import Handoff
from workspaces import access, notices
from workspaces.actors import Actor
from workspaces.roles import Role


def tell(handoff: Handoff, *, actor: Actor, at: datetime, now: datetime) -> None:
    """Tell of an open handoff that just got an owner, or none, in the transaction of that move.

    Nobody is told of history, nor of what he did himself.
    """
    if is_history(at, now) or (handoff.owner is not None and handoff.owner == actor.member):
        return
    lead = handoff.lead
    if handoff.owner is not None:
        members, kind = [handoff.owner], "handoff.offered"
        text = f"{lead} was handed over to you ({handoff.grade}, {handoff.tier})."
    else:
        members, kind = list(access.members_of(handoff.workspace_id, roles=[Role.SALES_MANAGER])), "handoff.queued"
        why = routing.why_queued(handoff)
        text = f"{lead} waits in the queue{f': {why}' if why else ', for whoever claims it'}."
    key = f"{kind}:{handoff.pk}:{lead.sequence}"
    notices.tell(members, kind=kind, text=text, url=f"/leads/{lead.pk}/", key=key, at=now)
