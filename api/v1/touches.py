"""What sales did to a lead, will do, and learned from it; and the lead's timeline."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.v1 import lookups
from api.v1.lead_shapes import AnswerShape, FollowUpShape, TouchShape, TransitionShape
from api.v1.shapes import Instant, OccurredAt
from api.views import Resource, told_at
from leads.activity import answers, follow_ups, touches
from leads.models import Answer, FollowUp, Touch, Transition
from leads.models.touch import Channel, Outcome


class NewTouch(serializers.Serializer):
    """A call, a mail, a meeting or a message, and how it went."""

    channel = serializers.ChoiceField(Channel.choices)
    outcome = serializers.ChoiceField(Outcome.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=5000)
    occurred_at = OccurredAt()


class NewFollowUp(serializers.Serializer):
    """A promise to do something next."""

    due_at = Instant()
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)


class NewAnswer(serializers.Serializer):
    """What the lead answered to a qualifying question."""

    question = serializers.CharField(max_length=60, help_text="Code of the question, see /questions.")
    value = serializers.JSONField()
    occurred_at = OccurredAt()


class Touches(Resource):
    """The touches of one lead."""

    capabilities = {"GET": "leads.view", "POST": "handoffs.work"}
    serializer_class = TouchShape
    filter_backends: list = []

    @extend_schema(
        operation_id="leads_touches_list",
        summary="List the touches of a lead, newest first",
        responses=TouchShape(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        """List the touches of a lead, newest first."""
        lead = lookups.lead(request.workspace, pk)
        return self.paged(Touch.objects.of(request.workspace).filter(lead=lead), TouchShape)

    @extend_schema(
        operation_id="leads_touches_create", summary="Log a touch", request=NewTouch, responses={201: TouchShape}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Log a touch; it fulfils what was promised for this lead."""
        lead, data = lookups.lead(request.workspace, pk), self.read(NewTouch)
        at = told_at(request, data.pop("occurred_at", None))
        return Response(TouchShape(touches.log(lead, actor=request.actor, at=at, **data)).data, status=201)


class FollowUps(Resource):
    """The follow-ups of one lead."""

    capabilities = {"GET": "leads.view", "POST": "handoffs.work"}
    serializer_class = FollowUpShape
    filter_backends: list = []

    @extend_schema(
        operation_id="leads_follow_ups_list",
        summary="List the follow-ups of a lead, newest first",
        responses=FollowUpShape(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        """List the follow-ups of a lead, newest first."""
        lead = lookups.lead(request.workspace, pk)
        rows = FollowUp.objects.of(request.workspace).filter(lead=lead).select_related("member__user")
        return self.paged(rows, FollowUpShape)

    @extend_schema(
        operation_id="leads_follow_ups_create",
        summary="Promise a follow-up",
        request=NewFollowUp,
        responses={201: FollowUpShape},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Promise a follow-up, which has its own clock."""
        lead, data = lookups.lead(request.workspace, pk), self.read(NewFollowUp)
        follow_up = follow_ups.plan(lead, actor=request.actor, **data)
        return Response(FollowUpShape(follow_up).data, status=201)


class FinishFollowUp(Resource):
    """One follow-up, to be marked as done."""

    capabilities = {"POST": "handoffs.work"}
    serializer_class = FollowUpShape

    @extend_schema(operation_id="follow_ups_finish", summary="Mark a follow-up as done", request=None)
    def post(self, request: Request, pk: int) -> Response:
        """Mark a follow-up as done by hand; a touch does it by itself."""
        found = self.find(FollowUp.objects.of(request.workspace).select_related("lead"), pk, "follow-up")
        done = follow_ups.finish(found, actor=request.actor)
        return Response(FollowUpShape(done).data)


class Answers(Resource):
    """The answers of one lead."""

    capabilities = {"GET": "leads.view", "POST": "leads.edit"}
    serializer_class = AnswerShape
    filter_backends: list = []

    @extend_schema(
        operation_id="leads_answers_list", summary="List the answers of a lead", responses=AnswerShape(many=True)
    )
    def get(self, request: Request, pk: int) -> Response:
        """List the answers of a lead."""
        lead = lookups.lead(request.workspace, pk)
        return self.paged(
            Answer.objects.of(request.workspace).filter(lead=lead).select_related("question"), AnswerShape
        )

    @extend_schema(
        operation_id="leads_answers_create", summary="Keep an answer", request=NewAnswer, responses={201: AnswerShape}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Keep what the lead answered, in place of the answer before."""
        lead, data = lookups.lead(request.workspace, pk), self.read(NewAnswer)
        question = lookups.question(request.workspace, data["question"])
        at = told_at(request, data.get("occurred_at"))
        kept = answers.record(lead, actor=request.actor, question=question, value=data["value"], at=at)
        return Response(AnswerShape(kept).data, status=201)


class Log(Resource):
    """The log of moves of one lead: append-only, it replays to the present state."""

    capabilities = {"GET": "leads.view"}
    serializer_class = TransitionShape
    filter_backends: list = []

    @extend_schema(
        operation_id="leads_moves_list",
        summary="List the moves of a lead, newest first",
        responses=TransitionShape(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        """List the moves of a lead, newest first."""
        lead = lookups.lead(request.workspace, pk)
        return self.paged(
            Transition.objects.of(request.workspace).filter(lead=lead).select_related("reason"), TransitionShape
        )
