"""The catalogue of the facts that conditions may ask about: one row for each, with how it is read and said.

A fact is one value about one lead at one time, under a dotted name. To add one, add its row below: definitions, fit
rules, tiers, routing and branches know it then, and `leads.qualification.lead_facts` reads it.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import Any

from leads.conditions import values
from leads.conditions.fact_types import Fact, FactGroup, FactType, LeadRecord, Reader, Vocabulary, by_name

COUNT_DAYS = 30  # how far back events are counted

# What marketing has to know of a lead before `data.complete` holds: a way to reach the person, the name, the company.
REQUIRED = ("lead.last_name", "account.name")
REACHED_BY = ("lead.email", "lead.phone", "lead.external_ids")

TEXT, NUMBER, BOOLEAN = FactType.TEXT, FactType.NUMBER, FactType.BOOLEAN
TIME, LIST, RANK, OWN = FactType.TIME, FactType.LIST, FactType.RANK, FactType.OWN


def _complete(record: LeadRecord) -> bool:
    def is_known(name: str) -> bool:
        read = KNOWN[name].read
        return read is not None and values.is_known(read(record))

    return all(map(is_known, REQUIRED)) and any(map(is_known, REACHED_BY))


def _fact(
    group: FactGroup, name: str, label: str, type: FactType, help: str, read: Reader | None = None, **more: Any
) -> Fact:
    """Build a row; without `read` the fact is the attribute of its own name."""
    return Fact(name, label, help, group, type, read or by_name(name), **more)


def _lead(attribute: str) -> Reader:
    """Return the reader of an attribute of the lead that is not called as the fact is."""
    return by_name(f"lead.{attribute}")


_person = partial(_fact, FactGroup.PERSON)
_company = partial(_fact, FactGroup.COMPANY)
_score = partial(_fact, FactGroup.SCORE)
_answer = partial(_fact, FactGroup.ANSWERS)
_activity = partial(_fact, FactGroup.ACTIVITY)

_ROWS = (
    _person("lead.email", "E-mail", TEXT, "The address, in small letters."),
    _person(
        "lead.email_domain",
        "E-mail domain",
        TEXT,
        "The part of the address after the @.",
        lambda record: record.lead.email.rpartition("@")[2],
    ),
    _person(
        "lead.free_mail",
        "Free-mail address",
        BOOLEAN,
        "Whether anybody can get an address at this domain, so that it says nothing about a company.",
        lambda record: record.free_mail,
    ),
    _person("lead.phone", "Phone", TEXT, "The telephone number as it was given."),
    _person(
        "lead.external_ids",
        "External id",
        LIST,
        "The ids of the lead in other systems, as system:id.",
        lambda record: record.external_ids,
    ),
    _person("lead.first_name", "First name", TEXT, "The first name."),
    _person("lead.last_name", "Last name", TEXT, "The last name."),
    _person("lead.title", "Job title", TEXT, "The job title as it was given."),
    _person("lead.country", "Country", TEXT, "The person's country, as two letters.", choices=Vocabulary.COUNTRIES),
    _person("lead.region", "Region", TEXT, "The part of the country, such as a state, as it was given."),
    _person("lead.postal_code", "Postal code", TEXT, "The postal code, in capitals."),
    _person("lead.language", "Language", TEXT, "The language that the person reads, as en or pt-BR."),
    _person("lead.source", "Source", TEXT, "The channel that the lead came from first.", choices=Vocabulary.SOURCES),
    _person(
        "lead.campaign",
        "Campaign",
        TEXT,
        "The code of the campaign that is credited with the lead.",
        lambda record: record.campaign and record.campaign.code,
        choices=Vocabulary.CAMPAIGNS,
    ),
    _person("lead.state", "State", TEXT, "The state of the lead, from new to won.", choices=Vocabulary.STATES),
    _person(
        "lead.persona",
        "Persona",
        TEXT,
        "The code of the person's role in the purchase.",
        lambda record: record.persona and record.persona.code,
        choices=Vocabulary.PERSONAS,
    ),
    _person(
        "lead.topics",
        "Topics",
        LIST,
        "The codes of the topics that the lead is interested in, the strongest first.",
        lambda record: list(record.lead.interests),
        choices=Vocabulary.TOPICS,
    ),
    _person(
        "lead.created_at",
        "Known since",
        TIME,
        "When the lead became known.",
        lambda record: record.lead.first_contact_at,
    ),
    _fact(
        FactGroup.OWN,
        "lead.attributes.*",
        "Attribute",
        OWN,
        "A custom attribute of the workspace, by its key.",
        lambda record: record.lead.attributes,
        part=Vocabulary.ATTRIBUTES,
        words="{}",
    ),
    _company("account.name", "Company", TEXT, "The name of the company."),
    _company("account.domain", "Company domain", TEXT, "The company's domain on the internet."),
    _company("account.industry", "Industry", TEXT, "The company's industry as it was given."),
    _company("account.employees", "Company size", NUMBER, "How many people work there.", unit="people"),
    _company(
        "account.country",
        "Company country",
        TEXT,
        "The company's country, as two letters.",
        choices=Vocabulary.COUNTRIES,
    ),
    _score("fit.points", "Fit points", NUMBER, "The points by the rules of fit.", _lead("fit_points"), unit="points"),
    _score(
        "fit.grade",
        "Fit",
        RANK,
        "How well person and company match the ideal customer: A is the best.",
        _lead("fit_grade"),
        choices=("A", "B", "C", "D"),
    ),
    _score(
        "interest.points",
        "Interest points",
        NUMBER,
        "The points by the rules of interest, as they have faded by now.",
        _lead("interest_points"),
        unit="points",
    ),
    _score(
        "interest.level",
        "Interest level",
        RANK,
        "How interested the lead is: 1 is the most.",
        _lead("interest_level"),
        choices=("1", "2", "3", "4"),
    ),
    _score(
        "readiness",
        "Readiness",
        RANK,
        "How ready the lead is to buy, by its answers to the qualifying questions: none, some or ready.",
        _lead("readiness"),
        choices=("ready", "some", "none"),
    ),
    _answer(
        "readiness.answered",
        "Questions answered",
        NUMBER,
        "How many of the qualifying questions are answered.",
        lambda record: len(record.answers),
        unit="questions",
    ),
    _answer(
        "readiness.*",
        "Answer",
        OWN,
        "The lead's answer to a qualifying question, by the question's code.",
        lambda record: record.answers,
        part=Vocabulary.QUESTIONS,
        choices=Vocabulary.OPTIONS,
        words="Answer on {}",
    ),
    _fact(
        FactGroup.CONSENT,
        "consent.marketing",
        "Marketing consent",
        TEXT,
        "Whether the lead agreed to marketing mail: unknown, opted_in or opted_out.",
        _lead("consent"),
        choices=Vocabulary.CONSENTS,
    ),
    _fact(
        FactGroup.COMPANY,
        "territory",
        "Territory",
        TEXT,
        "The part of the market that the lead belongs to.",
        lambda record: record.lead.territory.name if record.lead.territory else "",
        choices=Vocabulary.TERRITORIES,
    ),
    Fact(
        "tier",
        "Tier",
        "The tier of the handoff that would be made: for routing.",
        FactGroup.HANDOFF,
        TEXT,
        None,
        choices=Vocabulary.TIERS,
    ),
    _activity(
        f"events.*.count_{COUNT_DAYS}d",
        f"Events in {COUNT_DAYS} days",
        NUMBER,
        f"How often the lead did something of this type in the last {COUNT_DAYS} days.",
        lambda record: {type: events.count for type, events in record.events.items()},
        part=Vocabulary.EVENT_TYPES,
        words=f"{{}} events in {COUNT_DAYS} days",
        unit="events",
        absent=0,
        fades=True,
    ),
    _activity(
        "events.*.last_at",
        "Last event",
        TIME,
        "When the lead last did something of this type.",
        lambda record: {type: events.last_at for type, events in record.events.items()},
        part=Vocabulary.EVENT_TYPES,
        words="Last {}",
    ),
    _person(
        "data.complete",
        "Required data complete",
        BOOLEAN,
        "Whether the last name, the company and a way to reach the person are known.",
        _complete,
    ),
)

KNOWN: dict[str, Fact] = {row.name: row for row in _ROWS}

# Best first. For these, "at least" means "at least as good as": fit A beats B, interest level 1 (most
# interested) beats 2, as in the grade B2.
RANKED: dict[str, tuple[str, ...]] = {
    row.name: row.choices for row in _ROWS if row.type is RANK and isinstance(row.choices, tuple)
}


def read(record: LeadRecord) -> dict[str, Any]:
    """Read every fact of a lead but those that its assessment sets."""
    found: dict[str, Any] = {}
    for row in _ROWS:
        if row.read is None:
            continue
        value = row.read(record)
        if row.part is None:
            found[row.name] = value
        else:
            found.update({row.name.replace("*", part): each for part, each in value.items()})
    return found


@lru_cache(maxsize=2048)  # names are few, and every condition on every lead asks for some
def find(name: str) -> Fact | None:
    """Return the row that a fact's name belongs to: its own, else the first whose `*` it fills in; None for no fact."""
    if name in KNOWN:
        return KNOWN[name]
    return next((row for row in _ROWS if row.part and fnmatchcase(name, row.name)), None)


def say(name: str) -> str:
    """Put a fact's name into words: `account.employees` is "Company size"."""
    row = find(name)
    if row is None:
        return _sentence(name.rpartition(".")[2])
    if row.part is None:
        return row.label
    before, _, after = row.name.partition("*")
    return _sentence(row.words.format(_plain(name.removeprefix(before).removesuffix(after))))


def say_rank(name: str, value: Any) -> str:
    """Return a value of a ranked fact as the catalogue writes it: `b` is B."""
    given = str(value).strip()
    return next((rank for rank in RANKED[name] if rank.casefold() == given.casefold()), given)


def is_known(name: str, known: Iterable[str] = KNOWN) -> bool:
    """Return whether a name is in a catalogue, whose names may hold `*`."""
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in known)


def nearest(name: str, known: Iterable[str] = KNOWN) -> str | None:
    """Find the catalogue name that was most likely meant by a wrong one."""
    return next(iter(get_close_matches(name, list(known), n=1)), None)


def _plain(code: str) -> str:
    return code.replace("_", " ").replace("-", " ").strip()


def _sentence(code: str) -> str:
    words = _plain(code)
    return words[:1].upper() + words[1:]
