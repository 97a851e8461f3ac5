"""How the terms of an agreement give the time of a clock, and how that is read and worded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from sla.terms import Policy, Terms


@dataclass(frozen=True)
class TierLength:
    """A length that sales promises tier by tier: `minutes` is its member of `Policy`, `label` that of its field."""

    minutes: str
    label: str


@dataclass(frozen=True)
class TierAttempts:
    """A number of attempts on a number of channels within a length, tier by tier: three members of `Policy`."""

    minutes: str
    label: str
    attempts: str = "attempts"
    channels: str = "channels"


@dataclass(frozen=True)
class MarketingLength:
    """A length that marketing promises: `minutes` is its member of `Marketing`, `label` that of its field."""

    minutes: str
    label: str


@dataclass(frozen=True)
class PromisedDate:
    """The moment that a member promised; the terms say nothing of it."""


Target = TierLength | TierAttempts | MarketingLength | PromisedDate


def by_tier(target: Target) -> bool:
    """Tell whether each tier has its own target."""
    return isinstance(target, TierLength | TierAttempts)


def minutes(target: Target, terms: "Terms", tier: str) -> int:
    """Return the minutes of work time that the terms give. Raise `ValueError` for a promised date, which has none."""
    match target:
        case TierLength() | TierAttempts():
            found: int = getattr(terms.policy(tier), target.minutes)
        case MarketingLength():
            found = getattr(terms.marketing, target.minutes)
        case PromisedDate():
            raise ValueError("A promised date has no length.")
        case _:
            assert_never(target)
    return found


def amount(target: Target, policy: "Policy") -> str:
    """Say how much is to be done within the time, "6 attempts on 2 channels"; empty where it is one thing."""
    match target:
        case TierAttempts():
            attempts, channels = getattr(policy, target.attempts), getattr(policy, target.channels)
            noun = "attempt" if attempts == 1 else "attempts"
            return f"{attempts} {noun}{f' on {channels} channels' if channels > 1 else ''}"
        case TierLength() | MarketingLength() | PromisedDate():
            return ""
        case _:
            assert_never(target)
