"""The terms of an agreement: what both sides promise, as frozen dataclasses and as the JSON that is signed.

All durations are work time in the agreement's calendar, each in the unit it was promised in. A draft holds what people
edit; what stands elsewhere is copied in when it is proposed (`sla.in_force`), so that the signed text is complete.

What people submit is checked by `from_json`; what is stored, in whatever format it was signed, is read by
`from_stored`, which checks nothing: the limits of today do not bind an agreement that was signed before them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from functools import cached_property
from typing import Any, assert_never

from leadflow.errors import Invalid
from leadflow.formats import build
from sla import documents, durations, information, kinds, worktime
from sla.durations import Duration, Unit
from sla.effects import Cause
from sla.kinds import Kind
from sla.models.clock import Escalation
from sla.targets import MarketingLength, PromisedDate, Target, TierAttempts, TierLength

MOST_POLICIES = 20
MOST_ESCALATION_STEPS = 10
KINDS: tuple[str, ...] = tuple(Kind.values)
# An owner can change only where a handoff is open: a promised follow-up and marketing's answer stay where they are.
_MOVING = (Escalation.Action.REASSIGN, Escalation.Action.TO_QUEUE)


@dataclass(frozen=True)
class Marketing:
    """Hold marketing's commitments."""

    mqls_per_month: int
    complete_percent: int  # of the leads handed over, those with all the information promised
    triage_within: Duration


@dataclass(frozen=True)
class Policy:
    """Hold sales' targets for one tier: `attempts` touches on `channels` channels within `attempts_within`."""

    tier: str
    accept_within: Duration
    first_touch_within: Duration
    attempts: int
    channels: int
    attempts_within: Duration
    decide_within: Duration

    def amount(self, target: Target) -> str:
        """Describe how much is to be done within the time, "6 attempts on 2 channels"; empty where it is one thing."""
        match target:
            case TierAttempts():
                attempts, channels = getattr(self, target.attempts), getattr(self, target.channels)
                noun = "attempt" if attempts == 1 else "attempts"
                return f"{attempts} {noun}{f' on {channels} channels' if channels > 1 else ''}"
            case TierLength() | MarketingLength() | PromisedDate():
                return ""
            case _:
                assert_never(target)


@dataclass(frozen=True)
class EscalationStep:
    """Hold one escalation step: what is done so long `after` a breach of a clock of these kinds."""

    action: str
    after: Duration
    kinds: tuple[str, ...] = KINDS


@dataclass(frozen=True)
class Terms:
    """Hold everything that an agreement says.

    `definitions` and `scoring` are empty in a draft: its newest versions are copied in when it is proposed. So are
    `calendar`, `reasons` and `questions` before the first agreement is signed; later drafts hold their own.
    """

    marketing: Marketing
    sales: tuple[Policy, ...]
    information: tuple[str, ...]
    met_percent: int  # the share of clocks that must be met in time for a commitment to be kept
    warn_percent: int  # of the time, after which the owner is warned
    escalation_steps: tuple[EscalationStep, ...]
    reassign_restarts_accept: bool
    review_on: date | None = None
    calendar: Mapping[str, Any] = field(default_factory=dict)
    definitions: Mapping[str, Any] = field(default_factory=dict)
    scoring: Mapping[str, Any] = field(default_factory=dict)  # the rules that fit and interest rest on
    reasons: tuple[Mapping[str, Any], ...] = ()  # in use
    questions: tuple[Mapping[str, Any], ...] = ()  # in use

    @cached_property
    def hours(self) -> worktime.Hours:
        """Return the open hours that every duration is counted in."""
        return worktime.from_stored(self.calendar)

    def policy(self, tier: str) -> Policy:
        """Return the targets of a tier; one that the agreement does not know gets those of the last tier."""
        return next((policy for policy in self.sales if policy.tier == tier), self.sales[-1])

    def target(self, kind: str, tier: str) -> Duration:
        """Return how long a kind of clock runs. Raise `ValueError` for one that runs to a promised date."""
        target = kinds.of(kind).target
        match target:
            case TierLength() | TierAttempts():
                found: Duration = getattr(self.policy(tier), target.within)
            case MarketingLength():
                found = getattr(self.marketing, target.within)
            case PromisedDate():
                raise ValueError("A promised date has no length.")
            case _:
                assert_never(target)
        return found

    def steps_after_breach(self, kind: str) -> tuple[EscalationStep, ...]:
        """List the escalation steps for a kind of clock, as they are written: `sla.escalations` orders them by time."""
        return tuple(step for step in self.escalation_steps if kind in step.kinds)

    def to_json(self) -> dict[str, Any]:
        """Return the terms as people edit them: `to_stored` without the number of the format."""
        data: dict[str, Any] = _plain(asdict(self))
        data["review_on"] = self.review_on and self.review_on.isoformat()
        return data

    def to_stored(self) -> dict[str, Any]:
        """Return the terms as they are stored, hashed and signed."""
        stored: dict[str, Any] = documents.TERMS.stamp(self.to_json())
        return stored


def default() -> Terms:
    """Return the terms that a new workspace begins with, to be edited."""
    return Terms(
        marketing=Marketing(mqls_per_month=60, complete_percent=90, triage_within=durations.days(2)),
        sales=(
            _policy("hot", accept=durations.hours(1), first_touch=durations.hours(2), decide=durations.days(10)),
            _policy("standard", accept=durations.hours(4), first_touch=durations.days(1), decide=durations.days(15)),
        ),
        information=("contact", "name", "account", "country", "source"),
        met_percent=90,
        warn_percent=75,
        escalation_steps=(
            EscalationStep(Escalation.Action.REMIND, durations.minutes(0)),
            EscalationStep(Escalation.Action.NOTIFY_MANAGER, durations.hours(1)),
            EscalationStep(Escalation.Action.REASSIGN, durations.hours(4), kinds.met_by(Cause.ACCEPT)),
        ),
        reassign_restarts_accept=True,
    )


def _policy(tier: str, *, accept: Duration, first_touch: Duration, decide: Duration) -> Policy:
    """Return the targets that a tier begins with."""
    return Policy(
        tier, accept, first_touch, attempts=6, channels=2, attempts_within=durations.days(10), decide_within=decide
    )


def canonical(data: Mapping[str, Any]) -> bytes:
    """Write terms in the one form that is hashed: keys in order, no spaces, UTF-8, whole numbers without a point."""
    return json.dumps(_plain(data), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(data: Mapping[str, Any]) -> str:
    """Return the SHA-256 of terms given as JSON, in hexadecimal: what is signed."""
    return hashlib.sha256(canonical(data)).hexdigest()


def from_stored(stored: Mapping[str, Any]) -> Terms:
    """Read terms as they were stored, in any format. Raise `leadflow.formats.Unreadable` for one from the future."""
    return build(
        Terms,
        documents.TERMS.read(stored),
        marketing=lambda data: build(Marketing, data, triage_within=_duration),
        sales=lambda items: tuple(build(Policy, item, **_WITHIN) for item in items),
        information=tuple,
        escalation_steps=lambda items: tuple(
            build(EscalationStep, item, after=_duration, kinds=tuple) for item in items
        ),
        review_on=lambda day: date.fromisoformat(day) if day else None,
        reasons=tuple,
        questions=tuple,
    )


def _duration(stored: Mapping[str, Any]) -> Duration:
    return build(Duration, stored, unit=Unit)


# The lengths of a policy, with what reads them as they are stored.
_WITHIN = {each.name: _duration for each in fields(Policy) if each.type is Duration}


def from_json(data: Any) -> Terms:
    """Check and read terms that somebody wrote, without a number.

    Raise `Invalid`, its field naming the place, when something is not right.
    """
    data = _object("", data, *Terms.__dataclass_fields__)
    return Terms(
        marketing=_read_marketing(data.get("marketing")),
        sales=_read_sales(data.get("sales")),
        information=_read_codes("information", data.get("information", []), tuple(information.LABELS)),
        met_percent=_whole("met_percent", data.get("met_percent"), 1, 100),
        warn_percent=_whole("warn_percent", data.get("warn_percent"), 1, 99),
        escalation_steps=tuple(
            _read_escalation_step(f"escalation_steps[{i}]", step)
            for i, step in enumerate(_list("escalation_steps", data.get("escalation_steps"), MOST_ESCALATION_STEPS))
        ),
        reassign_restarts_accept=_flag("reassign_restarts_accept", data.get("reassign_restarts_accept")),
        review_on=_read_date("review_on", data.get("review_on")),
        calendar=_read_calendar(data.get("calendar") or {}),
        definitions=_object("definitions", data.get("definitions") or {}, "mql", "sal", "sql"),
        scoring=_object("scoring", data.get("scoring") or {}, "version", "fit", "interest"),
        reasons=tuple(_list("reasons", data.get("reasons") or [], 500)),
        questions=tuple(_list("questions", data.get("questions") or [], 500)),
    )


def _read_marketing(data: Any) -> Marketing:
    data = _object("marketing", data, *Marketing.__dataclass_fields__)
    return Marketing(
        mqls_per_month=_whole("marketing.mqls_per_month", data.get("mqls_per_month"), 0, 1_000_000),
        complete_percent=_whole("marketing.complete_percent", data.get("complete_percent"), 0, 100),
        triage_within=_within("marketing.triage_within", data.get("triage_within")),
    )


def _read_sales(items: Any) -> tuple[Policy, ...]:
    policies = tuple(_read_policy(f"sales[{i}]", item) for i, item in enumerate(_list("sales", items, MOST_POLICIES)))
    tiers = [policy.tier for policy in policies]
    if not tiers or len(set(tiers)) < len(tiers):
        raise Invalid("Give at least one tier, and each tier once.", field="sales")
    return policies


def _read_policy(place: str, item: Any) -> Policy:
    item = _object(place, item, *Policy.__dataclass_fields__)
    tier = item.get("tier")
    if not isinstance(tier, str) or not tier.strip() or len(tier) > 40:
        raise Invalid("Name the tier, in at most 40 characters.", field=f"{place}.tier")
    attempts = _whole(f"{place}.attempts", item.get("attempts"), 1, 50)
    return Policy(
        tier=tier,
        accept_within=_within(f"{place}.accept_within", item.get("accept_within")),
        first_touch_within=_within(f"{place}.first_touch_within", item.get("first_touch_within")),
        attempts=attempts,
        channels=_whole(f"{place}.channels", item.get("channels"), 1, min(attempts, 4)),
        attempts_within=_within(f"{place}.attempts_within", item.get("attempts_within")),
        decide_within=_within(f"{place}.decide_within", item.get("decide_within")),
    )


def _read_escalation_step(place: str, item: Any) -> EscalationStep:
    item = _object(place, item, *EscalationStep.__dataclass_fields__)
    action = item.get("action")
    if action not in Escalation.Action.values:
        raise Invalid(f"Choose one of {', '.join(Escalation.Action.values)}.", field=f"{place}.action")
    chosen = _read_codes(f"{place}.kinds", item.get("kinds", list(KINDS)), KINDS)
    if not chosen:
        raise Invalid("Name the clocks for which this step is taken.", field=f"{place}.kinds")
    if action in _MOVING and (staying := [kind for kind in chosen if not kinds.of(kind).moves_owner]):
        raise Invalid(f"A lead does not change hands over {', '.join(staying)}.", field=f"{place}.kinds")
    return EscalationStep(action, _within(f"{place}.after", item.get("after"), least=0), chosen)


def _read_calendar(data: Any) -> Mapping[str, Any]:
    if data:
        try:
            worktime.from_json(data)
        except ValueError as error:
            raise Invalid(str(error), field="calendar") from error
    return _object("calendar", data, "zone", "windows", "holidays")


def _read_date(place: str, value: Any) -> date | None:
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Invalid("Give a date, written as 2026-12-25.", field=place) from None


def _read_codes(place: str, items: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    items = _list(place, items, len(known))
    if unknown := [item for item in items if item not in known]:
        raise Invalid(f"{unknown[0]!r} is not known here. Known are {', '.join(known)}.", field=place)
    return tuple(code for code in known if code in items)


def _object(place: str, item: Any, *known: str) -> Mapping[str, Any]:
    """Check that an item is an object with known members alone, so that a misspelt one is not ignored."""
    if not isinstance(item, Mapping):
        raise Invalid(f"Give an object with {', '.join(known)}.", field=place or None)
    if unknown := [name for name in item if name not in known]:
        raise Invalid(f"{unknown[0]!r} is not known here. Known are {', '.join(known)}.", field=place or None)
    return item


def _list(place: str, items: Any, most: int) -> list[Any]:
    if not isinstance(items, list | tuple) or len(items) > most:
        raise Invalid(f"Give a list of at most {most}.", field=place)
    return list(items)


def _within(place: str, item: Any, *, least: int = 1) -> Duration:
    """Read a length. What is wrong in it is named by the place of the whole: it is one field of the form."""
    item = _object(place, item, "amount", "unit")
    if item.get("unit") not in list(Unit):
        raise Invalid(f"Choose the unit: {', '.join(Unit)}.", field=place)
    unit = Unit(item["unit"])
    return Duration(_whole(place, item.get("amount"), least, durations.MOST[unit]), unit)


def _whole(place: str, value: Any, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Invalid(f"Give a whole number from {least} to {most}.", field=place)
    return value


def _flag(place: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid("Say yes or no (true or false).", field=place)
    return value


def _plain(value: Any) -> Any:
    """Make a value what both databases give back: lists for tuples, plain text for choices, 1 for 1.0."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
