"""The forms of a lead: touches, follow-ups, answers, and its fields."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from dashboard.design.inputs import MomentInput, offer
from dashboard.leads.move_forms import MoveForm
from leads.intake.upsert import Person
from leads.models import Lead, Question
from leads.models.lead import ConsentState
from leads.models.touch import Channel, Outcome
from leads.queries import lookups
from workspaces.models import Workspace

COLUMNS = (
    "first_name",
    "last_name",
    "title",
    "phone",
    "country",
    "region",
    "postal_code",
    "time_zone",
    "language",
)


class TouchForm(MoveForm):
    """Log a touch."""

    channel = forms.ChoiceField(label="Channel", choices=Channel.choices)
    outcome = forms.ChoiceField(label="Outcome", choices=Outcome.choices)
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3}), max_length=4000, required=False)
    at = forms.DateTimeField(
        label="When", required=False, widget=MomentInput(), help_text="In your own time zone. Empty: now."
    )

    def clean_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["at"]
        if at is not None and at > timezone.now():
            raise forms.ValidationError("A touch lies in the past. Plan a follow-up for the future.")
        return at


class FollowUpForm(MoveForm):
    """Plan a follow-up."""

    due_at = forms.DateTimeField(label="When", widget=MomentInput(), help_text="In your own time zone.")
    note = forms.CharField(label="Next action", max_length=300, required=False)

    def prepare(self) -> None:
        tomorrow = timezone.localtime() + timedelta(days=1)
        self.initial.setdefault("due_at", tomorrow.replace(hour=10, minute=0, second=0, microsecond=0))


class AnswerForm(MoveForm):
    """Record the lead's answer to one question; the field fits the question's kind."""

    value = forms.CharField(label="Answer")

    def __init__(self, *args: Any, question: Question, **kwargs: Any) -> None:
        self.question = question
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        kind = self.question.kind
        if kind == Question.Kind.CHOICE:
            self._offer([(choice, choice) for choice in self.question.choices])
        elif kind == Question.Kind.BOOLEAN:
            self._offer([("yes", "Yes"), ("no", "No")])
        elif kind == Question.Kind.NUMBER:
            self.fields["value"].widget = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
        else:
            self.fields["value"].widget = forms.Textarea(attrs={"rows": 3})
        self.fields["value"].label = self.question.label

    def _offer(self, choices: list[tuple[str, str]]) -> None:
        self.fields["value"].widget = forms.Select(choices=[("", "Choose an answer"), *choices])


class LeadForm(forms.Form):
    """The fields of a person."""

    first_name = forms.CharField(label="First name", max_length=120, required=False)
    last_name = forms.CharField(label="Last name", max_length=120, required=False)
    title = forms.CharField(label="Job title", max_length=160, required=False)
    phone = forms.CharField(label="Phone", max_length=40, required=False)
    company = forms.CharField(label="Account", max_length=200, required=False, help_text="The company's name.")
    country = forms.CharField(label="Country", max_length=2, required=False, help_text="Two letters, e.g. DE.")
    region = forms.CharField(label="Region", max_length=80, required=False, help_text="State or province.")
    postal_code = forms.CharField(label="Postal code", max_length=16, required=False)
    industry = forms.CharField(label="Industry", max_length=80, required=False)
    employees = forms.IntegerField(label="Employees", min_value=0, required=False)
    persona = forms.ChoiceField(label="Persona", required=False)

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        personas = [(each.code, each.label) for each in lookups.list_personas(workspace)]
        offer(self, "persona", [("", "Not known"), *personas])


class LeadEditForm(LeadForm):
    """Change the fields of a lead. What is left empty stays as it is."""

    time_zone = forms.CharField(label="Time zone", max_length=64, required=False, help_text="E.g. Europe/Berlin.")
    language = forms.CharField(label="Language", max_length=12, required=False)

    def __init__(self, *args: Any, lead: Lead, **kwargs: Any) -> None:
        self.lead = lead
        account = lead.account
        known = {name: getattr(lead, name) for name in COLUMNS}
        known |= {
            "company": account.name if account else "",
            "industry": account.industry if account else "",
            "employees": account.employees if account else None,
            "persona": lead.persona.code if lead.persona else "",
        }
        super().__init__(*args, initial=known, workspace=lead.workspace, **kwargs)

    def person(self) -> Person:
        """Return the changed fields, with an id that identifies the lead."""
        changed = {name: self.cleaned_data[name] for name in self.changed_data if self.cleaned_data[name]}
        ids = tuple((each.system, each.value) for each in self.lead.external_ids.all()) if not self.lead.email else ()
        return Person(email=self.lead.email, external_ids=ids, **changed)


class LeadAddForm(LeadForm):
    """Add a person."""

    email = forms.EmailField(label="E-mail", max_length=254)
    source = forms.CharField(
        label="Source", max_length=80, required=False, help_text="The channel of the first contact."
    )
    campaign = forms.CharField(
        label="Campaign", max_length=120, required=False, help_text="Its code; an unknown code adds a campaign."
    )
    consent = forms.ChoiceField(label="Marketing mail", choices=ConsentState.choices, required=False)
    consent_wording = forms.CharField(
        label="Wording of the consent",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The text that the person agreed to, or how consent was given.",
    )
    field_order = ("email", "first_name", "last_name", "title", "phone", "company")

    def person(self) -> Person:
        """Return the input."""
        return Person(**{name: value for name, value in self.cleaned_data.items() if value not in (None, "")})
