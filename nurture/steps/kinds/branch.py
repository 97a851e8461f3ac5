"""The step that goes on only where a condition holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leadflow.errors import Invalid
from leads.conditions import checks, operators, trees
from leads.conditions.fact_catalogue import KNOWN
from nurture.steps.base import GoOn, GoTo, Place, StepContext, StepKind
from nurture.steps.inputs import FormSpec, InputSpec

OPERATORS = tuple((name, operator.words) for name, operator in operators.OPERATORS.items())
FACTS = tuple((name, fact.label) for name, fact in KNOWN.items() if fact.part is None)


@dataclass(frozen=True)
class Branch(StepKind):
    """Go on with the next step where a condition on the lead holds, else at a later step."""

    code = "branch"
    label = "Branch"
    icon = "git-branch"
    order = 40
    new = {"fact": "interest.level", "op": "at_least", "value": "2"}

    condition: trees.Tree = field(metadata={"description": "A condition tree, as in definitions."})
    otherwise: int = field(metadata={"description": "Position to go on at when it does not hold.", "minimum": 2})

    @classmethod
    def check(cls, config: dict[str, Any], place: Place) -> list[Invalid]:
        found = []
        if problems := checks.validate(config.get("condition"), KNOWN):
            first = problems[0]
            member = f"condition{first.pointer.replace('/', '.')}"
            found.append(place.problem(member, first.message, problems=[each.to_json() for each in problems]))
        target, first_later, end = config.get("otherwise"), place.position + 1, place.count + 1
        # Only forward: a program then always comes to its end, and no step is taken twice.
        if isinstance(target, bool) or not isinstance(target, int) or not first_later <= target <= end:
            words = f"Go on at a later step: a position from {first_later} to {end} ({end} is the end)."
            found.append(place.problem("otherwise", words))
        return found

    def run(self, context: StepContext) -> GoOn | GoTo:
        passed = trees.evaluate(self.condition, context.facts, context.at).passed
        return GoOn() if passed else GoTo(self.otherwise)

    def describe(self) -> str:
        return f"If {trees.describe(self.condition)}, else go on at step {self.otherwise}"

    @classmethod
    def form(cls, shown: Mapping[str, Any]) -> FormSpec:
        """Ask for one part of a condition. One of several parts is kept as it is, and only its words are shown."""
        otherwise = InputSpec("otherwise", "Else go on at step", "number", help="The one behind the last is the end.")
        if tree := _tree(shown.get("tree")):
            hidden = InputSpec("tree", kind="hidden", required=False)
            return FormSpec((hidden, otherwise), note=f"If {trees.describe(tree)}")
        return FormSpec(
            (
                InputSpec("fact", "If", "choice", choices=FACTS, blames=("condition.fact",)),
                InputSpec("op", "Is", "choice", choices=OPERATORS, blames=("condition.op",)),
                InputSpec(
                    "value", "Value", required=False, help="Several: a comma between them.", blames=("condition",)
                ),
                otherwise,
            ),
            in_line=True,
        )

    def shown(self) -> dict[str, Any]:
        """Return the values of the form's inputs: one part, where that makes the same again, else all as JSON."""
        fact, op = self.condition.get("fact", ""), self.condition.get("op", "")
        value = _typed(self.condition.get("value"))
        if fact in dict(FACTS) and leaf(fact, op, value) == self.condition:
            return {"fact": fact, "op": op, "value": value, "otherwise": self.otherwise}
        return {"tree": json.dumps(self.condition), "otherwise": self.otherwise}

    @classmethod
    def config_of(cls, typed: Mapping[str, Any]) -> dict[str, Any]:
        if "tree" in typed:
            return {"condition": _tree(typed["tree"]), "otherwise": typed["otherwise"]}
        condition = leaf(typed["fact"] or "", typed["op"] or "", typed["value"] or "")
        return {"condition": condition, "otherwise": typed["otherwise"]}


def leaf(fact: str, op: str, value: str) -> dict[str, Any]:
    """Return one part of a condition with its value, typed by a person, as the operator takes it."""
    takes = operators.OPERATORS[op].takes if op in operators.OPERATORS else "text"
    made: dict[str, Any] = {"fact": fact, "op": op}
    if takes == "list":
        made["value"] = [part.strip() for part in value.split(",") if part.strip()]
    elif takes in ("order", "days", "scalar"):
        made["value"] = _number_or_word(value.strip())
    elif takes != "nothing":
        made["value"] = value.strip()
    return made


def _number_or_word(text: str) -> Any:
    """Return a whole number as such, yes and no as truth, and other words as they are."""
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) < 19:
        return int(text)
    return {"yes": True, "no": False}.get(text.lower(), text)


def _typed(value: Any) -> str:
    """Write a value as a person would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _tree(text: Any) -> dict[str, Any] | None:
    """Read a condition from its JSON; None when it is none that could be put into words."""
    try:
        tree = json.loads(text or "null")
    except (TypeError, ValueError, RecursionError):
        return None
    return None if checks.validate(tree) else tree
