"""Notify members about a clock: the warning, the reminder, the notice to the managers. Each once a clock."""

from collections.abc import Iterable
from datetime import datetime

from sla import kinds, words, worktime
from sla.models import Clock
from sla.sides import Side
from sla.terms import Terms
from workspaces import access, notices
from workspaces.models import Member
from workspaces.roles import Role

_HEADS = {Side.MARKETING: Role.MARKETING_MANAGER, Side.SALES: Role.SALES_MANAGER}


def warn(clock: Clock, terms: Terms, *, at: datetime) -> None:
    """Notify the owner (a manager, where nobody owns) that a clock falls due soon."""
    left = words.duration(worktime.between(terms.hours, at, _due_at(clock)))
    _notify(owners(clock), clock, "warned", f"{words.waits(clock)}: due in {left}, {_due(clock, terms, at)}", at)


def remind(clock: Clock, terms: Terms, *, step: str, at: datetime) -> list[Member]:
    """Notify the owner (a manager, where nobody owns) of a breach; return the members notified."""
    notified = owners(clock)
    _notify(
        notified, clock, step, f"{words.waits(clock)}: was due {_due(clock, terms, at)}{_late(clock, terms, at)}", at
    )
    return notified


def notify_managers(clock: Clock, terms: Terms, *, step: str, at: datetime) -> list[Member]:
    """Notify the managers of the side that owes; return the members notified."""
    notified = managers(clock)
    _notify(notified, clock, step, f"{words.owes(clock)}, due {_due(clock, terms, at)}{_late(clock, terms, at)}", at)
    return notified


def owners(clock: Clock) -> list[Member]:
    """List who must act: the owner if there is an active one, else the managers of the side that owes."""
    return [clock.member] if clock.member is not None and clock.member.active else managers(clock)


def managers(clock: Clock) -> list[Member]:
    """List the active managers of the side that owes: marketing an answer to a return, sales everything else."""
    return list(access.members_of(clock.workspace_id, roles=[_HEADS[kinds.of(clock.kind).side]]))


def _notify(members: Iterable[Member], clock: Clock, step: str, text: str, at: datetime) -> None:
    kind = "clock.warned" if step == "warned" else "clock.breached"
    url = f"/leads/{clock.lead_id}/"
    notices.notify(members, kind=kind, text=text, url=url, key=f"clock:{clock.pk}:{step}", at=at)


def _due_at(clock: Clock) -> datetime:
    assert clock.due_at is not None  # the sweep leaves a clock alone that never falls due
    return clock.due_at


def _due(clock: Clock, terms: Terms, at: datetime) -> str:
    return words.moment(_due_at(clock), terms.hours.zone, at)


def _late(clock: Clock, terms: Terms, at: datetime) -> str:
    """Describe how late a clock is, in work time; nothing within the first minute."""
    late = worktime.between(terms.hours, _due_at(clock), at)
    return f", {words.duration(late)} late" if late >= 1 else ""
