"""The other names of a lead: ids of other systems, and ids of a browser before it was known."""

from django.db import models

from leadflow.models import Owned


class ExternalId(Owned):
    """A lead's id in another system (CRM, marketplace, shop)."""

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="external_ids")
    system = models.CharField(max_length=60)
    value = models.CharField(max_length=190)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "system", "value"], name="external_id_once")]


class AnonymousId(Owned):
    """A browser or device, before (lead is null) and after it was known whose it is."""

    lead = models.ForeignKey("leads.Lead", null=True, on_delete=models.CASCADE, related_name="anonymous_ids")
    value = models.CharField(max_length=190)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "value"], name="anonymous_id_once")]
