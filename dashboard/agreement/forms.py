"""The forms of the agreement: its terms, with one form per tier and one per escalation step."""

import re
from collections.abc import Mapping
from typing import Any, assert_never

from django import forms
from django.forms import BaseFormSet, BoundField, formset_factory
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.design.inputs import DayInput
from leadflow.errors import DomainError
from sla import information, kinds
from sla.durations import Unit
from sla.kinds import Kind
from sla.models.clock import Escalation
from sla.sides import Side
from sla.targets import MarketingLength, PromisedDate, Target, TierAttempts, TierLength

_PLACE = re.compile(r"(sales|escalation_steps)\[(\d+)\]\.(\w+)")


class DurationInput(forms.MultiWidget):
    """Ask for a number and its unit."""

    def __init__(self) -> None:
        units = [(unit.value, unit.label) for unit in Unit]
        number = forms.NumberInput(attrs={"aria-label": "Number"})
        super().__init__([number, forms.Select(attrs={"aria-label": "Unit"}, choices=units)])

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        """Write the two side by side."""
        return format_html('<div class="duration">{}</div>', super().render(*args, **kwargs))

    def decompress(self, value: Any) -> list[Any]:
        """Return the number and the unit of a length in its JSON shape."""
        return [value["amount"], value["unit"]] if value else [None, None]


class DurationField(forms.MultiValueField):
    """Read a length of work time, of at least `least`, in the unit it is promised in, into its JSON shape."""

    def __init__(self, *, least: int = 1, **kwargs: Any) -> None:
        units = [(unit.value, unit.label) for unit in Unit]
        errors = {"required": "Give a number of minutes, hours or working days."}
        # Of an empty row the unit comes back as it was offered: only a number makes it one that was filled in.
        empty = {"amount": None, "unit": Unit.HOURS.value}
        super().__init__(
            [forms.IntegerField(min_value=least), forms.ChoiceField(choices=units)],
            widget=DurationInput(),
            error_messages=errors,
            initial=empty,
            **kwargs,
        )

    def compress(self, data_list: list[Any]) -> dict[str, Any] | None:
        """Return the length as the terms read it."""
        return {"amount": data_list[0], "unit": data_list[1]} if data_list else None


def target_fields(target: Target) -> dict[str, forms.Field]:
    """Return the fields in which a target is given, by their member of the terms; none for a promised date."""
    match target:
        case TierLength():
            return {target.within: DurationField(label=target.label)}
        case TierAttempts():
            return {
                target.attempts: forms.IntegerField(label="Attempts", min_value=1, max_value=50),
                target.channels: forms.IntegerField(label="On channels", min_value=1, max_value=4),
                target.within: DurationField(label=target.label),
            }
        case MarketingLength():
            return {target.within: DurationField(label=target.label)}
        case PromisedDate():
            return {}
        case _:
            assert_never(target)


class TargetsForm(forms.Form):
    """A form with the targets of one side beside its own fields."""

    side: Side

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [target_fields(kinds.of(kind).target) for kind in kinds.owed_by(self.side)]
        self._targets = {name: field for each in sorted(found, key=len) for name, field in each.items()}
        self.fields |= self._targets

    @property
    def targets(self) -> list[BoundField]:
        """List the fields of the targets, those of one field before those of several."""
        return [self[name] for name in self._targets]


class TermsForm(TargetsForm):
    """What marketing promises, and what holds for both sides."""

    side = Side.MARKETING

    mqls_per_month = forms.IntegerField(label="Leads handed over a month", min_value=0)
    complete_percent = forms.IntegerField(label="With all the information, in %", min_value=0, max_value=100)
    information = forms.MultipleChoiceField(
        label="Information with every lead",
        required=False,
        choices=list(information.LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    met_percent = forms.IntegerField(
        label="A commitment is kept when so many % are met in time", min_value=1, max_value=100
    )
    warn_percent = forms.IntegerField(label="Warn the owner at so many % of the time", min_value=1, max_value=99)
    reassign_restarts_accept = forms.BooleanField(
        label="A lead that is reassigned gives the new owner the whole time to accept", required=False
    )
    review_on = forms.DateField(label="Review on", required=False, widget=DayInput())


class PolicyForm(TargetsForm):
    """What sales promises for one tier."""

    side = Side.SALES

    tier = forms.CharField(label="Tier", max_length=40)


class EscalationStepForm(forms.Form):
    """One escalation step."""

    action = forms.ChoiceField(label="Action", choices=[("", "Choose"), *Escalation.Action.choices])
    after = DurationField(label="After the breach", help_text="0: at once.", least=0)
    kinds = forms.MultipleChoiceField(
        label="For these clocks", choices=Kind.choices, widget=forms.CheckboxSelectMultiple, initial=list(Kind.values)
    )


Policies = formset_factory(PolicyForm, extra=1, can_delete=True, max_num=20, absolute_max=21)
EscalationSteps = formset_factory(EscalationStepForm, extra=1, can_delete=True, max_num=10, absolute_max=11)


class TermsEditor:
    """Hold the forms of one draft together: `terms` in JSON when all are valid, refusals where they belong."""

    def __init__(self, terms: Mapping[str, Any], data: Any = None) -> None:
        marketing = terms["marketing"]
        self.main = TermsForm(data, initial={**terms, **marketing})
        self.policies = Policies(data, prefix="sales", initial=list(terms["sales"]))
        self.escalation_steps = EscalationSteps(
            data, prefix="escalation_steps", initial=list(terms["escalation_steps"])
        )
        self._marketing = tuple(marketing)

    def is_valid(self) -> bool:
        """Check all forms, so that every error is shown at once."""
        return all([self.main.is_valid(), self.policies.is_valid(), self.escalation_steps.is_valid()])

    def terms(self) -> dict[str, Any]:
        """Return the input in the shape that `sla.agreements.edit` takes."""
        facts = dict(self.main.cleaned_data)
        review = facts.pop("review_on")
        return {
            "marketing": {name: facts.pop(name) for name in self._marketing},
            **facts,
            "review_on": review.isoformat() if review else None,
            "sales": [_facts(form) for form in _kept(self.policies)],
            "escalation_steps": [_facts(form) for form in _kept(self.escalation_steps)],
        }

    def refuse(self, error: DomainError) -> None:
        """Put a refusal beside the field it names, in the form of the tier or step it names."""
        place = _PLACE.fullmatch(error.field or "")
        if place:
            forms_of = _kept(self.policies if place[1] == "sales" else self.escalation_steps)
            form, name = forms_of[int(place[2])], place[3]
        else:
            form, name = self.main, (error.field or "").removeprefix("marketing.")
        form.add_error(name if name in form.fields else None, error.message)

    @property
    def has_errors(self) -> bool:
        """Return whether anything was refused."""
        return bool(self.main.errors or any(self.policies.errors) or any(self.escalation_steps.errors))


def _kept(formset: "BaseFormSet[Any]") -> list[Any]:
    """Return the forms that hold something and are not to be removed."""
    return [form for form in formset.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]


def _facts(form: forms.Form) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name != "DELETE"}
