"""Touches, follow-ups, answers and the log of moves of one lead."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from api.requests import ApiRequest
from api.v1 import lookups
from api.v1.lead_shapes import AnswerShape, FollowUpShape, TouchShape, TransitionShape
from api.v1.of_lead import OfLead
from api.v1.shapes import Instant, OccurredAt
from api.views import Resource, WritableList, lists, reported_at, writes
from leadflow.models import get_row
from leads.activity import answers, follow_ups, touches
from leads.models import Answer, FollowUp, Touch, Transition
from leads.models.touch import Channel, Outcome


class NewTouch(serializers.Serializer[Any]):
    """A call, a mail, a meeting or a message, and how it went."""

    channel = serializers.ChoiceField(Channel.choices)
    outcome = serializers.ChoiceField(Outcome.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    occurred_at = OccurredAt()


class NewFollowUp(serializers.Serializer[Any]):
    """A promise to do something next."""

    due_at = Instant()
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)


class NewAnswer(serializers.Serializer[Any]):
    """An answer of the lead to a qualifying question."""

    question = serializers.CharField(max_length=60, help_text="Code of the question, see /questions.")
    value = serializers.JSONField()
    occurred_at = OccurredAt()


@lists("leads_touches_list", "List the touches of a lead, newest first")
@writes("leads_touches_create", "Log a touch", "Log a touch; it fulfils what was promised for this lead.")
class Touches(OfLead, WritableList):
    """The touches of one lead."""

    capabilities = {"GET": "leads.view", "POST": "handoffs.work"}
    serializer_class = TouchShape
    input_class = NewTouch

    def rows(self) -> QuerySet[Touch]:
        """Return the touches."""
        return self.of_lead(Touch)

    def write(self, data: dict[str, Any]) -> tuple[Touch, bool]:
        """Log a touch."""
        at = reported_at(self.request, data.pop("occurred_at", None))
        return touches.log(self.lead, actor=self.request.actor, at=at, **data), True


@lists("leads_follow_ups_list", "List the follow-ups of a lead, newest first")
@writes("leads_follow_ups_create", "Promise a follow-up", "Promise a follow-up, which has its own clock.")
class FollowUps(OfLead, WritableList):
    """The follow-ups of one lead."""

    capabilities = {"GET": "leads.view", "POST": "handoffs.work"}
    serializer_class = FollowUpShape
    input_class = NewFollowUp

    def rows(self) -> QuerySet[FollowUp]:
        """Return the follow-ups with their members."""
        return self.of_lead(FollowUp).select_related("member__user")

    def write(self, data: dict[str, Any]) -> tuple[FollowUp, bool]:
        """Plan a follow-up."""
        return follow_ups.plan(self.lead, actor=self.request.actor, **data), True


class FinishFollowUp(Resource):
    """One follow-up, to be marked as done."""

    capabilities = {"POST": "handoffs.work"}
    serializer_class = FollowUpShape

    @extend_schema(operation_id="follow_ups_finish", summary="Mark a follow-up as done", request=None)
    def post(self, request: ApiRequest, pk: int) -> Response:
        """Mark a follow-up as done; a touch does so by itself."""
        found = get_row(FollowUp.objects.of(request.workspace).select_related("lead"), pk, "follow-up")
        done = follow_ups.finish(found, actor=request.actor)
        return Response(FollowUpShape(done).data)


@lists("leads_answers_list", "List the answers of a lead")
@writes("leads_answers_create", "Keep an answer", "Keep what the lead answered, in place of the answer before.")
class Answers(OfLead, WritableList):
    """The answers of one lead."""

    capabilities = {"GET": "leads.view", "POST": "leads.edit"}
    serializer_class = AnswerShape
    input_class = NewAnswer

    def rows(self) -> QuerySet[Answer]:
        """Return the answers with their questions."""
        return self.of_lead(Answer).select_related("question")

    def write(self, data: dict[str, Any]) -> tuple[Answer, bool]:
        """Record an answer; it replaces the one before."""
        question = lookups.get_question(self.request.workspace, data["question"])
        at = reported_at(self.request, data.get("occurred_at"))
        kept = answers.record(self.lead, actor=self.request.actor, question=question, value=data["value"], at=at)
        return kept, True


@lists("leads_moves_list", "List the moves of a lead, newest first")
class MoveLog(OfLead):
    """The log of moves of one lead: append-only, it replays to the present state."""

    serializer_class = TransitionShape

    def rows(self) -> QuerySet[Transition]:
        """Return the moves with their reasons."""
        return self.of_lead(Transition).select_related("reason")
