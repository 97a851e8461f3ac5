"""The steps editor of a program: a list of small forms, one per step, that buttons add to, remove from and reorder.

Nothing is kept between two requests but what is in the form itself, so it works without JavaScript: a button that is
no “save” gives the same page back with the list changed.
"""

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict

from dashboard.design.inputs import DayInput
from dashboard.design.paging import read_id
from leadflow.errors import DomainError
from leads import conditions
from nurture.models import Step
from nurture.models.content import Stage
from nurture.steps import MAX_STEPS, StepIn

UNITS = {"days": "days", "hours": "hours", "minutes": "minutes", "until": "until a date"}
OPERATORS = [(name, operator.words) for name, operator in conditions.OPERATORS.items()]
FACTS = [(name, words) for name, words in conditions.KNOWN.items() if "*" not in name]
WORDS = {
    Step.Kind.MAIL: "Mail",
    Step.Kind.CONTENT: "Best unseen content",
    Step.Kind.WAIT: "Wait",
    Step.Kind.BRANCH: "Branch",
    Step.Kind.EXIT: "End",
}
ICONS = {
    Step.Kind.MAIL: "mail",
    Step.Kind.CONTENT: "library",
    Step.Kind.WAIT: "hourglass",
    Step.Kind.BRANCH: "git-branch",
    Step.Kind.EXIT: "door-open",
}
HELLO = 'Hello{% if lead.first_name != "" %} {{ lead.first_name }}{% endif %},\n\n'
NEW: dict[str, dict[str, Any]] = {
    "mail": {"subject": "", "body": HELLO},
    "content": {"stage": ""},
    "wait": {"amount": 3, "unit": "days"},
    "branch": {"fact": "interest.level", "op": "at_least", "value": "2"},
    "exit": {"outcome": ""},
}
FIRST = ("mail", "wait", "mail")  # of a new program


class StepForm(forms.Form):
    """The base: which step it was before, and its kind; a kind adds its own fields."""

    kind: str
    step_id = forms.IntegerField(required=False, widget=forms.HiddenInput())

    @property
    def words(self) -> str:
        """Name the kind."""
        return WORDS[Step.Kind(self.kind)]

    @property
    def icon(self) -> str:
        """Name the kind's icon."""
        return ICONS[Step.Kind(self.kind)]

    def config(self) -> dict[str, Any]:
        """Return the step's configuration as it was typed; the door judges it."""
        raise NotImplementedError


class Mail(StepForm):
    """Send this mail."""

    kind = "mail"
    subject = forms.CharField(label="Subject", max_length=1000)
    body = forms.CharField(label="Text", strip=False, widget=forms.Textarea(attrs={"rows": 7}))

    def config(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name, "").replace("\r\n", "\n") for name in ("subject", "body")}


class Content(StepForm):
    """Send the best content that the lead has not had."""

    kind = "content"
    stage = forms.ChoiceField(label="Buying stage", required=False, choices=[("", "Any"), *Stage.choices])
    subject = forms.CharField(label="Subject", required=False, max_length=1000, help_text="Empty: the content's title.")
    body = forms.CharField(
        label="Text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Empty: the usual words. Fields: content.title, content.kind, content.url, content.summary.",
    )

    def config(self) -> dict[str, Any]:
        given = {name: self.cleaned_data.get(name, "").replace("\r\n", "\n") for name in ("stage", "subject", "body")}
        return {"stage": given.pop("stage"), **{name: value for name, value in given.items() if value.strip()}}


class Wait(StepForm):
    """Wait for a time, or until a day."""

    kind = "wait"
    amount = forms.IntegerField(label="Wait", required=False, widget=forms.NumberInput(attrs={"min": 1}))
    unit = forms.ChoiceField(label="Unit", choices=list(UNITS.items()))
    until = forms.DateField(label="Day", required=False, widget=DayInput())

    def config(self) -> dict[str, Any]:
        unit, amount = self.cleaned_data.get("unit") or "days", self.cleaned_data.get("amount")
        if unit == "until":
            day = self.cleaned_data.get("until")
            return {"until": day.isoformat() if day else ""}
        return {"minutes": (amount or 0) * 60} if unit == "hours" else {unit: amount or 0}


class Branch(StepForm):
    """Go on only where something holds, else at a later step."""

    kind = "branch"
    tree = forms.CharField(required=False, widget=forms.HiddenInput())  # a condition of several parts, kept as it is
    fact = forms.ChoiceField(label="If", choices=FACTS)
    op = forms.ChoiceField(label="Is", choices=OPERATORS)
    value = forms.CharField(label="Value", required=False, help_text="Several: a comma between them.")
    otherwise = forms.IntegerField(label="Else go on at step", help_text="The one behind the last is the end.")

    def config(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {"condition": self._condition(given), "otherwise": given.get("otherwise")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self["tree"].value():  # then only its words are shown
            for name in ("fact", "op"):
                self.fields[name].required = False

    @property
    def described(self) -> str:
        """Put a condition of several parts into words; empty where there is one part only."""
        text = self["tree"].value()
        try:
            return conditions.describe(json.loads(text)) if text else ""
        except (ValueError, KeyError, TypeError):
            return ""

    def _condition(self, given: dict[str, Any]) -> Any:
        if given.get("tree"):
            try:
                return json.loads(given["tree"])
            except ValueError:
                return None
        return leaf(given.get("fact", ""), given.get("op", ""), given.get("value", ""))


class Exit(StepForm):
    """End the program."""

    kind = "exit"
    outcome = forms.CharField(
        label="Outcome", required=False, max_length=100, help_text="What the enrolment says then."
    )

    def config(self) -> dict[str, Any]:
        return {"outcome": self.cleaned_data.get("outcome", "")}


KINDS: dict[str, type[StepForm]] = {form.kind: form for form in (Mail, Content, Wait, Branch, Exit)}


class Steps:
    """Hold the forms of a program's steps in order. A row of the request is `s<row>-…`, `rows` names them in order."""

    def __init__(self, rows: Iterable[tuple[str, StepForm]]) -> None:
        self.rows = list(rows)

    @classmethod
    def of(cls, steps: Iterable[Step]) -> "Steps":
        """Show the steps that there are."""
        return cls(
            (f"{index}-{step.kind}", KINDS[step.kind](prefix=f"s{index}", initial={"step_id": step.pk, **_typed(step)}))
            for index, step in enumerate(steps)
        )

    @classmethod
    def first(cls) -> "Steps":
        """Propose a mail, a wait and a mail."""
        return cls(
            (f"{index}-{kind}", KINDS[kind](prefix=f"s{index}", initial=NEW[kind])) for index, kind in enumerate(FIRST)
        )

    @classmethod
    def read(cls, data: QueryDict) -> "Steps":
        """Read what was typed; what names no kind is left out."""
        rows = [(name, *name.partition("-")[::2]) for name in data.getlist("rows")[:MAX_STEPS]]
        return cls((name, KINDS[kind](data, prefix=f"s{row}")) for name, row, kind in rows if kind in KINDS)

    @property
    def forms(self) -> list[StepForm]:
        """Return the forms in order."""
        return [form for _, form in self.rows]

    def change(self, act: str) -> None:
        """Do what a button says: `add:mail`, `up:2`, `down:2`, `remove:2` (places from 0); else nothing."""
        verb, _, what = act.partition(":")
        if verb == "add" and what in KINDS and len(self.rows) < MAX_STEPS:
            row = 1 + max((read_id(name.partition("-")[0]) or 0 for name, _ in self.rows), default=-1)
            self.rows.append((f"{row}-{what}", KINDS[what](prefix=f"s{row}", initial=NEW[what])))
        elif (at := read_id(what)) is not None and at < len(self.rows):
            if verb == "remove":
                del self.rows[at]
            elif verb == "up" and at:
                self.rows.insert(at - 1, self.rows.pop(at))
            elif verb == "down":
                self.rows.insert(at + 1, self.rows.pop(at))

    def steps_in(self) -> list[StepIn]:
        """Return the steps as the door takes them."""
        for form in self.forms:
            form.full_clean()
        return [StepIn(form.kind, form.config(), id=form.cleaned_data.get("step_id")) for form in self.forms]

    def blame(self, error: DomainError) -> bool:
        """Put a refusal beside the field that it names (`steps.2.subject`); tell whether there is one."""
        head, _, rest = (error.field or "").partition(".")
        place, _, name = rest.partition(".")
        at = read_id(place)
        if head != "steps" or at is None or at >= len(self.rows):
            return False
        form = self.forms[at]
        named = {"days": "amount", "minutes": "amount", "condition": "value"}.get(name.partition(".")[0], name)
        if not form.errors.get(named):
            form.add_error(named if named in form.fields else None, error.message)
        return True


def leaf(fact: str, op: str, value: str) -> dict[str, Any]:
    """Return one part of a condition with its value as the operator takes it."""
    takes = conditions.OPERATORS[op].takes if op in conditions.OPERATORS else "text"
    made: dict[str, Any] = {"fact": fact, "op": op}
    if takes == "list":
        made["value"] = [part.strip() for part in value.split(",") if part.strip()]
    elif takes in ("order", "days", "scalar"):
        made["value"] = _number_or_word(value.strip())
    elif takes != "nothing":
        made["value"] = value.strip()
    return made


def _number_or_word(text: str) -> Any:
    """Return a whole number as such, yes and no as truth, and other words as they are."""
    number = read_id(text.removeprefix("-"))
    if number is not None:
        return -number if text.startswith("-") else number
    return {"yes": True, "no": False}.get(text.lower(), text)


def _typed(step: Step) -> dict[str, Any]:
    """Return a step's configuration as its form shows it."""
    config = step.config
    if step.kind == Step.Kind.WAIT:
        if config.get("until"):
            return {"unit": "until", "until": config["until"]}
        minutes = config.get("minutes") or 0
        if minutes and minutes % 60 == 0:
            return {"unit": "hours", "amount": minutes // 60}
        return {"unit": "minutes", "amount": minutes} if minutes else {"unit": "days", "amount": config.get("days")}
    if step.kind == Step.Kind.BRANCH:
        tree = config.get("condition") or {}
        if "fact" not in tree or tree["fact"] not in dict(FACTS):
            return {"tree": json.dumps(tree), "otherwise": config.get("otherwise")}
        return {
            "fact": tree["fact"],
            "op": tree.get("op"),
            "value": _said(tree.get("value")),
            "otherwise": config.get("otherwise"),
        }
    return config


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
