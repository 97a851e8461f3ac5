"""Make one move on many leads: each by itself, so that a refusal stops nobody else's, and told with its reason."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from leadflow.errors import DomainError
from leads.models import Lead


@dataclass
class Result:
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


def each(leads: Iterable[Lead], act: Callable[[Lead], Any]) -> Result:
    """Call a door for each lead, each in its own transaction."""
    result = Result()
    for lead in leads:
        try:
            act(lead)
        except DomainError as error:
            result.refused[error.message] += 1
        else:
            result.done += 1
    return result
