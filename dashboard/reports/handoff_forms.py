"""The filters of hand-overs, read from the address, for the list and for the report."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils import timezone

from dashboard.design.inputs import DayInput, offer
from dashboard.design.periods import Period
from dashboard.leads.filters import Chip, day_words
from leads.queries import handoff_filters, handoff_report
from leads.queries.handoff_filters import DATES, FILTERS, HandoffFilter, HandoffFilters
from workspaces.models import Workspace

DAYS = ("since", "until")
DEFAULT_DAYS = 90  # of a report whose address says nothing of days


class HandoffFilterForm(forms.Form):
    """Show the filters of `leads.queries.handoff_filters`, which reads them; `filters` holds the readable ones."""

    def __init__(self, data: QueryDict, *, workspace: Workspace) -> None:
        self.workspace = workspace
        given = {name: data.get(name, "") for name in FILTERS}
        self.filters, self.refused = handoff_filters.read(workspace, given)
        self.asked = {name: given[name].strip() for name in self.filters}
        super().__init__({**data.dict(), **given})
        for name, filter in FILTERS.items():
            self.fields[name] = self._field(filter)
        self.is_valid()

    def _field(self, filter: HandoffFilter) -> forms.Field:
        if filter.name in DAYS:
            return forms.CharField(label=filter.label, required=False, widget=DayInput())
        choices = list((filter.options or {}).items()) or list(filter.offered(self.workspace) if filter.offered else ())
        if filter.name != "dates":
            choices.insert(0, ("", filter.unset))
        asked = self.asked.get(filter.name, "")
        if asked and asked not in dict(choices):
            choices.append((asked, asked))
        return forms.ChoiceField(label=filter.label, required=False, choices=choices)

    @property
    def choices(self) -> list[Any]:
        """Return the fields that choose from a list."""
        return [self[name] for name in FILTERS if name not in (*DAYS, "dates")]

    def chips(self, query: QueryDict) -> list[Chip]:
        """List the set filters in words, each with the address without it."""
        shown = []
        for name, asked in self.asked.items():
            if name == "dates":
                continue
            label = FILTERS[name].label
            if name in DAYS:
                label = f"{DATES[self.filters.dates][0]}, {label.lower()}"
            rest = query.copy()
            for gone in (name, "after"):
                rest.pop(gone, None)
            words = dict(getattr(self.fields[name], "choices", ())).get(asked, asked)
            shown.append(Chip(f"{label}: {day_words(words)}", f"?{rest.urlencode()}"))
        return shown


class HandoffReportForm(HandoffFilterForm):
    """Choose what the rows of the report are, its days, and the filters of the hand-overs it counts.

    An address that says nothing of days means the last ninety.
    """

    by = forms.ChoiceField(label="By", required=False)
    sort = forms.ChoiceField(label="Order", required=False)

    def __init__(self, data: QueryDict, *, workspace: Workspace) -> None:
        self.today = timezone.now().astimezone(ZoneInfo(workspace.time_zone)).date()
        given = data.copy()
        if not any(name in data for name in DAYS):
            given["since"] = (self.today - timedelta(days=DEFAULT_DAYS - 1)).isoformat()
            given["until"] = self.today.isoformat()
        given.pop("dates", None)  # the report is about hand-overs made in its days
        super().__init__(given, workspace=workspace)
        rows = [(name, each.label) for name, each in handoff_report.DIMENSIONS.items()]
        offer(self, "by", rows)
        self.dimension = handoff_report.DIMENSIONS.get(data.get("by", ""), handoff_report.DIMENSIONS["campaign"])

    @property
    def days(self) -> tuple[date | None, date]:
        """Return the first day (None: from the beginning) and the last."""
        return _read_day(self.asked.get("since", "")), _read_day(self.asked.get("until", "")) or self.today

    @property
    def before(self) -> HandoffFilters | None:
        """Return the same filters for the time of the same length before; None where there is no first day."""
        first, last = self.days
        if first is None:
            return None
        period = Period("", first, last, ZoneInfo(self.workspace.time_zone)).before
        if period is None:
            return None
        return HandoffFilters(**{**self.filters, "since": period.since, "until": period.until})

    @property
    def wanted(self) -> dict[str, str]:
        """Return the filters as the list of hand-overs takes them."""
        return dict(self.asked)

    @property
    def costed(self) -> bool:
        """Return whether the rows have a cost: campaigns and sources do, and only as a whole."""
        return self.dimension.name in ("campaign", "source") and set(self.asked) <= {*DAYS, "campaign"}


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
