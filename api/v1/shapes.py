"""The small shapes that many answers share."""

from typing import Any

from rest_framework import serializers

from api.filters import MAX_ID
from leads.models import Account, Lead
from workspaces.models import Member


class MemberRef(serializers.ModelSerializer[Member]):
    """A member, as other things name it."""

    name = serializers.CharField(source="user.name")
    email = serializers.EmailField(source="user.email")

    class Meta:
        model = Member
        fields = ["id", "name", "email", "role"]


class AccountRef(serializers.ModelSerializer[Account]):
    """The company of a lead."""

    class Meta:
        model = Account
        fields = ["id", "name", "domain", "industry", "employees", "country"]


class LeadRef(serializers.ModelSerializer[Lead]):
    """A lead, as other things name it."""

    name = serializers.CharField()

    class Meta:
        model = Lead
        fields = ["id", "name", "email", "state", "grade", "readiness"]


class ExternalIdShape(serializers.Serializer[Any]):
    """The id of a lead in another system."""

    system = serializers.CharField(max_length=60, help_text="Which system, e.g. crm.")
    value = serializers.CharField(max_length=190)


class LeadKey(serializers.Serializer[Any]):
    """One way to name a lead: its id here, its e-mail, or its id in another system."""

    id = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    email = serializers.EmailField(required=False)
    external_id = ExternalIdShape(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Demand one name, and one only."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Name the lead by one of id, email and external_id.")
        return attrs


class Instant(serializers.DateTimeField):
    """A time with its zone, `2026-03-02T09:30:00Z`; a day alone, or a time without zone, is refused."""

    default_error_messages = {
        "invalid": "Give a time with its zone, e.g. 2026-03-02T09:30:00Z.",
        "naive": "Give the time with its zone, e.g. 2026-03-02T09:30:00Z.",
    }

    def enforce_timezone(self, value: Any) -> Any:
        """Refuse a time without zone."""
        if value.tzinfo is None:
            self.fail("naive")
        return super().enforce_timezone(value)

    def to_internal_value(self, value: Any) -> Any:
        """Read the time; years that no zone can hold are refused."""
        try:
            return super().to_internal_value(value)
        except OverflowError:
            self.fail("invalid")


class OccurredAt(Instant):
    """When it happened, if not now: for keys with the scope `history`."""

    def __init__(self, **options: Any) -> None:
        words = "When it happened; now, if left out. Needs a key with the scope history, and is never in the future."
        super().__init__(required=False, help_text=words, **options)


class RefusalShape(serializers.Serializer[Any]):
    """Why one item of a batch was refused: the problem details that it would have got alone."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
