"""Addresses that must get no marketing mail."""

from django.db import models

from leadflow.models import Owned


class Suppression(Owned):
    """One address and why; it outlives the lead."""

    class Why(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
        BOUNCED = "bounced", "Bounced"
        COMPLAINED = "complained", "Complained"
        MANUAL = "by_hand", "Manual"

    email = models.CharField(max_length=254)  # lower case
    why = models.CharField(max_length=12, choices=Why.choices)
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "email"], name="suppression_once")]
