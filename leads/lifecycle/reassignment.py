"""Give open handoffs to other owners: what the move `reassign` writes, for one lead or for a set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from leadflow import db
from leads import signals
from leads.lifecycle import log
from leads.models import FollowUp, Handoff, Lead
from workspaces.actors import Actor
from workspaces.models import Member


@dataclass(frozen=True)
class NewOwner:
    """Name a locked lead with its locked open handoff, and who gets it (None: the queue)."""

    lead: Lead
    handoff: Handoff
    to: Member | None


def write(changes: Sequence[NewOwner], *, actor: Actor, note: str, at: datetime, now: datetime) -> None:
    """Write new owners of handoffs of one workspace, log and record each, and pass their follow-ups on.

    The caller holds the locks, has checked that each may change, and notifies whom it concerns. `at` is when it
    happened, `now` when it was reported. The statements do not grow with the set, but for those of the receivers.
    """
    if not changes:
        return
    entries, promised = [], {}
    for each in changes:
        lead, handoff, to = each.lead, each.handoff, each.to
        before, lead.state_before = handoff.owner, lead.state
        handoff.owner = lead.owner = to
        lead.sequence += 1
        new = {"owner": str(to or ""), "owner_id": to and to.pk, "to": str(to or ""), "to_id": to and to.pk}
        facts = {**new, "from": str(before or ""), "from_id": before and before.pk}
        entries.append(log.LogEntry(lead, handoff, at, note=note, facts=facts, previous_owner=before))
        promised[lead.pk] = (before, to)
    db.update_many([each.handoff for each in changes], ["owner"])
    db.update_many([each.lead for each in changes], ["owner", "sequence"])
    log.append(entries, "reassign", actor=actor, now=now)
    pass_follow_ups_on(promised, workspace_id=changes[0].lead.workspace_id)


def pass_follow_ups_on(owners: Mapping[int, tuple[Member | None, Member | None]], *, workspace_id: int) -> None:
    """Give what the owners before had promised for their leads to the new ones; `owners` by the ids of the leads.

    The caller holds the locks of the leads. One statement where nothing is promised.
    """
    rows = db.locked(FollowUp.objects.of(workspace_id).filter(lead__in=owners, done_at=None))
    concerned = [row for row in rows if row.member_id == (before.pk if (before := owners[row.lead_id][0]) else None)]
    give_follow_ups([(row, owners[row.lead_id][1]) for row in concerned], workspace_id=workspace_id)


def give_follow_ups(given: Sequence[tuple[FollowUp, Member | None]], *, workspace_id: int) -> None:
    """Write who does each of these locked follow-ups from now on, and send `passed_on`. One statement, or none."""
    if not given:
        return
    for follow_up, member in given:
        follow_up.member = member
    rows = [follow_up for follow_up, _ in given]
    db.update_many(rows, ["member"])
    signals.passed_on.send(sender=FollowUp, workspace_id=workspace_id, follow_ups=rows)
