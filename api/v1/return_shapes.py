"""The shapes of marketing's answer to a return and of the objection to it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.v1.shapes import LeadRef
from leads.models import ReturnAnswer, ReturnObjection


class ReturnObjectionShape(serializers.ModelSerializer[ReturnObjection]):
    """What sales objects to an answer; `decision` is empty until the sales manager decides."""

    by = serializers.CharField(source="actor_name")
    decided_by = serializers.CharField(source="decided_by_name", allow_blank=True)

    class Meta:
        model = ReturnObjection
        fields = ["text", "by", "at", "decision", "decision_note", "decided_by", "decided_at"]


class ReturnAnswerOfHandoff(serializers.ModelSerializer[ReturnAnswer]):
    """Marketing's answer to a return."""

    by = serializers.CharField(source="actor_name")
    objection = serializers.SerializerMethodField(help_text="Null while nobody objects.")

    class Meta:
        model = ReturnAnswer
        fields = ["text", "by", "at", "objection"]

    @extend_schema_field(ReturnObjectionShape(allow_null=True))
    def get_objection(self, answer: Any) -> Any:
        """Return what sales objects to it."""
        objection = getattr(answer, "objection", None)
        return objection and ReturnObjectionShape(objection).data


class ReturnAnswerShape(ReturnAnswerOfHandoff):
    """Marketing's answer to a return, with the lead, the rep's reason and note, and the objection."""

    lead = LeadRef()
    reason = serializers.CharField(source="handoff.reason.code")
    note = serializers.CharField(source="handoff.note", help_text="The rep's.")

    class Meta(ReturnAnswerOfHandoff.Meta):
        fields = ["id", "handoff_id", "lead", "reason", "note", *ReturnAnswerOfHandoff.Meta.fields]
