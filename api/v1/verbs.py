"""The moves of the API, made from the catalogue: the shape of the body, the capability and the function."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from django.db import transaction
from rest_framework import serializers

from api.permissions import check_capability
from api.requests import ApiRequest
from api.v1 import lookups
from api.v1.shapes import OccurredAt
from api.views import reported_at
from leadflow.errors import Forbidden, Invalid
from leads.activity import answers
from leads.lifecycle import guards, moves
from leads.lifecycle.handover import Candidate
from leads.models import Handoff, Lead
from leads.move_catalogue import MOVES, Move, Need
from workspaces.actors import Actor

Facts = dict[str, Any]


class Plain(serializers.Serializer[Any]):
    """A move that needs no more than its time."""

    occurred_at = OccurredAt()


class Rating(serializers.Serializer[Any]):
    """Rate what was handed over."""

    rating = serializers.IntegerField(min_value=1, max_value=5)


@dataclass(frozen=True)
class Verb:
    """One move: its capability, the shape of its facts and its function. `on` is the model that it moves."""

    name: str
    summary: str
    capability: str
    facts: type[serializers.Serializer[Any]]
    on: type[Lead] | type[Handoff]
    act: Callable[[Any, Actor, datetime | None, Facts], Any]


def perform(verb: Verb, thing: Any, request: ApiRequest, facts: Facts) -> Any:
    """Make a move with facts already shaped. Raise `Forbidden`, `Invalid`, `Conflict`; nothing is changed then."""
    at = allow(verb, request, facts)
    return verb.act(thing, request.actor, at, facts)


def allow(verb: Verb, request: ApiRequest, facts: Facts) -> datetime | None:
    """Return the time given for a move. Raise `Forbidden`, `Invalid` when it may not be made, or not then."""
    check_capability(request.actor, verb.capability)
    return reported_at(request, facts.get("occurred_at"))


def candidate(lead: Lead, at: datetime | None, facts: Facts) -> Candidate:
    """Return what the move `qualify` asks for. Raise `Invalid` when there is no such owner."""
    return Candidate(lead, at, **_given(MOVES["qualify"], lead, facts))


def _fields(need: Need, move: Move) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    """Return the fields of the body for a need of a move."""
    match need:
        case Need.WHY:
            return {"note": serializers.CharField(max_length=5000, help_text="Why.")}
        case Need.NOTE:
            return {"note": _note()}
        case Need.REASON:
            words = f"Code of a reason of the kind {move.name}, see /reasons."
            return {"reason": serializers.CharField(max_length=60, help_text=words), "note": _note()}
        case Need.REVISIT:
            return {"revisit_on": serializers.DateField(required=False, allow_null=True)}
        case Need.RATING:
            return {"rating": serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=5)}
        case Need.OWNER:
            words = "E-mail of the member who gets it. Left out: who has it or, when it is handed over, by the routing."
            return {"owner": serializers.EmailField(required=False, help_text=words)}
        case Need.NEW_OWNER:
            words = "E-mail of the member; null: back to the queue."
            return {"owner": serializers.EmailField(allow_null=True, help_text=words)}
        case Need.AMOUNT:
            words = "ISO 4217; the workspace's if left out."
            return {
                "amount": serializers.DecimalField(max_digits=14, decimal_places=2, min_value=0),
                "currency": serializers.RegexField(r"^[A-Za-z]{3}$", required=False, help_text=words),
            }
        case Need.ANSWERS:
            words = "Answers by question code; kept if the move is made."
            return {"answers": serializers.DictField(required=False, help_text=words)}
        case Need.OVERRIDE:
            words = "Why, where the definition is not met."
            return {"reason": serializers.CharField(required=False, allow_blank=True, max_length=1000, help_text=words)}
        case _:
            assert_never(need)


def _note() -> serializers.Field[Any, Any, Any, Any]:
    return serializers.CharField(required=False, allow_blank=True, max_length=5000)


def _arguments(need: Need, move: Move, thing: Lead | Handoff, facts: Facts) -> dict[str, Any]:
    """Return the arguments of `leads.lifecycle` for a need of a move. Raise `Invalid` for unknown words."""
    workspace = thing.workspace
    match need:
        case Need.WHY | Need.NOTE:
            return {"note": facts.get("note", "")}
        case Need.REASON:
            found = lookups.get_reason(workspace, move.name, facts["reason"])
            return {"reason": found, "note": facts.get("note", "")}
        case Need.REVISIT:
            return {"revisit_on": facts.get("revisit_on")}
        case Need.RATING:
            return {"rating": facts.get("rating")}
        case Need.OWNER:
            return {"owner": lookups.get_member(workspace, facts["owner"]) if "owner" in facts else None}
        case Need.NEW_OWNER:
            return {"to": lookups.get_member(workspace, facts["owner"]) if facts["owner"] else None}
        case Need.AMOUNT:
            return {"amount": facts["amount"], "currency": facts.get("currency", "").upper()}
        case Need.ANSWERS:
            return {}  # `_answered` keeps them before the move is made
        case Need.OVERRIDE:
            return {"override": facts.get("reason", "")}
        case _:
            assert_never(need)


def _given(move: Move, thing: Lead | Handoff, facts: Facts) -> dict[str, Any]:
    return {name: value for need in move.needs for name, value in _arguments(need, move, thing, facts).items()}


def _verb(move: Move) -> Verb:
    """Make the verb of a row of the catalogue."""
    fields = {name: field for need in move.needs for name, field in _fields(need, move).items()}
    shape = type(f"{move.name.capitalize()}Move", (Plain,), {"__doc__": f"{move.summary}.", **fields})
    make = moves.FUNCTIONS[move.name]

    def act(thing: Any, actor: Actor, at: datetime | None, facts: Facts) -> Any:
        return make(thing, actor=actor, at=at, **_given(move, thing, facts))

    on = Lead if move.of == "lead" else Handoff
    return Verb(
        move.name, move.summary, move.capability, shape, on, _answered(act) if Need.ANSWERS in move.needs else act
    )


def _answered(act: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the answers that come along, and make the move, or neither."""

    @transaction.atomic
    def answered(handoff: Handoff, actor: Actor, at: datetime | None, facts: Facts) -> Any:
        guards.check_worker(actor, handoff)
        for code, value in facts.get("answers", {}).items():
            asked = lookups.get_question(handoff.workspace, code, field=f"answers.{code}"[:80])
            try:
                answers.record(handoff.lead, actor=actor, question=asked, value=value, at=at)
            except Invalid as error:
                raise Invalid(error.message, field=f"answers.{code}") from error
        return act(handoff, actor, at, facts)

    return answered


def _claim(handoff: Handoff, actor: Actor, at: datetime | None, facts: Facts) -> Handoff:
    if actor.member is None:
        raise Forbidden("A member claims a handoff in person; with a key, accept the handoff and name its owner.")
    return moves.claim(handoff, actor=actor, at=at)


# To claim is to reassign to oneself: no move of its own, and a key has no inbox to claim into.
CLAIM = Verb("claim", "Take a handoff out of the queue", "handoffs.claim", Plain, Handoff, _claim)
VERBS = {**{move.name: _verb(move) for move in MOVES.values()}, CLAIM.name: CLAIM}
