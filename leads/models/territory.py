"""A part of the market, by the workspace's own rules."""

from django.db import models

from leadflow.models import Owned


class Territory(Owned):
    """The first territory, by position, that a lead meets is the lead's. `leads.territories.matching` judges.

    A named account is in it whatever else is asked for; of the others each list that is not empty must hold.
    """

    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    countries = models.JSONField(default=list, blank=True)  # ISO 3166 codes
    regions = models.JSONField(default=list, blank=True)  # codes or names of parts of a country
    postal_ranges = models.JSONField(default=list, blank=True)  # "10000-19999", or how a code begins: "SW1"
    industries = models.JSONField(default=list, blank=True)
    employees_from = models.PositiveIntegerField(null=True, blank=True)
    employees_to = models.PositiveIntegerField(null=True, blank=True)
    domains = models.JSONField(default=list, blank=True)  # of named accounts

    class Meta:
        verbose_name = "territory"
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="territory_name_once")]
        indexes = [models.Index(fields=["workspace", "position"], name="territory_order")]

    def __str__(self) -> str:
        return self.name
