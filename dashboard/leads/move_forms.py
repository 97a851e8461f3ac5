"""The forms of moves. They only read input; `leads.lifecycle.moves` checks the rules."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from dashboard.design.inputs import DayInput, moment_on, offer_rows
from leadflow.paging import read_id
from leads.models import Handoff, Lead, Reason
from workspaces import access, roles
from workspaces.models import Member
from workspaces.roles import Role

SALES_ROLES = tuple(role for role in Role.values if roles.can(role, "handoffs.work"))

RATINGS = [(5, "5, excellent"), (4, "4, good"), (3, "3, usable"), (2, "2, weak"), (1, "1, poor")]


class MoveForm(forms.Form):
    """The base: holds the lead, its handoff if the move is one of a handoff, and the member."""

    def __init__(self, *args: Any, lead: Lead, handoff: Handoff | None, member: Member, **kwargs: Any) -> None:
        self.lead, self.handoff, self.member = lead, handoff, member
        super().__init__(*args, **kwargs)
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices and first values."""

    def facts(self) -> dict[str, Any]:
        """Return the keyword arguments of the function of the move."""
        return dict(self.cleaned_data)


class PlainForm(MoveForm):
    """A move without input."""


class NoteForm(MoveForm):
    """A move with a mandatory note."""

    note = forms.CharField(label="Why", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


class OptionalNoteForm(MoveForm):
    """A move with an optional note."""

    note = forms.CharField(label="Why", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, required=False)


class MoveReasonForm(MoveForm):
    """A move for one of the workspace's reasons, with a note where the reason asks for one."""

    kind: str  # of the reasons
    reason = forms.ModelChoiceField(queryset=Reason.everywhere.none(), label="Reason", empty_label="Choose a reason")
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000, required=False)

    def prepare(self) -> None:
        mine = Reason.objects.of(self.lead.workspace_id).filter(kind=self.kind, active=True)
        offer_rows(self, "reason", mine.order_by("position", "label"))
        chosen = self.chosen
        if chosen is not None and chosen.needs_note:
            self.fields["note"].required = True
            self.fields["note"].help_text = f"“{chosen.label}” asks for a note."

    @property
    def chosen(self) -> Reason | None:
        """Return the reason picked so far, also while the form is being filled in."""
        picked = (self.data if self.is_bound else self.initial).get("reason") or ""
        if (pk := read_id(str(picked))) is None:
            return None
        found: Reason | None = self.fields["reason"].queryset.filter(pk=pk).first()  # type: ignore[attr-defined]  # a field of rows
        return found


class RevisitForm(MoveReasonForm):
    """A move for a reason that may ask when to look at the lead again."""

    revisit_on = forms.DateField(label="Revisit date", required=False, widget=DayInput())

    def prepare(self) -> None:
        super().prepare()
        field, chosen = self.fields["revisit_on"], self.chosen
        today = timezone.localdate()
        field.widget.attrs["min"] = (today + timedelta(days=1)).isoformat()
        if chosen is None:
            return
        field.required = chosen.needs_revisit
        if chosen.revisit_days is not None and not self.is_bound:
            self.initial["revisit_on"] = today + timedelta(days=chosen.revisit_days)
        if chosen.needs_revisit:
            field.help_text = f"“{chosen.label}” asks for a date."


class OptionalRatingForm(MoveForm):
    """A move with an optional rating of the lead."""

    rating = forms.TypedChoiceField(
        label="Rating of the lead",
        choices=[("", "No rating"), *RATINGS],
        coerce=int,
        empty_value=None,
        required=False,
    )


class WinForm(MoveForm):
    """Close a lead as won."""

    amount = forms.DecimalField(label="Amount", min_value=0, max_digits=14, decimal_places=2)
    currency = forms.CharField(label="Currency", max_length=3, min_length=3, help_text="Three letters, e.g. EUR.")
    won_on = forms.DateField(label="Won on", widget=DayInput())

    def prepare(self) -> None:
        today = timezone.localdate()
        self.initial = {"currency": self.lead.workspace.currency, "won_on": today, **self.initial}
        self.fields["won_on"].widget.attrs["max"] = today.isoformat()
        self.fields["amount"].widget.attrs.update({"inputmode": "decimal", "step": "any"})

    def clean_won_on(self) -> date:
        day: date = self.cleaned_data["won_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("The day of the deal cannot lie in the future.")
        return day

    def facts(self) -> dict[str, Any]:
        return {
            "amount": self.cleaned_data["amount"],
            "currency": self.cleaned_data["currency"],
            "at": self._moment(self.cleaned_data["won_on"]),
        }

    def _moment(self, day: date) -> datetime | None:
        """Return noon of the day; on the day on which the lead was accepted not before that."""
        moment, accepted = moment_on(day), self.handoff.accepted_at if self.handoff else None
        same_day = accepted is not None and timezone.localdate(accepted) == day
        return max(moment, accepted) if moment and accepted and same_day else moment


class ReassignForm(MoveForm):
    """Give an open handoff to somebody else, or back to the queue."""

    to = forms.ModelChoiceField(queryset=Member.everywhere.none(), label="New owner", required=False)

    def prepare(self) -> None:
        offered = self.handoff is not None and self.handoff.state == "offered"
        field = self.fields["to"]
        members = access.members_of(self.lead.workspace, roles=SALES_ROLES)
        if self.handoff is not None and self.handoff.owner_id:
            members = members.exclude(pk=self.handoff.owner_id)
        field.queryset = members  # type: ignore[attr-defined]  # a field of rows
        field.required = not (offered and self.handoff is not None and self.handoff.owner_id)
        field.empty_label = "Nobody: back to the queue" if not field.required else "Choose a member"  # type: ignore[attr-defined]  # a field of rows


class QualifyForm(MoveForm):
    """Hand a lead over manually."""

    override = forms.CharField(
        label="Why now",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text="The rep reads this with the lead. It applies even if the definition is not met.",
    )
    owner = forms.ModelChoiceField(
        queryset=Member.everywhere.none(), label="Give it to", required=False, empty_label="Routing chooses"
    )

    def prepare(self) -> None:
        members = access.members_of(self.lead.workspace, roles=SALES_ROLES)
        offer_rows(self, "owner", members)


class RateForm(MoveForm):
    """Rate the quality of a handoff."""

    rating = forms.TypedChoiceField(label="Rating of the lead", choices=RATINGS, coerce=int)

    def prepare(self) -> None:
        if self.handoff is not None and self.handoff.rating:
            self.initial.setdefault("rating", self.handoff.rating)
