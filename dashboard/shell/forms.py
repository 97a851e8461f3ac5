"""The forms of a user: the profile, and a new workspace."""

from typing import Any

from django import forms

from dashboard.design.inputs import offer, zones
from workspaces.models import User
from workspaces.models.access import THEMES


class ProfileForm(forms.ModelForm):
    """The profile of a user."""

    time_zone = forms.ChoiceField(label="Time zone", required=False, help_text="Times on pages are shown in it.")
    theme = forms.ChoiceField(label="Appearance", required=False, choices=THEMES)

    class Meta:
        model = User
        fields = ("name", "time_zone", "theme")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "time_zone", zones("The workspace's"))
        self.fields["name"].help_text = "Shown to your colleagues."


class NewWorkspaceForm(forms.Form):
    """Name a workspace."""

    name = forms.CharField(label="Name of the workspace", max_length=120, help_text="Usually your company's name.")
    time_zone = forms.ChoiceField(
        label="Time zone", initial="Europe/Berlin", help_text="Business hours are counted in it. It can be changed."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "time_zone", zones())
