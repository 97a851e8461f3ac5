"""The kinds of step: each class with a code in a module of `nurture.steps.kinds`. Nothing else lists them."""

import importlib
import inspect
import pkgutil
from types import ModuleType

from leadflow.errors import Conflict
from nurture.models import Step
from nurture.steps import kinds
from nurture.steps.base import StepKind


def find(package: ModuleType) -> dict[str, type[StepKind]]:
    """Return the kinds in the modules of a package by code, in the order in which pages offer them."""
    modules = [
        importlib.import_module(f"{package.__name__}.{each.name}") for each in pkgutil.iter_modules(package.__path__)
    ]
    found = [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, StepKind)
        and value.__module__ == module.__name__
        and not inspect.isabstract(value)
    ]
    by_code = {kind.code: kind for kind in sorted(found, key=lambda kind: (kind.order, kind.code))}
    if len(by_code) < len(found):
        raise TypeError(f"Two kinds of step in {package.__name__} have one code.")
    return by_code


KINDS = find(kinds)


def get(step: Step) -> type[StepKind]:
    """Return the kind of a stored step. Raise `Conflict` when there is none of its code."""
    if step.kind not in KINDS:
        raise Conflict(
            f"Step {step.position} is of the kind “{step.kind}”, which this version of Leadflow does not know.",
            code="unknown_step_kind",
        )
    return KINDS[step.kind]


def load(step: Step) -> StepKind:
    """Read a stored step with its parameters. Raise `Conflict` when its kind or a member is not known."""
    kind = get(step)
    try:
        return kind.read(step.config)
    except (TypeError, ValueError, KeyError) as error:
        raise Conflict(
            f"The configuration of step {step.position} ({kind.label}) cannot be read: {error}.", code="unreadable_step"
        ) from error
