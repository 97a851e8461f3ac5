"""Find leads, accounts and campaigns by how they begin; every look-up reads an index, at any size."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from leads.models import Account, Campaign, Lead
from workspaces.models import Workspace

MOST = 20  # of each kind
SHORTEST = 2


@dataclass(frozen=True)
class Found:
    """Hold what begins with the text; `more` names the kinds of which there is more than is listed."""

    leads: list[Lead] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    more: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Count all that is listed."""
        return len(self.leads) + len(self.accounts) + len(self.campaigns)


def search(workspace: Workspace | int, text: str) -> Found:
    """Search by prefix: leads by e-mail and by last or full name, accounts by name or domain, campaigns by name.

    Letters may be of any case. Fewer than two characters find nothing. Six statements at most.
    """
    text = " ".join(text.split())[:120]
    if len(text) < SHORTEST or "\x00" in text:
        return Found()
    leads = _leads(workspace, text.lower())
    accounts = list(Account.objects.of(workspace).filter(_any_case("name", text)).order_by()[: MOST + 1])
    if not accounts and "." in text:
        accounts = list(Account.objects.of(workspace).filter(domain=text.lower()))
    campaigns = Campaign.objects.of(workspace).filter(Q(name__istartswith=text) | Q(code__istartswith=text))
    found: dict[str, list[Any]] = {
        "leads": leads,
        "accounts": accounts,
        "campaigns": list(campaigns.order_by("name")[: MOST + 1]),
    }
    more = tuple(kind for kind, rows in found.items() if len(rows) > MOST)
    return Found(**{kind: rows[:MOST] for kind, rows in found.items()}, more=more)


def _leads(workspace: Workspace | int, text: str) -> list[Lead]:
    """Look up by e-mail, then by name as kept ("last first"); "first last" is turned round. One index per statement.

    Unordered, so that no plan walks all leads in order to find few.
    """
    leads = Lead.objects.of(workspace).select_related("account", "owner__user")
    ways = [Q(email__startswith=text), Q(search_name__startswith=text)]
    first, _, last = text.rpartition(" ")
    if first:
        ways.append(Q(search_name__startswith=f"{last} {first}"))
    found: dict[int, Lead] = {}
    for way in ways:
        for lead in leads.filter(way).order_by()[: MOST + 1]:
            found.setdefault(lead.pk, lead)
    return sorted(found.values(), key=lambda lead: lead.name.lower())[: MOST + 1]


def _any_case(column: str, text: str) -> Q:
    """Match the usual spellings of a prefix, each by the index, which knows nothing of case."""
    spellings = {text, text.lower(), text.upper(), text.title(), text[:1].upper() + text[1:]}
    matching = Q()
    for spelling in sorted(spellings):
        matching |= Q(**{f"{column}__startswith": spelling})
    return matching
