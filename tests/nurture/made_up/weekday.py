"""All that a new kind of step is: this module."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from leadflow.errors import Invalid
from nurture.steps.base import Place, StepContext, StepKind, WaitUntil
from nurture.steps.inputs import FormSpec, InputSpec

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Weekday(StepKind):
    """Wait for a day of the week."""

    code = "weekday"
    label = "Day of the week"
    icon = "hourglass"
    order = 35
    new = {"day": "0"}

    day: int = field(metadata={"minimum": 0, "maximum": 4})

    @classmethod
    def check(cls, config: dict[str, Any], place: Place) -> list[Invalid]:
        return [] if config.get("day") in range(5) else [place.problem("day", "Nobody reads mail on a weekend.")]

    def run(self, context: StepContext) -> WaitUntil:
        return WaitUntil(context.at + timedelta(days=(self.day - context.at.weekday()) % 7))

    def describe(self) -> str:
        return f"Wait for {DAYS[self.day]}"

    @classmethod
    def form(cls, shown: Mapping[str, Any]) -> FormSpec:
        return FormSpec((InputSpec("day", "Day", "choice", choices=tuple((str(n), d) for n, d in enumerate(DAYS))),))

    @classmethod
    def config_of(cls, typed: Mapping[str, Any]) -> dict[str, Any]:
        return {"day": int(typed["day"])}
