"""The clocks of the agreement, and the agreement itself."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from api.filters import IdFilter, InstantFilter
from api.requests import ApiRequest
from api.v1.shapes import MemberRef
from api.views import ListResource, Resource, lists
from leadflow.errors import Missing
from sla import selectors, standing
from sla.durations import Duration, Unit
from sla.kinds import Kind
from sla.models import Agreement, Clock, Signature


class DurationShape(serializers.Serializer[Duration]):
    """A length of work time in the unit it was promised in; a day is a working day of the agreement's calendar."""

    amount = serializers.IntegerField()
    unit = serializers.ChoiceField([unit.value for unit in Unit])


class StandingShape(serializers.Serializer[standing.Standing]):
    """Where a promise stands now; minutes are business time of the calendar of its agreement."""

    state = serializers.ChoiceField([state.value for state in standing.State])
    minutes_left = serializers.FloatField(source="left", help_text="0 once it is over or ended.")
    minutes_late = serializers.FloatField(source="late", help_text="Up to now, or to when it ended.")
    share_used = serializers.FloatField(source="used", help_text="Of its time, from 0 to 1.")
    opens_at = serializers.DateTimeField(
        allow_null=True, help_text="The next opening, while it runs and the calendar is closed."
    )


class ClockShape(serializers.ModelSerializer[Clock]):
    """One running or ended promise. Times are UTC; `target` counts business time."""

    target = DurationShape(allow_null=True, help_text="Null where a date was promised.")
    agreement_version = serializers.IntegerField(
        source="agreement.version", help_text="The version of the agreement it began under, and is counted by."
    )
    standing = serializers.SerializerMethodField(help_text="Where it stands now, in business time.")

    @extend_schema_field(StandingShape)
    def get_standing(self, clock: Clock) -> dict[str, Any]:
        """Return where it stands now, in business time."""
        shown: dict[str, Any] = StandingShape(standing.of(clock)).data
        return shown

    class Meta:
        model = Clock
        fields = [
            "id",
            "kind",
            "state",
            "lead_id",
            "handoff_id",
            "member_id",
            "tier",
            "target",
            "agreement_version",
            "standing",
            "started_at",
            "warn_at",
            "due_at",
            "warned_at",
            "breached_at",
            "stopped_at",
            "ended_by",
            "silent",
        ]


class ClockRow(ClockShape):
    """A clock with who owes it."""

    member = MemberRef(allow_null=True)

    class Meta(ClockShape.Meta):
        fields = [name for name in ClockShape.Meta.fields if name != "member_id"] + ["member"]


class ClockFilter(django_filters.FilterSet):
    """Narrow the list of clocks."""

    state = django_filters.MultipleChoiceFilter(choices=Clock.State.choices)
    kind = django_filters.MultipleChoiceFilter(choices=Kind.choices)
    member = django_filters.CharFilter(field_name="member__user__email", lookup_expr="iexact", help_text="E-mail.")
    breached = django_filters.BooleanFilter(field_name="breached_at", lookup_expr="isnull", exclude=True)
    handoff = IdFilter(field_name="handoff_id")
    due_before = InstantFilter(field_name="due_at", lookup_expr="lt")

    class Meta:
        model = Clock
        fields: list[str] = []


@lists("clocks_list", "List clocks, newest first")
class Clocks(ListResource):
    """The clocks."""

    filter_backends = [DjangoFilterBackend]
    filterset_class = ClockFilter
    serializer_class = ClockRow
    queryset = Clock.everywhere.none()

    def rows(self) -> QuerySet[Clock]:
        """Return the clocks with their members."""
        return selectors.with_version(Clock.objects.of(self.request.workspace)).select_related("member__user")


class SignatureShape(serializers.ModelSerializer[Signature]):
    """Who signed for a side, and what."""

    class Meta:
        model = Signature
        fields = ["side", "signer", "content_hash", "at"]


class AgreementShape(serializers.ModelSerializer[Agreement]):
    """One version of the agreement. `terms` is what was hashed, signed and is run."""

    terms = serializers.DictField()
    signatures = SignatureShape(many=True)

    class Meta:
        model = Agreement
        fields = [
            "id",
            "version",
            "status",
            "terms",
            "content_hash",
            "review_on",
            "proposed_at",
            "activated_at",
            "superseded_at",
            "signatures",
        ]


class ActiveAgreement(Resource):
    """The agreement that the engine runs."""

    capabilities = {"GET": "agreement.view"}
    serializer_class = AgreementShape

    @extend_schema(operation_id="agreement_retrieve", summary="Get the active agreement with its signatures")
    def get(self, request: ApiRequest) -> Response:
        """Get the active agreement with its signatures."""
        active = Agreement.objects.of(request.workspace).filter(status=Agreement.Status.ACTIVE)
        found = active.prefetch_related("signatures").first()
        if found is None:
            raise Missing("No agreement is active yet: both sides have to sign one.")
        return Response(AgreementShape(found).data)
