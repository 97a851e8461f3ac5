"""Count the attempts that sales made on handoffs against those that it promised.

An attempt is a touch of the handoff, whether or not it connected. Touches on one channel within an hour are one
attempt: a lead is not tried six times by six entries of one minute.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from leads.models import Handoff, Touch
from leads.models.touch import Outcome
from sla import agreements, kinds, worktime
from sla.models import Agreement, Clock
from sla.terms import Terms

APART = timedelta(hours=1)  # between two attempts on one channel


@dataclass(frozen=True)
class Attempts:
    """Count the attempts and channels of one handoff, done and promised.

    `next_due` (aware UTC) spreads the attempts that are left evenly over the time of their clock; None where none runs.
    """

    done: int
    promised: int
    channels_done: int
    channels_promised: int
    connected: bool
    next_due: datetime | None = None

    @property
    def enough(self) -> bool:
        """Return whether the promise is kept: there are enough, or the lead was reached."""
        return self.connected or (self.done >= self.promised and self.channels_done >= self.channels_promised)

    @property
    def words(self) -> str:
        """Say what was done of what: "2 of 6 attempts, 1 of 2 channels"."""
        said = f"{self.done} of {self.promised} attempt{'' if self.promised == 1 else 's'}"
        if self.channels_promised > 1:
            said += f", {self.channels_done} of {self.channels_promised} channels"
        return said


def of(handoffs: Iterable[Handoff]) -> dict[int, Attempts]:
    """Count the attempts of handoffs of one workspace by the handoff's id. Three statements at most.

    Each counts against the agreement of its own clock; one that is not accepted yet against the active one. What nobody
    promised anything about is left out.
    """
    handoffs = list(handoffs)
    if not handoffs:
        return {}
    ids, workspace = [handoff.pk for handoff in handoffs], handoffs[0].workspace_id
    found = Clock.objects.of(workspace).filter(handoff_id__in=ids, kind__in=kinds.by_attempts()).order_by("pk")
    clocks = {clock.handoff_id: clock for clock in found.select_related("agreement").defer("agreement__terms")}
    touches: dict[int | None, list[tuple[str, str, datetime]]] = defaultdict(list)
    rows = Touch.objects.of(workspace).filter(handoff_id__in=ids).order_by("at", "pk")
    for handoff_id, channel, outcome, at in rows.values_list("handoff_id", "channel", "outcome", "at"):
        touches[handoff_id].append((channel, outcome, at))
    active = agreements.active(workspace) if len(clocks) < len(ids) else None
    counted = {}
    for handoff in handoffs:
        clock = clocks.get(handoff.pk)
        agreement: Agreement | None = clock.agreement if clock else active
        if agreement is not None:
            terms = agreements.terms_of(agreement)
            counted[handoff.pk] = count(touches[handoff.pk], terms, clock.tier if clock else handoff.tier, clock)
    return counted


def count(
    touches: Iterable[tuple[str, str, datetime]], terms: Terms, tier: str, clock: Clock | None = None
) -> Attempts:
    """Count touches (channel, outcome, when; the earliest first) against what the terms promise for a tier."""
    policy = terms.policy(tier)
    done, connected, last = 0, False, dict[str, datetime]()
    for channel, outcome, at in touches:
        connected = connected or outcome == Outcome.CONNECTED
        if channel not in last or at - last[channel] >= APART:
            done, last[channel] = done + 1, at
    counted = Attempts(done, policy.attempts, len(last), policy.channels, connected)
    if clock is None or clock.state != Clock.State.RUNNING or clock.due_at is None or counted.enough:
        return counted
    whole = worktime.between(terms.hours, clock.started_at, clock.due_at)
    share = min(done + 1, policy.attempts) / policy.attempts
    next_due = worktime.add(terms.hours, clock.started_at, whole * share)
    return Attempts(done, policy.attempts, len(last), policy.channels, connected, next_due)
