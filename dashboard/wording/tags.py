"""Show figures and grades in the words that all sections use."""

from datetime import datetime
from typing import Any

from django import template
from django.utils.safestring import SafeString

from dashboard.design import tags
from dashboard.design.tags import grade_mark
from dashboard.wording import outcomes
from leads.models import Lead
from sla import standing
from sla.durations import Unit
from sla.models import Clock
from sla.words import length

register = template.Library()

_TONES = {
    standing.State.DUE: "ok",
    standing.State.WARNED: "warn",
    standing.State.LATE: "late",
    standing.State.MET: "met",
    standing.State.MET_LATE: "late",
    standing.State.MISSED: "late",
    standing.State.CANCELLED: "stopped",
    standing.State.CANCELLED_LATE: "late",
}
_ICONS = {"warn": "clock-alert", "late": "circle-alert", "met": "check"}


@register.simple_tag
def grade_with_why(lead: Lead) -> SafeString:
    """Show a lead's grade with the lines that make it on hover."""
    lines = sorted(lead.score_lines, key=lambda line: -line["points"])
    said = "; ".join(f"{line['label']} {line['points']:+d}" for line in lines[:6]) or "nothing scored yet"
    points = f"Fit {lead.fit_points}, interest {lead.interest_points}, readiness {lead.readiness_points} points: {said}"
    return grade_mark(lead.grade, lead.readiness, points)


@register.inclusion_tag("components/due.html")
def due(clock: Clock | None, at: datetime | None = None) -> dict[str, Any]:
    """Show how much of a clock's time is used, in colour and in words; no clock is a dash.

    A clock that runs carries what the page needs to go on counting in its work time while it stays open.
    """
    if clock is None:
        return {"none": True}
    found = standing.of(clock, at)
    told = standing.tell(found)
    return {
        "words": told.text,
        "more": told.more,
        "kind": _TONES[found.state],
        "used": f"{100 * min(max(found.used, 0.02), 1):.0f}",
        "title": _due_title(clock, found),
        "icon": _ICONS.get(_TONES[found.state], ""),
        "live": _live(clock, found) if found.state in standing.RUNNING and found.due_at else None,
    }


def _due_title(clock: Clock, found: standing.Standing) -> str:
    """Say exactly when a clock is due, what was promised, and by which version of the agreement."""
    said = [f"Due {tags.exact(found.due_at)}" if found.due_at else "The calendar never opens"]
    if clock.target is not None:
        said.append(f"promised within {clock.target}")
    return "; ".join([*said, f"agreement {found.version}"])


def _live(clock: Clock, found: standing.Standing) -> dict[str, str]:
    """Return what the page counts on with: minutes of work time, and when the calendar is open, in milliseconds."""
    opened = (
        f"{begin.timestamp() * 1000:.0f}-{end.timestamp() * 1000:.0f}"
        for begin, end in standing.open_ahead(clock, found.at)
    )
    return {
        "at": f"{found.at.timestamp() * 1000:.0f}",
        "due": clock.due_at.isoformat(timespec="seconds") if clock.due_at else "",
        "warn": clock.warn_at.isoformat(timespec="seconds") if clock.warn_at else "",
        "left": f"{found.left - found.late:.2f}",
        "total": f"{found.total:.2f}",
        "open": " ".join(opened),
        "days": "yes" if clock.target_unit == Unit.DAYS else "",
    }


@register.filter
def work_time(minutes: float | None) -> str:
    """Write minutes of work time in hours and minutes; None is a dash."""
    return "–" if minutes is None else length(minutes, None)


@register.filter
def ended(clock: Clock) -> str:
    """Say what ended a promise that was missed or cancelled."""
    return outcomes.why(clock)


@register.filter
def days(length: float | None) -> str:
    """Write a number of days, to a quarter of an hour; None is a dash."""
    return "–" if length is None else f"{length:,.2f}"
