"""Show programs and their steps."""

from django import template
from django.utils.safestring import SafeString

from dashboard.design.tags import icon
from dashboard.nurture.program_forms import WEEKDAYS
from nurture.models import Program, Step
from nurture.steps import catalogue
from nurture.steps.mails import MailKind

register = template.Library()


@register.filter
def step_icon(step: Step) -> SafeString:
    """Show the icon of a step's kind."""
    return icon(catalogue.get(step).icon)


@register.filter
def step_words(step: Step) -> str:
    """Say in a few words what a step does."""
    return catalogue.load(step).describe()


@register.filter
def sends_mail(step: Step) -> bool:
    """Return whether a step sends a mail, which can be previewed."""
    return issubclass(catalogue.get(step), MailKind)


@register.filter
def step_text(step: Step) -> str:
    """Return the text that stands below a step's words; empty where there is none."""
    return catalogue.load(step).text()


@register.filter
def weekdays(program: Program) -> str:
    """Name the days on which a program sends."""
    names = dict(WEEKDAYS)
    return ", ".join(names[str(day)] for day in sorted(program.send_weekdays)) or "Monday to Friday"
