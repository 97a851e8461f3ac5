"""Why a lead is not handed over yet."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from api.requests import ApiRequest
from api.v1 import lookups
from api.views import Resource
from leadflow.errors import NotAllowed
from leads.queries import why_not_yet
from leads.states import MARKETING_STATES


class StandingShape(serializers.Serializer[Any]):
    """One criterion of the definition, as it stands."""

    # the base class has an attribute of this name
    label = serializers.CharField()  # type: ignore[assignment]
    passed = serializers.BooleanField()
    one_of = serializers.CharField(help_text="The group of alternatives that it belongs to; empty: it is required.")
    remedy = serializers.CharField(help_text="What would close it; empty where nothing has to.")


class WhyNotYetShape(serializers.Serializer[Any]):
    """What stands between a lead and its hand-over."""

    definition_version = serializers.IntegerField(help_text="Of MQL; 0 while no agreement is active.")
    passed = serializers.BooleanField()
    in_the_way = serializers.ListField(child=serializers.CharField(), help_text="In words; empty when it passed.")
    criteria = StandingShape(many=True)
    held = serializers.CharField(help_text="Why the loop guard waits all the same; empty when it does not.")
    held_until = serializers.DateTimeField(allow_null=True)


class WhyNotYet(Resource):
    """Each criterion of the active definition of MQL, met or not, and what would close it."""

    capabilities = {"GET": "leads.view"}
    serializer_class = WhyNotYetShape

    @extend_schema(operation_id="leads_why_not_yet", summary="Say why a lead is not handed over yet")
    def get(self, request: ApiRequest, pk: int) -> Response:
        """Say why a lead is not handed over yet. Refused for a lead that is not in marketing's care."""
        lead = lookups.get_lead(request.workspace, pk)
        if lead.state not in MARKETING_STATES:
            raise NotAllowed("The lead is not in marketing's care, so nothing stands between it and a hand-over.")
        return Response(WhyNotYetShape(why_not_yet.why_not_yet(lead, timezone.now())).data)
