"""Ask to whom each kind goes of what a member holds."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from leads.lifecycle.handing_on import Destination, Destinations
from leads.lifecycle.holdings import LEAD_KINDS, Holdings, Kind
from leads.models import Pool
from leads.routing.assign import TAKES_LEADS
from workspaces import access
from workspaces.models import Member

NOBODY = {Kind.OFFERS: "The queue, for whoever claims it", Kind.ACCOUNTS: "Nobody: the routing chooses by its rules"}
HELP = {
    Kind.OFFERS: "The time to accept starts again where the agreement says so.",
    Kind.ACCEPTED: "What is promised for them goes along, and so do their clocks.",
    Kind.FOLLOW_UPS: "Planned for leads that somebody else, or nobody, owns.",
    Kind.ACCOUNTS: "New leads of these companies go to whoever looks after them.",
}


class HandOnForm(forms.Form):
    """One choice for each kind that the member holds: a pool, a person, or nobody where that makes sense.

    It begins with the member's own pool, where the others know the market.
    """

    note = forms.CharField(
        label="Note for the new owners",
        required=False,
        max_length=300,
        help_text="It stands in the history of each lead.",
    )

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was entered so far as the beginning of a form that is not judged yet."""
        return {**{name: data[name] for name in data}, "leave_pools": "leave_pools" in data}

    def __init__(self, data: Any, *, member: Member, held: Holdings, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        workspace = member.workspace_id
        people = access.members_of(workspace, roles=TAKES_LEADS).exclude(pk=member.pk)
        self.destinations = {f"member:{each.pk}": Destination(member=each) for each in people}
        self._people = [(code, str(each)) for code, each in self.destinations.items()]
        pools = {f"pool:{each.pk}": each for each in Pool.objects.of(workspace).order_by("name", "pk")}
        self._pools = [(code, f"The pool {pool}, by turns") for code, pool in pools.items()]
        self.destinations |= {code: Destination(pool=pool) for code, pool in pools.items()}
        self.destinations["nobody"] = Destination()
        own = next((code for code, pool in pools.items() if pool.name in held.pools), "")
        self.kinds = list(held.counts)
        for kind, number in held.counts.items():
            self.fields[kind] = self._field(kind, number, own)
        if held.pools:
            self.fields["leave_pools"] = forms.BooleanField(
                label=f"Take {member} out of {'the pool' if len(held.pools) == 1 else 'the pools'} "
                f"{', '.join(held.pools)}",
                required=False,
                initial=True,
            )
        self.order_fields([*self.kinds, "note", "leave_pools"])

    def _field(self, kind: Kind, number: int, own: str) -> forms.ChoiceField:
        choices: list[Any] = [("", "Choose")]
        if kind in NOBODY:
            choices.append(("nobody", NOBODY[kind]))
        if kind in LEAD_KINDS and self._pools:
            choices.append(("Pools", self._pools))
        if self._people:
            choices.append(("People", self._people))
        words = kind.counted(number)
        return forms.ChoiceField(
            label=f"{words} to",
            choices=choices,
            initial=own if kind in LEAD_KINDS else "",
            help_text=HELP.get(kind, ""),
            error_messages={"required": "Say to whom this goes."},
        )

    def chosen(self) -> Destinations:
        """Return the destination of each kind for which a known one is chosen, or proposed."""
        codes: Iterable[tuple[Kind, Any]] = ((kind, self[kind].value()) for kind in self.kinds)
        offered = {kind: self.fields[kind] for kind in self.kinds}
        return {
            kind: self.destinations[code]
            for kind, code in codes
            if code in self.destinations and offered[kind].valid_value(code)  # type: ignore[attr-defined]  # a choice
        }
