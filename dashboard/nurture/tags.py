"""Show programs and their steps."""

from datetime import timedelta

from django import template
from django.utils.safestring import SafeString

from dashboard.design import words
from dashboard.design.tags import icon
from dashboard.nurture.program_forms import WEEKDAYS
from dashboard.nurture.step_forms import ICONS
from leads import conditions
from nurture.models import Program, Step

register = template.Library()


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
