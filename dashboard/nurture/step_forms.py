"""The steps editor of a program: a list of small forms, one per step, that buttons add to, remove from and reorder.

Nothing is kept between two requests but what is in the form itself, so it works without JavaScript: a button that is
no “save” gives the same page back with the list changed. The kind of the step determines the inputs and checks them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from django import forms
from django.http import QueryDict

from dashboard.design.inputs import DayInput
from leadflow.paging import read_id
from nurture import programs
from nurture.models import Step
from nurture.steps import MAX_STEPS, StepIn, catalogue
from nurture.steps.base import StepKind
from nurture.steps.inputs import InputSpec
from workspaces.models import Workspace

FIRST = ("mail", "wait", "mail")  # of a new program


class StepForm(forms.Form):
    """The form of one step, with the inputs of its kind: either filled in from `data`, or showing `initial`."""

    step_id = forms.IntegerField(required=False, widget=forms.HiddenInput())  # which step it was before

    def __init__(
        self,
        step_kind: type[StepKind],
        prefix: str,
        *,
        data: QueryDict | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self.step_kind, self.kind, self.words, self.icon = step_kind, step_kind.code, step_kind.label, step_kind.icon
        super().__init__(data, prefix=prefix, initial=dict(initial or {}))
        start = f"{prefix}-"
        typed = {name.removeprefix(start): text for name, text in (data or {}).items() if name.startswith(start)}
        self.spec = step_kind.form(initial or typed)
        self.fields.update({each.name: _field(each) for each in self.spec.inputs})

    def clean(self) -> None:
        """Show the errors of hidden inputs above the form."""
        for name in [each.name for each in self.hidden_fields() if each.name in self.errors]:
            self.add_error(None, self.errors.pop(name).as_data())

    def config(self) -> dict[str, Any]:
        """Return the step's configuration, unchecked."""
        typed = {each.name: self.cleaned_data.get(each.name) for each in self.spec.inputs}
        lines = {name: text.replace("\r\n", "\n") for name, text in typed.items() if isinstance(text, str)}
        return self.step_kind.config_of(typed | lines)

    def show(self, member: str, message: str) -> None:
        """Show a problem beside the input of a member of the configuration, unless that shows another already."""
        name = self.spec.input_for(member)
        if name is None or self[name].is_hidden:
            self.add_error(None, message)
        elif name not in self.errors:
            self.add_error(name, message)


class Steps:
    """Hold the forms of a program's steps in order. A row of the request is `s<row>-…`, `rows` names them in order."""

    def __init__(self, rows: Iterable[tuple[str, StepForm]]) -> None:
        self.rows = list(rows)

    @classmethod
    def of(cls, steps: Iterable[Step]) -> "Steps":
        """Show the steps that there are."""
        return cls(
            _row(index, catalogue.get(step), {"step_id": step.pk, **catalogue.load(step).shown()})
            for index, step in enumerate(steps)
        )

    @classmethod
    def first(cls) -> "Steps":
        """Propose a mail, a wait and a mail."""
        kinds = [catalogue.KINDS[code] for code in FIRST]
        return cls(_row(index, kind, kind.new) for index, kind in enumerate(kinds))

    @classmethod
    def read(cls, data: QueryDict) -> "Steps":
        """Read the input; rows of unknown kinds are left out."""
        rows = [(name, *name.partition("-")[::2]) for name in data.getlist("rows")[:MAX_STEPS]]
        kinds = catalogue.KINDS
        return cls((name, StepForm(kinds[code], f"s{row}", data=data)) for name, row, code in rows if code in kinds)

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Return the code and the words of each kind that may be added."""
        return [(kind.code, kind.label) for kind in catalogue.KINDS.values()]

    @property
    def forms(self) -> list[StepForm]:
        """Return the forms in order."""
        return [form for _, form in self.rows]

    def change(self, act: str) -> None:
        """Do what a button says: `add:mail`, `up:2`, `down:2`, `remove:2` (places from 0); else nothing."""
        verb, _, what = act.partition(":")
        if verb == "add" and what in catalogue.KINDS and len(self.rows) < MAX_STEPS:
            row = 1 + max((read_id(name.partition("-")[0]) or 0 for name, _ in self.rows), default=-1)
            self.rows.append(_row(row, catalogue.KINDS[what], catalogue.KINDS[what].new))
        elif (at := read_id(what)) is not None and at < len(self.rows):
            if verb == "remove":
                del self.rows[at]
            elif verb == "up" and at:
                self.rows.insert(at - 1, self.rows.pop(at))
            elif verb == "down":
                self.rows.insert(at + 1, self.rows.pop(at))

    def check(self, workspace: Workspace) -> bool:
        """Show each problem beside its input; return whether there is none. One statement."""
        for problem in programs.check_steps(workspace, self.steps_in()):
            _, place, member = f"{problem.field}.".split(".", 2)
            self.forms[int(place)].show(member.rstrip("."), problem.message)
        return not any(form.errors for form in self.forms)

    def steps_in(self) -> list[StepIn]:
        """Return the steps, unchecked."""
        for form in self.forms:
            form.full_clean()
        return [StepIn(form.kind, form.config(), id=form.cleaned_data.get("step_id")) for form in self.forms]


def _row(row: int, kind: type[StepKind], initial: Mapping[str, Any]) -> tuple[str, StepForm]:
    return f"{row}-{kind.code}", StepForm(kind, f"s{row}", initial=initial)


def _field(spec: InputSpec) -> forms.Field:
    """Make the field of an input. It only reads; the step's kind checks the value."""
    common: dict[str, Any] = {"label": spec.label, "required": spec.required, "help_text": spec.help}
    size = {} if spec.max_length is None else {"maxlength": spec.max_length}
    match spec.kind:
        case "line":
            return forms.CharField(widget=forms.TextInput(attrs=size), **common)
        case "text":
            return forms.CharField(widget=forms.Textarea(attrs={"rows": spec.rows, **size}), strip=False, **common)
        case "number":
            least = {} if spec.minimum is None else {"min": spec.minimum}
            return forms.IntegerField(widget=forms.NumberInput(attrs=least), **common)
        case "choice":
            return forms.ChoiceField(choices=spec.choices, **common)
        case "day":
            return forms.DateField(widget=DayInput(), **common)
        case "hidden":
            return forms.CharField(widget=forms.HiddenInput(), **common)
        case other:
            assert_never(other)
