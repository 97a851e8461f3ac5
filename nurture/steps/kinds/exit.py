"""The step that ends the program."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leadflow.errors import Invalid
from nurture.steps.base import End, Place, StepContext, StepKind
from nurture.steps.inputs import FormSpec, InputSpec

MAX_OUTCOME = 100


@dataclass(frozen=True)
class Exit(StepKind):
    """End the program; the outcome is what the enrolment says then."""

    code = "exit"
    label = "End"
    icon = "door-open"
    order = 50
    new = {"outcome": ""}

    outcome: str = field(default="", metadata={"maxLength": MAX_OUTCOME})

    @classmethod
    def check(cls, config: dict[str, Any], place: Place) -> list[Invalid]:
        outcome = config.get("outcome", "")
        if isinstance(outcome, str) and len(outcome) <= MAX_OUTCOME:
            return []
        return [place.problem("outcome", f"The outcome is a text of at most {MAX_OUTCOME} characters.")]

    def run(self, context: StepContext) -> End:
        return End(self.outcome or "Finished")

    def describe(self) -> str:
        return self.outcome or "End"

    @classmethod
    def form(cls, shown: Mapping[str, Any]) -> FormSpec:
        help = "What the enrolment says then."
        return FormSpec((InputSpec("outcome", "Outcome", required=False, max_length=MAX_OUTCOME, help=help),))
