"""Keep who gets leads: pools, their members, and the ordered rules that lead to them (read by `leads.routing`)."""

from datetime import datetime

from django.db import models, transaction

from leadflow import db
from leadflow.errors import Conflict, Invalid
from leads.conditions import checks
from leads.conditions.fact_catalogue import KNOWN
from leads.models import Pool, PoolMember, RoutingRule
from workspaces import edits
from workspaces.actors import Actor
from workspaces.models import Member, Workspace

STEP = 10  # between the positions of two rules, so that the order reads well in the API


def save_pool(pool: Pool, *, actor: Actor, at: datetime | None = None) -> Pool:
    """Add or change a pool. Raise `Invalid` for a name that is in use."""
    return edits.write(pool, actor=actor, noun="pool", key="name", at=at)


def remove_pool(pool: Pool, *, actor: Actor) -> None:
    """Remove a pool with its places. Raise `Conflict` while a rule leads to it."""
    if rule := RoutingRule.objects.of(pool.workspace_id).filter(pool=pool).first():
        raise Conflict(f"The rule “{rule.name}” leads to this pool: let it lead to another one first.")
    edits.remove(pool, actor=actor, noun="pool")


def has_place(member: Member) -> bool:
    """Return whether the routing can give leads to the member: they are in a pool. One statement."""
    return PoolMember.objects.of(member.workspace_id).filter(member=member).exists()


def save_place(place: PoolMember, *, actor: Actor, at: datetime | None = None) -> PoolMember:
    """Add a member to a pool or change their weight and capacity. Raise `Invalid` for one who is in it already."""
    if place.pool.workspace_id != place.workspace_id or place.member.workspace_id != place.workspace_id:
        raise Invalid("Choose a member of this workspace.", field="member")
    return edits.write(place, actor=actor, noun="pool_member", key="member", at=at)


def remove_place(place: PoolMember, *, actor: Actor) -> None:
    """Take a member out of a pool; what they own stays theirs."""
    edits.remove(place, actor=actor, noun="pool_member")


def save_rule(rule: RoutingRule, *, actor: Actor, at: datetime | None = None) -> RoutingRule:
    """Add or change a rule; a new one comes last. Raise `Invalid` with `errors` that point into its condition."""
    if rule.pool.workspace_id != rule.workspace_id:
        raise Invalid("Choose a pool of this workspace.", field="pool")
    if rule.condition and (problems := checks.validate(rule.condition, KNOWN)):
        errors = [problem.to_json() for problem in problems]
        raise Invalid(f"The condition cannot be used: {problems[0].message}", field="condition", errors=errors)
    if rule.position is None:
        last = rules(rule.workspace_id).aggregate(top=models.Max("position", default=0))["top"]
        rule.position = last + STEP
    return edits.write(rule, actor=actor, noun="routing_rule", key="name", at=at)


@transaction.atomic
def move_rule(rule: RoutingRule, *, actor: Actor, up: bool) -> None:
    """Let a rule change places with the one above it, or below. Does nothing at the end of the list."""
    db.lock(Workspace.objects.all(), rule.workspace_id)  # as every change of a rule does, before the order is read
    ordered = list(rules(rule.workspace_id))
    here = next(index for index, each in enumerate(ordered) if each.pk == rule.pk)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(ordered):
        return
    ordered[here], ordered[there] = ordered[there], ordered[here]
    for index, each in enumerate(ordered, start=1):
        if each.position != index * STEP:
            each.position = index * STEP
            edits.write(each, actor=actor, noun="routing_rule", key="name")


def remove_rule(rule: RoutingRule, *, actor: Actor) -> None:
    """Remove a rule; leads go on to the rules below it."""
    edits.remove(rule, actor=actor, noun="routing_rule")


def rules(workspace: Workspace | int) -> models.QuerySet[RoutingRule]:
    """Return the rules in the order in which they are tried, with their pools."""
    return RoutingRule.objects.of(workspace).select_related("pool").order_by("position", "pk")


def pools(workspace: Workspace | int) -> models.QuerySet[Pool]:
    """Return the pools by name, with their places and members, in three statements."""
    places = PoolMember.everywhere.select_related("member__user").order_by("pk")
    return Pool.objects.of(workspace).prefetch_related(models.Prefetch("places", places)).order_by("name", "pk")
