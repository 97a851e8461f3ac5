"""Count how promises ended, by the version of the agreement that they began under, and what those versions ask for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sla import agreements
from sla.terms import Terms

T = TypeVar("T")
IN_TIME, LATE, MISSED, CANCELLED, OPEN = PARTS = ("in_time", "late", "missed", "cancelled", "open")
VERSION = ("agreement_id", "agreement__version", "agreement__content_hash")  # what `version_of` reads of a clock


@dataclass(frozen=True)
class Tally:
    """Count promises by their outcome; `late` ones were kept too late or still are not, `missed` ones ended undone."""

    in_time: int = 0
    late: int = 0
    missed: int = 0
    cancelled: int = 0
    open: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in PARTS})

    @property
    def decided(self) -> int:
        """Return how many were kept or not."""
        return self.in_time + self.late + self.missed

    @property
    def share(self) -> float | None:
        """Return the percentage kept in time of those that are decided; None when none is."""
        return 100 * self.in_time / self.decided if self.decided else None


@dataclass(frozen=True)
class Version:
    """Name the version of the agreement under which clocks began."""

    id: int
    number: int
    content_hash: str

    @property
    def terms(self) -> Terms:
        """Return what it says."""
        return agreements.frozen(self.id, self.content_hash)


ByVersion = Mapping[Version, Tally]


def version_of(row: Mapping[str, Any]) -> Version:
    """Return the version that a row of clocks names, read with the columns of `VERSION`."""
    return Version(*(row[name] for name in VERSION))


def promised_share(found: ByVersion) -> float | None:
    """Return the percentage of clocks to be met in time that their versions ask for; None without any clock."""
    return weighted(found, lambda terms: terms.met_percent, None) if found else None


def total(found: ByVersion) -> Tally:
    """Add up the counts of all versions."""
    return sum(found.values(), Tally())


def weighted(found: ByVersion, promised: Callable[[Terms], int], otherwise: T) -> float | T:
    """Return what versions ask for, by how many promises are decided under each; `otherwise` where none is."""
    decided = {version: tally.decided for version, tally in found.items()}
    whole = sum(decided.values())
    if not whole:
        return otherwise
    return round(sum(promised(version.terms) * count for version, count in decided.items() if count) / whole, 1)
