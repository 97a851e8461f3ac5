"""The form of a definition: the whole as JSON, for editing groups."""

from django import forms

from dashboard.design.inputs import JsonField


class TreeForm(forms.Form):
    """The whole tree as JSON."""

    condition = JsonField(label="The condition as JSON")


class MqlForm(TreeForm):
    """The definition of MQL, with tiers and loop guard."""

    tiers = JsonField(
        label="Tiers as JSON", help_text="The first whose condition holds applies; the last applies to all other leads."
    )
    max_passes = forms.IntegerField(
        label="Loop guard: most handoffs of one lead",
        min_value=1,
        max_value=50,
        help_text="Including the first.",
    )
