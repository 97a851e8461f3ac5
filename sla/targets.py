"""The forms in which the terms of an agreement give the time of a clock; `sla.terms` reads them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TierLength:
    """A length that sales promises tier by tier: `within` is its member of `Policy`, `label` that of its field."""

    within: str
    label: str


@dataclass(frozen=True)
class TierAttempts:
    """A number of attempts on a number of channels within a length, tier by tier: three members of `Policy`."""

    within: str
    label: str
    attempts: str = "attempts"
    channels: str = "channels"


@dataclass(frozen=True)
class MarketingLength:
    """A length that marketing promises: `within` is its member of `Marketing`, `label` that of its field."""

    within: str
    label: str


@dataclass(frozen=True)
class PromisedDate:
    """The moment that a member promised; the terms say nothing of it."""


Target = TierLength | TierAttempts | MarketingLength | PromisedDate


def by_tier(target: Target) -> bool:
    """Return whether each tier has its own target."""
    return isinstance(target, TierLength | TierAttempts)
