"""The information that marketing may promise to send along with every lead, and what of it is missing."""

from collections.abc import Callable, Iterable

from leads.models import Account, Lead

LABELS: dict[str, str] = {
    "contact": "E-mail or phone",
    "email": "E-mail",
    "phone": "Phone",
    "name": "Name",
    "title": "Job title",
    "account": "Account",
    "industry": "Industry",
    "country": "Country",
    "territory": "Territory",
    "source": "Source",
    "campaign": "Campaign",
    "persona": "Persona",
}
_OF_ACCOUNT = {"industry", "country"}
_KNOWN: dict[str, Callable[[Lead, Account | None], object]] = {
    "contact": lambda lead, account: lead.email or lead.phone,
    "email": lambda lead, account: lead.email,
    "phone": lambda lead, account: lead.phone,
    "name": lambda lead, account: lead.first_name or lead.last_name,
    "title": lambda lead, account: lead.title,
    "account": lambda lead, account: lead.account_id,
    "industry": lambda lead, account: account and account.industry,
    "country": lambda lead, account: lead.country or (account and account.country),
    "territory": lambda lead, account: lead.territory_id,
    "source": lambda lead, account: lead.source,
    "campaign": lambda lead, account: lead.campaign_id,
    "persona": lambda lead, account: lead.persona_id,
}


def missing(lead: Lead, promised: Iterable[str]) -> list[str]:
    """List the codes of what was promised and is not known of a lead, in the order of `LABELS`. Reads the account."""
    codes = set(promised)
    account = lead.account if codes & _OF_ACCOUNT else None
    return [code for code in LABELS if code in codes and not _KNOWN[code](lead, account)]
