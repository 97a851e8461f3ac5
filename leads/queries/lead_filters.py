"""The filters of leads, one row each: the list's form, its address, the CSV and the API are made from this table.

A filter that needs an app above this one is added by that app when it starts (`add`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.db.models.lookups import Contains

from leadflow.errors import Invalid
from leads.models import Handoff, HandoffState, Lead, Reason
from leads.models.lead import Readiness
from leads.people import identity, persons, search_text
from leads.queries import filter_values, outcomes
from leads.queries.filter_values import BLANK
from leads.states import State
from workspaces.models import Workspace

GRADES = [f"{fit}{level}" for fit in "ABCD" for level in "1234"]
FLAGS = {"won_before_first_contact": "Won before first contact"}
# what the dates of a filter are about
CONTACT, HANDED, RETURNED, WON = "contact", "handed", "returned", "won"
DATES = {CONTACT: "First contact", HANDED: "Handed over", RETURNED: "Returned", WON: "Won"}


@dataclass(frozen=True)
class Narrowing:
    """What a filter asks of the lead, and of one handoff of it (None: nothing; an empty Q: that there is one)."""

    lead: Q = field(default_factory=Q)
    handoff: Q | None = None


@dataclass(frozen=True)
class Filter:
    """One way to narrow the list. `narrow` takes the workspace, the value as `read` returned it, and all filters.

    `options` are the values it takes, with their words, where no others make sense; `offered` are values that the
    page offers, beside which others may be asked for. `kind` is how the page asks for it and the API's document
    describes it: `text`, `choice`, `day` or `time`. `unset` are the words of the choice that sets nothing.
    """

    name: str
    label: str
    help: str
    narrow: Callable[[Workspace, Any, "Filters"], Narrowing]
    read: Callable[[str, Workspace], Any]
    kind: str = "text"
    options: Mapping[str, str] | None = None
    offered: Callable[[Workspace], Iterable[tuple[str, str]]] | None = None
    unset: str = ""
    many: bool = False  # takes several values, any of which will do
    indexed: bool = False  # an index finds its rows; else they are found by looking, and are not counted
    always: bool = False  # the page shows it without being asked for more filters


class Filters(Mapping[str, Any]):
    """The filters that are set, by name, each with its value as its `read` returns it; what is empty is not set."""

    def __init__(self, **values: Any) -> None:
        self._values = {
            name: (value,) if FILTERS[name].many and isinstance(value, str) else value
            for name, value in values.items()
            if value not in ("", None, ())
        }

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Any:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def dates(self) -> str:
        """Return what `since` and `until` are about, a key of `DATES`."""
        dates: str = self.get("dates", CONTACT)
        return dates

    @property
    def countable(self) -> bool:
        """Return whether an index answers these filters."""
        return all(FILTERS[name].indexed for name in self)

    @property
    def plain(self) -> bool:
        """Return whether nothing is filtered at all."""
        return self._values in ({}, {"dates": CONTACT})


def read(workspace: Workspace, given: Mapping[str, Sequence[str]]) -> tuple[Filters, dict[str, str]]:
    """Read filters out of the parameters of an address; return them, and why each of the others cannot be read.

    Parameters that are no filters are left alone. Of several values the last counts, unless the filter takes many.
    """
    values: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for name, filter in FILTERS.items():
        texts = [text.strip() for text in given.get(name, ())]
        if filter.many:
            texts = [part.strip() for text in texts for part in text.split(",")]
        texts = [text for text in texts if text] if filter.many else [text for text in texts[-1:] if text]
        try:
            found = tuple(_read_one(filter, text, workspace) for text in texts)
        except Invalid as error:
            refused[name] = error.message
        else:
            if found:
                values[name] = found if filter.many else found[0]
    return Filters(**values), refused


def narrow(found: QuerySet[Lead], workspace: Workspace, filters: Filters) -> QuerySet[Lead]:
    """Keep the leads that every filter wants; what is asked of handoffs must hold for one and the same handoff.

    One statement now when there are words to search for, none otherwise.
    """
    handoff, asked = Q(), False
    for name, value in filters.items():
        narrowing = FILTERS[name].narrow(workspace, value, filters)
        found = found.filter(narrowing.lead)
        if narrowing.handoff is not None:
            handoff, asked = handoff & narrowing.handoff, True
    if not asked:
        return found
    found = found.filter(passes__gt=0)  # which an index knows
    if not handoff:  # every handoff is a pass
        return found
    return found.filter(Exists(Handoff.objects.of(workspace).filter(handoff, lead=OuterRef("pk"))))


def add(filter: Filter, *, after: str) -> None:
    """Add a filter that an app above this one knows how to answer, behind another one."""
    rows = [(name, each) for name, each in FILTERS.items() if name != filter.name]
    place = [name for name, _ in rows].index(after) + 1
    FILTERS.clear()
    FILTERS.update([*rows[:place], (filter.name, filter), *rows[place:]])


def _read_one(filter: Filter, text: str, workspace: Workspace) -> Any:
    persons.refuse_unstorable(text, filter.name)
    if filter.options is not None and text not in filter.options:
        known = ", ".join(filter.options)
        raise Invalid(f"There is no {filter.label.lower()} “{text[:60]}”. Known: {known}.", field=filter.name)
    return filter.read(text, workspace)


def _is(column: str, nobody: Q | None = None) -> Callable[[Workspace, Any, Filters], Narrowing]:
    """Return how a column is asked for by its value, or by its having none."""
    blank = Q(**{column: ""}) if nobody is None else nobody
    return lambda workspace, value, filters: Narrowing(blank if value == BLANK else Q(**{column: value}))


def _by_owner(workspace: Workspace, value: str | int, filters: Filters) -> Narrowing:
    if value == BLANK:
        return Narrowing(Q(owner=None))
    return Narrowing(Q(owner=value) if isinstance(value, int) else Q(owner__user__email=value))


def _by_words(workspace: Workspace, value: str, filters: Filters) -> Narrowing:
    return Narrowing(Q(pk__in=search_text.matching(workspace, value)))


def _by_external_id(workspace: Workspace, value: tuple[str, str], filters: Filters) -> Narrowing:
    return Narrowing(Q(pk__in=identity.external_rows(workspace, [value]).values("lead")))


def _by_update(workspace: Workspace, value: datetime, filters: Filters) -> Narrowing:
    columns = ("created_at", "state_since", "scored_at", "last_event_at")
    return Narrowing(Q(*((f"{column}__gte", value) for column in columns), _connector=Q.OR))


def _by_flag(workspace: Workspace, value: str, filters: Filters) -> Narrowing:
    return Narrowing(Q(Contains(Cast("flags", TextField()), f'"{value}"')))


def _by_dates(workspace: Workspace, value: str, filters: Filters) -> Narrowing:
    if value == WON:
        return Narrowing(Q(won_at__isnull=False))
    return Narrowing(handoff=_HANDOFF_DATES[value][1]) if value in _HANDOFF_DATES else Narrowing()


def _dated(comparison: str) -> Callable[[Workspace, datetime, Filters], Narrowing]:
    def narrowing(workspace: Workspace, value: datetime, filters: Filters) -> Narrowing:
        if filters.dates in _HANDOFF_DATES:
            return Narrowing(handoff=Q(**{f"{_HANDOFF_DATES[filters.dates][0]}__{comparison}": value}))
        return Narrowing(Q(**{f"{'won_at' if filters.dates == WON else 'first_contact_at'}__{comparison}": value}))

    return narrowing


_HANDOFF_DATES = {HANDED: ("offered_at", Q()), RETURNED: ("closed_at", Q(state=HandoffState.RETURNED))}

# The table, in the order of the page.
FILTERS: dict[str, Filter] = {
    each.name: each
    for each in (
        Filter(
            "q",
            "Search",
            "Words in any order: parts of the name, the e-mail, the company, the phone number or an external id."
            " A word of one or two letters must begin one of these.",
            _by_words,
            filter_values.text,
            always=True,
            indexed=True,
        ),
        Filter(
            "state",
            "State",
            "One or several.",
            lambda workspace, value, filters: Narrowing(Q(state__in=value)),
            filter_values.text,
            kind="choice",
            options=dict(State.choices),
            unset="Any state",
            many=True,
            always=True,
            indexed=True,
        ),
        Filter(
            "source",
            "Source",
            "Exactly this source; - for none.",
            _is("source"),
            filter_values.text,
            kind="choice",
            offered=filter_values.sources,
            unset="Any source",
            always=True,
            indexed=True,
        ),
        Filter(
            "campaign",
            "Campaign",
            "Code of the campaign; - for none.",
            _is("campaign__code", Q(campaign=None)),
            filter_values.text,
            kind="choice",
            offered=filter_values.campaigns,
            unset="Any campaign",
            always=True,
            indexed=True,
        ),
        Filter(
            "owner",
            "Owner",
            "Id or e-mail of the member; - for nobody.",
            _by_owner,
            filter_values.owner,
            kind="choice",
            offered=filter_values.owners,
            unset="Any owner",
            always=True,
            indexed=True,
        ),
        Filter(
            "grade",
            "Grade",
            "Such as B2; - for not graded.",
            _is("grade"),
            filter_values.text,
            kind="choice",
            options={**{each: each for each in GRADES}, BLANK: "Not graded"},
            unset="Any grade",
            always=True,
            indexed=True,
        ),
        Filter(
            "territory",
            "Territory",
            "Name of the territory; - for none.",
            _is("territory__name", Q(territory=None)),
            filter_values.text,
            kind="choice",
            offered=filter_values.territories,
            unset="Any territory",
            indexed=True,
        ),
        Filter(
            "readiness",
            "Readiness",
            "How ready to buy, by the answers given.",
            _is("readiness"),
            filter_values.text,
            kind="choice",
            options=dict(Readiness.choices),
            unset="Any readiness",
        ),
        Filter(
            "reached",
            "Got as far as",
            "The stage that one handoff reached.",
            lambda workspace, value, filters: Narrowing(handoff=outcomes.REACHED[value]),
            filter_values.text,
            kind="choice",
            options=outcomes.REACHED_WORDS,
            unset="Any stage",
            indexed=True,
        ),
        Filter(
            "outcome",
            "Hand-over",
            "Where one hand-over of the lead stands.",
            lambda workspace, value, filters: Narrowing(handoff=outcomes.OUTCOMES[value].wanted(workspace)),
            filter_values.text,
            kind="choice",
            options=outcomes.WORDS,
            unset="Wherever it stands",
            indexed=True,
        ),
        Filter(
            "reason",
            "Returned as",
            "Code of the reason for which the lead was returned.",
            lambda workspace, value, filters: Narrowing(
                handoff=Q(state=HandoffState.RETURNED, reason__code=value, reason__kind=Reason.Kind.RETURN)
            ),
            filter_values.text,
            kind="choice",
            offered=filter_values.reasons,
            unset="Any reason",
            indexed=True,
        ),
        Filter(
            "topic",
            "Interested in",
            "Code of a topic.",
            lambda workspace, value, filters: Narrowing(Q(interests__has_key=value)),
            filter_values.text,
            kind="choice",
            offered=filter_values.topics,
            unset="Any topic",
        ),
        Filter(
            "flag",
            "Flag",
            "What looks wrong with the lead.",
            _by_flag,
            filter_values.text,
            kind="choice",
            options=FLAGS,
            unset="None",
        ),
        Filter(
            "email",
            "E-mail",
            "Exactly this e-mail, in any case of letters; - for none.",
            _is("email"),
            filter_values.email,
            indexed=True,
        ),
        Filter("external_id", "External id", "system:value", _by_external_id, filter_values.external_id, indexed=True),
        Filter(
            "updated_since",
            "Changed since",
            "Created, moved, scored anew or active since then.",
            _by_update,
            filter_values.first,
            kind="time",
        ),
        Filter(
            "dates",
            "Dates of",
            "What since and until are about; the first contact unless said.",
            _by_dates,
            filter_values.text,
            kind="choice",
            options=DATES,
            indexed=True,
        ),
        Filter(
            "since",
            "From",
            "From this day in the workspace's zone, or this time.",
            _dated("gte"),
            filter_values.first,
            kind="day",
            indexed=True,
        ),
        Filter(
            "until",
            "To",
            "Up to and with this day in the workspace's zone, or up to this time.",
            _dated("lt"),
            filter_values.end,
            kind="day",
            indexed=True,
        ),
    )
}
