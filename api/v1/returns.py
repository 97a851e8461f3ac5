"""Marketing's answers to returns: list them, answer, object, decide."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from api.filters import IdFilter, InstantFilter
from api.requests import ApiRequest
from api.v1 import lookups
from api.v1.return_shapes import ReturnAnswerShape
from api.v1.shapes import OccurredAt
from api.views import ListResource, Resource, lists, reported_at
from leads.activity import returns
from leads.models import ReturnAnswer, ReturnObjection
from leads.queries import returns as queries
from workspaces.actors import Actor


class AnswerReturn(serializers.Serializer[Any]):
    """What marketing makes of a return, or what sales objects to that."""

    text = serializers.CharField(max_length=5000)
    occurred_at = OccurredAt()


class DecideReturn(serializers.Serializer[Any]):
    """With whom the sales manager agrees."""

    decision = serializers.ChoiceField(ReturnObjection.Decision.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    occurred_at = OccurredAt()


class ReturnAnswerFilter(django_filters.FilterSet):
    """Narrow the list of answers."""

    lead = IdFilter(field_name="lead_id", help_text="Id of the lead.")
    handoff = IdFilter(field_name="handoff_id", help_text="Id of the handoff that was returned.")
    owner = django_filters.CharFilter(
        field_name="handoff__owner__user__email", lookup_expr="iexact", help_text="E-mail of the rep who returned it."
    )
    standing = django_filters.ChoiceFilter(
        choices=[(name, name) for name in queries.STANDINGS],
        method="keep_standing",
        help_text="accepted: nobody objects; objected: the sales manager has to decide; decided.",
    )
    since = InstantFilter(field_name="at", lookup_expr="gte")

    class Meta:
        model = ReturnAnswer
        fields: list[str] = []

    def keep_standing(self, found: QuerySet[ReturnAnswer], name: str, value: Any) -> QuerySet[ReturnAnswer]:
        """Keep the answers that stand so."""
        return found.filter(queries.STANDINGS[value])


@lists("return_answers_list", "List marketing's answers to returns, newest first")
class ReturnAnswers(ListResource):
    """Marketing's answers to returns."""

    capabilities = {"GET": "answers.view"}
    filter_backends = [DjangoFilterBackend]
    filterset_class = ReturnAnswerFilter
    serializer_class = ReturnAnswerShape
    queryset = ReturnAnswer.everywhere.none()

    def rows(self) -> QuerySet[ReturnAnswer]:
        """Return the answers with what sales objects to them."""
        return queries.answers(self.request.workspace)


def _view(
    name: str, summary: str, capability: str, shape: type[serializers.Serializer[Any]], act: Callable[..., Any]
) -> type[Resource]:
    """Make the view of one thing to do with a return: it replies with the answer as it stands then."""

    class OfReturn(Resource):
        capabilities = {"POST": capability}
        serializer_class = shape

        @extend_schema(operation_id=f"handoffs_{name}", summary=summary, responses=ReturnAnswerShape)
        def post(self, request: ApiRequest, pk: int) -> Response:
            handoff = lookups.get_handoff(request.workspace, pk)
            facts = self.read(shape)
            at: datetime | None = reported_at(request, facts.pop("occurred_at", None))
            actor: Actor = request.actor
            act(handoff, actor=actor, at=at, **facts)
            found = queries.answers(request.workspace).get(handoff=handoff)
            return Response(ReturnAnswerShape(found).data)

    OfReturn.__name__ = OfReturn.__qualname__ = f"{name.title().replace('_', '')}Handoff"
    OfReturn.__doc__ = f"{summary}."
    return OfReturn


RETURN_VERBS = {
    "answer": _view("answer", "Answer a return", "returns.answer", AnswerReturn, returns.answer),
    "object": _view("object", "Object to marketing's answer, once", "returns.object", AnswerReturn, returns.object_to),
    "decide": _view("decide", "Decide on an objection", "returns.decide", DecideReturn, returns.decide),
}
