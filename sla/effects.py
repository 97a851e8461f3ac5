"""The causes that start and end clocks, and their effects on a clock."""

from dataclasses import dataclass
from enum import StrEnum

from leads.models import Reason


class Cause(StrEnum):
    """A cause that starts or ends clocks. A move has its own name; returns differ by their reason."""

    QUALIFY = "qualify"
    ACCEPT = "accept"
    RETURN_CONTESTED = "return_contested"  # the reason blames the lead's data or the definition
    RETURN_NEEDS_ATTEMPTS = "return_needs_attempts"  # the reason needs the attempts that sales promised
    RETURN_DISQUALIFYING = "return_disqualifying"
    RETURN_TO_NURTURE = "return_to_nurture"
    RECALL = "recall"
    REASSIGN = "reassign"
    PROMOTE = "promote"
    WIN = "win"
    LOSE = "lose"
    LOSE_NEEDS_ATTEMPTS = "lose_needs_attempts"
    DISQUALIFY = "disqualify"
    TOUCH = "touch"  # one that did not connect
    CONNECTION = "connection"  # a touch that did
    FOLLOW_UP_PLANNED = "follow_up_planned"
    FOLLOW_UP_DONE = "follow_up_done"  # by a touch
    FOLLOW_UP_DROPPED = "follow_up_dropped"  # marked as done, without a touch
    RETURN_ANSWERED = "return_answered"

    @property
    def words(self) -> str:
        """Return the cause as words."""
        return self.value.replace("_", " ").replace("follow up", "follow-up")


class Effect(StrEnum):
    """The effect of a cause on a clock, in the words of the documentation."""

    STARTS = "starts"
    RUNS_ON = "runs on"
    MET = "met"
    MET_IF_ENOUGH = "met, once there are enough"
    MET_OR_MISSED = "met, if there are enough; else missed"
    MET_IF_TOUCHED = "met, if sales touched the lead; else missed"
    MET_WITH_FOLLOW_UP = "met, if planned before"  # the touch marks the follow-up as done, which is what meets it
    CANCELLED = "cancelled"
    PASSED_ON = "runs on for the new owner"
    RESTARTS = "starts again for the new owner, if agreed"  # else it is passed on


@dataclass(frozen=True)
class Effects:
    """The effect of every cause on one kind of clock. None may be left out: each kind decides on a new cause."""

    qualify: Effect
    accept: Effect
    return_contested: Effect
    return_needs_attempts: Effect
    return_disqualifying: Effect
    return_to_nurture: Effect
    recall: Effect
    reassign: Effect
    promote: Effect
    win: Effect
    lose: Effect
    lose_needs_attempts: Effect
    disqualify: Effect
    touch: Effect
    connection: Effect
    follow_up_planned: Effect
    follow_up_done: Effect
    follow_up_dropped: Effect
    return_answered: Effect

    def of(self, cause: Cause) -> Effect:
        """Return the effect of a cause."""
        found: Effect = getattr(self, cause.value)
        return found


_MOVES = {
    cause.value: cause
    for cause in (
        Cause.QUALIFY,
        Cause.ACCEPT,
        Cause.RECALL,
        Cause.REASSIGN,
        Cause.PROMOTE,
        Cause.WIN,
        Cause.LOSE,
        Cause.DISQUALIFY,
    )
}


def cause_of(move: str, reason: Reason | None) -> Cause | None:
    """Return what a move of a lead is to the clocks of its handoff; None for one that is made without a handoff.

    A return whose reason both blames and disqualifies counts as contested: marketing owes an answer to it.
    """
    needs_attempts = reason is not None and reason.needs_attempts
    if move == Cause.LOSE and needs_attempts:
        return Cause.LOSE_NEEDS_ATTEMPTS
    if move != "return":
        return _MOVES.get(move)
    if reason is not None and reason.blames:
        return Cause.RETURN_CONTESTED
    if needs_attempts:
        return Cause.RETURN_NEEDS_ATTEMPTS
    if reason is not None and reason.disqualifies:
        return Cause.RETURN_DISQUALIFYING
    return Cause.RETURN_TO_NURTURE
