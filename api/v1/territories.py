"""The territories of the workspace."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from api.views import WritableList, lists, writes
from leads.models import Territory
from leads.territories import territories


class TerritoryShape(serializers.ModelSerializer[Territory]):
    """A part of the market; a lead belongs to the first, by position, whose rules it meets."""

    countries = serializers.ListField(child=serializers.CharField(), help_text="ISO 3166 codes.")
    regions = serializers.ListField(child=serializers.CharField())
    postal_ranges = serializers.ListField(child=serializers.CharField(), help_text="10000-19999, or SW1.")
    industries = serializers.ListField(child=serializers.CharField())
    domains = serializers.ListField(child=serializers.CharField(), help_text="Of named accounts.")

    class Meta:
        model = Territory
        fields = [
            "id",
            "position",
            "name",
            "countries",
            "regions",
            "postal_ranges",
            "industries",
            "employees_from",
            "employees_to",
            "domains",
        ]


class _Words(serializers.ListField):
    child = serializers.CharField(max_length=200)


class TerritoryInput(serializers.Serializer[Any]):
    """A territory to be created or updated; what is left out stays."""

    name = serializers.CharField(max_length=80)
    countries = _Words(required=False, help_text="ISO 3166 codes or English names.")
    regions = _Words(required=False)
    postal_ranges = _Words(required=False, help_text="10000-19999, or how codes begin: SW1.")
    industries = _Words(required=False)
    employees_from = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2_147_483_647)
    employees_to = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2_147_483_647)
    domains = _Words(required=False, help_text="Of named accounts, e.g. example.com.")


@lists("territories_list", "List territories")
@writes(
    "territories_upsert",
    "Create or update the territory of a name",
    "Create or update the territory of a name; a new one comes last. Leads are placed anew within a few minutes.",
    known="The territory was known.",
    new="The territory is new.",
)
class Territories(WritableList):
    """The territories."""

    capabilities = {"GET": "leads.view", "POST": "settings.rules"}
    serializer_class = TerritoryShape
    input_class = TerritoryInput

    def rows(self) -> QuerySet[Territory]:
        """Return the territories."""
        return Territory.objects.of(self.request.workspace)

    def write(self, data: dict[str, Any]) -> tuple[Territory, bool]:
        """Create or update the territory of the name. Raise `Invalid` with the field."""
        workspace = self.request.workspace
        known = Territory.objects.of(workspace).filter(name=data["name"]).first()
        row = known or Territory(workspace=workspace)
        for name, value in data.items():
            setattr(row, name, value)
        return territories.save(row, actor=self.request.actor), known is None
