"""Moves of many leads in one request, for imports of history."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from api import errors
from api.requests import ApiRequest
from api.v1 import lookups, verbs
from api.v1.shapes import LeadKey, OccurredAt, RefusalShape
from api.views import Resource
from leadflow.errors import DomainError
from leads.lifecycle import moves
from leads.lifecycle.handover import Candidate
from leads.models import Handoff, Lead
from leads.move_catalogue import MOVES

LARGEST = 200
log = logging.getLogger(__name__)


class MoveItem(serializers.Serializer[Any]):
    """One move; the operation of the same name lists the facts it takes."""

    lead = LeadKey()
    move = serializers.ChoiceField(sorted(MOVES))
    reason = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    note = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    revisit_on = serializers.DateField(required=False, allow_null=True)
    rating = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=5)
    owner = serializers.EmailField(required=False, allow_null=True)
    amount = serializers.DecimalField(required=False, max_digits=14, decimal_places=2, min_value=0)
    currency = serializers.CharField(required=False, max_length=3)
    answers = serializers.DictField(required=False)
    occurred_at = OccurredAt()


class Moves(serializers.Serializer[Any]):
    """A batch of moves; each item is shaped alone, so that one bad item does not stop the others."""

    moves = serializers.ListSerializer[Any](child=MoveItem(), allow_empty=False, max_length=LARGEST)


class _Batch(serializers.Serializer[Any]):
    moves = serializers.ListField(child=serializers.DictField(), allow_empty=False, max_length=LARGEST)


class MoveOutcome(serializers.Serializer[Any]):
    """The outcome of one move."""

    status = serializers.IntegerField(help_text="200, or the status that the refusal would have had alone.")
    lead_id = serializers.IntegerField(allow_null=True)
    handoff_id = serializers.IntegerField(allow_null=True)
    state = serializers.CharField(allow_null=True, help_text="The lead's state after the move.")
    problem = RefusalShape(allow_null=True)


class MoveOutcomes(serializers.Serializer[Any]):
    """The outcomes, in the order of the moves."""

    results = MoveOutcome(many=True)


@dataclass(frozen=True)
class _MoveRequest:
    """One move as it was read."""

    verb: verbs.Verb
    lead: Lead
    facts: verbs.Facts


Refused = DomainError | APIException
REFUSED = (DomainError, APIException)


class MoveMany(Resource):
    """Moves of many leads."""

    capabilities = {"POST": ""}  # each move has its own
    in_one = False
    serializer_class = Moves

    @extend_schema(operation_id="moves_create", summary="Make up to 200 moves, in order", responses=MoveOutcomes)
    def post(self, request: ApiRequest) -> Response:
        """Make up to 200 moves in the order given, each with its own outcome.

        Different leads that are qualified one after the other are handed over together, in one transaction; every
        other move has its own.
        """
        steps = self._steps(request, self.read(_Batch)["moves"])
        return Response({"results": [row for run in _runs(steps) for row in _made(run, request)]})

    def _steps(self, request: ApiRequest, batch: Sequence[Any]) -> list[_MoveRequest | Refused]:
        """Read the moves, and their leads in sets."""
        read: list[tuple[verbs.Verb, Any, verbs.Facts] | Refused] = []
        for data in batch:
            try:
                item = self.read(MoveItem, data)
                verb = verbs.VERBS[item["move"]]
                body = {name: value for name, value in data.items() if name not in ("lead", "move")}
                read.append((verb, item["lead"], self.read(verb.facts, body)))
            except REFUSED as error:
                read.append(error)
        leads = iter(lookups.match_leads(request.workspace, [each[1] for each in read if isinstance(each, tuple)]))
        steps: list[_MoveRequest | Refused] = []
        for each in read:
            if isinstance(each, tuple):
                lead = next(leads)
                steps.append(_MoveRequest(each[0], lead, each[2]) if lead else lookups.unknown_lead())
            else:
                steps.append(each)
        return steps


def _runs(steps: Sequence[_MoveRequest | Refused]) -> Iterator[list[_MoveRequest | Refused]]:
    """Cut the steps into runs: what qualifies different leads one after the other is one, all else is alone."""
    run: list[_MoveRequest | Refused] = []
    leads: set[int] = set()
    for step in steps:
        joins = isinstance(step, _MoveRequest) and step.verb.name == "qualify" and step.lead.pk not in leads
        if run and not (joins and leads):
            yield run
            run, leads = [], set()
        run.append(step)
        if isinstance(step, _MoveRequest) and step.verb.name == "qualify":
            leads.add(step.lead.pk)
    if run:
        yield run


def _made(run: Sequence[_MoveRequest | Refused], request: ApiRequest) -> list[dict[str, Any]]:
    """Make the moves of a run and return the outcome of each."""
    steps = [step for step in run if isinstance(step, _MoveRequest)]
    if len(steps) > 1:
        outcomes = _qualify(steps, request)
    else:
        outcomes = [_move(step, request) if isinstance(step, _MoveRequest) else step for step in run]
    leads = [step.lead if isinstance(step, _MoveRequest) else None for step in run]
    return [_row(lead, outcome, request) for lead, outcome in zip(leads, outcomes, strict=True)]


def _move(step: _MoveRequest, request: ApiRequest) -> Handoff | Lead | Refused:
    try:
        thing = step.lead if step.verb.on is Lead else lookups.get_newest_handoff(step.lead)
        moved: Handoff | Lead = verbs.perform(step.verb, thing, request, step.facts)
        return moved
    except REFUSED as error:
        return error


def _qualify(steps: Sequence[_MoveRequest], request: ApiRequest) -> list[Handoff | Lead | Refused]:
    """Hand over the leads of all steps together; one that may not be handed over stops no other."""
    outcomes: list[Any] = []
    for step in steps:
        try:
            outcomes.append(verbs.candidate(step.lead, verbs.allow(step.verb, request, step.facts), step.facts))
        except REFUSED as error:
            outcomes.append(error)
    candidates = [each for each in outcomes if isinstance(each, Candidate)]
    try:
        became = iter(moves.qualify_many(candidates, actor=request.actor) if candidates else [])
    except Exception:  # made one by one, the faulty move is refused and the others are handed over
        log.warning("A set of %s leads could not be handed over together", len(candidates), exc_info=True)
        return [_move(step, request) for step in steps]
    return [next(became) if isinstance(each, Candidate) else each for each in outcomes]


def _row(lead: Lead | None, outcome: Handoff | Lead | Refused, request: ApiRequest) -> dict[str, Any]:
    if isinstance(outcome, Refused):
        status, _, problem = errors.describe(outcome, request)
        return {"status": status, "lead_id": lead and lead.pk, "handoff_id": None, "state": None, "problem": problem}
    handoff = outcome if isinstance(outcome, Handoff) else None
    after = outcome.lead if isinstance(outcome, Handoff) else outcome
    return {
        "status": 200,
        "lead_id": after.pk,
        "handoff_id": handoff and handoff.pk,
        "state": after.state,
        "problem": None,
    }
