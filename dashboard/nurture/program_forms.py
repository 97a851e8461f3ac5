"""The forms of a program: entry, hold-out, send window; and of a trial of a mail."""

from typing import Any

from django import forms

from dashboard.design.inputs import TimeInput, offer
from dashboard.wording.criteria import Criteria
from leads.models import Lead, Reason, Topic
from leads.people import identity
from nurture import choosing
from nurture.models import Program
from workspaces.models import Workspace

WEEKDAYS = [(str(day), name) for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))]


class ProgramForm(forms.Form):
    """Name, entry, hold-out and send window."""

    name = forms.CharField(label="Name", max_length=120)
    occasions = forms.MultipleChoiceField(
        label="Takes by itself",
        required=False,
        choices=Program.Occasion.choices,
        widget=forms.CheckboxSelectMultiple(),
        help_text="Of programs that may take a lead, the first in the list of programs does. Choose the order there.",
    )
    reasons = forms.MultipleChoiceField(
        label="Enrols leads returned as",
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text="None ticked here or below: every reason that no other program names.",
    )
    lost = forms.MultipleChoiceField(
        label="Enrols recycled leads that were lost because of",
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text="Tick a reason that is also a return reason above.",
    )
    topics = forms.MultipleChoiceField(
        label="Only leads interested in one of",
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text="None ticked: whatever the interests.",
    )
    manual = forms.BooleanField(label="Manual enrolment only: no lead enters automatically", required=False)
    reentry = forms.ChoiceField(
        label="A lead may enter",
        choices=Program.Reentry.choices,
        help_text="A mail counts as had whichever program sent it. Only the last choice sends one again.",
    )
    holdout_percent = forms.IntegerField(
        label="Hold-out (control group), in percent",
        min_value=0,
        max_value=90,
        required=False,
        help_text="This share of the leads gets no mail, so that the effect of the program can be measured.",
    )
    send_from = forms.TimeField(label="Send from", widget=TimeInput())
    send_until = forms.TimeField(label="Send until", widget=TimeInput(), help_text="In the lead's own time zone.")
    send_weekdays = forms.MultipleChoiceField(
        label="On these days",
        required=False,
        choices=WEEKDAYS,
        widget=forms.CheckboxSelectMultiple(),
        help_text="None ticked: Monday to Friday.",
    )

    def __init__(self, data: Any, *, workspace: Workspace, program: Program | None = None) -> None:
        shown = program or Program(workspace=workspace, send_from="08:00", send_until="18:00")
        self.entry, self.exit = dict(shown.entry), dict(shown.exit)
        self.entry_rows = Criteria(self.entry.get("condition") or {}, data, prefix="entry-")
        self.exit_rows = Criteria(self.exit.get("condition") or {}, data, prefix="exit-")
        super().__init__(
            data,
            initial={
                **{
                    name: getattr(shown, name)
                    for name in ("name", "reentry", "holdout_percent", "send_from", "send_until")
                },
                **{name: self.entry.get(name) for name in ("reasons", "topics", "manual")},
                "occasions": sorted(choosing.occasions(shown)),
                "lost": self.entry.get("reasons"),
                "send_weekdays": [str(day) for day in shown.send_weekdays],
            },
        )
        reasons = Reason.objects.of(workspace).filter(disqualifies=False, not_nurtured=False)
        reasons = reasons.order_by("position", "label")
        returned = dict(reasons.filter(kind=Reason.Kind.RETURN).values_list("code", "label"))
        lost = reasons.filter(kind=Reason.Kind.LOSE).exclude(code__in=returned).values_list("code", "label")
        offer(self, "reasons", list(returned.items()))
        offer(self, "lost", list(lost))
        topics = Topic.objects.of(workspace).order_by("label").values_list("code", "label")
        offer(self, "topics", list(topics))

    def facts(self) -> dict[str, Any]:
        """Return the arguments of `programs.create` and `programs.edit`. Groups inside a condition are kept."""
        given = self.cleaned_data
        plain = {name: given[name] for name in ("name", "reentry", "send_from", "send_until")}
        entry = {"reasons": [*given["reasons"], *given["lost"]], "topics": given["topics"], "manual": given["manual"]}
        entry |= {"occasions": given["occasions"], "condition": self.entry_rows.condition()}
        return {
            **plain,
            "entry": {**self.entry, **entry},
            "exit": {**self.exit, "condition": self.exit_rows.condition()},
            "holdout_percent": given["holdout_percent"] or 0,
            "send_weekdays": [int(day) for day in given["send_weekdays"]],
        }


class TrialForm(forms.Form):
    """Choose the lead for whom a mail is previewed, and the address of a test."""

    lead = forms.CharField(
        label="Preview for the lead", required=False, help_text="E-mail address. Empty: the newest lead."
    )
    to = forms.EmailField(label="Send a test to", required=False)

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        self.workspace = workspace
        super().__init__(*args, **kwargs)

    def clean_lead(self) -> Lead | None:
        """Return the lead with this e-mail, or the newest that has one."""
        text = self.cleaned_data["lead"]
        if text:
            found = identity.match(self.workspace, [identity.Ids(email=text)])[0].lead
        else:
            found = Lead.objects.of(self.workspace).exclude(email="").order_by("-pk").first()
        if found is None:
            raise forms.ValidationError(
                "No lead has this e-mail address." if text else "There is no lead with an e-mail yet."
            )
        return found
