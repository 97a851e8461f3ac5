"""The form of a problem type."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProblemType:
    """One kind of refusal; `title` is the same for every occurrence."""

    code: str
    status: int
    title: str
    words: str
    also: tuple[int, ...] = ()  # other statuses that it comes with
