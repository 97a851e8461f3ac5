"""The two sides of an agreement."""

from django.db import models


class Side(models.TextChoices):
    MARKETING = "marketing", "Marketing"
    SALES = "sales", "Sales"
