"""Who looks after the leads in marketing's care: each of them is looked after in one way, or by nobody."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q

from leads.models import Lead
from leads.queries import filter_values
from leads.queries.lead_filters import Filter, Filters, Narrowing
from leads.states import MARKETING_STATES
from workspaces.models import Workspace

NOBODY = "nobody"


@dataclass(frozen=True)
class Way:
    """One way in which leads are looked after, in words, and the condition of the leads that are."""

    label: str
    narrow: Callable[[Workspace], Q]


# Apps above this one add theirs. A lead that is looked after in several ways counts as the first.
WAYS: dict[str, Way] = {"revisit": Way("Waits for a revisit date", lambda workspace: Q(revisit_at__isnull=False))}
LABELS: dict[str, str] = {NOBODY: "Nobody looks after", "revisit": WAYS["revisit"].label}


def add(name: str, way: Way) -> None:
    """Add a way that an app above this one knows, before the others."""
    others = {key: each for key, each in WAYS.items() if key != name}
    WAYS.clear()
    WAYS.update({name: way, **others})
    LABELS.clear()
    LABELS.update({NOBODY: "Nobody looks after", **{key: each.label for key, each in WAYS.items()}})


def looked_after(workspace: Workspace, by: str) -> Q:
    """Narrow to the leads in marketing's care that are looked after in one way, a key of `LABELS`."""
    found = Q(state__in=MARKETING_STATES)
    for name, way in WAYS.items():
        if name == by:
            return found & way.narrow(workspace)
        found &= ~way.narrow(workspace)
    return found


def count_neglected(workspace: Workspace) -> int:
    """Count the leads in marketing's care that nobody looks after. One statement."""
    return Lead.objects.of(workspace).filter(looked_after(workspace, NOBODY)).count()


def _narrow(workspace: Workspace, value: str, filters: Filters) -> Narrowing:
    return Narrowing(looked_after(workspace, value))


CARE = Filter(
    "care",
    "In marketing's care",
    "Who looks after the lead: a program, marketing's answer to its return that is due, its revisit date, or nobody.",
    _narrow,
    filter_values.text,
    kind="choice",
    options=LABELS,
    unset="Any",
    indexed=True,
)
