"""What a condition fact is: its name, words, type, unit and choices, and how it is read. Pure: no Django here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class FactType(StrEnum):
    """The type of a fact's value, which decides the operators that fit."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"  # a moment, aware
    LIST = "list"  # of text
    RANK = "rank"  # one of its choices, which are ordered, the best first
    OWN = "own"  # as the workspace declares it


class FactGroup(StrEnum):
    """The heading under which a fact is offered."""

    PERSON = "Person"
    COMPANY = "Company"
    SCORE = "Fit, interest and readiness"
    ANSWERS = "Answers"
    ACTIVITY = "What they did"
    CONSENT = "Consent"
    HANDOFF = "Hand-over"
    OWN = "Own attributes"


class Vocabulary(StrEnum):
    """A list that the workspace or the product keeps, from which a value, or the `*` in a name, is chosen."""

    COUNTRIES = "countries"
    SOURCES = "sources"
    CAMPAIGNS = "campaigns"
    STATES = "states"
    PERSONAS = "personas"
    TOPICS = "topics"
    TERRITORIES = "territories"
    TIERS = "tiers"
    CONSENTS = "consents"
    ATTRIBUTES = "attributes"
    QUESTIONS = "questions"
    OPTIONS = "options"  # of the question in place of the `*`
    EVENT_TYPES = "event types"


@dataclass(frozen=True, slots=True)
class EventCount:
    """How often a lead did a type of event lately, and when last (aware)."""

    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class LeadRecord:
    """All that facts are read from: a lead, what belongs to it (None where nothing does), and what is known of it."""

    lead: Any
    account: Any = None
    campaign: Any = None
    persona: Any = None
    free_mail: bool | None = None  # None: it has no e-mail
    external_ids: list[str] = field(default_factory=list)  # as "system:value"
    answers: Mapping[str, Any] = field(default_factory=dict)  # by the question's code
    events: Mapping[str, EventCount] = field(default_factory=dict)  # by type


Reader = Callable[[LeadRecord], Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the catalogue.

    `name` is dotted; a `*` in it is a placeholder for one part, chosen from `part`, and then `read` returns all values
    by that part and `words` puts one of them into words. `read` is None where the assessment of a lead sets the fact.
    `absent` is the value where nothing was read (None: it is not known). `fades`: time alone takes it away, so that a
    lead that has it is judged again before long.
    """

    name: str
    label: str
    help: str
    group: FactGroup
    type: FactType
    read: Reader | None
    unit: str = ""
    choices: tuple[str, ...] | Vocabulary | None = None
    part: Vocabulary | None = None
    words: str = ""
    absent: Any = None
    fades: bool = False

    def __str__(self) -> str:
        return self.label


def by_name(name: str) -> Reader:
    """Return the reader of a fact called as it is kept, as "account.name": None where the record has no account."""
    owner, _, attribute = name.partition(".")

    def read(record: LeadRecord) -> Any:
        part = getattr(record, owner)
        return None if part is None else getattr(part, attribute)

    return read
