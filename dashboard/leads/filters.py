"""The filters of the list of leads, read from the address: each set filter is a chip.

What a person typed and cannot be read is said beside the field; an unknown choice or day in an address is ignored.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from dashboard.design.inputs import DayInput, offer
from leads.queries import lead_filters, lead_list
from leads.queries.lead_filters import CONTACT, DATES, FILTERS, WON, Filter
from workspaces.models import Workspace


@dataclass(frozen=True)
class Chip:
    """Hold one filter that is set; `url` is the address without it."""

    words: str
    url: str


class LeadFilterForm(forms.Form):
    """Show the filters of `leads.queries.lead_filters`, which reads them; `filters` holds the readable ones."""

    sort = forms.ChoiceField(label="Order", required=False)

    def __init__(self, data: QueryDict, *, workspace: Workspace) -> None:
        self.workspace = workspace
        self.filters, refused = lead_filters.read(workspace, dict(data.lists()))
        self.asked = {
            name: ",".join(data.getlist(name)) if FILTERS[name].many else data.getlist(name)[-1]
            for name in self.filters
        }
        super().__init__({**data.dict(), **self.asked})
        for name, filter in FILTERS.items():
            self.fields[name] = self._field(filter)
        own = [(name, sort.words) for name, sort in lead_list.SORTS.items() if name not in ("new", "won")]
        offer(self, "sort", [("", lead_list.SORTS["new"].words), *own])
        self.is_valid()
        self.refused = {name: words for name, words in refused.items() if FILTERS[name].kind == "text"}
        for name, words in self.refused.items():
            self.add_error(name, words)

    def _field(self, filter: Filter) -> forms.Field:
        if filter.kind == "choice":
            return forms.ChoiceField(label=filter.label, required=False, choices=self._choices(filter))
        widget = DayInput() if filter.kind in ("day", "time") else None
        return forms.CharField(label=filter.label, required=False, widget=widget)

    def _choices(self, filter: Filter) -> list[tuple[str, str]]:
        choices = list((filter.options or {}).items())
        choices += filter.offered(self.workspace) if filter.offered else ()
        asked = self.asked.get(filter.name, "")
        if filter.unset:
            choices.insert(0, ("", filter.unset))
        if asked and asked not in dict(choices):  # beyond what is offered, as a figure's link may be
            choices.append((asked, self._words(asked, dict(choices))))
        return choices

    @staticmethod
    def _words(asked: str, known: dict[str, str]) -> str:
        return (
            " or ".join(known.get(part, part) for part in asked.split(","))
            if known.keys() & asked.split(",")
            else asked
        )

    @property
    def always(self) -> list[Any]:
        """Return the choices that always stand above the list."""
        return [self[name] for name, filter in FILTERS.items() if filter.always and filter.kind == "choice"]

    @property
    def more(self) -> list[Any]:
        """Return the filters behind “More”."""
        return [self[name] for name, filter in FILTERS.items() if not filter.always]

    @property
    def more_set(self) -> bool:
        """Return whether one of the filters behind “More” is set, or holds something that cannot be read."""
        return any(not FILTERS[name].always for name in (*self.asked, *self.refused))

    @property
    def order(self) -> str:
        """Return the order wanted; where dates are set, that of the dates, whose index then answers both."""
        dated = "since" in self.filters or "until" in self.filters or self.filters.dates == WON
        own = self.filters.dates if dated and self.filters.dates in (CONTACT, WON) else "new"
        return self.cleaned_data.get("sort") or own

    def chips(self, query: QueryDict) -> list[Chip]:
        """List the set filters in words, each with the address without it."""
        shown = []
        for name, asked in self.asked.items():
            if name == "dates":
                continue
            label = FILTERS[name].label
            if name in ("since", "until") and "dates" in self.filters:
                label = f"{DATES[self.filters.dates]}, {label.lower()}"
            rest = query.copy()
            for gone in (name, "after", "before"):
                rest.pop(gone, None)
            words = dict(getattr(self.fields[name], "choices", ())).get(asked, asked)
            shown.append(Chip(f"{label}: {day_words(words)}", f"?{rest.urlencode()}"))
        return shown


def day_words(words: str) -> str:
    """Write a day as people do; other words stay as they are."""
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return words
    return f"{day.day} {day:%b %Y}"
