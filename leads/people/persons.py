"""What somebody says of a person, as intake takes it, and the check of each field. No database here."""

import re
import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from leadflow.errors import Invalid
from leads.models import Account, AnonymousId, Attribute, Campaign, ExternalId, Lead
from leads.models.lead import ConsentState
from leads.people import countries

DOMAIN = re.compile(r"(?=.{4,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
SYSTEM = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
MAX_ATTRIBUTE = 2000  # characters
MAX_EXTERNAL_ID = ExternalId._meta.get_field("value").max_length or 0
MAX_EMPLOYEES = 2_147_483_647
_YES, _NO = {"true", "yes", "y", "1"}, {"false", "no", "n", "0"}


@dataclass(frozen=True)
class Person:
    """What is said of one person. An empty value says nothing: it never erases what is known.

    `external_ids` are pairs of system and value. `campaign` and `persona` are codes; an unknown campaign is made.
    `consent` is `opted_in` or `opted_out`, with the wording that was shown. `first_contact_at` is aware.
    """

    email: str = ""
    external_ids: tuple[tuple[str, str], ...] = ()
    anonymous_id: str = ""
    first_name: str = ""
    last_name: str = ""
    title: str = ""
    phone: str = ""
    country: str = ""
    region: str = ""
    postal_code: str = ""
    time_zone: str = ""
    language: str = ""
    company: str = ""
    domain: str = ""
    industry: str = ""
    employees: int | None = None
    source: str = ""
    campaign: str = ""
    persona: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    consent: str = ""
    consent_wording: str = ""
    first_contact_at: datetime | None = None


# the fields of a Person that are columns of the lead
PLAIN = (
    "first_name",
    "last_name",
    "title",
    "phone",
    "country",
    "region",
    "postal_code",
    "time_zone",
    "language",
    "source",
)

_WORDS = {
    "first_name": "first name",
    "last_name": "last name",
    "title": "job title",
    "industry": "industry",
    "company": "company",
    "persona": "persona",
    "campaign": "campaign",
    "anonymous_id": "anonymous id",
}
_COLUMNS = {
    **dict.fromkeys({*PLAIN, "email"} - {"country"}, Lead),  # a country may come by its name
    "company": (Account, "name"),
    "industry": Account,
    "campaign": (Campaign, "code"),
    "anonymous_id": (AnonymousId, "value"),
}


def clean(person: Person) -> Person:
    """Return the person with every field checked and in its normal form. Raise `Invalid` with the field to blame.

    Only the attributes are left as they are: `attributes` checks them against what the workspace knows.
    """
    texts = {name: text(getattr(person, name), name) for name in (*PLAIN, "company", "industry", "campaign", "persona")}
    facts: dict[str, Any] = {
        **texts,
        "email": email(person.email),
        "external_ids": external_ids(person.external_ids),
        "anonymous_id": text(person.anonymous_id, "anonymous_id"),
        "country": country(texts["country"]),
        "postal_code": " ".join(texts["postal_code"].upper().split()),
        "time_zone": time_zone(texts["time_zone"]),
        "domain": domain(person.domain),
        "employees": employees(person.employees),
        "consent": consent(person.consent),
        "consent_wording": text(person.consent_wording, "consent_wording"),
        "first_contact_at": moment(person.first_contact_at),
    }
    return replace(person, **facts)


def text(value: Any, name: str) -> str:
    """Return trimmed text that the column of the field can hold."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Invalid(f"Give the {_words(name)} as text.", field=name)
    given = str(value).strip()
    refuse_unstorable(given, name)
    limit = _limit(name)
    if limit and len(given) > limit:
        raise Invalid(f"The {_words(name)} has {len(given)} characters; at most {limit} are kept.", field=name)
    return given


def refuse_unstorable(value: str, name: str) -> None:
    """Raise `Invalid` when the text holds what no database keeps: NUL characters or half of a surrogate pair."""
    if "\x00" in value:
        raise Invalid(f"The {_words(name)} holds a NUL character. Remove it.", field=name)
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise Invalid(f"The {_words(name)} holds half of a surrogate pair. Send whole characters.", field=name)


def email(value: Any) -> str:
    """Return the address in its normal form. Raise `Invalid` where it is none."""
    given = normal_email(text(value, "email"))
    if given:
        try:
            validate_email(given)
        except ValidationError as error:
            words = f"“{given[:80]}” is not an e-mail address. Write it as name@example.com."
            raise Invalid(words, field="email") from error
    return given


def normal_email(value: str) -> str:
    """Return an e-mail in the form in which leads keep it and are found by it."""
    return value.strip().lower()


def normal_pair(system: str, value: str) -> tuple[str, str]:
    """Return an external id in the form in which it is kept and found."""
    return system.strip().lower(), value.strip()


def external_ids(pairs: Iterable[tuple[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Return the pairs, each once, in order; systems in lower case."""
    found: dict[tuple[str, str], None] = {}
    for system, value in pairs:
        system, value = normal_pair(text(system, "external_ids"), text(value, "external_ids"))
        if not SYSTEM.fullmatch(system):
            raise Invalid(
                "Name the system of an external id in letters, digits, '-', '_' or '.', e.g. crm.", field="external_ids"
            )
        if len(value) > MAX_EXTERNAL_ID:
            raise Invalid(f"An external id has at most {MAX_EXTERNAL_ID} characters.", field="external_ids")
        if value:
            found[system, value] = None
    return tuple(found)


def country(value: str) -> str:
    """Return the ISO code of a code or an English name."""
    code = countries.code_of(value)
    if value and not code:
        raise Invalid("Give the country as its two-letter ISO code, e.g. DE, or its English name.", field="country")
    return code


def time_zone(value: str) -> str:
    """Return a zone that the zone database knows."""
    if value and value not in _zones():
        raise Invalid("Give the time zone by its name in the zone database, e.g. Europe/Berlin.", field="time_zone")
    return value


def domain(value: Any) -> str:
    """Return the bare domain of a company, also out of a web address."""
    given = text(value, "domain").lower()
    given = re.sub(r"^[a-z]+://", "", given).partition("/")[0].partition(":")[0].removeprefix("www.")
    if given and not DOMAIN.fullmatch(given):
        raise Invalid("Give the company's domain as example.com.", field="domain")
    return given


def employees(value: Any) -> int | None:
    """Return the head count as a whole number."""
    if value is None or value == "":
        return None
    try:
        number = int(str(value).strip()) if not isinstance(value, bool) else -1
    except ValueError:
        number = -1
    if not 0 <= number <= MAX_EMPLOYEES:
        raise Invalid("Give the number of employees as a whole number, zero or more.", field="employees")
    return number


def consent(value: Any) -> str:
    """Return the state, or nothing when it was not asked."""
    given = text(value, "consent")
    if given == ConsentState.UNKNOWN:
        return ""
    if given and given not in ConsentState.values:
        raise Invalid("Give the consent as opted_in or opted_out, or leave it out.", field="consent")
    return given


def moment(value: datetime | None) -> datetime | None:
    """Return the time in UTC."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise Invalid("Give the first contact with its zone, e.g. 2026-03-01T09:30:00Z.", field="first_contact_at")
    return value.astimezone(UTC)


def attributes(values: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    """Return the custom attributes that have a value, each in its kind. Raise `Invalid` naming the known keys."""
    if unknown := sorted(set(values) - set(known)):
        names = ", ".join(sorted(known)) or "none yet; add it in the settings first"
        raise Invalid(f"There is no attribute “{unknown[0]}”. Known: {names}.", field=f"attributes.{unknown[0]}"[:80])
    return {
        key: _KINDS[known[key]](value, f"attributes.{key}")
        for key, value in values.items()
        if value is not None and value != ""
    }


def _as_text(value: Any, name: str) -> str:
    given = text(value, name)
    if len(given) > MAX_ATTRIBUTE:
        raise Invalid(f"The text has {len(given)} characters; at most {MAX_ATTRIBUTE} are kept.", field=name)
    return given


def _as_number(value: Any, name: str) -> int | float:
    try:
        if isinstance(value, bool) or len(str(value)) > 40:
            raise ValueError
        number = float(value)
        if number != number or number in (float("inf"), float("-inf")):
            raise ValueError
    except (TypeError, ValueError) as error:
        raise Invalid("Give a number, e.g. 12 or 12.5.", field=name) from error
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _as_boolean(value: Any, name: str) -> bool:
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        raise Invalid("Give yes or no.", field=name)
    return word in _YES


def _as_date(value: Any, name: str) -> str:
    try:
        return datetime.fromisoformat(str(value).strip()).date().isoformat()
    except ValueError as error:
        raise Invalid("Give a date as 2026-03-31.", field=name) from error


_KINDS: dict[str, Callable[[Any, str], Any]] = {
    Attribute.Kind.TEXT: _as_text,
    Attribute.Kind.NUMBER: _as_number,
    Attribute.Kind.BOOLEAN: _as_boolean,
    Attribute.Kind.DATE: _as_date,
}


def _words(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " "))


@cache
def _limit(name: str) -> int | None:
    model, column = found if isinstance(found := _COLUMNS.get(name), tuple) else (found, name)
    return model._meta.get_field(column).max_length if model else None


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def is_zone(name: str) -> bool:
    """Return whether the zone database knows a name."""
    return name in _zones()


def looks_like_email(value: str) -> bool:
    """Return whether a text is an e-mail address."""
    try:
        return "@" in value and bool(email(value))
    except Invalid:
        return False
