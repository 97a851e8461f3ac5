"""Programs, their enrolments and their sends."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from api.filters import MAX_ID, IdFilter
from api.requests import ApiRequest
from api.v1 import lookups
from api.v1.shapes import LeadKey, LeadRef
from api.v1.step_shapes import StepShape
from api.views import ListResource, Resource, WritableList, lists, writes
from leadflow.errors import Invalid
from leadflow.models import get_row
from nurture import enrolments
from nurture.models import Enrolment, Program, Send


@extend_schema_field({"type": "string", "pattern": r"^\d\d:\d\d$", "example": "08:00"})
class ClockTime(serializers.TimeField):
    """A time of day, in the zone of the lead."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%H:%M", **options)


class ProgramShape(serializers.ModelSerializer[Program]):
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


class ProgramRef(serializers.ModelSerializer[Program]):
    """A program, as other things name it."""

    class Meta:
        model = Program
        fields = ["id", "name", "status"]


class EnrolmentShape(serializers.ModelSerializer[Enrolment]):
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


class NewEnrolment(serializers.Serializer[Any]):
    """A lead to be enrolled in a program."""

    program = serializers.IntegerField(min_value=1, max_value=MAX_ID, help_text="Id of the program.")
    lead = LeadKey()
    why = serializers.CharField(required=False, allow_blank=True, max_length=300)


class Leaving(serializers.Serializer[Any]):
    """The reason for which a lead leaves a program."""

    reason = serializers.CharField(max_length=120)


class SendShape(serializers.ModelSerializer[Send]):
    """One planned mail to one lead, with its outcome."""

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


@lists("programs_list", "List programs with their steps, newest first")
class Programs(ListResource):
    """The programs."""

    capabilities = {"GET": "nurture.view"}
    filter_backends = [DjangoFilterBackend]
    filterset_class = ProgramFilter
    serializer_class = ProgramShape
    queryset = Program.everywhere.none()

    def rows(self) -> QuerySet[Program]:
        """Return the programs with their steps."""
        return Program.objects.of(self.request.workspace).prefetch_related("steps")


@lists("enrolments_list", "List enrolments, newest first")
@writes(
    "enrolments_create",
    "Enrol a lead in an active program",
    "Enrol a lead in an active program; the first step runs at once.",
)
class Enrolments(WritableList):
    """Leads in programs."""

    capabilities = {"GET": "nurture.view", "POST": "nurture.edit"}
    filter_backends = [DjangoFilterBackend]
    filterset_class = EnrolmentFilter
    serializer_class = EnrolmentShape
    input_class = NewEnrolment
    queryset = Enrolment.everywhere.none()

    def rows(self) -> QuerySet[Enrolment]:
        """Return the enrolments with what their shape shows."""
        return _enrolments(self.request)

    def write(self, data: dict[str, Any]) -> tuple[Enrolment, bool]:
        """Enrol the lead. Raise `Invalid` for an unknown program, `Conflict` when the lead may not enter."""
        workspace = self.request.workspace
        program = Program.objects.of(workspace).filter(pk=data["program"]).first()
        if program is None:
            raise Invalid("There is no such program in this workspace.", field="program")
        lead = lookups.get_lead_by_key(workspace, data["lead"])
        why = {"words": data.get("why") or "Enrolled by API"}
        enrolment = enrolments.enrol(lead, program, actor=self.request.actor, why=why)
        return self.rows().get(pk=enrolment.pk), True


class ExitEnrolment(Resource):
    """One enrolment, to be ended."""

    capabilities = {"POST": "nurture.edit"}
    serializer_class = Leaving

    @extend_schema(operation_id="enrolments_exit", summary="Take a lead out of a program", responses=EnrolmentShape)
    def post(self, request: ApiRequest, pk: int) -> Response:
        """Take a lead out of a program; planned mails are cancelled."""
        found = get_row(Enrolment.objects.of(request.workspace), pk, "enrolment")
        enrolments.exit(found, reason=self.read(Leaving)["reason"], actor=request.actor)
        return Response(EnrolmentShape(_enrolments(request).get(pk=pk)).data)


@lists("sends_list", "List sends, newest first")
class Sends(ListResource):
    """The send ledger."""

    capabilities = {"GET": "nurture.view"}
    filter_backends = [DjangoFilterBackend]
    filterset_class = SendFilter
    serializer_class = SendShape
    queryset = Send.everywhere.none()

    def rows(self) -> QuerySet[Send]:
        """Return the sends without their text."""
        return Send.objects.of(self.request.workspace).select_related("content").defer("html", "text")


def _enrolments(request: ApiRequest) -> QuerySet[Enrolment]:
    return Enrolment.objects.of(request.workspace).select_related("program", "lead", "step")
