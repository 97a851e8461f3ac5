"""The parts of a kind of step: parameters, check, run, words and form. The rules alone: no pages, no HTTP.

A subclass is a frozen dataclass. Its fields are the members of the stored configuration (JSON); their `metadata` are
keywords of JSON Schema, from which the API's document is made.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Self

from leadflow.errors import Invalid
from leadflow.formats import build
from leads.models import Lead
from leads.qualification import lead_facts
from nurture.models import Content, Enrolment
from nurture.rendering import Rendered
from nurture.steps.inputs import FormSpec


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a step that is checked: its position (from 1) among `count`, in a workspace with custom attributes
    of these keys."""

    position: int
    count: int
    attributes: Set[str]

    def path(self, member: str = "") -> str:
        """Return the place of a member in the list, as in "steps.2.subject" (from 0); of the step itself without."""
        return f"steps.{self.position - 1}.{member}".rstrip(".")

    def problem(self, member: str, message: str, **facts: Any) -> Invalid:
        """Return what is wrong with a member; "" blames the step as a whole."""
        return Invalid(message, field=self.path(member), **facts)


class StepContext:
    """The lead for whom steps run, its enrolment, and the time."""

    def __init__(self, enrolment: Enrolment, lead: Lead, at: datetime) -> None:
        self.enrolment, self.lead, self.at = enrolment, lead, at

    @cached_property
    def facts(self) -> lead_facts.Facts:
        """The facts of the lead for conditions: read when first asked for, three statements."""
        return lead_facts.of(self.lead, self.at)


@dataclass(frozen=True, slots=True)
class GoOn:
    """Take the next step at once."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Take the next step at once: this one has nothing to do. `why`, {"words": …}, is kept with the enrolment."""

    why: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GoTo:
    """Take the step at a later position at once; the one behind the last is the end."""

    position: int


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Take the next step at that time, or at once when it is past."""

    until: datetime


@dataclass(frozen=True, slots=True)
class SendMail:
    """Plan this mail, and take the next step when it is settled. `why` says why this content."""

    filled: Rendered
    content: Content | None
    why: dict[str, Any]


@dataclass(frozen=True, slots=True)
class End:
    """Finish the program, with words for the enrolment."""

    outcome: str


Next = GoOn | Skip | GoTo | WaitUntil | SendMail | End


@dataclass(frozen=True)
class StepKind(ABC):
    """One step with its parameters. The class is the kind."""

    code: ClassVar[str]  # as stored; at most 20 characters
    label: ClassVar[str]
    icon: ClassVar[str]  # a name of static/icons
    order: ClassVar[int]  # among the buttons that add a step
    new: ClassVar[Mapping[str, Any]] = {}  # what the form of a new step holds

    @classmethod
    def problems(cls, config: Any, place: Place) -> list[Invalid]:
        """List what is wrong with a configuration that somebody wrote. Never raises on JSON."""
        if not isinstance(config, dict):
            return [place.problem("", "A step's configuration is an object.")]
        members = {each.name for each in fields(cls)}
        if unknown := sorted(set(config) - members):
            words = f"A step of kind {cls.code} has no “{unknown[0]}”; it takes {', '.join(sorted(members))}."
            return [place.problem(unknown[0], words)]
        return cls.check(config, place)

    @classmethod
    @abstractmethod
    def check(cls, config: dict[str, Any], place: Place) -> list[Invalid]:
        """List what is wrong with the values of a configuration whose members are known. Never raises on JSON."""

    @classmethod
    def read(cls, config: dict[str, Any]) -> Self:
        """Read a stored configuration, which was checked before it was stored; what this release does not know is left
        out. Raise `Unreadable` when a member is missing."""
        return build(cls, config)

    @abstractmethod
    def run(self, context: StepContext) -> Next:
        """Return what is next for a lead at this step. The lead and its enrolment are locked."""

    @abstractmethod
    def describe(self) -> str:
        """Describe the step in a few words."""

    def text(self) -> str:
        """Return what a page shows of it below these words, cut where it is long; empty: nothing."""
        return ""

    @classmethod
    @abstractmethod
    def form(cls, shown: Mapping[str, Any]) -> FormSpec:
        """Describe the form that holds these values by name of input, first ones or as somebody typed them."""

    def shown(self) -> dict[str, Any]:
        """Return the values of the form's inputs by name; `config_of` is the way back."""
        return asdict(self)

    @classmethod
    def config_of(cls, typed: Mapping[str, Any]) -> dict[str, Any]:
        """Return the configuration that a form's values make, to be checked. What was left empty is "" or None."""
        return dict(typed)
