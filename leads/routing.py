"""Decide who gets a lead: ordered rules to a pool, then a fair turn in the pool. Every choice says why.

The owner of the lead's account goes before every rule. Nobody available means the queue: the choice has no member.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from leads import conditions
from leads.conditions.values import say_time
from leads.models import Handoff, HandoffState, Lead, Pool, PoolMember, RoutingRule
from leads.models.handoff import OPEN
from workspaces import roles
from workspaces.models import Member
from workspaces.roles import Role

TAKES_LEADS = tuple(role for role in Role.values if roles.can(role, "handoffs.work"))
ALWAYS: tuple[str, ...] = ("it takes every lead",)
QUEUE = "In the queue, for whoever claims it"


@dataclass(frozen=True)
class Choice:
    """Name the member who gets a lead, or None for the queue; `why` is kept on the handoff and has `words`."""

    member: Member | None
    why: dict[str, Any]


@dataclass(frozen=True)
class Tried:
    """Say of one routing rule whether it held, and by what."""

    name: str
    pool: str
    held: bool
    because: tuple[str, ...]


@dataclass(frozen=True)
class Candidate:
    """Say of one place in the pool how loaded it is, and why it was passed over, if it was."""

    member: str
    weight: int
    open_handoffs: int
    passed_over: str


@dataclass(frozen=True)
class Explanation:
    """Hold a dry run: the rules in order up to the one that held, the places of its pool, and the choice."""

    rules: tuple[Tried, ...]
    candidates: tuple[Candidate, ...]
    choice: Choice

    def to_json(self) -> dict[str, Any]:
        """Return the whole as JSON."""
        return {
            "rules": [asdict(rule) for rule in self.rules],
            "candidates": [asdict(candidate) for candidate in self.candidates],
            "member": str(self.choice.member) if self.choice.member else None,
            "why": self.choice.why,
        }


@dataclass(frozen=True)
class _Draw:
    """Hold the outcome of one draw in a pool, before anything is written."""

    winner: PoolMember | None
    eligible: Sequence[PoolMember] = ()
    passed_over: Mapping[int, str] = field(default_factory=dict)  # place → why
    why: dict[str, Any] = field(default_factory=dict)


def choose(
    lead: Lead,
    facts: conditions.Facts,
    *,
    at: datetime,
    besides: Member | None = None,
) -> Choice:
    """Choose who gets a lead at `at`, `besides` whoever has it, and take the turn.

    The caller holds a transaction, the lead locked.

    1. The owner of the account, if available; else the first rule that holds names the pool.
    2. Lock the pool's row: two leads that arrive at once draw one after the other.
    3. Draw among those available, write the new credits.
    """
    kept_from = returners(lead)
    if besides is not None:
        kept_from[besides.pk] = "has it now"
    if choice := _account_owner(lead, kept_from, at):
        return choice
    rule, tried = _first_rule(lead, facts, at)
    if rule is None:
        choice = Choice(None, _no_rule(tried))
    else:
        pool = Pool.everywhere.select_for_update(no_key=True).get(pk=rule.pool_id)
        draw = _draw(pool, _places(pool), kept_from, at)
        _take_turn(pool, draw)
        choice = _choice(rule, tried[-1], draw)
    return choice


def why_queued(handoff: Handoff) -> str:
    """Return why the routing left a handoff in the queue; nothing when it chose somebody, who has it no longer."""
    return str(handoff.routing.get("words", "")).partition(f"{QUEUE}: ")[2]


def explain(lead: Lead, *, at: datetime | None = None) -> Explanation:
    """Say who would get a lead now, and why. Changes nothing, takes no turn, locks nothing."""
    from leads import assessment

    at = at or timezone.now()
    kept_from = returners(lead)
    owner = _account_owner(lead, kept_from, at)
    rule, tried = _first_rule(lead, assessment.assess(lead, at).facts, at)
    if rule is None:
        return Explanation(tried, (), owner or Choice(None, _no_rule(tried)))
    places = _places(rule.pool)
    draw = _draw(rule.pool, places, kept_from, at)
    candidates = tuple(
        Candidate(str(place.member), place.weight, place.open_handoffs, draw.passed_over.get(place.pk, ""))
        for place in places
    )
    return Explanation(tried, candidates, owner or _choice(rule, tried[-1], draw))


def unavailable(member: Member, kept_from: Mapping[int, str], at: datetime) -> str:
    """Say why a member takes no lead at `at` (`kept_from`: whom this one is kept from, and why), or nothing."""
    if not member.active:
        return "not active"
    if member.role not in TAKES_LEADS:
        return "does not work leads"
    if member.away_until and member.away_until > at:
        return f"away until {say_time(member.away_until)}"
    return kept_from.get(member.pk, "")


def _first_rule(lead: Lead, facts: conditions.Facts, at: datetime) -> tuple[RoutingRule | None, tuple[Tried, ...]]:
    """Return the first active rule that holds, and all that were tried up to it."""
    tried = []
    rules = RoutingRule.objects.of(lead.workspace_id).filter(active=True).select_related("pool")
    for rule in rules.order_by("position", "pk"):
        held, because = True, ALWAYS
        if rule.condition:
            result = conditions.evaluate(rule.condition, facts, at)
            held, because = result.passed, result.because
        tried.append(Tried(rule.name, rule.pool.name, held, because))
        if held:
            return rule, tuple(tried)
    return None, tuple(tried)


def returners(lead: Lead) -> dict[int, str]:
    """Return the ids of the members who returned this lead for a reason that keeps it from them, with the words."""
    if lead.returned_at is None:
        return {}
    returned = Handoff.everywhere.filter(lead_id=lead.pk, state=HandoffState.RETURNED, reason__same_rep=False)
    owners = returned.exclude(owner=None).values_list("owner_id", flat=True)
    return dict.fromkeys(owners, "returned this lead before")


def _account_owner(lead: Lead, kept_from: Mapping[int, str], at: datetime) -> Choice | None:
    if not lead.account_id or not lead.account.owner_id:  # type: ignore[union-attr]
        return None
    owner = Member.objects.of(lead.workspace_id).select_related("user").get(pk=lead.account.owner_id)  # type: ignore[union-attr]
    if unavailable(owner, kept_from, at):
        return None
    return Choice(owner, {"words": f"{owner} looks after {lead.account}", "rule": "Owner of the account"})


def _places(pool: Pool) -> list[PoolMember]:
    """Return the places of a pool with their members and how many handoffs each has open, in one statement."""
    load = (
        Handoff.everywhere.filter(workspace=pool.workspace_id, owner=OuterRef("member"), state__in=OPEN)
        .order_by()
        .values("owner")
        .annotate(count=Count("pk"))
        .values("count")
    )
    rows = PoolMember.everywhere.filter(pool=pool).select_related("member__user").order_by("pk")
    places: list[PoolMember] = []
    for place in rows.annotate(load=Coalesce(Subquery(load), 0)):
        place.open_handoffs = place.load
        places.append(place)
    return places


def _draw(pool: Pool, places: Sequence[PoolMember], kept_from: Mapping[int, str], at: datetime) -> _Draw:
    """Decide who of a pool is next, by its strategy. Writes nothing."""
    passed_over = {place.pk: words for place in places if (words := _passed_over(place, kept_from, at))}
    eligible = [place for place in places if place.pk not in passed_over]
    why: dict[str, Any] = {"passed_over": {str(p.member): passed_over[p.pk] for p in places if p.pk in passed_over}}
    if not eligible:
        return _Draw(None, (), passed_over, why)
    if pool.strategy == Pool.Strategy.LEAST_LOADED:
        winner = min(eligible, key=lambda place: (place.open_handoffs / place.weight, -place.credit, place.pk))
        why["words"] = f"{winner.member} has the fewest open for the weight: {winner.open_handoffs}"
    else:
        winner = min(eligible, key=lambda place: (-(place.credit + place.weight), place.pk))
        why["words"] = f"{winner.member} is next in turn"
    why["weight"], why["open_handoffs"] = winner.weight, winner.open_handoffs
    return _Draw(winner, eligible, passed_over, why)


def _passed_over(place: PoolMember, kept_from: Mapping[int, str], at: datetime) -> str:
    if why := unavailable(place.member, kept_from, at):
        return why
    if place.weight == 0:
        return "has weight 0"
    if place.capacity is not None and place.open_handoffs >= place.capacity:
        return f"has {place.open_handoffs} open of {place.capacity}"
    return ""


def _take_turn(pool: Pool, draw: _Draw) -> None:
    """Write the credits after a draw, in one statement: smooth weighted round robin.

    Everyone available gains the own weight, the winner pays the weights of all. So nobody gets a run of leads, and
    who was away has neither saved up nor lost turns.
    """
    if draw.winner is None:
        return
    for place in draw.eligible:
        place.credit += place.weight
    draw.winner.credit -= sum(place.weight for place in draw.eligible)
    PoolMember.everywhere.filter(pool=pool).bulk_update(draw.eligible, ["credit"])


def _choice(rule: RoutingRule, tried: Tried, draw: _Draw) -> Choice:
    why = {"rule": rule.name, "because": list(tried.because), "pool": rule.pool.name, **draw.why}
    if draw.winner is None:
        reasons = "; ".join(f"{name} {why}" for name, why in draw.why["passed_over"].items()) or "it has no members"
        return Choice(None, {**why, "words": f"{QUEUE}: nobody in the pool {rule.pool.name} is available ({reasons})"})
    return Choice(draw.winner.member, {**why, "words": f"{draw.why['words']} in the pool {rule.pool.name}"})


def _no_rule(tried: Sequence[Tried]) -> dict[str, Any]:
    return {"rule": None, "pool": None, "words": f"{QUEUE}: no routing rule holds ({len(tried)} tried)"}
