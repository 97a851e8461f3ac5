"""The form of a piece of content."""

from typing import Any

from django import forms

from dashboard.design.inputs import offer_rows
from leads.models import Persona, Topic
from leads.queries import lookups
from nurture.models import Content
from nurture.models.content import Stage
from workspaces.models import Workspace


class ContentForm(forms.Form):
    """An asset of the library."""

    title = forms.CharField(label="Title", max_length=160)
    kind = forms.ChoiceField(label="Kind", choices=Content.Kind.choices)
    url = forms.CharField(label="Address", max_length=500, help_text="Where it can be read, with https://")
    summary = forms.CharField(
        label="Summary",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text="One or two sentences; the mail that sends this content shows them.",
    )
    stage = forms.ChoiceField(label="Buying stage", choices=Stage.choices)
    persona = forms.ModelChoiceField(Persona.everywhere.none(), label="For", required=False, empty_label="Everyone")
    topics = forms.ModelMultipleChoiceField(
        Topic.everywhere.none(), label="Topics", required=False, widget=forms.CheckboxSelectMultiple()
    )
    active = forms.BooleanField(label="Programs may send it", required=False, initial=True)

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_rows(self, "persona", lookups.list_personas(workspace))
        offer_rows(self, "topics", Topic.objects.of(workspace).order_by("label"))
