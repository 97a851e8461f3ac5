"""Find leads, accounts and campaigns by words of theirs; leads and accounts by an index, at any size."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from leads.models import Account, Campaign, Lead
from leads.people import search_text
from workspaces.models import Workspace

MOST = 20  # of each kind
SHORTEST = 2


@dataclass(frozen=True)
class Found:
    """Hold what matches; `more` names the kinds of which there is more than is listed."""

    leads: list[Lead] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    more: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Count all that is listed."""
        return len(self.leads) + len(self.accounts) + len(self.campaigns)


def search(workspace: Workspace | int, text: str) -> Found:
    """Search for words in any order: in leads as their list does, in the names of accounts and campaigns.

    Leads of which words begin so come before those that only have such parts. Fewer than two characters find
    nothing. Eight statements at most.
    """
    text = " ".join(text.split())[: search_text.LONGEST]
    if len(text) < SHORTEST or "\x00" in text:
        return Found()
    campaigns = Campaign.objects.of(workspace)
    for word in text.split():
        campaigns = campaigns.filter(Q(name__icontains=word) | Q(code__icontains=word))
    found: dict[str, list[Any]] = {
        "leads": _leads(workspace, text),
        "accounts": list(search_text.accounts(workspace, text).order_by()[: MOST + 1]),
        "campaigns": list(campaigns.order_by("name")[: MOST + 1]),
    }
    more = tuple(kind for kind, rows in found.items() if len(rows) > MOST)
    return Found(**{kind: rows[:MOST] for kind, rows in found.items()}, more=more)


def _leads(workspace: Workspace | int, text: str) -> list[Lead]:
    """Return the newest leads whose words begin as asked, then others that have such parts, each group by name."""
    found: dict[int, Lead] = {}
    for beginning in (True, False):
        if len(found) <= MOST:
            leads = Lead.objects.of(workspace).filter(pk__in=search_text.matching(workspace, text, beginning=beginning))
            rows = leads.select_related("account", "owner__user").order_by("-pk")[: MOST + 1]
            for lead in sorted(rows, key=lambda lead: lead.name.lower()):
                found.setdefault(lead.pk, lead)
    return list(found.values())[: MOST + 1]
