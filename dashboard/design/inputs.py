"""Inputs and fields that several forms use."""

import json
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from workspaces import access


class DayInput(forms.DateInput):
    """Ask for a day with the browser's own picker."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    """Ask for a day and time, in the reader's zone, with the browser's own picker."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


def moment_on(day: date) -> datetime | None:
    """Return noon of a past day in the reader's zone; None, which is now, for today."""
    if day == timezone.localdate():
        return None
    return timezone.make_aware(datetime.combine(day, time(12)))


def zones(empty: str = "") -> list[tuple[str, str]]:
    """List the time zones to choose from, by name."""
    places = (name for name in access.time_zones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/")))
    first = [("", empty)] if empty else []
    return [*first, ("UTC", "UTC"), *((name, name.replace("_", " ")) for name in sorted(places))]


class JsonField(forms.CharField):
    """Read JSON; `value` keeps the input if it cannot be read."""

    widget = forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "code"})

    def prepare_value(self, value: Any) -> Any:
        """Write JSON with indents."""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)

    def to_python(self, value: Any) -> Any:
        """Return what the JSON holds."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            where = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            raise forms.ValidationError(f"This is not JSON{where}: {error}.") from error


class TimeInput(forms.TimeInput):
    """Ask for a time of day with the browser's own picker."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


def offer(form: forms.BaseForm, name: str, choices: Iterable[Any]) -> None:
    """Set the choices of a choice field, once the form knows its workspace."""
    found = form.fields[name]
    if not isinstance(found, forms.ChoiceField):
        raise TypeError(f"{name} is no choice field.")
    found.choices = list(choices)


def offer_rows(form: forms.BaseForm, name: str, rows: QuerySet[Any]) -> None:
    """Set the rows that a field of rows chooses from, once the form knows its workspace."""
    found = form.fields[name]
    if not isinstance(found, forms.ModelChoiceField):
        raise TypeError(f"{name} is no field of rows.")
    found.queryset = rows
