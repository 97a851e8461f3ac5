"""The workspace's own words for people and subjects: topics, personas, custom attributes."""

from django.db import models

from leadflow.models import Owned


class Topic(Owned):
    """A subject of interest; content and events carry topics by code."""

    code = models.SlugField(max_length=60)
    label = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "code"], name="topic_once")]

    def __str__(self) -> str:
        return self.label


class Persona(Owned):
    """A buyer's role in the purchase."""

    code = models.SlugField(max_length=60)
    label = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "code"], name="persona_once")]

    def __str__(self) -> str:
        return self.label


class Attribute(Owned):
    """A custom field of leads: its key in `Lead.attributes`, its words and its kind."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        BOOLEAN = "boolean", "Yes or no"
        DATE = "date", "Date"

    key = models.SlugField(max_length=60)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TEXT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="attribute_once")]
