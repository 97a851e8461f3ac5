"""Programs, who is in them, and the mails that came of it."""

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.filters import MAX_ID, IdFilter
from api.v1 import lookups
from api.v1.shapes import LeadKey, LeadRef
from api.v1.step_shapes import StepShape
from api.views import Resource
from leadflow.errors import Invalid
from nurture import enrolments
from nurture.models import Enrolment, Program, Send


@extend_schema_field({"type": "string", "pattern": r"^\d\d:\d\d$", "example": "08:00"})
class ClockTime(serializers.TimeField):
    """A time of day, in the zone of the lead."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%H:%M", **options)


class ProgramShape(serializers.ModelSerializer):
    """A program with its steps."""

    entry = serializers.DictField()
    exit = serializers.DictField()
    send_from = ClockTime()
    send_until = ClockTime()
    send_weekdays = serializers.ListField(child=serializers.IntegerField())
    steps = StepShape(many=True)

    class Meta:
        model = Program
        fields = [
            "id",
            "name",
            "status",
            "entry",
            "exit",
            "reentry",
            "holdout_percent",
            "send_from",
            "send_until",
            "send_weekdays",
            "steps",
            "created_at",
        ]


class ProgramRef(serializers.ModelSerializer):
    """A program, as other things name it."""

    class Meta:
        model = Program
        fields = ["id", "name", "status"]


class EnrolmentShape(serializers.ModelSerializer):
    """One lead in one program, once."""

    program = ProgramRef()
    lead = LeadRef()
    why = serializers.DictField(help_text="What chose the program.")
    step = serializers.IntegerField(source="step.position", default=None, allow_null=True, help_text="The next one.")

    class Meta:
        model = Enrolment
        fields = [
            "id",
            "program",
            "lead",
            "handoff_id",
            "state",
            "step",
            "next_at",
            "why",
            "started_at",
            "ended_at",
            "end_reason",
        ]


class NewEnrolment(serializers.Serializer):
    """A lead to be let into a program."""

    program = serializers.IntegerField(min_value=1, max_value=MAX_ID, help_text="Id of the program.")
    lead = LeadKey()
    why = serializers.CharField(required=False, allow_blank=True, max_length=300)


class Leaving(serializers.Serializer):
    """Why a lead leaves a program."""

    reason = serializers.CharField(max_length=120)


class SendShape(serializers.ModelSerializer):
    """One planned mail to one lead, and what became of it."""

    content = serializers.CharField(source="content.title", default=None, allow_null=True)

    class Meta:
        model = Send
        fields = [
            "id",
            "enrolment_id",
            "lead_id",
            "content",
            "state",
            "to",
            "subject",
            "message_id",
            "next_at",
            "sent_at",
            "error",
            "opened_at",
            "clicked_at",
            "unsubscribed_at",
            "bounced_at",
            "created_at",
        ]


class ProgramFilter(django_filters.FilterSet):
    """Narrow the list of programs."""

    status = django_filters.MultipleChoiceFilter(choices=Program.Status.choices)

    class Meta:
        model = Program
        fields: list[str] = []


class EnrolmentFilter(django_filters.FilterSet):
    """Narrow the list of enrolments."""

    program = IdFilter(field_name="program_id")
    lead = IdFilter(field_name="lead_id")
    state = django_filters.MultipleChoiceFilter(choices=Enrolment.State.choices)

    class Meta:
        model = Enrolment
        fields: list[str] = []


class SendFilter(django_filters.FilterSet):
    """Narrow the list of sends."""

    enrolment = IdFilter(field_name="enrolment_id")
    lead = IdFilter(field_name="lead_id")
    state = django_filters.MultipleChoiceFilter(choices=Send.State.choices)

    class Meta:
        model = Send
        fields: list[str] = []


class Programs(Resource):
    """The programs."""

    capabilities = {"GET": "nurture.view"}
    filterset_class = ProgramFilter
    serializer_class = ProgramShape
    queryset = Program.everywhere.none()

    @extend_schema(
        operation_id="programs_list",
        summary="List programs with their steps, newest first",
        responses=ProgramShape(many=True),
    )
    def get(self, request: Request) -> Response:
        """List programs with their steps, newest first."""
        return self.paged(Program.objects.of(request.workspace).prefetch_related("steps"), ProgramShape)


class Enrolments(Resource):
    """Leads in programs."""

    capabilities = {"GET": "nurture.view", "POST": "nurture.edit"}
    filterset_class = EnrolmentFilter
    serializer_class = EnrolmentShape
    queryset = Enrolment.everywhere.none()

    @extend_schema(
        operation_id="enrolments_list", summary="List enrolments, newest first", responses=EnrolmentShape(many=True)
    )
    def get(self, request: Request) -> Response:
        """List enrolments, newest first."""
        return self.paged(_enrolments(request), EnrolmentShape)

    @extend_schema(
        operation_id="enrolments_create",
        summary="Let a lead into an active program",
        request=NewEnrolment,
        responses={201: EnrolmentShape},
    )
    def post(self, request: Request) -> Response:
        """Let a lead into an active program; the first step is taken at once."""
        data = self.read(NewEnrolment)
        program = Program.objects.of(request.workspace).filter(pk=data["program"]).first()
        if program is None:
            raise Invalid("There is no such program in this workspace.", field="program")
        lead = lookups.lead_of(request.workspace, data["lead"])
        why = {"words": data.get("why") or "Enrolled by API"}
        enrolment = enrolments.enrol(lead, program, actor=request.actor, why=why)
        return Response(EnrolmentShape(_enrolments(request).get(pk=enrolment.pk)).data, status=201)


class ExitEnrolment(Resource):
    """One enrolment, to be ended."""

    capabilities = {"POST": "nurture.edit"}
    serializer_class = Leaving

    @extend_schema(operation_id="enrolments_exit", summary="Take a lead out of a program", responses=EnrolmentShape)
    def post(self, request: Request, pk: int) -> Response:
        """Take a lead out of a program; planned mails are cancelled."""
        found = self.find(Enrolment.objects.of(request.workspace), pk, "enrolment")
        enrolments.exit(found, reason=self.read(Leaving)["reason"], actor=request.actor)
        return Response(EnrolmentShape(_enrolments(request).get(pk=pk)).data)


class Sends(Resource):
    """The send ledger."""

    capabilities = {"GET": "nurture.view"}
    filterset_class = SendFilter
    serializer_class = SendShape
    queryset = Send.everywhere.none()

    @extend_schema(operation_id="sends_list", summary="List sends, newest first", responses=SendShape(many=True))
    def get(self, request: Request) -> Response:
        """List sends, newest first."""
        rows = Send.objects.of(request.workspace).select_related("content").defer("html", "text")
        return self.paged(rows, SendShape)


def _enrolments(request: Any) -> Any:
    return Enrolment.objects.of(request.workspace).select_related("program", "lead", "step")
