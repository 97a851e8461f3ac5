"""The filters of lists, read from the address: what cannot be read says nothing, and what is set shows as a chip."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from dashboard.design.inputs import DayInput
from dashboard.design.paging import read_id
from dashboard.design.periods import midnight
from dashboard.leads.move_forms import SALES_ROLES
from leads.models import Reason, Topic
from leads.queries import lead_list, lookups
from leads.queries.lead_list import BLANK, DATES, Filters
from leads.states import State
from nurture.models import Enrolment, Program
from sla import selectors as clocks
from workspaces import access
from workspaces.models import Workspace

GRADES = [f"{fit}{level}" for fit in "ABCD" for level in "1234"]
SORTS = {
    "": "Newest first",
    "old": "Oldest first",
    "contact": "Latest first contact",
    "grade": "Best grade",
    "state": "State",
}
REACHED = {"mql": "MQL", "sal": "SAL", "sql": "SQL", "won": "Won"}
OUTCOMES = {
    "accepted": "Accepted by sales",
    "returned": "Returned by sales",
    "waiting": "Waiting for sales",
    "overdue": "Overdue at sales",
    "withdrawn": "Withdrawn unanswered",
}
FLAGS = {"won_before_first_contact": "Won before first contact"}
OPEN = ("source", "campaign", "owner")
MORE = ("reached", "outcome", "reason", "topic", "program", "flag", "dates", "since", "until")


@dataclass(frozen=True)
class Chip:
    """Hold one filter that is set; `url` is the address without it."""

    words: str
    url: str


class LeadFilter(forms.Form):
    """Filter the list of leads. `filters` and `among` are what `leads.queries.lead_list.lead_list` takes."""

    q = forms.CharField(label="Name or e-mail", required=False, max_length=120)
    state = forms.ChoiceField(label="State", required=False)
    source = forms.ChoiceField(label="Source", required=False)
    campaign = forms.ChoiceField(label="Campaign", required=False)
    owner = forms.ChoiceField(label="Owner", required=False)
    grade = forms.ChoiceField(label="Grade", required=False)
    sort = forms.ChoiceField(label="Order", required=False, choices=list(SORTS.items()))
    reached = forms.ChoiceField(label="Got as far as", required=False)
    outcome = forms.ChoiceField(label="What sales did", required=False)
    reason = forms.ChoiceField(label="Returned as", required=False)
    topic = forms.ChoiceField(label="Interested in", required=False)
    program = forms.ChoiceField(label="In the program", required=False)
    flag = forms.ChoiceField(label="Flag", required=False)
    dates = forms.ChoiceField(label="Dates of", required=False, choices=list(DATES.items()))
    since = forms.DateField(label="From", required=False, widget=DayInput())
    until = forms.DateField(label="To", required=False, widget=DayInput())

    def __init__(self, data: Any, *, workspace: Workspace) -> None:
        super().__init__(data)
        self.workspace = workspace
        reasons = Reason.objects.of(workspace).filter(kind=Reason.Kind.RETURN).order_by("position", "label")
        self._offer("state", State.choices, "Any state")
        sources = [(each or BLANK, each or "No source") for each in lead_list.sources(workspace)]
        self._offer("source", sources, "Any source")
        campaigns = lookups.campaigns(workspace).values_list("code", "name")[:500]
        self._offer("campaign", [(BLANK, "No campaign"), *campaigns], "Any campaign")
        owners = [(str(each.pk), str(each)) for each in access.members_of(workspace, roles=SALES_ROLES)]
        self._offer("owner", [(BLANK, "Nobody"), *owners], "Any owner")
        self._offer("grade", [*((each, each) for each in GRADES), (BLANK, "Not graded")], "Any grade")
        self._offer("reached", REACHED.items(), "Any stage")
        self._offer("outcome", OUTCOMES.items(), "Anything")
        self._offer("reason", reasons.values_list("code", "label"), "Any reason")
        topics = Topic.objects.of(workspace).order_by("label").values_list("code", "label")
        self._offer("topic", topics, "Any topic")
        programs = Program.objects.of(workspace).order_by("name").values_list("pk", "name")
        self._offer("program", [(str(pk), name) for pk, name in programs], "Any program")
        self._offer("flag", FLAGS.items(), "None")
        self.is_valid()

    def _offer(self, name: str, choices: Any, empty: str) -> None:
        offered = [("", empty), *choices]
        asked = (self.data.get(name) or "").replace("\x00", "")  # PostgreSQL takes none in a text
        if name in OPEN and asked not in dict(offered) and (name != "owner" or read_id(asked)):
            offered.append((asked, asked))  # beyond what the list holds, as a figure's link may be
        self.fields[name].choices = offered  # type: ignore[attr-defined]

    def value(self, name: str) -> Any:
        """Return what was asked for, nothing where it could not be read."""
        return self.cleaned_data.get(name) or ""

    @property
    def order(self) -> str:
        """Return the order wanted; where dates are set, that of the dates, whose index then answers both."""
        dates = self.value("dates") or lead_list.CONTACT
        dated = bool(self.value("since") or self.value("until")) or dates == lead_list.WON
        own = dates if dated and dates in (lead_list.CONTACT, lead_list.WON) else "new"
        return self.value("sort") or own

    @property
    def filters(self) -> Filters:
        """Return what the list takes; the days are those of the workspace's zone, `until` included."""
        zone = ZoneInfo(self.workspace.time_zone)
        since, until = self.value("since") or None, self.value("until") or None
        outcome = self.value("outcome")
        return Filters(
            **{name: self.value(name) for name in ("state", "source", "campaign", "owner", "grade", "q")},
            **{name: self.value(name) for name in ("reached", "reason", "flag", "topic")},
            outcome="waiting" if outcome == "overdue" else outcome,
            dates=self.value("dates") or lead_list.CONTACT,
            since=midnight(since, zone) if since else None,
            until=midnight(until + timedelta(days=1), zone) if until and until < date.max else None,
        )

    @property
    def among(self) -> list[QuerySet]:
        """Return the ids of leads to stay within: those of a program, those whose offer is overdue."""
        within: list[QuerySet] = []
        if program := self.value("program"):
            entered = Enrolment.objects.of(self.workspace).filter(program=program)
            within.append(entered.values("lead"))
        if self.value("outcome") == "overdue":
            within.append(clocks.overdue_answers(self.workspace, at=timezone.now()).values("lead"))
        return within

    def chips(self, query: QueryDict) -> list[Chip]:
        """List what is set, in words, each with the address that does without it."""
        shown = []
        for name, field in self.fields.items():
            value = self.value(name)
            if name in ("sort", "dates") or not value:
                continue
            words = dict(getattr(field, "choices", ())).get(value, value)
            words = f"{value.day} {value:%b %Y}" if isinstance(value, date) else words
            label = field.label
            if name in ("since", "until") and self.value("dates"):
                label = f"{DATES[self.value('dates')]}, {str(label).lower()}"
            rest = query.copy()
            for gone in (name, "after", "before"):
                rest.pop(gone, None)
            shown.append(Chip(f"{label}: {words}", f"?{rest.urlencode()}"))
        return shown

    @property
    def more_set(self) -> bool:
        """Tell whether one of the filters behind “More” is set."""
        return any(self.value(name) for name in MORE)
