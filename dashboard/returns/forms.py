"""The filters of the returns; marketing's answer to one, the objection to it, the decision on that."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from dashboard.design.inputs import offer
from leads.models import Handoff, Reason, ReturnObjection
from leads.queries import lookups, reps
from workspaces.models import Workspace


class ReturnFilterForm(forms.Form):
    """Filter the returns by reason, campaign and rep; unreadable values are ignored."""

    reason = forms.ChoiceField(label="Reason", required=False)
    campaign = forms.ChoiceField(label="Campaign", required=False)
    rep = forms.ChoiceField(label="Returned by", required=False)

    def __init__(self, data: Any, *, workspace: Workspace) -> None:
        super().__init__(data)
        reasons = Reason.objects.of(workspace).filter(kind=Reason.Kind.RETURN).order_by("position", "label")
        self._offer("reason", "Any reason", reasons.values_list("code", "label"))
        self._offer("campaign", "Any campaign", lookups.list_campaigns(workspace).values_list("code", "name")[:500])
        self._offer("rep", "Anybody", [(str(each.pk), reps.named(each)) for each in reps.list_reps(workspace)])
        self.is_valid()

    def _offer(self, name: str, empty: str, choices: Any) -> None:
        offer(self, name, [("", empty), *choices])

    @property
    def is_set(self) -> bool:
        """Return whether anything is filtered."""
        return any(self.cleaned_data.values())

    def narrow(self, found: QuerySet[Handoff]) -> QuerySet[Handoff]:
        """Keep the returns that are wanted."""
        columns = {"reason": "reason__code", "campaign": "campaign__code", "rep": "owner"}
        return found.filter(
            **{columns[name]: value for name, value in self.cleaned_data.items() if value and name in columns}
        )


class ReturnAnswerForm(forms.Form):
    """Answer a return."""

    text = forms.CharField(
        label="Marketing's answer",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=2000,
        strip=True,
        help_text="The rep and the sales managers read it.",
    )


class ObjectionForm(forms.Form):
    """Object to an answer."""

    text = forms.CharField(
        label="What is wrong with it",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        strip=True,
        help_text="You can object once. The sales manager decides, and marketing reads it.",
    )


class DecisionForm(forms.Form):
    """Decide on an objection."""

    decision = forms.ChoiceField(
        label="You agree", choices=ReturnObjection.Decision.choices, widget=forms.RadioSelect()
    )
    note = forms.CharField(
        label="Note",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        required=False,
        help_text="Both sides read it.",
    )
