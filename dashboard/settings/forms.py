"""The forms of the settings: workspace, members, keys, webhooks."""

from typing import Any

from django import forms
from django.utils import timezone

from dashboard.design.inputs import DayInput, MomentInput, offer, zones
from webhooks import catalogue
from workspaces.models import Workspace
from workspaces.roles import SCOPES, Role

SCOPE_WORDS = {
    "read": "Read leads, handoffs, clocks and reports",
    "write": "Write leads and move handoffs",
    "history": "Set past times, to import history",
    "track": "Only add events: safe to publish on a website",
}


class WorkspaceForm(forms.ModelForm):
    """Settings of the whole workspace."""

    time_zone = forms.ChoiceField(
        label="Time zone", help_text="For the days of reports, and for leads whose own zone is unknown."
    )
    currency = forms.RegexField(r"^[A-Z]{3}$", label="Currency", help_text="Three letters, e.g. EUR.")

    class Meta:
        model = Workspace
        fields = [
            "name",
            "time_zone",
            "currency",
            "sender_name",
            "sender_email",
            "postal_address",
            "daily_cap",
            "weekly_cap",
        ]
        widgets = {"postal_address": forms.Textarea(attrs={"rows": 2})}
        labels = {
            "sender_name": "Sender's name",
            "sender_email": "Sender's address",
            "postal_address": "Postal address",
            "daily_cap": "Marketing mails to one lead a day",
            "weekly_cap": "Marketing mails to one lead in seven days",
        }
        help_texts = {
            "sender_name": "Empty: the workspace's name.",
            "sender_email": "Empty: the installation's address.",
            "daily_cap": "At most, over all programs.",
            "weekly_cap": "At most, over all programs.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "time_zone", zones())


class InviteForm(forms.Form):
    """Invite somebody by mail."""

    email = forms.EmailField(label="E-mail", max_length=254)
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.SALES)


class MemberForm(forms.Form):
    """Role and absence of a member."""

    role = forms.ChoiceField(label="Role", choices=Role.choices)
    away_until = forms.DateTimeField(
        label="Away until", required=False, widget=MomentInput(), help_text="Routing skips them until then."
    )


class KeyForm(forms.Form):
    """Make a key."""

    name = forms.CharField(label="Name", max_length=80, help_text="Who uses it, e.g. CRM.")
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=[(scope, f"{scope}: {SCOPE_WORDS[scope]}") for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        initial=["read"],
    )


class EndpointForm(forms.Form):
    """An endpoint of webhooks."""

    url = forms.CharField(label="URL", max_length=500, help_text="A public https:// address.")
    description = forms.CharField(label="Description", max_length=200, required=False)
    types = forms.MultipleChoiceField(
        label="Events",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: all of them.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: list[tuple[str, list[tuple[str, str]]]] = [
            (group, [(each.name, f"{each.name}: {each.help}") for each in types])
            for group, types in catalogue.grouped().items()
        ]
        known = catalogue.names()
        if gone := [kind for kind in self.initial.get("types", ()) if kind not in known]:
            groups.append(("No longer sent", [(kind, kind) for kind in gone]))
        offer(self, "types", groups)


class RangeForm(forms.Form):
    """Send the events of a period again."""

    since = forms.DateTimeField(label="Recorded from", widget=MomentInput())
    until = forms.DateTimeField(label="Until", widget=MomentInput())

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("since") and data.get("until") and data["since"] >= data["until"]:
            self.add_error("until", "Choose a time after the first one.")
        return data


class JoinForm(forms.Form):
    """Accept an invitation as a new user."""

    name = forms.CharField(label="Your name", max_length=120)
    password = forms.CharField(
        label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )


class HolidayForm(forms.Form):
    """Add a holiday."""

    date = forms.DateField(label="Day", widget=DayInput())
    name = forms.CharField(label="Name", max_length=120, required=False)


class CountryForm(forms.Form):
    """Copy a country's public holidays."""

    country = forms.CharField(label="Country", min_length=2, max_length=2, help_text="Two letters, e.g. DE.")
    year = forms.IntegerField(label="Year", min_value=2000, max_value=2100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].initial = timezone.localdate().year


class HoursForm(forms.Form):
    """The weekly windows: one line of times a day, in the calendar's zone."""

    zone = forms.ChoiceField(label="Time zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "zone", zones())
        for number, day in enumerate(DAYS):
            self.fields[f"day{number}"] = WindowsField(label=day, required=False)

    @property
    def days(self) -> list[forms.BoundField]:
        """Return the fields of the days, Monday first."""
        return [self[f"day{number}"] for number in range(7)]

    def windows(self) -> list[dict[str, Any]]:
        """Return the windows in the shape of `sla.worktime.to_json`."""
        return [
            {"weekday": number, "start": start, "end": end}
            for number in range(7)
            for start, end in self.cleaned_data[f"day{number}"]
        ]


DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class WindowsField(forms.Field):
    """Read "09:00 to 12:00, 13:00 to 17:00" as windows; empty is closed."""

    widget = forms.TextInput(attrs={"placeholder": "closed", "autocomplete": "off"})

    def to_python(self, value: Any) -> list[tuple[str, str]]:
        """Return pairs of times; whether they make sense is the calendar's to say."""
        windows = []
        for part in str(value or "").replace("–", "-").replace(" to ", "-").split(","):
            if not part.strip():
                continue
            start, dash, end = part.strip().partition("-")
            if not dash:
                raise forms.ValidationError("Write windows as 09:00 to 12:00, 13:00 to 17:00.")
            windows.append((_clock(start), _clock(end)))
        return windows


def _clock(text: str) -> str:
    hour, _, minute = text.strip().partition(":")
    if not (hour.isdigit() and (minute or "0").isdigit() and len(hour) <= 2 and len(minute or "00") == 2):
        raise forms.ValidationError(f"“{text.strip()}” is not a time: write 09:00.")
    return f"{int(hour):02}:{minute or '00'}"
