"""Show figures and grades in the words that all sections use."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from leads.models import Lead

register = template.Library()


@register.simple_tag
def grade_with_why(lead: Lead) -> SafeString:
    """Show a lead's grade with the lines that make it on hover."""
    lines = sorted(lead.score_lines, key=lambda line: -line["points"])
    said = "; ".join(f"{line['label']} {line['points']:+d}" for line in lines[:6]) or "nothing scored yet"
    points = f"Fit {lead.fit_points}, interest {lead.interest_points} points: {said}"
    return format_html('<span class="grade grade-{}" title="{}">{}</span>', lead.grade[0].lower(), points, lead.grade)


@register.filter
def days(length: float | None) -> str:
    """Write a number of days, to a quarter of an hour; None is a dash."""
    return "–" if length is None else f"{length:,.2f}"
