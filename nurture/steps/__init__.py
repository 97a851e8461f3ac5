"""The steps of a program as somebody wrote them, checked as a whole before any of them is saved.

A kind of step is one class in one module of `nurture.steps.kinds`: its parameters, their check, what it does, its
words and its form. Engine, pages and API take all they need from the class (`nurture.steps.base`).
"""

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

from leadflow.errors import Invalid
from nurture.steps import catalogue
from nurture.steps.base import Place

MAX_STEPS = 100


@dataclass(frozen=True, slots=True)
class StepIn:
    """One step as somebody wrote it. `id` names the step it was before (null: it is new)."""

    kind: str
    config: dict[str, Any] = field(default_factory=dict)
    id: int | None = None


def problems(steps: list[StepIn], *, attributes: Set[str]) -> list[Invalid]:
    """List what keeps steps from running; the `field` of each is its place, as in "steps.2.subject" (from 0).

    `attributes` are the keys of the workspace's custom attributes.
    """
    if len(steps) > MAX_STEPS:
        return [Invalid(f"A program has at most {MAX_STEPS} steps.", field="steps")]
    return [
        problem
        for position, step in enumerate(steps, start=1)
        for problem in _problems_of(step, Place(position, len(steps), attributes))
    ]


def _problems_of(step: StepIn, place: Place) -> list[Invalid]:
    kind = catalogue.KINDS.get(step.kind)
    if kind is None:
        return [place.problem("kind", f"A step is one of: {', '.join(catalogue.KINDS)}.")]
    return kind.problems(step.config, place)
