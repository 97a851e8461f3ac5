"""In which state a cause ends the clocks of a handoff, by the attempts that were made; also before it happens."""

from collections.abc import Collection
from typing import assert_never

from leads.models import Handoff
from sla import kinds
from sla.attempts import Attempts
from sla.effects import Cause, Effect
from sla.kinds import Kind
from sla.models import Clock


def judged(cause: Cause) -> tuple[Kind, ...]:
    """List the kinds that a cause meets or misses by the attempts that were made."""
    return kinds.affected(cause, Effect.MET_OR_MISSED, Effect.MET_IF_TOUCHED)


def unaccepted(handoff: Handoff, cause: Cause) -> tuple[Kind, ...]:
    """List the kinds that acceptance would have started and the cause judges, for a handoff that was never accepted."""
    found = judged(cause) if handoff.accepted_at is None else ()
    return tuple(kind for kind in kinds.started_by(Cause.ACCEPT) if kind in found)


def taken_back(handoff: Handoff, cause: Cause, counted: Attempts | None) -> tuple[Kind, ...]:
    """List the kinds that a promotion may have met and the cause, which gives the lead up, shows to be missed."""
    unproven = handoff.promoted_at is not None and counted is not None and not counted.enough
    return kinds.affected(cause, Effect.MET_OR_MISSED) if unproven else ()


def foresee(
    handoff: Handoff, cause: Cause, counted: Attempts, running: Collection[str]
) -> tuple[tuple[Kind, ...], tuple[Kind, ...]]:
    """Return which kinds a cause would miss, and which it would cancel, with clocks of these kinds running."""
    became = states(cause, counted)
    owed = {*running, *unaccepted(handoff, cause)}
    back = taken_back(handoff, cause, counted)
    missed = tuple(kind for kind in Kind if (kind in owed and became.get(kind) == Clock.State.MISSED) or kind in back)
    return missed, tuple(kind for kind in Kind if kind in owed and became.get(kind) == Clock.State.CANCELLED)


def states(cause: Cause, counted: Attempts | None) -> dict[str, Clock.State]:
    """Return the state in which a cause ends each kind of clock that it ends, by the attempts that were made."""
    found = {kind.value: _state(kinds.of(kind).effects.of(cause), counted) for kind in Kind}
    return {kind: state for kind, state in found.items() if state is not None}


def _state(effect: Effect, counted: Attempts | None) -> Clock.State | None:
    """Return the state in which an effect leaves a clock, by the attempts that were made; None: it runs on."""
    met, missed = Clock.State.MET, Clock.State.MISSED
    enough = counted is not None and counted.enough
    match effect:
        case Effect.MET:
            return met
        case Effect.MET_IF_ENOUGH:
            return met if enough else None
        case Effect.MET_OR_MISSED:
            return met if enough else missed
        case Effect.MET_IF_TOUCHED:
            return met if counted is not None and counted.done else missed
        case Effect.CANCELLED:
            return Clock.State.CANCELLED
        case Effect.MET_WITH_FOLLOW_UP | Effect.STARTS | Effect.RUNS_ON:  # a fulfilled follow-up comes as done
            return None
        case Effect.PASSED_ON | Effect.RESTARTS:
            return None
        case _:
            assert_never(effect)
