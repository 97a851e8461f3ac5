"""The workspace's own words, its campaigns, and who the caller is."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.v1.shapes import MemberRef
from api.views import Resource
from leadflow import db
from leadflow.errors import Invalid
from leads.models import Campaign, Question, Reason, Topic
from leads.models.reason import OPTIONS
from workspaces.models import Workspace
from workspaces.roles import CAPABILITIES, SCOPES


class ReasonShape(serializers.ModelSerializer):
    """Why a lead comes back, is lost or is disqualified, and what follows."""

    blames = serializers.CharField(help_text="data, definition, or blank for nobody.")

    leads_to = serializers.CharField(read_only=True, help_text="What the reason leads to, in words.")

    class Meta:
        model = Reason
        fields = ["id", "kind", "code", "label", "active", *OPTIONS, "leads_to"]


class QuestionShape(serializers.ModelSerializer):
    """A qualifying question."""

    choices = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Question
        fields = ["id", "code", "label", "kind", "choices", "position", "active"]


class TopicShape(serializers.ModelSerializer):
    """A subject of interest."""

    class Meta:
        model = Topic
        fields = ["id", "code", "label"]


class CampaignShape(serializers.ModelSerializer):
    """A marketing effort with its cost; an upsert finds it by its code."""

    class Meta:
        model = Campaign
        fields = ["id", "code", "name", "source", "cost", "currency", "starts_on", "ends_on", "created_at"]


class CampaignInput(serializers.Serializer):
    """A campaign to be created or updated; what is left out stays."""

    code = serializers.CharField(max_length=120)
    name = serializers.CharField(max_length=200, required=False)
    source = serializers.CharField(max_length=80, required=False, allow_blank=True)
    cost = serializers.DecimalField(max_digits=14, decimal_places=2, min_value=0, required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, help_text="ISO 4217.")
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)


class WorkspaceShape(serializers.ModelSerializer):
    """The workspace."""

    class Meta:
        model = Workspace
        fields = ["id", "name", "slug", "time_zone", "currency"]


class MeShape(serializers.Serializer):
    """Who calls: a key or a member, and what it may do."""

    kind = serializers.ChoiceField(["key", "member"])
    id = serializers.IntegerField(help_text="Of the key or the member, as `actor` in webhooks has it.")
    name = serializers.CharField()
    workspace = WorkspaceShape()
    member = MemberRef(allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField(), help_text="Of a key.")
    capabilities = serializers.ListField(child=serializers.CharField())


class Me(Resource):
    """The caller."""

    serializer_class = MeShape

    @extend_schema(operation_id="me_retrieve", summary="Get who the caller is and what it may do")
    def get(self, request: Request) -> Response:
        """Get who the caller is and what it may do."""
        actor: Any = request.actor
        every = {*CAPABILITIES, *(name for names in SCOPES.values() for name in names)}
        can = [name for name in sorted(every) if (actor.key or name in CAPABILITIES) and actor.can(name)]
        body = {
            "kind": actor.kind,
            "id": (actor.key or actor.member).pk,
            "name": actor.name,
            "workspace": request.workspace,
            "member": actor.member,
            "scopes": actor.key.scopes if actor.key else [],
            "capabilities": can,
        }
        return Response(MeShape(body).data)


class Reasons(Resource):
    """The reasons."""

    capabilities = {"GET": "leads.view"}
    serializer_class = ReasonShape
    filter_backends: list[Any] = []

    @extend_schema(
        operation_id="reasons_list",
        summary="List reasons of returns, losses and disqualifications",
        responses=ReasonShape(many=True),
    )
    def get(self, request: Request) -> Response:
        """List reasons of returns, losses and disqualifications."""
        return self.paged(Reason.objects.of(request.workspace), ReasonShape)


class Questions(Resource):
    """The qualifying questions."""

    capabilities = {"GET": "leads.view"}
    serializer_class = QuestionShape
    filter_backends: list[Any] = []

    @extend_schema(
        operation_id="questions_list", summary="List qualifying questions", responses=QuestionShape(many=True)
    )
    def get(self, request: Request) -> Response:
        """List qualifying questions."""
        return self.paged(Question.objects.of(request.workspace), QuestionShape)


class Topics(Resource):
    """The topics."""

    capabilities = {"GET": "leads.view"}
    serializer_class = TopicShape
    filter_backends: list[Any] = []

    @extend_schema(operation_id="topics_list", summary="List topics", responses=TopicShape(many=True))
    def get(self, request: Request) -> Response:
        """List topics."""
        return self.paged(Topic.objects.of(request.workspace), TopicShape)


class Campaigns(Resource):
    """The campaigns."""

    capabilities = {"GET": "leads.view", "POST": "leads.import"}
    serializer_class = CampaignShape
    filter_backends: list[Any] = []

    @extend_schema(
        operation_id="campaigns_list", summary="List campaigns, newest first", responses=CampaignShape(many=True)
    )
    def get(self, request: Request) -> Response:
        """List campaigns, newest first."""
        return self.paged(Campaign.objects.of(request.workspace), CampaignShape)

    @extend_schema(
        operation_id="campaigns_upsert",
        summary="Create or update the campaign of a code",
        request=CampaignInput,
        responses={
            200: OpenApiResponse(CampaignShape, description="The campaign was known."),
            201: OpenApiResponse(CampaignShape, description="The campaign is new."),
        },
    )
    def post(self, request: Request) -> Response:
        """Create or update the campaign of a code."""
        data = self.read(CampaignInput)
        code = data.pop("code")
        starts, ends = data.get("starts_on"), data.get("ends_on")
        if starts and ends and ends < starts:
            raise Invalid("A campaign ends after it starts.", field="ends_on")
        campaign, created = db.upsert(
            Campaign.everywhere.all(),
            data,
            new={"name": data.get("name", code)},
            workspace=request.workspace,
            code=code,
        )
        return Response(CampaignShape(campaign).data, status=201 if created else 200)
