"""Read the calls of the tracking clients (Segment's and RudderStack's form) as persons and events.

Values may be null, ids may come as numbers, unknown members are ignored. Facts about the client rather than the
person (its locale, its zone) are left out when they cannot be used; they do not refuse the call.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from leadflow.errors import Invalid
from leads.intake.events import EventIn
from leads.intake.tracking import Call
from leads.intake.upsert import Person
from leads.people import countries, persons

KINDS = ("identify", "track", "page", "screen", "group", "alias")
USER_SYSTEM = "user"  # the system of external ids that a `userId` is in
OLD = timedelta(days=30)  # an event that waited longer on its way is kept, and does not score
_BOTS = re.compile(r"bot\b|crawl|spider|slurp|preview|scanner|headless|lighthouse|facebookexternalhit", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})?")


@dataclass(frozen=True)
class Envelope:
    """The facts shared by all calls of a request: its arrival and the skew of the client's clock."""

    received: datetime
    skew: timedelta
    attributes: frozenset[str]  # the workspace's own fields
    accepts_old: bool = False  # the key may import history

    @classmethod
    def of(
        cls, body: Mapping[str, Any], *, received: datetime, attributes: frozenset[str], accepts_old: bool = False
    ) -> "Envelope":
        """Read `sentAt`; without a readable one the client's clock is assumed to be right."""
        try:
            sent = _time(body.get("sentAt"))
        except Invalid:
            sent = None
        return cls(received, received - sent if sent else timedelta(), attributes, accepts_old)


def read(raw: Any, envelope: Envelope, *, kind: str = "") -> Call:
    """Read one call; `kind` is given where the address says it. A call that cannot be read says why in `refused`."""
    try:
        if not isinstance(raw, dict):
            raise Invalid("An event is a JSON object.")
        return _read(raw, envelope, kind or _text(raw.get("type"), "type"))
    except Invalid as error:
        return Call(body=raw, refused=error.message)


def _read(raw: dict[str, Any], envelope: Envelope, kind: str) -> Call:
    if kind not in KINDS:
        raise Invalid(f"The type of an event is one of {', '.join(KINDS)}.", field="type")
    user, browser = _text(raw.get("userId"), "userId"), _text(raw.get("anonymousId"), "anonymousId")
    previous = _text(raw.get("previousId"), "previousId") if kind == "alias" else ""
    if kind == "alias" and not (user and previous):
        raise Invalid("An alias has a userId and a previousId.", field="previousId")
    if not user and not browser:
        raise Invalid("An event has a userId or an anonymousId.", field="userId")
    context = _dict(raw.get("context"))
    traits = {**_dict(context.get("traits")), **_dict(raw.get("traits"))} if kind == "identify" else {}
    facts = {**_surroundings(context), **_traits(traits, envelope)}
    if kind == "group":
        facts |= _company(_dict(raw.get("traits")))
    if user and not facts.get("email") and persons.looks_like_email(user):
        facts["email"] = user
    person = None
    if user or facts.get("email"):
        ids = ((USER_SYSTEM, user),) if user else ()
        person = Person(**facts, external_ids=ids, anonymous_id=previous or browser)
    return Call(
        body=raw,
        person=person,
        event=_event(raw, context, envelope, kind) if kind in ("track", "page", "screen") else None,
        anonymous_id=browser,
        identifies=kind in ("identify", "group", "alias"),
    )


def _event(raw: dict[str, Any], context: dict[str, Any], envelope: Envelope, kind: str) -> EventIn:
    properties, page = _dict(raw.get("properties")), _dict(context.get("page"))
    name = _text(raw.get("event") if kind == "track" else raw.get("name"), "name")
    if kind == "track" and not name:
        raise Invalid("A track call has the name of its event in `event`.", field="event")
    at = _occurred(raw, envelope)
    old = at < envelope.received - OLD and not envelope.accepts_old
    return EventIn(
        type=event_type(name) if kind == "track" else kind,
        name=name or _text(properties.get("title") or page.get("title"), "title"),
        url=_text(properties.get("url") or page.get("url"), "url"),
        topics=_topics(properties),
        properties=properties,
        message_id=_text(raw.get("messageId"), "messageId"),
        occurred_at=at,
        human=not _BOTS.search(_loose(context.get("userAgent"))),
        campaign=_loose(_dict(context.get("campaign")).get("name"))[:120],
        clock_skew="old" if old else "",
    )


def event_type(name: str) -> str:
    """Return the type of a track call: its name in snake_case, so that "Demo Requested" is `demo_requested`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[\W_]+", "_", spaced).strip("_").lower()[:60] or "event"


def _occurred(raw: dict[str, Any], envelope: Envelope) -> datetime:
    """Return the time of the event by our clock: the client's time, corrected by the skew of its clock."""
    moment = _time(raw.get("originalTimestamp")) or _time(raw.get("timestamp"))
    if moment is None:
        return envelope.received
    try:
        return (moment + envelope.skew).astimezone(UTC)
    except OverflowError as error:
        raise Invalid("The timestamp lies outside the calendar.", field="timestamp") from error


def _time(value: Any) -> datetime | None:
    """Read ISO 8601 text, or a number of milliseconds since 1970."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        moment = datetime.fromisoformat(str(value).strip())
    except (ValueError, OverflowError, OSError) as error:
        words = f"“{str(value)[:40]}” is not a time written as 2026-03-01T09:30:00Z."
        raise Invalid(words, field="timestamp") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _traits(traits: dict[str, Any], envelope: Envelope) -> dict[str, Any]:
    """Return the facts about the person among the traits."""
    first = _text(traits.get("firstName") or traits.get("first_name"), "firstName")
    last = _text(traits.get("lastName") or traits.get("last_name"), "lastName")
    if not first and not last:
        first, _, last = _text(traits.get("name"), "name").rpartition(" ")
    country = _loose(_dict(traits.get("address")).get("country"))
    company = traits.get("company")
    facts = {
        "email": _text(traits.get("email"), "email"),
        "first_name": first,
        "last_name": last,
        "phone": _text(traits.get("phone"), "phone"),
        "title": _text(traits.get("title"), "title"),
        "attributes": {key: traits[key] for key in traits.keys() & envelope.attributes},
        **_company(company if isinstance(company, dict) else {"name": company}),
    }
    if code := countries.code_of(country):
        facts["country"] = code
    return {key: value for key, value in facts.items() if value}


def _company(traits: dict[str, Any]) -> dict[str, Any]:
    size = _loose(traits.get("employees") or traits.get("employee_count") or traits.get("size"))
    facts = {
        "company": _text(traits.get("name"), "company"),
        "industry": _text(traits.get("industry"), "industry"),
        "employees": int(size) if size.isdecimal() and len(size) < 10 else None,
        "domain": _domain(traits.get("website") or traits.get("domain")),
    }
    return {key: value for key, value in facts.items() if value}


def _domain(value: Any) -> str:
    try:
        return persons.domain(value)
    except Invalid:
        return ""


def _surroundings(context: dict[str, Any]) -> dict[str, Any]:
    """Return the client's facts about itself that can be used."""
    campaign = _dict(context.get("campaign"))
    zone, language = _loose(context.get("timezone")), _loose(context.get("locale"))
    facts = {
        "source": _loose(campaign.get("source"))[:80],
        "campaign": _loose(campaign.get("name"))[:120],
        "time_zone": zone if persons.is_zone(zone) else "",
        "language": language if _LANGUAGE.fullmatch(language) else "",
    }
    return {key: value for key, value in facts.items() if value}


def _topics(properties: dict[str, Any]) -> tuple[str, ...]:
    given = properties.get("topics") or properties.get("topic") or ()
    codes = given if isinstance(given, list) else [given]
    return tuple(_loose(code)[:60] for code in codes if _loose(code))[:20]


def _text(value: Any, name: str) -> str:
    """Return text or a number as text; nothing for null. Raise `Invalid` for anything else."""
    if value is None:
        return ""
    if isinstance(value, bool | dict | list) or (isinstance(value, float) and not math.isfinite(value)):
        raise Invalid(f"`{name}` is a text.", field=name)
    return str(value).strip()


def _loose(value: Any) -> str:
    """Return text, or nothing when it is not one that can be kept."""
    if isinstance(value, str) and "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
