"""The form of a campaign."""

from typing import Any

from django import forms

from dashboard.design.inputs import DayInput


class CampaignForm(forms.Form):
    """A campaign and its cost."""

    name = forms.CharField(label="Name", max_length=200)
    code = forms.CharField(
        label="Code", max_length=120, help_text="Leads, forms and imports refer to the campaign by it."
    )
    source = forms.CharField(label="Source", max_length=80, required=False, help_text="E.g. paid search, webinar.")
    cost = forms.DecimalField(label="Cost", min_value=0, max_digits=14, decimal_places=2, required=False)
    currency = forms.CharField(label="Currency", max_length=3, required=False, help_text="Empty: the workspace's.")
    starts_on = forms.DateField(label="Begins on", required=False, widget=DayInput())
    ends_on = forms.DateField(label="Ends on", required=False, widget=DayInput())

    def facts(self) -> dict[str, Any]:
        """Return the arguments of `campaigns.create` and `campaigns.edit`; an empty cost is 0."""
        return {**self.cleaned_data, "cost": self.cleaned_data["cost"] or 0}
