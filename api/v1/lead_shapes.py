"""The shapes of leads, out and in."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.v1.shapes import AccountRef, ExternalIdShape, Instant, MemberRef
from leads.models import Answer, Event, FollowUp, Lead, Touch, Transition
from leads.models.lead import ConsentState
from leads.move_catalogue import moves_from


class LeadShape(serializers.ModelSerializer[Lead]):
    """A lead, as lists show it."""

    name = serializers.CharField()
    account = AccountRef(allow_null=True)
    owner = MemberRef(allow_null=True)
    # DRF's `Field` has an attribute of this name; the metaclass takes the field out of the class.
    source = serializers.CharField(  # type: ignore[assignment]  # the base class has an attribute of this name
        help_text="Where the lead came from first. Blank and unknown are different things."
    )
    campaign = serializers.CharField(source="campaign.code", default=None, allow_null=True)
    persona = serializers.CharField(source="persona.code", default=None, allow_null=True)
    territory = serializers.CharField(
        source="territory.name", default=None, allow_null=True, help_text="By the rules of the workspace."
    )
    lost_reason = serializers.CharField(source="lost_reason.code", default=None, allow_null=True)
    attributes = serializers.DictField()
    flags = serializers.ListField(child=serializers.CharField())
    interests = serializers.DictField(child=serializers.FloatField(), help_text="Points by topic.")
    external_ids = ExternalIdShape(many=True)
    held_for = serializers.CharField(
        help_text="What its return blames (data or definition) while it waits for marketing's answer; else empty."
    )
    kept_from_nurture = serializers.BooleanField(help_text="The reason of its return keeps it out of every program.")

    class Meta:
        model = Lead
        fields = [
            "id",
            "email",
            "first_name",
            "last_name",
            "name",
            "title",
            "phone",
            "country",
            "region",
            "postal_code",
            "territory",
            "territory_why",
            "time_zone",
            "language",
            "account",
            "persona",
            "source",
            "campaign",
            "attributes",
            "consent",
            "flags",
            "external_ids",
            "state",
            "state_since",
            "owner",
            "passes",
            "revisit_at",
            "returned_at",
            "cool_off_until",
            "held_for",
            "kept_from_nurture",
            "fit_points",
            "fit_grade",
            "interest_points",
            "interest_level",
            "readiness_points",
            "readiness",
            "grade",
            "interests",
            "scored_at",
            "first_contact_at",
            "last_event_at",
            "amount",
            "currency",
            "won_at",
            "lost_at",
            "lost_reason",
            "created_at",
        ]


class AnswerShape(serializers.ModelSerializer[Answer]):
    """The answer to a qualifying question, as it stands."""

    question = serializers.CharField(source="question.code")
    # DRF's `Field` has an attribute of this name; the metaclass takes the field out of the class.
    label = serializers.CharField(source="question.label")  # type: ignore[assignment]  # the base class has an attribute of this name
    value = serializers.JSONField()
    by = serializers.CharField(source="actor_name", help_text="Who asked.")

    class Meta:
        model = Answer
        fields = ["question", "label", "value", "by", "at"]


class LeadDetail(LeadShape):
    """A lead with the lines of its score, its answers and the moves it allows."""

    score_lines = serializers.ListField(child=serializers.DictField(), help_text="They add up to the points.")
    answers = AnswerShape(many=True)
    allowed = serializers.SerializerMethodField(help_text="The moves that the state allows.")
    handoff_id = serializers.SerializerMethodField(help_text="The open handoff, if there is one.")

    class Meta(LeadShape.Meta):
        fields = [*LeadShape.Meta.fields, "score_lines", "answers", "allowed", "handoff_id"]

    def get_allowed(self, lead: Lead) -> list[str]:
        """List the moves from the lead's state."""
        return moves_from(lead.state)

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_handoff_id(self, lead: Any) -> int | None:
        """Return the id of the open handoff."""
        return next((handoff.pk for handoff in lead.open_handoffs), None)


class PersonShape(serializers.Serializer[Any]):
    """The facts about one person. A fact left out or empty never erases a known one."""

    email = serializers.CharField(required=False, allow_blank=True, max_length=254)
    external_ids = ExternalIdShape(many=True, required=False)
    anonymous_id = serializers.CharField(required=False, allow_blank=True, max_length=190)
    first_name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    last_name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    title = serializers.CharField(required=False, allow_blank=True, max_length=160)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=40)
    country = serializers.CharField(required=False, allow_blank=True, max_length=2, help_text="ISO 3166, e.g. DE.")
    region = serializers.CharField(
        required=False, allow_blank=True, max_length=80, help_text="State or province, by code or name."
    )
    postal_code = serializers.CharField(required=False, allow_blank=True, max_length=16)
    time_zone = serializers.CharField(required=False, allow_blank=True, max_length=64)
    language = serializers.CharField(required=False, allow_blank=True, max_length=12)
    company = serializers.CharField(required=False, allow_blank=True, max_length=200)
    domain = serializers.CharField(required=False, allow_blank=True, max_length=190)
    industry = serializers.CharField(required=False, allow_blank=True, max_length=80)
    employees = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2_147_483_647)
    # DRF's `Field` has an attribute of this name; the metaclass takes the field out of the class.
    source = serializers.CharField(required=False, allow_blank=True, max_length=80)  # type: ignore[assignment]  # the base class has an attribute of this name
    campaign = serializers.CharField(required=False, allow_blank=True, max_length=120, help_text="Its code.")
    persona = serializers.CharField(required=False, allow_blank=True, max_length=60, help_text="Its code.")
    attributes = serializers.DictField(required=False, help_text="Custom attributes by key.")
    consent = serializers.ChoiceField(ConsentState.choices, required=False)
    consent_wording = serializers.CharField(required=False, allow_blank=True, max_length=5000)


class NewPersonShape(PersonShape):
    """A person to be created or updated; at least one id is needed."""

    first_contact_at = Instant(required=False, help_text="Needs a key with the scope history.")


class UpsertedShape(LeadShape):
    """The lead, and what the request did to it."""

    external_ids = ExternalIdShape(many=True, source="known_ids")
    created = serializers.BooleanField()
    changed = serializers.ListField(child=serializers.CharField(), help_text="The fields that got a new value.")

    class Meta(LeadShape.Meta):
        fields = ["created", "changed", *LeadShape.Meta.fields]


class EventShape(serializers.ModelSerializer[Event]):
    """Something the lead did."""

    topics = serializers.ListField(child=serializers.CharField())
    properties = serializers.DictField()
    campaign = serializers.CharField(source="campaign.code", default=None, allow_null=True)

    class Meta:
        model = Event
        fields = [
            "id",
            "lead_id",
            "type",
            "name",
            "url",
            "topics",
            "campaign",
            "properties",
            "message_id",
            "human",
            "clock_skew",
            "occurred_at",
            "received_at",
        ]


class TouchShape(serializers.ModelSerializer[Touch]):
    """Something sales did to the lead."""

    by = serializers.CharField(source="actor_name")

    class Meta:
        model = Touch
        fields = ["id", "lead_id", "handoff_id", "channel", "outcome", "note", "by", "at"]


class FollowUpShape(serializers.ModelSerializer[FollowUp]):
    """A promised next action."""

    member = MemberRef(allow_null=True)
    by = serializers.CharField(source="actor_name")

    class Meta:
        model = FollowUp
        fields = ["id", "lead_id", "handoff_id", "member", "due_at", "note", "done_at", "by", "created_at"]


class TransitionShape(serializers.ModelSerializer[Transition]):
    """One move of the lead."""

    reason = serializers.CharField(source="reason.code", default=None, allow_null=True)
    by = serializers.CharField(source="actor_name")
    facts = serializers.DictField()

    class Meta:
        model = Transition
        fields = [
            "sequence",
            "move",
            "from_state",
            "to_state",
            "reason",
            "note",
            "facts",
            "by",
            "handoff_id",
            "at",
            "recorded_at",
        ]
