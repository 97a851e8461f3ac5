"""The reports."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from api.requests import ApiRequest
from api.v1.shapes import Instant
from api.views import Resource
from leads.queries import reports


class FunnelQuery(serializers.Serializer[Any]):
    """The leads that the funnel counts: those first contacted in [since, until)."""

    since = Instant(required=False)
    until = Instant(required=False)
    # DRF's `Field` has an attribute of this name; the metaclass takes the field out of the class.
    source = serializers.CharField(  # type: ignore[assignment]  # the base class has an attribute of this name
        required=False, allow_blank=True, max_length=80, help_text="Blank: without source."
    )
    campaign = serializers.CharField(required=False, max_length=120, help_text="Code of the campaign.")
    by = serializers.ChoiceField(sorted(reports.GROUPS), required=False, default="source")


class FunnelCounts(serializers.Serializer[Any]):
    """The number of leads that got at least that far."""

    lead = serializers.IntegerField()
    mql = serializers.IntegerField()
    sal = serializers.IntegerField()
    sql = serializers.IntegerField()
    won = serializers.IntegerField()


class FunnelRowShape(serializers.Serializer[Any]):
    """One line of the funnel."""

    key = serializers.CharField(allow_null=True, allow_blank=True, help_text="The group's value; null for the total.")
    counts = FunnelCounts()
    mql_to_won = serializers.FloatField(allow_null=True, help_text="Won ÷ MQL, 0 to 1.")
    revenue = serializers.DictField(
        child=serializers.DecimalField(max_digits=18, decimal_places=2), help_text="What was won, by currency."
    )
    median_days = serializers.FloatField(allow_null=True, help_text="From first contact to won.")
    mean_days = serializers.FloatField(allow_null=True)


class FunnelShape(serializers.Serializer[Any]):
    """The funnel: the total, and a row per group, the largest first."""

    by = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField(allow_null=True)
    total = FunnelRowShape()
    rows = FunnelRowShape(many=True)


class FunnelReport(Resource):
    """The funnel."""

    capabilities = {"GET": "reports.view"}
    serializer_class = FunnelShape
    pagination_class = None

    @extend_schema(
        operation_id="reports_funnel", summary="Get the funnel", parameters=[FunnelQuery], responses=FunnelShape
    )
    def get(self, request: ApiRequest) -> Response:
        """Count the leads by how far they came, in all and by source or campaign."""
        asked = self.read(FunnelQuery, request.query_params.dict())
        filters = {}
        if "source" in asked:
            filters["source"] = asked["source"]
        if "campaign" in asked:
            filters["campaign__code"] = asked["campaign"]
        found = reports.funnel(
            request.workspace, since=asked.get("since"), until=asked.get("until"), by=asked["by"], **filters
        )
        body = {
            "by": found.by,
            "since": found.since,
            "until": found.until,
            "total": _row(found.total),
            "rows": [_row(row) for row in found.rows],
        }
        return Response(FunnelShape(body).data)


def _row(row: reports.FunnelRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "counts": row.counts,
        "mql_to_won": row.conversion("won", "mql"),
        "revenue": row.revenue,
        "median_days": row.median_days,
        "mean_days": row.mean_days,
    }
