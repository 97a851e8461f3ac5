"""The forms of changes to many leads at once."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms

from dashboard.design.inputs import offer_rows
from dashboard.leads import bulk
from leads.lifecycle import moves
from leads.lifecycle.handover import Candidate
from leads.models import Lead, Reason
from nurture import enrolments, mails_had
from nurture.models import Program
from workspaces.actors import Actor
from workspaces.models import Workspace


class BulkForm(forms.Form):
    """The base: `act` returns the function to call for each lead, unless `run` changes them all at once."""

    capability = verb = consequence = done = ""

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspace = workspace
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices."""

    def forecast(self, leads: Sequence[Lead]) -> list[str]:
        """Say beforehand what would not happen to some of the leads, one sentence each."""
        return []

    def run(self, leads: Sequence[Lead], actor: Actor) -> bulk.BulkResult:
        """Do it to the leads."""
        return bulk.each(leads, self.act(actor))

    def act(self, actor: Actor) -> Callable[[Lead], Any]:
        """Return what to do with each lead."""
        raise NotImplementedError


class EnrolForm(BulkForm):
    """Enrol leads manually."""

    capability, verb, done = "nurture.edit", "Enrol in a program", "enrolled"
    consequence = "They get the mails of the program from now on, in its send window."
    program = forms.ModelChoiceField(Program.everywhere.none(), label="Program", empty_label="Choose a program")

    def prepare(self) -> None:
        self.active = Program.objects.of(self.workspace).filter(status=Program.Status.ACTIVE).order_by("name")
        offer_rows(self, "program", self.active)
        if not self.active:
            self.fields["program"].help_text = "No program is active. Activate one first."

    def forecast(self, leads: Sequence[Lead]) -> list[str]:
        """Name the mails that some of the leads had already, for each program."""
        return mails_had.forecast([lead.pk for lead in leads], self.active)

    def act(self, actor: Actor) -> Callable[[Lead], Any]:
        program, why = self.cleaned_data["program"], {"words": f"Enrolled by {actor.name}."}
        return lambda lead: enrolments.enrol(lead, program, actor=actor, why=why)


class DisqualifyForm(BulkForm):
    """Disqualify leads."""

    capability, verb, done = "leads.disqualify", "Disqualify", "disqualified"
    consequence = "They leave every program and are not handed over unless somebody reopens them."
    reason = forms.ModelChoiceField(Reason.everywhere.none(), label="Reason", empty_label="Choose a reason")
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, required=False)

    def prepare(self) -> None:
        reasons = Reason.objects.of(self.workspace).filter(kind=Reason.Kind.DISQUALIFY, active=True)
        offer_rows(self, "reason", reasons.order_by("position", "label"))

    def act(self, actor: Actor) -> Callable[[Lead], Any]:
        facts = {"reason": self.cleaned_data["reason"], "note": self.cleaned_data["note"]}
        return lambda lead: moves.disqualify(lead, actor=actor, **facts)


class HandOverForm(BulkForm):
    """Hand leads over to sales manually."""

    capability, verb, done = "handoffs.qualify", "Hand over to sales", "handed over"
    consequence = "The evidence of each is frozen as it is now, routing chooses the rep, and the accept clocks start."
    override = forms.CharField(
        label="Why now",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text="The rep reads this with each lead. It applies even if the definition is not met.",
    )

    def run(self, leads: Sequence[Lead], actor: Actor) -> bulk.BulkResult:
        """Hand them over together."""
        override = self.cleaned_data["override"]
        candidates = [Candidate(lead, override=override) for lead in leads]
        return bulk.tally(moves.qualify_many(candidates, actor=actor))


ACTIONS: dict[str, type[BulkForm]] = {"enrol": EnrolForm, "disqualify": DisqualifyForm, "qualify": HandOverForm}
