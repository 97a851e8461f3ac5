"""Filters of times and ids that refuse what no database can hold."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django_filters.fields import IsoDateTimeField

MAX_ID = 2**63 - 1  # what the databases can hold


class InstantField(IsoDateTimeField):
    """Read a time in UTC: databases refuse offsets of a day's length, and years that no zone can hold."""

    def to_python(self, value: Any) -> datetime | None:
        """Return the time. Raise `ValidationError`."""
        try:
            moment: datetime | None = super().to_python(value)
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError("Give a time with its zone, e.g. 2026-03-02T09:30:00Z.") from error


class InstantFilter(django_filters.IsoDateTimeFilter):
    """Narrow a list by a time."""

    field_class = InstantField


class IdFilter(django_filters.NumberFilter):
    """Narrow a list by the id of a row; what no database can hold is refused."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, min_value=1, max_value=MAX_ID, **options)

    def get_max_validator(self) -> None:
        """Have no second limit beside `max_value`: the message would appear twice."""
