"""The cells of the list of leads: one function for each way to show a value, named in `leads.queries.lead_columns`.

They are functions, not templates: a page has hundreds of cells.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.design.tags import avatar, state, when
from dashboard.wording.tags import grade_with_why
from leads.models import Lead
from leads.queries.lead_columns import COLUMNS, Column


@dataclass(frozen=True, slots=True)
class ListedLead:
    """Hold one row of the list: the lead, and its cells as HTML."""

    lead: Lead
    cells: list[SafeString]


def rows(leads: Iterable[Lead]) -> list[ListedLead]:
    """Return the rows of a page, each with the cells of the columns that have a head."""
    shown = [(_CELLS[column.cell], column) for column in COLUMNS if column.label]
    return [ListedLead(lead, [show(column, lead, column.value(lead)) for show, column in shown]) for lead in leads]


def _text(column: Column, lead: Lead, value: Any) -> SafeString:
    return format_html('<td class="cut" data-label="{}" title="{}">{}</td>', column.label, value or "", value or "–")


def _person(column: Column, lead: Lead, value: Any) -> SafeString:
    company = lead.account.name if lead.account else ""
    return format_html(
        '<td class="main"><div class="person">{}<div><a class="row-link" href="{}">{}</a>'
        '<small title="{}">{}</small></div></div></td>',
        avatar(value),
        reverse("dashboard:lead", args=[lead.pk]),
        value,
        ", ".join(part for part in (lead.title, company) if part),
        company or lead.title or lead.email,
    )


def _state(column: Column, lead: Lead, value: Any) -> SafeString:
    return format_html("<td>{}</td>", state(value))


def _grade(column: Column, lead: Lead, value: Any) -> SafeString:
    return format_html("<td>{}</td>", grade_with_why(lead) if value else "–")


def _time(column: Column, lead: Lead, value: Any) -> SafeString:
    return format_html('<td class="fit" data-label="{}">{}</td>', column.label, when(value))


_CELLS: dict[str, Callable[[Column, Lead, Any], SafeString]] = {
    "text": _text,
    "person": _person,
    "state": _state,
    "grade": _grade,
    "time": _time,
}
