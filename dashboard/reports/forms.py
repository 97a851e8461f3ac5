"""The filters of the funnel report, read from the address."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from dashboard.design.inputs import DayInput, offer
from dashboard.design.periods import midnight
from leads.queries import lookups, reports
from leads.queries.filter_values import BLANK
from workspaces.models import Workspace


class FunnelForm(forms.Form):
    """Choose the cohort (by first contact) and the groups; unreadable values are ignored."""

    by = forms.ChoiceField(label="By", required=False, choices=[(name, name.capitalize()) for name in reports.GROUPS])
    since = forms.DateField(label="First contact from", required=False, widget=DayInput())
    until = forms.DateField(label="First contact to", required=False, widget=DayInput())
    source = forms.ChoiceField(label="Source", required=False)
    campaign = forms.ChoiceField(label="Campaign", required=False)

    def __init__(self, data: Any, *, workspace: Workspace) -> None:
        super().__init__(data)
        self.zone = ZoneInfo(workspace.time_zone)
        sources = [(each or BLANK, each or "No source") for each in lookups.list_sources(workspace)]
        self._offer("source", [("", "Any source"), *sources])
        campaigns = lookups.list_campaigns(workspace).values_list("code", "name")[:500]
        self._offer("campaign", [("", "Any campaign"), *campaigns])
        self.is_valid()

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        asked = (self.data.get(name) or "").replace("\x00", "")  # PostgreSQL takes none in a text
        beyond = [] if asked in dict(choices) else [(asked, asked)]
        offer(self, name, [*choices, *beyond])

    def funnel(self, workspace: Workspace) -> reports.Funnel:
        """Count the funnel that is asked for."""
        since, until = self._day("since"), self._day("until")
        filters = {}
        if source := self.cleaned_data.get("source"):
            filters["source"] = "" if source == BLANK else source
        if campaign := self.cleaned_data.get("campaign"):
            filters["campaign__code"] = campaign
        return reports.funnel(
            workspace,
            since=midnight(since, self.zone) if since else None,
            until=midnight(until + timedelta(days=1), self.zone) if until else None,
            by=self.cleaned_data.get("by") or "source",
            **filters,
        )

    @property
    def days(self) -> tuple[date | None, date]:
        """Return the first day of the cohort (None: from the beginning) and the last."""
        return self._day("since"), self._day("until") or timezone.now().astimezone(self.zone).date()

    @property
    def wanted(self) -> dict[str, str]:
        """Return the same as filters of the list of leads."""
        named = {name: self.cleaned_data.get(name) or "" for name in ("source", "campaign")}
        days = {name: day.isoformat() if (day := self._day(name)) else "" for name in ("since", "until")}
        return {**named, **days}

    def _day(self, name: str) -> date | None:
        day = self.cleaned_data.get(name)
        return day if day and day.year < 9000 else None
