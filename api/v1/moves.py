"""Moves of many leads in one request, for those who bring history."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from api import errors
from api.v1 import lookups, verbs
from api.v1.shapes import LeadKey, OccurredAt, RefusalShape
from api.views import Resource
from leadflow.errors import DomainError
from leads.models import Handoff, Lead

LARGEST = 200


class MoveItem(serializers.Serializer):
    """One move; which of the facts it takes is said at the verb of the same name."""

    lead = LeadKey()
    move = serializers.ChoiceField(sorted(set(verbs.VERBS) - {"claim"}))
    reason = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    note = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    revisit_on = serializers.DateField(required=False, allow_null=True)
    rating = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=5)
    owner = serializers.EmailField(required=False, allow_null=True)
    amount = serializers.DecimalField(required=False, max_digits=14, decimal_places=2, min_value=0)
    currency = serializers.CharField(required=False, max_length=3)
    answers = serializers.DictField(required=False)
    occurred_at = OccurredAt()


class Moves(serializers.Serializer):
    """A batch of moves; each item is shaped alone, so that one bad item does not stop the others."""

    moves = MoveItem(many=True, allow_empty=False, max_length=LARGEST)


class _Batch(serializers.Serializer):
    moves = serializers.ListField(child=serializers.DictField(), allow_empty=False, max_length=LARGEST)


class MoveOutcome(serializers.Serializer):
    """What became of one move."""

    status = serializers.IntegerField(help_text="200, or the status that the refusal would have had alone.")
    lead_id = serializers.IntegerField(allow_null=True)
    handoff_id = serializers.IntegerField(allow_null=True)
    state = serializers.CharField(allow_null=True, help_text="The lead's state after the move.")
    problem = RefusalShape(allow_null=True)


class MoveOutcomes(serializers.Serializer):
    """The outcomes, in the order of the moves."""

    results = MoveOutcome(many=True)


class MoveMany(Resource):
    """Moves of many leads."""

    capabilities = {"POST": ""}  # each move has its own
    in_one = False
    serializer_class = Moves

    @extend_schema(operation_id="moves_create", summary="Make up to 200 moves, in order", responses=MoveOutcomes)
    def post(self, request: Request) -> Response:
        """Make up to 200 moves in the order given, each in its own transaction, with its own outcome."""
        batch = self.read(_Batch)["moves"]
        return Response({"results": [self._outcome(request, data) for data in batch]})

    def _outcome(self, request: Request, data: Any) -> dict[str, Any]:
        lead: Lead | None = None
        try:
            item = self.read(MoveItem, data)
            verb = verbs.VERBS[item["move"]]
            body = {name: value for name, value in data.items() if name not in ("lead", "move")}
            facts = self.read(verb.facts, body)
            lead = lookups.lead_of(request.workspace, item["lead"])
            thing = lead if verb.on is Lead else lookups.newest_handoff(lead)
            moved = verbs.perform(verb, thing, request, facts)
        except (DomainError, APIException) as error:
            status, _, problem = errors.describe(error, request)
            return _row(status, lead, None, None, problem)
        handoff = moved if isinstance(moved, Handoff) else None
        after = moved.lead if isinstance(moved, Handoff) else moved
        return _row(200, after, handoff, after.state, None)


def _row(status: int, lead: Lead | None, handoff: Handoff | None, state: str | None, problem: Any) -> dict[str, Any]:
    return {
        "status": status,
        "lead_id": lead and lead.pk,
        "handoff_id": handoff and handoff.pk,
        "state": state,
        "problem": problem,
    }
