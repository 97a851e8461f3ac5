"""Name the facts that conditions may ask about, and say them in words.

A fact is one value about one lead at one time, under a dotted name. `KNOWN` is the catalogue: a `*` stands
for one part of a name that the workspace chooses (a custom attribute, a question, an event type).
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase

KNOWN: dict[str, str] = {
    "lead.email": "E-mail",
    "lead.email_domain": "E-mail domain",
    "lead.free_mail": "Free-mail address",
    "lead.phone": "Phone",
    "lead.external_ids": "External id",
    "lead.first_name": "First name",
    "lead.last_name": "Last name",
    "lead.title": "Job title",
    "lead.country": "Country",
    "lead.language": "Language",
    "lead.source": "Source",
    "lead.campaign": "Campaign",
    "lead.state": "State",
    "lead.persona": "Persona",
    "lead.topics": "Topics",
    "lead.created_at": "Known since",
    "lead.attributes.*": "Attribute",
    "account.name": "Company",
    "account.domain": "Company domain",
    "account.industry": "Industry",
    "account.employees": "Company size",
    "account.country": "Company country",
    "fit.points": "Fit points",
    "fit.grade": "Fit",
    "interest.points": "Interest points",
    "interest.level": "Interest level",
    "readiness.answered": "Questions answered",
    "readiness.*": "Answer",
    "consent.marketing": "Marketing consent",
    "territory": "Territory",
    "tier": "Tier",  # of the handoff that would be made: for routing
    "events.*.count_30d": "Events in 30 days",
    "events.*.last_at": "Last event",
    "data.complete": "Required data complete",
}

# Best first. For these, "at least" means "at least as good as": fit A beats B, interest level 1 (most
# interested) beats 2, as in the grade B2.
RANKED: dict[str, tuple[str, ...]] = {
    "fit.grade": ("A", "B", "C", "D"),
    "interest.level": ("1", "2", "3", "4"),
}

_COUNT = re.compile(r"events\.(.+)\.count_(\d+)d")
_LAST = re.compile(r"events\.(.+)\.last_at")


def say(name: str) -> str:
    """Put a fact's name into words: `account.employees` is "Company size"."""
    if name in KNOWN:
        return KNOWN[name]
    if match := _COUNT.fullmatch(name):
        return f"{_sentence(match[1])} events in {match[2]} days"
    if match := _LAST.fullmatch(name):
        return f"Last {_plain(match[1])}"
    if name.startswith("readiness."):
        return f"Answer on {_plain(name.removeprefix('readiness.'))}"
    return _sentence(name.rpartition(".")[2])


def is_known(name: str, known: Iterable[str] = KNOWN) -> bool:
    """Tell whether a name is in a catalogue, whose names may hold `*`."""
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in known)


def nearest(name: str, known: Iterable[str] = KNOWN) -> str | None:
    """Find the catalogue name that was most likely meant by a wrong one."""
    return next(iter(get_close_matches(name, list(known), n=1)), None)


def _plain(code: str) -> str:
    return code.replace("_", " ").replace("-", " ").strip()


def _sentence(code: str) -> str:
    words = _plain(code)
    return words[:1].upper() + words[1:]
