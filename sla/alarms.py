"""Notify members about a clock: the warning, the reminder, the notice to the managers. Each once a clock."""

from collections.abc import Iterable
from datetime import datetime

from sla import agreements, kinds, standing, words
from sla.models import Clock
from sla.sides import Side
from workspaces import access, notices
from workspaces.models import Member
from workspaces.roles import Role

_HEADS = {Side.MARKETING: Role.MARKETING_MANAGER, Side.SALES: Role.SALES_MANAGER}


def warn(clock: Clock, *, at: datetime) -> None:
    """Notify the owner (a manager, where nobody owns) that a clock falls due soon."""
    left = standing.left(standing.of(clock, at))
    _notify(owners(clock), clock, "warned", f"{words.waits(clock)}: due in {left}, {{due}}", at)


def remind(clock: Clock, *, step: str, at: datetime) -> list[Member]:
    """Notify the owner (a manager, where nobody owns) of a breach; return the members notified."""
    notified = owners(clock)
    _notify(notified, clock, step, f"{words.waits(clock)}: was due {{due}}{_late(clock, at)}", at)
    return notified


def notify_managers(clock: Clock, *, step: str, at: datetime) -> list[Member]:
    """Notify the managers of the side that owes; return the members notified."""
    notified = managers(clock)
    _notify(notified, clock, step, f"{words.owes(clock)}, due {{due}}{_late(clock, at)}", at)
    return notified


def owners(clock: Clock) -> list[Member]:
    """List who must act: the owner if there is an active one, else the managers of the side that owes."""
    return [clock.member] if clock.member is not None and clock.member.active else managers(clock)


def managers(clock: Clock) -> list[Member]:
    """List the active managers of the side that owes: marketing an answer to a return, sales everything else."""
    return list(access.members_of(clock.workspace_id, roles=[_HEADS[kinds.of(clock.kind).side]]))


def _notify(members: Iterable[Member], clock: Clock, step: str, text: str, at: datetime) -> None:
    """Notify members, each with the due time (`{due}` in the text) in the zone of the reader, else of the calendar."""
    assert clock.due_at is not None  # the sweep leaves a clock alone that never falls due
    kind = "clock.warned" if step == "warned" else "clock.breached"
    before, after = text.rsplit("{due}", 1)  # names of people stand before it, and may hold anything
    notes = [
        notices.Note(
            [member],
            kind,
            f"{before}{words.moment(clock.due_at, zone, at)}{after}",
            f"clock:{clock.pk}:{step}",
            f"/leads/{clock.lead_id}/",
        )
        for member in members
        for zone in [member.user.time_zone or agreements.terms_of(clock.agreement).hours.zone]
    ]
    notices.notify_many(notes, at=at)


def _late(clock: Clock, at: datetime) -> str:
    """Describe how late a clock is, in work time; nothing within the first minute."""
    found = standing.of(clock, at)
    return f", {standing.late(found)} late" if found.late >= 1 else ""
