"""The form that makes a hosted form, and the hosted form as a visitor sees it."""

from typing import Any

from django import forms

from dashboard.design.inputs import offer, offer_rows
from leads.intake.forms import LONGEST, fields_of, question_field, questions_of
from leads.intake.upsert import FORM_FIELDS
from leads.models import Campaign, Form, Question, Topic
from leads.queries import lookups
from workspaces.models import Workspace

LABELS = {
    "email": "E-mail",
    "first_name": "First name",
    "last_name": "Last name",
    "title": "Job title",
    "phone": "Phone",
    "country": "Country",
    "company": "Company",
    "industry": "Industry",
    "employees": "Number of employees",
}

# what browsers call the fields, to fill them in
AUTOFILL = {
    "email": "email",
    "first_name": "given-name",
    "last_name": "family-name",
    "title": "organization-title",
    "phone": "tel",
    "country": "country",
    "company": "organization",
}

TRAP = "website"  # a hidden field: only robots fill it in


class HostedForm(forms.Form):
    """A public form: its fields, its texts, and the source of its leads."""

    name = forms.CharField(label="Name", max_length=80, help_text="Internal; visitors do not see it.")
    heading = forms.CharField(label="Heading", max_length=120, help_text="Shown to visitors above the form.")
    fields_asked = forms.MultipleChoiceField(
        label="Asks for",
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        choices=[(name, LABELS[name]) for name in FORM_FIELDS if name != "email"],
        help_text="The e-mail address is always asked for.",
    )
    questions = forms.MultipleChoiceField(
        label="Qualifying questions",
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text="Answers count for readiness. Nobody has to answer, and what sales wrote is not overwritten.",
    )
    topics = forms.MultipleChoiceField(
        label="Shows interest in",
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text="Sending the form counts as interest in these topics.",
    )
    source = forms.CharField(label="Source of its leads", max_length=80, initial="form")
    campaign = forms.ModelChoiceField(Campaign.everywhere.none(), label="Campaign", required=False, empty_label="None")
    consent_wording = forms.CharField(
        label="Wording of the consent",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text="Shown beside a box to tick, and kept with the consent. Empty: the form does not ask for consent.",
    )
    thanks = forms.CharField(label="Thanks", max_length=300, initial="Thank you. We will be in touch.")
    active = forms.BooleanField(label="The form is open", required=False, initial=True)

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        questions = Question.objects.of(workspace).filter(active=True).order_by("position", "pk")
        offer(self, "questions", list(questions.values_list("code", "label")))
        topics = Topic.objects.of(workspace).order_by("label").values_list("code", "label")
        offer(self, "topics", list(topics))
        offer_rows(self, "campaign", lookups.list_campaigns(workspace))

    def facts(self) -> dict[str, Any]:
        """Return the arguments of `forms.create` and `forms.edit`."""
        given = dict(self.cleaned_data)
        return {"fields": ["email", *given.pop("fields_asked")], **given}


class VisitorForm(forms.Form):
    """A hosted form as a visitor fills it in."""

    def __init__(self, *args: Any, form: Form, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in fields_of(form):
            kind = forms.EmailField if name == "email" else forms.CharField
            self.fields[name] = kind(label=LABELS[name], required=name == "email", max_length=200)
            self.fields[name].widget.attrs["autocomplete"] = AUTOFILL.get(name, "off")
        if "employees" in self.fields:
            self.fields["employees"] = forms.IntegerField(label=LABELS["employees"], required=False, min_value=0)
        for question in questions_of(form):
            self.fields[question_field(question.code)] = _field_of(question)
        if form.consent_wording:
            self.fields["consent"] = forms.BooleanField(label=form.consent_wording, required=False)
        self.fields[TRAP] = forms.CharField(label="Leave this empty", required=False)
        self.fields[TRAP].widget.attrs.update({"autocomplete": "off", "tabindex": "-1"})

    @property
    def shown(self) -> list[forms.BoundField]:
        """Return the fields that people see."""
        return [field for field in self.visible_fields() if field.name != TRAP]

    @property
    def trap(self) -> forms.BoundField:
        """Return the field that people do not see."""
        return self[TRAP]


def _field_of(question: Question) -> forms.Field:
    """Return the field that asks a qualifying question of a visitor; nobody has to answer."""
    if question.kind == Question.Kind.CHOICE:
        choices = [("", "Choose an answer"), *((choice, choice) for choice in question.choices)]
        return forms.ChoiceField(label=question.label, required=False, choices=choices)
    if question.kind == Question.Kind.BOOLEAN:
        choices = [("", "Choose an answer"), ("yes", "Yes"), ("no", "No")]
        return forms.ChoiceField(label=question.label, required=False, choices=choices)
    if question.kind == Question.Kind.NUMBER:
        return forms.DecimalField(label=question.label, required=False)
    return forms.CharField(label=question.label, required=False, max_length=LONGEST)
