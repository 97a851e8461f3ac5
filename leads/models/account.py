"""The company a lead belongs to, and the marketing effort that is credited with it."""

from django.db import models
from django.db.models import Q

from leadflow.models import Owned


class Account(Owned):
    """A company, found by its e-mail domain (never a free-mail one), else by its name."""

    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=190, blank=True)
    industry = models.CharField(max_length=80, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code, e.g. DE")
    owner = models.ForeignKey("workspaces.Member", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    attributes = models.JSONField(default=dict, blank=True)
    # name and domain, as `leads.people.search_text` keeps words
    search_text = models.TextField(blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "domain"], condition=~Q(domain=""), name="account_domain_once")
        ]
        indexes = [
            models.Index(
                fields=["workspace", "name"], name="account_by_name", opclasses=["int8_ops", "varchar_pattern_ops"]
            )
        ]

    def __str__(self) -> str:
        return self.name


class Campaign(Owned):
    """A marketing effort with its cost; leads name it by its code."""

    code = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=80, blank=True)
    cost = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    currency = models.CharField(max_length=3, blank=True, help_text="Empty: the workspace's.")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "code"], name="campaign_code_once")]

    def __str__(self) -> str:
        return self.name
