"""The form of a step as data: what it asks, in plain words. The pages make it."""

from dataclasses import dataclass
from typing import Literal

# line: a text without line breaks; text: one with them; number: a whole one; day: a date; hidden: kept, not shown
InputKind = Literal["line", "text", "number", "choice", "day", "hidden"]


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One input. Whether a value will do, the check of the step's kind says.

    `blames` are members of the configuration whose problems are shown here, beside the member of the same name; of
    several inputs the one that names the place most exactly shows it.
    """

    name: str
    label: str = ""
    kind: InputKind = "line"
    required: bool = True
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()  # value and words
    rows: int = 4  # of a text
    minimum: int | None = None  # of a number
    max_length: int | None = None
    blames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormSpec:
    """The inputs in order, below each other or in one line; `note` stands above them."""

    inputs: tuple[InputSpec, ...]
    in_line: bool = False
    note: str = ""

    def input_for(self, member: str) -> str | None:
        """Name the input beside which a problem of a member (`condition.fact`) is shown; None: it is none's."""
        exact = [each.name for each in self.inputs if each.name == member]
        fits = [
            (len(place), each.name)
            for each in self.inputs
            for place in each.blames
            if f"{member}.".startswith(f"{place}.")
        ]
        return exact[0] if exact else max(fits)[1] if fits else None
