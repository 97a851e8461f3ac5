"""Events: those of one lead, and batches over many leads."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from api import errors
from api.requests import ApiRequest
from api.v1 import lookups
from api.v1.lead_shapes import EventShape
from api.v1.of_lead import OfLead
from api.v1.shapes import LeadKey, OccurredAt, RefusalShape
from api.views import Resource, lists, reported_at
from leadflow.errors import DomainError
from leads.intake import events
from leads.intake.events import AttributedEvent, EventIn
from leads.models import Event, Lead

LARGEST = 500


class EventInput(serializers.Serializer[Any]):
    """Something a lead did."""

    type = serializers.CharField(max_length=60, help_text="page, form, download, or the workspace's own.")
    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    url = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    topics = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=20)
    properties = serializers.DictField(required=False)
    message_id = serializers.CharField(
        required=False, allow_blank=True, max_length=120, help_text="The client's; the same one counts once."
    )
    campaign = serializers.CharField(required=False, allow_blank=True, max_length=120, help_text="Its code.")
    occurred_at = OccurredAt()


class EventItem(EventInput):
    """Something one of many leads did."""

    lead = LeadKey()


class LeadEvents(serializers.Serializer[Any]):
    """The events of one lead."""

    events = serializers.ListSerializer[Any](child=EventInput(), allow_empty=False, max_length=LARGEST)


class ManyEvents(serializers.Serializer[Any]):
    """The events of many leads; each item is shaped alone, so that one bad item does not stop the others."""

    events = serializers.ListSerializer[Any](child=EventItem(), allow_empty=False, max_length=LARGEST)


class _Batch(serializers.Serializer[Any]):
    events = serializers.ListField(child=serializers.DictField(), allow_empty=False, max_length=LARGEST)


class EventOutcome(serializers.Serializer[Any]):
    """The outcome of one event."""

    status = serializers.IntegerField(help_text="201 recorded, 200 known already by its message_id, else a refusal.")
    event_id = serializers.IntegerField(allow_null=True)
    lead_id = serializers.IntegerField(allow_null=True)
    problem = RefusalShape(allow_null=True)


class EventOutcomes(serializers.Serializer[Any]):
    """The outcomes, in the order of the events."""

    results = EventOutcome(many=True)


class Events(Resource):
    """Batches of events."""

    capabilities = {"POST": "leads.edit"}
    serializer_class = ManyEvents

    @extend_schema(operation_id="events_create", summary="Record up to 500 events", responses=EventOutcomes)
    def post(self, request: ApiRequest) -> Response:
        """Record up to 500 events of many leads; each has its own outcome, and a bad one stops no other."""
        batch = self.read(_Batch)["events"]
        shaped: list[dict[str, Any] | Exception] = [_attempt(self.read, EventItem, data) for data in batch]
        named = [item["lead"] for item in shaped if isinstance(item, dict)]
        leads = iter(lookups.match_leads(request.workspace, named))
        seen: list[AttributedEvent | Exception] = [
            item if isinstance(item, Exception) else _attempt(_seen, request, item, next(leads)) for item in shaped
        ]
        return Response({"results": _record(request, seen)})


@lists(
    "leads_events_list",
    "List what a lead did, newest first",
    "List what a lead did, by the order in which it was received, newest first.",
)
class EventsOfLead(OfLead):
    """The events of one lead."""

    capabilities = {"GET": "leads.view", "POST": "leads.edit"}
    serializer_class = EventShape

    def rows(self) -> QuerySet[Event]:
        """Return the events with their campaigns."""
        return self.of_lead(Event).select_related("campaign")

    @extend_schema(
        operation_id="leads_events_create",
        summary="Record what a lead did",
        request=LeadEvents,
        responses={201: EventOutcomes},
    )
    def post(self, request: ApiRequest, pk: int) -> Response:
        """Record what a lead did; all of the events, or none."""
        lead = lookups.get_lead(request.workspace, pk)
        seen = [_seen(request, item, lead) for item in self.read(LeadEvents)["events"]]
        return Response({"results": _record(request, seen)}, status=201)


def _attempt(act: Any, *args: Any) -> Any:
    """Return what the call returns, or its refusal."""
    try:
        return act(*args)
    except (DomainError, APIException) as error:
        return error


def _seen(request: ApiRequest, item: dict[str, Any], lead: Lead | None) -> AttributedEvent:
    if lead is None:
        raise lookups.unknown_lead()
    facts = {name: value for name, value in item.items() if name not in ("lead", "occurred_at", "topics")}
    at = reported_at(request, item.get("occurred_at"))
    return AttributedEvent(events.clean(EventIn(**facts, topics=tuple(item.get("topics", ())), occurred_at=at)), lead)


def _record(request: Any, seen: Sequence[AttributedEvent | Exception]) -> list[dict[str, Any]]:
    """Record what can be, and return the outcomes in order; the new events come back in the order given."""
    new = events.record_many(
        request.workspace, [each for each in seen if isinstance(each, AttributedEvent)], actor=request.actor
    )
    outcomes: list[dict[str, Any]] = []
    next_new = 0
    for each in seen:
        if isinstance(each, Exception):
            status, _, problem = errors.describe(each, request)
            outcomes.append({"status": status, "event_id": None, "lead_id": None, "problem": problem})
            continue
        found = new[next_new] if next_new < len(new) else None
        is_new = found is not None and found.message_id == each.event.message_id
        next_new += is_new
        outcomes.append(
            {
                "status": 201 if is_new else 200,
                "event_id": found.pk if is_new and found else None,
                "lead_id": each.lead and each.lead.pk,
                "problem": None,
            }
        )
    return outcomes
