"""The moves as the API takes them: what each needs, who may, and the door it opens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request

from api.permissions import demand
from api.v1 import lookups
from api.v1.shapes import OccurredAt
from api.views import told_at
from leadflow.errors import Forbidden, Invalid
from leads.activity import answers
from leads.lifecycle import guards, moves
from leads.models import Handoff, Lead, Reason
from workspaces.actors import Actor

Facts = dict[str, Any]


class Plain(serializers.Serializer):
    """A move that needs no more than its time."""

    occurred_at = OccurredAt()


class Accepting(Plain):
    """Accept; `owner` where nobody owns the handoff yet, or another member takes it."""

    owner = serializers.EmailField(required=False, help_text="The member who accepts it; needed by a key in the queue.")


class Returning(Plain):
    """Return, for a reason."""

    reason = serializers.CharField(max_length=60, help_text="Code of a return reason, see /reasons.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    revisit_on = serializers.DateField(required=False, allow_null=True)
    rating = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=5)


class Noted(Plain):
    """A move that says why."""

    note = serializers.CharField(max_length=5000, help_text="Why.")


class MaybeNoted(Plain):
    """A move that may say why."""

    note = serializers.CharField(required=False, allow_blank=True, max_length=5000)


class Reassigning(MaybeNoted):
    """Give to another member, or (null) back to the queue."""

    owner = serializers.EmailField(allow_null=True, help_text="E-mail of the member; null: back to the queue.")


class Promoting(Plain):
    """Make sales-qualified; answers may come along."""

    answers = serializers.DictField(required=False, help_text="Answers by question code; kept if the move is made.")


class Winning(Plain):
    """Close as won."""

    amount = serializers.DecimalField(max_digits=14, decimal_places=2, min_value=0)
    currency = serializers.RegexField(
        r"^[A-Za-z]{3}$", required=False, help_text="ISO 4217; the workspace's if left out."
    )


class Losing(Plain):
    """Close as lost, for a reason; a revisit date makes it recyclable."""

    reason = serializers.CharField(max_length=60, help_text="Code of a loss reason.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    revisit_on = serializers.DateField(required=False, allow_null=True)


class Disqualifying(MaybeNoted):
    """Take out for good, for a reason."""

    reason = serializers.CharField(max_length=60, help_text="Code of a disqualification reason.")


class Qualifying(Plain):
    """Hand over by hand."""

    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=1000, help_text="Why, where the definition is not met."
    )
    owner = serializers.EmailField(required=False, help_text="Skip the routing: this member gets it.")


class Rating(serializers.Serializer):
    """Rate what was handed over."""

    rating = serializers.IntegerField(min_value=1, max_value=5)


@dataclass(frozen=True)
class Verb:
    """One move: the capability, the shape of its facts, and the door. `on` is what it moves."""

    name: str
    capability: str
    facts: type[serializers.Serializer]
    on: type[Lead] | type[Handoff]
    act: Callable[[Any, Actor, datetime | None, Facts], Any]


def perform(verb: Verb, thing: Any, request: Request, facts: Facts) -> Any:
    """Make a move with facts already shaped. Raise `Forbidden`, `Invalid`, `Conflict`; nothing is changed then."""
    at = allow(verb, request, facts)
    return verb.act(thing, request.actor, at, facts)  # type: ignore[attr-defined]


def allow(verb: Verb, request: Request, facts: Facts) -> datetime | None:
    """Return when the caller says a move happened. Raise `Forbidden`, `Invalid` where it may not make it, or then."""
    demand(request.actor, verb.capability)  # type: ignore[attr-defined]
    return told_at(request, facts.get("occurred_at"))


def candidate(lead: Lead, at: datetime | None, facts: Facts) -> moves.Candidate:
    """Return what the move `qualify` asks for. Raise `Invalid` when there is no such owner."""
    owner = lookups.member(lead.workspace, facts["owner"]) if "owner" in facts else None
    return moves.Candidate(lead, at, facts.get("reason", ""), owner)


def _qualify(lead: Lead, actor: Actor, at: datetime | None, facts: Facts) -> Handoff:
    wanted = candidate(lead, at, facts)
    return moves.qualify(lead, actor=actor, at=at, override=wanted.override, owner=wanted.owner)


def _accept(handoff: Handoff, actor: Actor, at: datetime | None, facts: Facts) -> Handoff:
    owner = lookups.member(handoff.workspace, facts["owner"]) if "owner" in facts else None
    return moves.accept(handoff, actor=actor, at=at, owner=owner)


def _return(handoff: Handoff, actor: Actor, at: datetime | None, facts: Facts) -> Handoff:
    reason = lookups.reason(handoff.workspace, Reason.Kind.RETURN, facts["reason"])
    return moves.give_back(
        handoff,
        actor=actor,
        reason=reason,
        note=facts.get("note", ""),
        revisit_on=facts.get("revisit_on"),
        rating=facts.get("rating"),
        at=at,
    )


def _reassign(handoff: Handoff, actor: Actor, at: datetime | None, facts: Facts) -> Handoff:
    to = lookups.member(handoff.workspace, facts["owner"]) if facts["owner"] else None
    return moves.reassign(handoff, actor=actor, to=to, note=facts.get("note", ""), at=at)


def _claim(handoff: Handoff, actor: Actor, at: datetime | None, facts: Facts) -> Handoff:
    if actor.member is None:
        raise Forbidden("A member claims for himself; with a key, accept the handoff and name its owner.")
    return moves.claim(handoff, actor=actor, at=at)


@transaction.atomic
def _promote(handoff: Handoff, actor: Actor, at: datetime | None, facts: Facts) -> Handoff:
    guards.demand_worker(actor, handoff)
    for code, value in facts.get("answers", {}).items():
        asked = lookups.question(handoff.workspace, code, field=f"answers.{code}"[:80])
        try:
            answers.record(handoff.lead, actor=actor, question=asked, value=value, at=at)
        except Invalid as error:
            raise Invalid(error.message, field=f"answers.{code}") from error
    return moves.promote(handoff, actor=actor, at=at)


def _win(handoff: Handoff, actor: Actor, at: datetime | None, facts: Facts) -> Handoff:
    currency = facts.get("currency", "").upper()
    return moves.win(handoff, actor=actor, amount=facts["amount"], currency=currency, at=at)


def _lose(handoff: Handoff, actor: Actor, at: datetime | None, facts: Facts) -> Handoff:
    reason = lookups.reason(handoff.workspace, Reason.Kind.LOSE, facts["reason"])
    note, revisit_on = facts.get("note", ""), facts.get("revisit_on")
    return moves.lose(handoff, actor=actor, reason=reason, note=note, revisit_on=revisit_on, at=at)


def _disqualify(lead: Lead, actor: Actor, at: datetime | None, facts: Facts) -> Lead:
    reason = lookups.reason(lead.workspace, Reason.Kind.DISQUALIFY, facts["reason"])
    return moves.disqualify(lead, actor=actor, reason=reason, note=facts.get("note", ""), at=at)


VERBS = {
    verb.name: verb
    for verb in (
        Verb("qualify", "handoffs.qualify", Qualifying, Lead, _qualify),
        Verb("accept", "handoffs.work", Accepting, Handoff, _accept),
        Verb("return", "handoffs.work", Returning, Handoff, _return),
        Verb(
            "recall",
            "handoffs.recall",
            Noted,
            Handoff,
            lambda handoff, actor, at, facts: moves.recall(handoff, actor=actor, note=facts["note"], at=at),
        ),
        Verb("reassign", "handoffs.reassign", Reassigning, Handoff, _reassign),
        Verb("claim", "handoffs.claim", Plain, Handoff, _claim),
        Verb("promote", "handoffs.work", Promoting, Handoff, _promote),
        Verb("win", "handoffs.work", Winning, Handoff, _win),
        Verb("lose", "handoffs.work", Losing, Handoff, _lose),
        Verb("disqualify", "leads.disqualify", Disqualifying, Lead, _disqualify),
        Verb(
            "reopen",
            "leads.reopen",
            Noted,
            Lead,
            lambda lead, actor, at, facts: moves.reopen(lead, actor=actor, note=facts["note"], at=at),
        ),
        Verb(
            "recycle",
            "leads.reopen",
            MaybeNoted,
            Lead,
            lambda lead, actor, at, facts: moves.recycle(lead, actor=actor, note=facts.get("note", ""), at=at),
        ),
    )
}
