"""Make one move on many leads; a refusal does not stop the others, and is counted by its reason."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from leadflow.errors import DomainError
from leads.models import Lead


@dataclass
class BulkResult:
    """Hold how many leads were changed, and how many were refused for which reason."""

    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def refused_count(self) -> int:
        """Count the refusals."""
        return self.refused.total()

    @property
    def refused_rows(self) -> list[tuple[str, int]]:
        """List the reasons with how many they hit, the most first."""
        return self.refused.most_common()


def each(leads: Iterable[Lead], act: Callable[[Lead], Any]) -> BulkResult:
    """Call a function for each lead, each in its own transaction."""
    return tally(_tried(act, lead) for lead in leads)


def tally(outcomes: Iterable[Any]) -> BulkResult:
    """Count what became of each lead: an error, or anything else."""
    result = BulkResult()
    for outcome in outcomes:
        if isinstance(outcome, DomainError):
            result.refused[outcome.message] += 1
        else:
            result.done += 1
    return result


def _tried(act: Callable[[Lead], Any], lead: Lead) -> Any:
    try:
        return act(lead)
    except DomainError as error:
        return error
