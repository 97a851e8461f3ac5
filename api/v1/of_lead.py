"""Lists that lie beneath one lead."""

from typing import Any

from django.db.models import Model, QuerySet

from api.v1 import lookups
from api.views import ListResource
from leads.models import Lead


class OfLead(ListResource):
    """A list beneath the lead that the address names."""

    lead: Lead

    def load(self) -> None:
        """Read the lead. Raise `Missing`."""
        self.lead = lookups.get_lead(self.request.workspace, self.kwargs["pk"])

    def of_lead(self, model: Any) -> QuerySet[Any]:
        """Return the rows of a model that belong to the lead."""
        rows: QuerySet[Model] = model.objects.of(self.request.workspace).filter(lead=self.lead)
        return rows
