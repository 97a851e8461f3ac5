"""The timeline of one lead, newest first: moves, events, touches, answers, follow-ups, answers to returns, mail."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from api.requests import ApiRequest
from api.v1 import lookups
from api.views import Resource
from leadflow.errors import Invalid
from leads.queries.timeline import timeline
from nurture.selectors import sends


class TimelineQuery(serializers.Serializer[Any]):
    """Which page."""

    before = serializers.CharField(required=False, max_length=120, help_text="The value of `older` of the page before.")
    limit = serializers.IntegerField(required=False, default=40, min_value=1, max_value=200)


class EntryShape(serializers.Serializer[Any]):
    """One thing that happened."""

    at = serializers.DateTimeField()
    kind = serializers.CharField(help_text="move, event, touch, answer, follow_up, return or mail.")
    what = serializers.CharField(help_text="The move's name, the event's type, the touch's channel.")
    title = serializers.CharField()
    body = serializers.CharField(allow_blank=True)
    by = serializers.CharField(allow_blank=True)
    human = serializers.BooleanField()


class TimelineShape(serializers.Serializer[Any]):
    """One page; `older` leads to the next one, null at the end."""

    results = EntryShape(many=True)
    older = serializers.CharField(allow_null=True)


class Timeline(Resource):
    """The timeline of one lead."""

    capabilities = {"GET": "leads.view"}
    serializer_class = TimelineShape
    pagination_class = None

    @extend_schema(
        operation_id="leads_timeline",
        summary="Get the story of a lead, newest first",
        parameters=[TimelineQuery],
        responses=TimelineShape,
    )
    def get(self, request: ApiRequest, pk: int) -> Response:
        """Get the story of a lead, newest first."""
        lead = lookups.get_lead(request.workspace, pk)
        asked = self.read(TimelineQuery, request.query_params.dict())
        try:
            page = timeline(lead, before=asked.get("before", ""), limit=asked["limit"], also=[sends])
        except OverflowError as error:  # a forged cursor, of a time that no zone can hold
            raise Invalid("This cursor is not one of ours. Begin without one.", field="before") from error
        return Response(TimelineShape({"results": map(asdict, page.entries), "older": page.older or None}).data)
