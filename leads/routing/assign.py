"""Decide who gets a lead: ordered rules to a pool, then a fair turn in the pool. Every choice says why.

The owner of the lead's account goes before every rule. Nobody available means the queue: the choice has no member.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from leadflow import db
from leads.conditions import trees
from leads.conditions.values import say_time
from leads.models import Handoff, HandoffState, Lead, Pool, PoolMember, RoutingRule
from leads.models.handoff import OPEN
from leads.qualification import assessment
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
    pool_id: int | None = None  # of the rule that held


@dataclass(frozen=True)
class Tried:
    """Say of one routing rule whether it held, and by what."""

    name: str
    pool: str
    held: bool
    because: tuple[str, ...]


@dataclass(frozen=True)
class PoolCandidate:
    """Say of one place in the pool how loaded it is, and why it was passed over, if it was."""

    member: str
    weight: int
    open_handoffs: int
    passed_over: str


@dataclass(frozen=True)
class Explanation:
    """Hold a dry run: the rules in order up to the one that held, the places of its pool, and the choice."""

    rules: tuple[Tried, ...]
    candidates: tuple[PoolCandidate, ...]
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
class AssignmentRequest:
    """Name a lead that somebody is to get at `at`, with its facts; not to `exclude`, who has it.

    `chosen` says that a person chose already: it is the answer, and counts as open for those after it. `pool` says that
    a person chose the pool: neither the owner of the account nor a rule is asked.
    """

    lead: Lead
    facts: trees.Facts
    at: datetime
    exclude: Member | None = None
    chosen: Choice | None = None
    pool: Pool | None = None


@dataclass(frozen=True)
class _Draw:
    """Hold the outcome of one draw in a pool, before anything is written."""

    winner: PoolMember | None
    eligible: Sequence[PoolMember] = ()
    passed_over: Mapping[int, str] = field(default_factory=dict)  # place → why
    why: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Plan:
    """Hold how one request is answered: by `choice` if there is one, else by a draw in the pool, the rule's if any."""

    kept_from: Mapping[int, str]
    choice: Choice | None
    pool: Pool | None = None
    rule: RoutingRule | None = None
    tried: tuple[Tried, ...] = ()  # the rules in order, up to the one that held


def choose(requests: Sequence[AssignmentRequest], *, dry_run: bool = False) -> list[Choice]:
    """Choose who gets each of these leads of one workspace, in their order, and take the turns.

    The caller holds a transaction, the leads locked. However many leads there are, it takes the same statements. A dry
    run says who would get them now: it takes no turn, locks nothing, and needs neither lock nor transaction.

    1. The owner of the account, if available; else the first rule that holds names the pool.
    2. Lock the rows of the pools that are named, in one order: sets that arrive at once draw one after the other.
    3. Draw among those available, each draw counting what the ones before gave away; write the new credits.
    """
    ruled = [request.lead for request in requests if request.chosen is None and request.pool is None]
    rules = _rules(ruled[0].workspace_id) if ruled else []
    returned = returners([request.lead for request in requests])
    owners = _account_owners(ruled)
    plans = [_plan(request, rules, returned[request.lead.pk], owners) for request in requests]
    rows = Pool.everywhere.filter(pk__in={plan.pool.pk for plan in plans if plan.pool and not plan.choice})
    pools = {pool.pk: pool for pool in (rows if dry_run else db.locked(rows))}
    places = _places(pools.values())
    choices = []
    given: Counter[int] = Counter()  # member → leads of this set
    for request, plan in zip(requests, plans, strict=True):
        choice = plan.choice or Choice(None, _no_rule(plan.tried))
        if plan.pool and not plan.choice and plan.pool.pk in pools:  # it may have gone since the rules were read
            draw = _draw(pools[plan.pool.pk], places[plan.pool.pk], plan.kept_from, request.at, given)
            _take_turn(draw)
            choice = _choice(plan.pool, plan, draw)
        if choice.member:
            given[choice.member.pk] += 1
        choices.append(choice)
    drawn = [place for pool in places.values() for place in pool if place.credit != place.credit_before]
    if drawn and not dry_run:
        db.update_many(drawn, ["credit"])
    return choices


def why_queued(handoff: Handoff) -> str:
    """Return why the routing left a handoff in the queue; nothing when it chose somebody, who has it no longer."""
    return str(handoff.routing.get("words", "")).partition(f"{QUEUE}: ")[2]


def explain(lead: Lead, *, at: datetime | None = None) -> Explanation:
    """Say who would get a lead now, and why. Changes nothing, takes no turn, locks nothing."""
    at = at or timezone.now()
    request = AssignmentRequest(lead, assessment.assess(lead, at).facts, at)
    plan = _plan(request, _rules(lead.workspace_id), returners([lead])[lead.pk], _account_owners([lead]))
    pool = plan.pool
    if pool is None:
        return Explanation(plan.tried, (), plan.choice or Choice(None, _no_rule(plan.tried)))
    places = _places([pool])[pool.pk]
    draw = _draw(pool, places, plan.kept_from, at)
    candidates = tuple(
        PoolCandidate(str(place.member), place.weight, place.open_handoffs, draw.passed_over.get(place.pk, ""))
        for place in places
    )
    return Explanation(plan.tried, candidates, plan.choice or _choice(pool, plan, draw))


def unavailable(member: Member, kept_from: Mapping[int, str], at: datetime) -> str:
    """Say why a member takes no lead at `at` (`kept_from`: whom this one is kept from, and why), or nothing."""
    if not member.active:
        return "not active"
    if member.role not in TAKES_LEADS:
        return "does not work leads"
    if member.away_until and member.away_until > at:
        return f"away until {say_time(member.away_until)}"
    return kept_from.get(member.pk, "")


def returners(leads: Iterable[Lead]) -> dict[int, dict[int, str]]:
    """Return for each lead, by ids, the members who returned it for a reason that keeps it from them, with the words.

    One statement, none where no lead was ever returned.
    """
    leads = list(leads)
    kept: dict[int, dict[int, str]] = {lead.pk: {} for lead in leads}
    came_back = [lead.pk for lead in leads if lead.returned_at]
    if came_back:
        returned = Handoff.everywhere.filter(lead__in=came_back, state=HandoffState.RETURNED, reason__same_rep=False)
        for lead, owner in returned.exclude(owner=None).values_list("lead_id", "owner_id"):
            kept[lead][owner] = "returned this lead before"
    return kept


def _rules(workspace_id: int) -> list[RoutingRule]:
    active = RoutingRule.objects.of(workspace_id).filter(active=True)
    return list(active.select_related("pool").order_by("position", "pk"))


def _plan(
    request: AssignmentRequest, rules: Sequence[RoutingRule], returned: Mapping[int, str], owners: Mapping[int, Member]
) -> _Plan:
    """Decide how a request is answered; `owners` are those of the accounts, by the leads' ids."""
    if request.chosen:
        return _Plan({}, request.chosen)
    kept_from = dict(returned)
    if request.exclude is not None:
        kept_from[request.exclude.pk] = "has it now"
    if request.pool is not None:
        return _Plan(kept_from, None, request.pool)
    choice, owner = None, owners.get(request.lead.pk)
    if owner and not unavailable(owner, kept_from, request.at):
        words = f"{owner} looks after {request.lead.account}"
        choice = Choice(owner, {"words": words, "rule": "Owner of the account"})
    tried: list[Tried] = []
    for rule in rules:
        held, because = True, ALWAYS
        if rule.condition:
            result = trees.evaluate(rule.condition, request.facts, request.at)
            held, because = result.passed, result.because
        tried.append(Tried(rule.name, rule.pool.name, held, because))
        if held:
            return _Plan(kept_from, choice, rule.pool, rule, tuple(tried))
    return _Plan(kept_from, choice, tried=tuple(tried))


def _account_owners(leads: Iterable[Lead]) -> dict[int, Member]:
    """Return who looks after the account of each lead, by the leads' ids, in one statement at most."""
    wanted = {lead.pk: lead.account.owner_id for lead in leads if lead.account_id and lead.account.owner_id}  # type: ignore[union-attr]  # account_id says so
    if not wanted:
        return {}
    members = Member.everywhere.select_related("user").in_bulk(set(wanted.values()))
    return {lead: members[owner] for lead, owner in wanted.items()}


def _places(pools: Iterable[Pool]) -> dict[int, list[PoolMember]]:
    """Return the places of pools with their members and how many handoffs each has open, in one statement."""
    places: dict[int, list[PoolMember]] = {pool.pk: [] for pool in pools}
    if not places:
        return places
    counted = (
        Handoff.everywhere.filter(workspace=OuterRef("workspace"), owner=OuterRef("member"), state__in=OPEN)
        .order_by()
        .values("owner")
        .annotate(count=Count("pk"))
        .values("count")
    )
    rows = PoolMember.everywhere.filter(pool__in=places).select_related("member__user").order_by("pk")
    for place in rows.annotate(load=Coalesce(Subquery(counted), 0)):
        place.open_before, place.credit_before = place.load, place.credit
        places[place.pool_id].append(place)
    return places


def _draw(
    pool: Pool,
    places: Sequence[PoolMember],
    kept_from: Mapping[int, str],
    at: datetime,
    given: Mapping[int, int] = MappingProxyType({}),
) -> _Draw:
    """Decide who of a pool is next, by its strategy; `given` (member → leads) came on top since. Writes nothing."""
    for place in places:
        place.open_handoffs = place.open_before + given.get(place.member_id, 0)
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


def _take_turn(draw: _Draw) -> None:
    """Change the credits after a draw: smooth weighted round robin.

    Everyone available gains the own weight, the winner pays the weights of all. So nobody gets a run of leads, and
    who was away has neither saved up nor lost turns.
    """
    if draw.winner is None:
        return
    for place in draw.eligible:
        place.credit += place.weight
    draw.winner.credit -= sum(place.weight for place in draw.eligible)


def _choice(pool: Pool, plan: _Plan, draw: _Draw) -> Choice:
    because = list(plan.tried[-1].because) if plan.rule else []
    why = {"rule": plan.rule.name if plan.rule else None, "because": because, "pool": pool.name, **draw.why}
    if draw.winner is None:
        reasons = "; ".join(f"{name} {why}" for name, why in draw.why["passed_over"].items()) or "it has no members"
        words = f"{QUEUE}: nobody in the pool {pool.name} is available ({reasons})"
        return Choice(None, {**why, "words": words}, pool.pk)
    return Choice(draw.winner.member, {**why, "words": f"{draw.why['words']} in the pool {pool.name}"}, pool.pk)


def _no_rule(tried: Sequence[Tried]) -> dict[str, Any]:
    return {"rule": None, "pool": None, "words": f"{QUEUE}: no routing rule holds ({len(tried)} tried)"}
