"""The workspace's vocabulary, its campaigns, and the caller."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from api.requests import ApiRequest
from api.v1.shapes import MemberRef
from api.views import ListResource, Resource, WritableList, lists, writes
from leadflow import db
from leadflow.errors import Invalid
from leads.models import Campaign, Question, Reason, Topic
from leads.models.reason import OPTIONS
from workspaces.models import Workspace
from workspaces.roles import CAPABILITIES, SCOPES


class ReasonShape(serializers.ModelSerializer[Reason]):
    """A reason for which a lead comes back, is lost or is disqualified, and what follows."""

    blames = serializers.CharField(help_text="data, definition, or blank for nobody.")

    leads_to = serializers.CharField(read_only=True, help_text="What the reason leads to, in words.")

    class Meta:
        model = Reason
        fields = ["id", "kind", "code", "label", "active", *OPTIONS, "leads_to"]


class QuestionShape(serializers.ModelSerializer[Question]):
    """A qualifying question."""

    choices = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Question
        fields = ["id", "code", "label", "kind", "choices", "position", "active"]


class TopicShape(serializers.ModelSerializer[Topic]):
    """A subject of interest."""

    class Meta:
        model = Topic
        fields = ["id", "code", "label"]


class CampaignShape(serializers.ModelSerializer[Campaign]):
    """A marketing effort with its cost; an upsert finds it by its code."""

    class Meta:
        model = Campaign
        fields = ["id", "code", "name", "source", "cost", "currency", "starts_on", "ends_on", "created_at"]


class CampaignInput(serializers.Serializer[Any]):
    """A campaign to be created or updated; what is left out stays."""

    code = serializers.CharField(max_length=120)
    name = serializers.CharField(max_length=200, required=False)
    # DRF's `Field` has an attribute of this name; the metaclass takes the field out of the class.
    source = serializers.CharField(max_length=80, required=False, allow_blank=True)  # type: ignore[assignment]  # the base class has an attribute of this name
    cost = serializers.DecimalField(max_digits=14, decimal_places=2, min_value=0, required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, help_text="ISO 4217.")
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)


class WorkspaceShape(serializers.ModelSerializer[Workspace]):
    """The workspace."""

    class Meta:
        model = Workspace
        fields = ["id", "name", "slug", "time_zone", "currency"]


class MeShape(serializers.Serializer[Any]):
    """The caller, a key or a member, and its capabilities."""

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
    def get(self, request: ApiRequest) -> Response:
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


@lists("reasons_list", "List reasons of returns, losses and disqualifications")
class Reasons(ListResource):
    """The reasons."""

    serializer_class = ReasonShape

    def rows(self) -> QuerySet[Reason]:
        """Return the reasons."""
        return Reason.objects.of(self.request.workspace)


@lists("questions_list", "List qualifying questions")
class Questions(ListResource):
    """The qualifying questions."""

    serializer_class = QuestionShape

    def rows(self) -> QuerySet[Question]:
        """Return the questions."""
        return Question.objects.of(self.request.workspace)


@lists("topics_list", "List topics")
class Topics(ListResource):
    """The topics."""

    serializer_class = TopicShape

    def rows(self) -> QuerySet[Topic]:
        """Return the topics."""
        return Topic.objects.of(self.request.workspace)


@lists("campaigns_list", "List campaigns, newest first")
@writes(
    "campaigns_upsert",
    "Create or update the campaign of a code",
    "Create or update the campaign of a code.",
    known="The campaign was known.",
    new="The campaign is new.",
)
class Campaigns(WritableList):
    """The campaigns."""

    capabilities = {"GET": "leads.view", "POST": "leads.import"}
    serializer_class = CampaignShape
    input_class = CampaignInput

    def rows(self) -> QuerySet[Campaign]:
        """Return the campaigns."""
        return Campaign.objects.of(self.request.workspace)

    def write(self, data: dict[str, Any]) -> tuple[Campaign, bool]:
        """Create or update the campaign of the code. Raise `Invalid` when it would end before it starts."""
        code = data.pop("code")
        starts, ends = data.get("starts_on"), data.get("ends_on")
        if starts and ends and ends < starts:
            raise Invalid("A campaign ends after it starts.", field="ends_on")
        return db.upsert(
            Campaign.everywhere.all(),
            data,
            new={"name": data.get("name", code)},
            workspace=self.request.workspace,
            code=code,
        )
