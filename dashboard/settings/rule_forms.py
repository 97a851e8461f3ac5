"""The forms of rules and words: reasons, questions, topics, personas, attributes, pools, routing, scoring."""

from typing import Any

from django import forms

from dashboard.design.inputs import JsonField, offer_rows
from leads.models import Attribute, Persona, Pool, PoolMember, Question, Reason, RoutingRule, Topic
from leads.models.reason import OPTIONS
from leads.routing.assign import TAKES_LEADS
from leads.vocabulary.words import FIXED
from workspaces import access
from workspaces.models import Workspace


class WordForm(forms.ModelForm):
    """The base: fixed fields of an existing row are disabled."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in FIXED[type(self.instance)]:
                if name in self.fields:
                    self.fields[name].disabled = True
                    self.fields[name].help_text = "Cannot be changed: leads and reports refer to it."

    def validate_unique(self) -> None:
        """Leave it to the service, which knows the workspace."""

    def validate_constraints(self) -> None:
        """Leave it to the service, which knows the workspace."""


class ReasonForm(WordForm):
    """A reason, and what follows."""

    class Meta:
        model = Reason
        fields = ["kind", "code", "label", "position", "active", *OPTIONS]
        help_texts = {
            "code": "Small letters and hyphens, for the API and reports.",
            "position": "The order in which reasons are offered.",
        }


class QuestionForm(WordForm):
    """A qualifying question."""

    choices = forms.CharField(
        label="Answers to choose from",
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="One a line.",
    )

    class Meta:
        model = Question
        fields = ["code", "label", "kind", "choices", "position", "active"]
        labels = {"label": "Question", "kind": "Kind of answer", "active": "In use"}
        help_texts = {"code": "Small letters and hyphens: definitions ask for readiness.<code>."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["choices"] = "\n".join(self.instance.choices or [])

    def clean_choices(self) -> list[str]:
        return [line for line in self.cleaned_data["choices"].splitlines() if line.strip()]


class TopicForm(WordForm):
    """A subject of interest."""

    class Meta:
        model = Topic
        fields = ["code", "label"]


class PersonaForm(WordForm):
    """A buyer's role."""

    class Meta:
        model = Persona
        fields = ["code", "label"]


class AttributeForm(WordForm):
    """A custom field of leads."""

    class Meta:
        model = Attribute
        fields = ["key", "label", "kind"]


class PoolForm(forms.ModelForm):
    """A pool."""

    class Meta:
        model = Pool
        fields = ["name", "strategy"]
        labels = {"strategy": "Who is next"}

    def validate_constraints(self) -> None:
        """Leave it to the service, which knows the workspace."""


class PlaceForm(forms.ModelForm):
    """A member's place in a pool."""

    class Meta:
        model = PoolMember
        fields = ["member", "weight", "capacity"]

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["member"]
        field.queryset = access.members_of(workspace, roles=TAKES_LEADS)  # type: ignore[attr-defined]  # a field of rows
        field.disabled = self.instance.pk is not None
        if self.instance.pk:
            field.queryset = type(self.instance.member).objects.of(workspace).select_related("user")  # type: ignore[attr-defined]  # a field of rows
        self.fields["weight"].help_text = "Twice the weight, twice the leads. 0: none for now."

    def validate_constraints(self) -> None:
        """Leave it to the service, which knows the workspace."""


class RuleForm(forms.ModelForm):
    """A routing rule."""

    condition = JsonField(
        label="Condition as JSON",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "code"}),
        help_text='Empty: it takes every lead. Else {"fact": "lead.country", "op": "in", "value": ["DE"]}, say.',
    )

    class Meta:
        model = RoutingRule
        fields = ["name", "pool", "condition", "active"]
        labels = {"active": "In use"}

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_rows(self, "pool", Pool.objects.of(workspace).order_by("name"))
        if not self.initial.get("condition"):
            self.initial["condition"] = ""

    def clean_condition(self) -> Any:
        return self.cleaned_data["condition"] or {}


class ScoringForm(forms.Form):
    """The rules of fit and interest as JSON."""

    rules = JsonField(
        label="The rules as JSON", widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "code"})
    )


class LeadLookupForm(forms.Form):
    """Which lead to try the routing on: its number, or its e-mail."""

    lead = forms.CharField(
        label="Lead", max_length=254, help_text="Its e-mail, or its number in the address of its page."
    )
