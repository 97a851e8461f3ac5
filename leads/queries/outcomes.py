"""The outcomes of a hand-over: where it stands now. Every handoff is in exactly one, so their counts add up."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q

from leads.models import HandoffState
from workspaces.models import Workspace


@dataclass(frozen=True)
class Outcome:
    """One place where a hand-over may stand. `part_of` names the outcome of which this is only a part."""

    words: str
    wanted: Callable[[Workspace], Q]
    part_of: str = ""


def _always(**wanted: object) -> Callable[[Workspace], Q]:
    return lambda workspace: Q(**wanted)


WITHDRAWN = (HandoffState.RECALLED, HandoffState.DISQUALIFIED)
OUTCOMES: dict[str, Outcome] = {
    "waiting": Outcome("Waiting for an answer", _always(state=HandoffState.OFFERED)),
    "in_work": Outcome("Accepted, in work", _always(state=HandoffState.ACCEPTED, promoted_at__isnull=True)),
    "promoted": Outcome("Sales-qualified, open", _always(state=HandoffState.ACCEPTED, promoted_at__isnull=False)),
    "won": Outcome("Won", _always(state=HandoffState.WON)),
    "lost": Outcome("Lost", _always(state=HandoffState.LOST)),
    "returned": Outcome("Returned", _always(state=HandoffState.RETURNED)),
    "withdrawn": Outcome("Withdrawn by marketing", _always(state__in=WITHDRAWN)),
}
# How far sales ever took a hand-over, whatever became of it afterwards.
REACHED = {
    "mql": Q(),
    "sal": Q(accepted_at__isnull=False),
    "sql": Q(promoted_at__isnull=False),
    "won": Q(state=HandoffState.WON),
}
ANSWERED = Q(accepted_at__isnull=False) | Q(state=HandoffState.RETURNED)  # sales said yes or no
REACHED_WORDS = {"mql": "MQL", "sal": "SAL", "sql": "SQL", "won": "Won"}

WORDS = {name: outcome.words for name, outcome in OUTCOMES.items()}  # of all of them, those added later as well


def parts() -> dict[str, Outcome]:
    """Return the outcomes that together are all hand-overs."""
    return {name: outcome for name, outcome in OUTCOMES.items() if not outcome.part_of}


def add(name: str, outcome: Outcome, *, after: str) -> None:
    """Add an outcome that an app above this one knows, after another one."""
    rows = [(key, value) for key, value in OUTCOMES.items() if key != name]
    place = [key for key, _ in rows].index(after) + 1
    OUTCOMES.clear()
    OUTCOMES.update([*rows[:place], (name, outcome), *rows[place:]])
    WORDS.clear()
    WORDS.update({key: value.words for key, value in OUTCOMES.items()})
