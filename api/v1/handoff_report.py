"""The report of hand-overs by campaign, source, content, rep and so on."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from api.requests import ApiRequest
from api.views import Resource
from leads.queries import handoff_filters, handoff_report, outcomes
from leads.queries.handoff_report import DIMENSIONS, Figures

MONEY = serializers.DecimalField(max_digits=18, decimal_places=2)


class OutcomeCounts(serializers.Serializer[Any]):
    """Where the hand-overs stand now; together they are all of the row."""

    waiting = serializers.IntegerField()
    in_work = serializers.IntegerField()
    promoted = serializers.IntegerField()
    won = serializers.IntegerField()
    lost = serializers.IntegerField()
    returned = serializers.IntegerField()
    withdrawn = serializers.IntegerField()


class ReachedCounts(serializers.Serializer[Any]):
    """The furthest stages that sales ever took them to, whatever became of them since."""

    mql = serializers.IntegerField()
    sal = serializers.IntegerField()
    sql = serializers.IntegerField()
    won = serializers.IntegerField()


class HandoffReportRow(serializers.Serializer[Any]):
    """The figures of one row, or of all."""

    key = serializers.CharField(allow_null=True, help_text="The row's value, - for none; null for the total.")
    name = serializers.CharField(source="label", help_text="The row in words.")
    handed_over = serializers.IntegerField()
    answered = serializers.IntegerField(help_text="Accepted or returned.")
    sal_missed = serializers.IntegerField(help_text="Accepted though criteria of SAL were missed.")
    outcomes = OutcomeCounts()
    reached = ReachedCounts()
    reasons = serializers.DictField(child=serializers.IntegerField(), help_text="Returned, by code of the reason.")
    rated = serializers.IntegerField(help_text="How many the reps rated.")
    rating = serializers.FloatField(allow_null=True, help_text="The mean of those, 1 to 5.")
    revenue = serializers.DictField(child=MONEY, help_text="What was won, by currency.")


class HandoffReport(serializers.Serializer[Any]):
    """The total, and a row per value, the largest first."""

    by = serializers.ChoiceField(sorted(DIMENSIONS))
    total = HandoffReportRow()
    rows = HandoffReportRow(many=True)


class HandoffReports(Resource):
    """The report of hand-overs."""

    capabilities = {"GET": "reports.view"}
    serializer_class = HandoffReport
    pagination_class = None

    @extend_schema(
        operation_id="reports_handoffs",
        summary="Get the report of hand-overs",
        parameters=[
            OpenApiParameter("by", enum=sorted(DIMENSIONS), description="What a row is; campaign unless said."),
            *(
                OpenApiParameter(each.name, enum=sorted(each.options) if each.options else None, description=each.label)
                for each in handoff_filters.FILTERS.values()
            ),
        ],
        responses=HandoffReport,
    )
    def get(self, request: ApiRequest) -> Response:
        """Count hand-overs by where they stand, by one of their properties, with why they came back."""
        asked = request.query_params.dict()
        by = DIMENSIONS.get(asked.get("by") or "campaign")
        filters, refused = handoff_filters.read(request.workspace, asked)
        if by is None:
            refused["by"] = f"There is no such row. Known: {', '.join(sorted(DIMENSIONS))}."
        if by is None or refused:
            raise ValidationError({name: [words] for name, words in refused.items()})
        found = handoff_report.report(request.workspace, by, filters)
        body = {"by": by.name, "total": _row(found.total), "rows": [_row(row) for row in found.rows]}
        return Response(HandoffReport(body).data)


def _row(row: Figures) -> dict[str, Any]:
    return {**vars(row), "outcomes": {name: row.outcomes[name] for name in outcomes.parts()}}
