"""Show figures and grades in the words that all sections use."""

from django import template
from django.utils.safestring import SafeString

from dashboard.design.tags import grade_mark
from dashboard.wording import outcomes
from leads.models import Lead
from sla.models import Clock

register = template.Library()


@register.simple_tag
def grade_with_why(lead: Lead) -> SafeString:
    """Show a lead's grade with the lines that make it on hover."""
    lines = sorted(lead.score_lines, key=lambda line: -line["points"])
    said = "; ".join(f"{line['label']} {line['points']:+d}" for line in lines[:6]) or "nothing scored yet"
    points = f"Fit {lead.fit_points}, interest {lead.interest_points}, readiness {lead.readiness_points} points: {said}"
    return grade_mark(lead.grade, lead.readiness, points)


@register.filter
def ended(clock: Clock) -> str:
    """Say what ended a promise that was missed or cancelled."""
    return outcomes.why(clock)


@register.filter
def days(length: float | None) -> str:
    """Write a number of days, to a quarter of an hour; None is a dash."""
    return "–" if length is None else f"{length:,.2f}"
