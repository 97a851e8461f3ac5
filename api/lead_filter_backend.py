"""The filters of `leads.queries.lead_filters` as query parameters, and in the OpenAPI document."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend

from api.requests import ApiRequest
from leads.queries import lead_filters
from leads.queries.lead_filters import FILTERS, Filter


class LeadFilters(BaseFilterBackend):
    """Narrow a list of leads by what the address asks for."""

    def filter_queryset(  # type: ignore[override]  # every view of the API makes an ApiRequest
        self, request: ApiRequest, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        """Return the leads wanted. Raise `ValidationError` with each parameter that cannot be read."""
        workspace = request.workspace
        filters, refused = lead_filters.read(workspace, dict(request.query_params.lists()))
        if refused:
            raise ValidationError({name: [words] for name, words in refused.items()})
        return lead_filters.narrow(queryset, workspace, filters)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe each filter."""
        return [
            {
                "name": filter.name,
                "in": "query",
                "required": False,
                "description": filter.help,
                "schema": _schema(filter),
                **({"explode": True, "style": "form"} if filter.many else {}),
            }
            for filter in FILTERS.values()
        ]


def _schema(filter: Filter) -> dict[str, Any]:
    value: dict[str, Any] = {"type": "string"}
    if filter.options is not None:
        value["enum"] = list(filter.options)
    if filter.kind in ("day", "time"):
        value = {"oneOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
    return {"type": "array", "items": value} if filter.many else value
