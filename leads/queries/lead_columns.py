"""The columns of the list of leads, one row each: the table of the page and the CSV are made from this."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leads.models import Lead


@dataclass(frozen=True)
class Column:
    """One fact of a lead. `label` heads it on the page, `header` in the CSV; without one it is not there.

    `cell` is how `dashboard.leads.lead_cells` shows it: `text`, `time`, or one of the ways that stand there.
    `exported_as` is its value in the CSV where that is another one than on the page. A related row that a column reads
    is named in `lead_list.page` and `lead_list.export` as well.
    """

    name: str
    value: Callable[[Lead], Any]
    label: str = ""
    header: str = ""
    cell: str = "text"
    exported_as: Callable[[Lead], Any] | None = None

    def exported(self, lead: Lead) -> Any:
        """Return the value as the CSV has it; times in ISO 8601."""
        value = (self.exported_as or self.value)(lead)
        return value.isoformat() if isinstance(value, datetime) else "" if value is None else value


COLUMNS = (
    Column("id", lambda lead: lead.pk, header="id"),
    Column("name", lambda lead: lead.name, label="Lead", cell="person"),
    Column("email", lambda lead: lead.email, header="email"),
    Column("first_name", lambda lead: lead.first_name, header="first name"),
    Column("last_name", lambda lead: lead.last_name, header="last name"),
    Column("title", lambda lead: lead.title, header="title"),
    Column("phone", lambda lead: lead.phone, header="phone"),
    Column("company", lambda lead: lead.account and lead.account.name, header="company"),
    Column("country", lambda lead: lead.country, header="country"),
    Column("region", lambda lead: lead.region, header="region"),
    Column("postal_code", lambda lead: lead.postal_code, header="postal code"),
    Column("territory", lambda lead: lead.territory and lead.territory.name, label="Territory", header="territory"),
    Column("state", lambda lead: lead.state, label="State", header="state", cell="state"),
    Column("grade", lambda lead: lead.grade, label="Grade", header="grade", cell="grade"),
    Column("readiness", lambda lead: lead.readiness, header="readiness"),
    Column("source", lambda lead: lead.source, label="Source", header="source"),
    Column(
        "campaign",
        lambda lead: lead.campaign and lead.campaign.name,
        label="Campaign",
        header="campaign",
        exported_as=lambda lead: lead.campaign and lead.campaign.code,
    ),
    Column("owner", lambda lead: lead.owner and str(lead.owner), label="Owner", header="owner"),
    Column("first_contact", lambda lead: lead.first_contact_at, header="first contact"),
    Column(
        "last_activity", lambda lead: lead.last_event_at, label="Last activity", header="last activity", cell="time"
    ),
    Column("amount", lambda lead: lead.amount, header="amount"),
    Column("currency", lambda lead: lead.currency, header="currency"),
)
