"""What the pages of marketing show beside the design system's parts."""

from datetime import timedelta
from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.forms.programs import WEEKDAYS
from dashboard.forms.steps import ICONS
from dashboard.templatetags import words
from dashboard.templatetags.leadflow import icon
from leads import conditions
from leads.models import Lead
from nurture.models import Program, Step

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


@register.simple_tag
def per(amount: Decimal | None, count: int, currency: str = "EUR") -> str:
    """Write what one of many costs; a dash where nothing was spent or nobody is there."""
    return words.money(round(amount / count), currency) if amount and count else "–"


@register.filter
def step_icon(step: Step) -> SafeString:
    """Show the icon of a step's kind."""
    return icon(ICONS[Step.Kind(step.kind)])


@register.filter
def step_words(step: Step) -> str:
    """Say in a few words what a step does."""
    config = step.config
    match step.kind:
        case Step.Kind.MAIL:
            return f"Mail “{config.get('subject', '')}”"
        case Step.Kind.CONTENT:
            return f"Best unseen content{', ' + config['stage'] if config.get('stage') else ''}"
        case Step.Kind.WAIT if config.get("until"):
            return f"Wait until {config['until']}"
        case Step.Kind.WAIT:
            return f"Wait {words.span(timedelta(days=config.get('days') or 0, minutes=config.get('minutes') or 0))}"
        case Step.Kind.BRANCH:
            return f"If {conditions.describe(config['condition'])}, else go on at step {config['otherwise']}"
    return config.get("outcome") or "End"


@register.filter
def weekdays(program: Program) -> str:
    """Name the days on which a program sends."""
    names = dict(WEEKDAYS)
    return ", ".join(names[str(day)] for day in sorted(program.send_weekdays)) or "Monday to Friday"
