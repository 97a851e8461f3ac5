"""The form of a territory: lists are written as text, apart by commas or lines."""

import re
from typing import Any

from django import forms

from leads.models import Territory
from leads.people import countries

_APART = re.compile(r"[,;\n]")


class WordList(forms.CharField):
    """Read a list of words that are apart by commas or lines."""

    widget = forms.Textarea(attrs={"rows": 2})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=20_000, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Write a list with commas."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the words."""
        return [each.strip() for each in _APART.split(super().to_python(value) or "") if each.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether other words are given."""
        return bool((initial or []) != self.to_python(data))


class TerritoryForm(forms.ModelForm):
    """A territory."""

    countries = WordList(label="Countries", help_text="Names or two-letter codes, apart by commas: Germany, AT, CH.")
    regions = WordList(label="Regions", help_text="States or provinces as your leads have them: California, NY.")
    postal_ranges = WordList(label="Postal codes", help_text="Ranges of numbers, or how codes begin: 10000-19999, SW1.")
    industries = WordList(label="Industries", help_text="As accounts have them: Software, Manufacturing.")
    domains = WordList(
        label="Named accounts",
        help_text="Domains of companies that belong here whatever else is asked for: example.com.",
    )

    class Meta:
        model = Territory
        fields = [
            "name",
            "countries",
            "regions",
            "postal_ranges",
            "industries",
            "employees_from",
            "employees_to",
            "domains",
        ]
        labels = {"employees_from": "Smallest company", "employees_to": "Largest company"}
        help_texts = {"employees_from": "Employees. Empty: any size.", "employees_to": "Employees. Empty: any size."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = countries.names()
        self.initial["countries"] = [names.get(code, code) for code in self.instance.countries]

    def validate_constraints(self) -> None:
        """Leave it to the service, which knows the workspace."""
