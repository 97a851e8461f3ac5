"""Check the steps of a program as a whole, before any of them is saved."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from leadflow.errors import Invalid
from leads import conditions
from nurture import rendering
from nurture.models import Step
from nurture.models.content import Stage

MAX_STEPS = 100
MAX_WAIT_DAYS = 730
MAX_SUBJECT = 250
MAX_BODY = 100_000
# which members a step's configuration may have
MEMBERS = {
    Step.Kind.MAIL: {"subject", "body"},
    Step.Kind.CONTENT: {"stage", "subject", "body"},
    Step.Kind.WAIT: {"minutes", "days", "until"},
    Step.Kind.BRANCH: {"condition", "otherwise"},
    Step.Kind.EXIT: {"outcome"},
}


@dataclass(frozen=True, slots=True)
class StepIn:
    """One step as somebody wrote it. `id` names the step it was before (null: it is new)."""

    kind: str
    config: dict[str, Any] = field(default_factory=dict)
    id: int | None = None


def check(steps: list[StepIn], *, attributes: set[str]) -> None:
    """Raise `Invalid` on the first step that cannot run; `field` is its place, as in "steps.2.subject" (from 0).

    Positions count from 1 in the order given. `attributes` are the keys of the workspace's custom attributes.
    """
    if len(steps) > MAX_STEPS:
        raise Invalid(f"A program has at most {MAX_STEPS} steps.", field="steps")
    for index, step in enumerate(steps):
        _check_one(step, index, count=len(steps), attributes=attributes)


def _check_one(step: StepIn, index: int, *, count: int, attributes: set[str]) -> None:
    place = f"steps.{index}"
    if step.kind not in Step.Kind.values:
        raise Invalid(f"A step is one of: {', '.join(Step.Kind.values)}.", field=f"{place}.kind")
    if not isinstance(step.config, dict):
        raise Invalid("A step's configuration is an object.", field=place)
    allowed = MEMBERS[Step.Kind(step.kind)]
    if unknown := sorted(set(step.config) - allowed):
        raise Invalid(
            f"A step of kind {step.kind} has no “{unknown[0]}”; it takes {', '.join(sorted(allowed))}.",
            field=f"{place}.{unknown[0]}",
        )
    match step.kind:
        case Step.Kind.MAIL:
            _check_text(step.config, place, with_content=False, attributes=attributes)
        case Step.Kind.CONTENT:
            _check_content(step.config, place, attributes)
        case Step.Kind.WAIT:
            _check_wait(step.config, place)
        case Step.Kind.BRANCH:
            _check_branch(step.config, place, position=index + 1, count=count)
        case Step.Kind.EXIT:
            if not isinstance(step.config.get("outcome", ""), str) or len(step.config.get("outcome", "")) > 100:
                raise Invalid("The outcome is a text of at most 100 characters.", field=f"{place}.outcome")


def _check_text(config: dict[str, Any], place: str, *, with_content: bool, attributes: set[str]) -> None:
    """Check subject and body: there, not too long, and every merge field known."""
    for name, words, limit in (("subject", "a subject", MAX_SUBJECT), ("body", "a text", MAX_BODY)):
        text = config.get(name)
        if not isinstance(text, str) or not text.strip():
            raise Invalid(f"Give the mail {words}.", field=f"{place}.{name}")
        if len(text) > limit:
            raise Invalid(f"At most {limit:,} characters.", field=f"{place}.{name}")
        rendering.check(text, field=f"{place}.{name}", attributes=attributes, with_content=with_content)


def _check_content(config: dict[str, Any], place: str, attributes: set[str]) -> None:
    if config.get("stage", "") not in ("", *Stage.values):
        raise Invalid(f"The buying stage is one of: {', '.join(Stage.values)}; or none.", field=f"{place}.stage")
    if config.get("subject") or config.get("body"):
        _check_text(config, place, with_content=True, attributes=attributes)


def _check_wait(config: dict[str, Any], place: str) -> None:
    given = [name for name in ("minutes", "days", "until") if config.get(name) not in (None, "")]
    if len(given) != 1:
        raise Invalid("Say how long to wait: minutes, or days, or until a date.", field=place)
    name, value = given[0], config[given[0]]
    if name == "until":
        try:
            date.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise Invalid("Give the date as YYYY-MM-DD.", field=f"{place}.until") from error
        return
    most = MAX_WAIT_DAYS * (1440 if name == "minutes" else 1)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
        raise Invalid(f"Give a whole number of {name} from 1 to {most:,}.", field=f"{place}.{name}")


def _check_branch(config: dict[str, Any], place: str, *, position: int, count: int) -> None:
    if problems := conditions.validate(config.get("condition"), conditions.KNOWN):
        first = problems[0]
        raise Invalid(
            first.message,
            field=f"{place}.condition{first.pointer.replace('/', '.')}",
            problems=[each.to_json() for each in problems],
        )
    target = config.get("otherwise")
    # Only forward: a program then always comes to its end, and no step is taken twice.
    if isinstance(target, bool) or not isinstance(target, int) or not position < target <= count + 1:
        raise Invalid(
            f"Go on at a later step: a position from {position + 1} to {count + 1} ({count + 1} is the end).",
            field=f"{place}.otherwise",
        )
