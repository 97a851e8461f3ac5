"""Handoffs: list, evidence with clocks, and the verbs of sales."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from api.filters import IdFilter, InstantFilter
from api.requests import ApiRequest
from api.v1 import lookups
from api.v1.clocks import ClockShape
from api.v1.shapes import LeadRef, MemberRef
from api.v1.verbs import VERBS, Rating, Verb, perform
from api.views import ListResource, Resource, lists
from leads.activity import ratings
from leads.models import Handoff, HandoffState
from leads.move_catalogue import moves_from
from sla import attempts
from sla import selectors as clocks
from sla.attempts import Attempts


class HandoffShape(serializers.ModelSerializer[Handoff]):
    """One pass of one lead from marketing to sales."""

    lead = LeadRef()
    owner = MemberRef(allow_null=True)
    accepted_by = MemberRef(allow_null=True)
    definition_version = serializers.IntegerField(source="definition.version", default=None, allow_null=True)
    campaign = serializers.CharField(source="campaign.code", default=None, allow_null=True)
    reason = serializers.CharField(source="reason.code", default=None, allow_null=True)
    routing = serializers.DictField(help_text="Why this owner, or why nobody.")
    sal_missing = serializers.ListField(
        child=serializers.CharField(),
        help_text="What the definition of SAL asked for and was not known when it was accepted.",
    )
    allowed = serializers.SerializerMethodField(help_text="The moves that the lead's state allows.")

    class Meta:
        model = Handoff
        fields = [
            "id",
            "lead",
            "pass_number",
            "state",
            "grade",
            "readiness",
            "tier",
            "source",
            "campaign",
            "owner",
            "routing",
            "definition_version",
            "offered_at",
            "accepted_at",
            "accepted_by",
            "sal_missing",
            "first_touch_at",
            "promoted_at",
            "closed_at",
            "reason",
            "note",
            "rating",
            "allowed",
        ]

    def get_allowed(self, handoff: Handoff) -> list[str]:
        """List the moves from the lead's state; none once the handoff is closed."""
        return [] if handoff.closed_at else moves_from(handoff.lead.state)


class AttemptsShape(serializers.Serializer[Attempts]):
    """The attempts of sales on a handoff; touches on one channel within an hour are one attempt."""

    done = serializers.IntegerField()
    promised = serializers.IntegerField()
    channels_done = serializers.IntegerField()
    channels_promised = serializers.IntegerField()
    connected = serializers.BooleanField(help_text="Somebody was reached, which keeps the promise.")
    enough = serializers.BooleanField(
        help_text="The promise is kept. Else a return or loss for a reason that needs attempts misses it."
    )
    next_due = serializers.DateTimeField(
        allow_null=True, help_text="When the next one is due, the rest spread evenly; null: none is owed now."
    )


class HandoffDetail(HandoffShape):
    """A handoff with its frozen evidence and its clocks."""

    evidence = serializers.DictField(
        help_text="Verdict, score lines, fit, interest and readiness as they were when offered."
    )
    clocks = serializers.SerializerMethodField()
    attempts = serializers.SerializerMethodField(help_text="Null: no agreement promises any.")

    class Meta(HandoffShape.Meta):
        fields = [*HandoffShape.Meta.fields, "evidence", "clocks", "attempts"]

    @extend_schema_field(ClockShape(many=True))
    def get_clocks(self, handoff: Any) -> Any:
        """List the clocks, those that run first."""
        return ClockShape(clocks.clocks_of([handoff]).get(handoff.pk, []), many=True).data

    @extend_schema_field(AttemptsShape(allow_null=True))
    def get_attempts(self, handoff: Any) -> Any:
        """Return the attempts made and promised."""
        counted = attempts.of([handoff]).get(handoff.pk)
        return AttemptsShape(counted).data if counted else None


class HandoffFilter(django_filters.FilterSet):
    """Narrow the list of handoffs."""

    state = django_filters.MultipleChoiceFilter(choices=HandoffState.choices)
    owner = django_filters.CharFilter(field_name="owner__user__email", lookup_expr="iexact", help_text="E-mail.")
    queue = django_filters.BooleanFilter(field_name="owner", lookup_expr="isnull", help_text="Nobody owns it.")
    tier = django_filters.CharFilter()
    lead = IdFilter(field_name="lead_id", help_text="Id of the lead.")
    offered_since = InstantFilter(field_name="offered_at", lookup_expr="gte")

    class Meta:
        model = Handoff
        fields: list[str] = []


@lists("handoffs_list", "List handoffs, newest first")
class Handoffs(ListResource):
    """The handoffs of the workspace."""

    filter_backends = [DjangoFilterBackend]
    filterset_class = HandoffFilter
    serializer_class = HandoffShape
    queryset = Handoff.everywhere.none()

    def rows(self) -> QuerySet[Handoff]:
        """Return the handoffs with what their shape shows."""
        return lookups.list_handoffs(self.request.workspace)


class OneHandoff(Resource):
    """One handoff."""

    capabilities = {"GET": "leads.view"}
    serializer_class = HandoffDetail

    @extend_schema(operation_id="handoffs_retrieve", summary="Get a handoff with its evidence and clocks")
    def get(self, request: ApiRequest, pk: int) -> Response:
        """Get a handoff with its evidence and clocks."""
        return Response(detail(request, pk))


class RateHandoff(Resource):
    """The quality of what was handed over."""

    capabilities = {"POST": "handoffs.work"}
    serializer_class = Rating

    @extend_schema(operation_id="handoffs_rate", summary="Rate a handoff", responses=HandoffDetail)
    def post(self, request: ApiRequest, pk: int) -> Response:
        """Rate a handoff, 1 to 5."""
        handoff = lookups.get_handoff(request.workspace, pk)
        ratings.rate(handoff, actor=request.actor, rating=self.read(Rating)["rating"])
        return Response(detail(request, pk))


def detail(request: ApiRequest, pk: int) -> Any:
    """Return a handoff afresh, as its detail shows it. Raise `Missing`."""
    found = lookups.list_handoffs(request.workspace).filter(pk=pk).first()
    if found is None:
        lookups.get_handoff(request.workspace, pk)  # raises
    return HandoffDetail(found).data


def verb_view(verb: Verb) -> type[Resource]:
    """Make the view of one verb: shape the facts, make the move, answer with the handoff as it is now."""

    class Move(Resource):
        capabilities = {"POST": verb.capability}
        serializer_class = verb.facts

        @extend_schema(operation_id=f"handoffs_{verb.name}", summary=verb.summary, responses=HandoffDetail)
        def post(self, request: ApiRequest, pk: int) -> Response:
            handoff = lookups.get_handoff(request.workspace, pk)
            perform(verb, handoff, request, self.read(verb.facts))
            return Response(detail(request, pk))

    Move.__name__ = Move.__qualname__ = f"{verb.name.capitalize()}Handoff"
    Move.__doc__ = f"{verb.summary}."
    return Move


HANDOFF_VERBS = {verb.name: verb_view(verb) for verb in VERBS.values() if verb.on is Handoff}
