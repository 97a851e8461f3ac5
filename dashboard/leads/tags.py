"""Render entries of a timeline and answers."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from dashboard.design.tags import icon
from leads.move_catalogue import MOVES
from leads.queries.timeline import TimelineEntry, say

register = template.Library()

# kind, or kind and what → icon, tone; the first that is found counts
LOOKS: dict[str, tuple[str, str]] = {
    "move.create": ("user-plus", ""),
    **{f"move.{move.name}": (move.icon, move.tone) for move in MOVES.values()},
    "move": ("refresh-cw", ""),
    "event.form": ("form-input", ""),
    "event.download": ("download", ""),
    "event.demo_request": ("presentation", "accent"),
    "event.mail_click": ("mouse-pointer-click", ""),
    "event.mail_open": ("mail-open", ""),
    "event": ("mouse-pointer", ""),
    "touch.call": ("phone-call", "accent"),
    "touch.email": ("mail", "accent"),
    "touch.meeting": ("users-round", "accent"),
    "touch": ("message-circle", "accent"),
    "answer": ("message-square", ""),
    "follow_up": ("calendar-check", "good"),
    "return.objected": ("hand", "warn"),
    "return.decided": ("scale", "good"),
    "return": ("message-square", "accent"),
    "revisit": ("calendar-check", "accent"),
    "mail": ("send", ""),
}


def _look(entry: TimelineEntry) -> tuple[str, str]:
    return LOOKS.get(f"{entry.kind}.{entry.what}") or LOOKS[entry.kind]


@register.simple_tag
def entry_icon(entry: TimelineEntry) -> SafeString:
    """Show the icon of an entry of a timeline."""
    return icon(_look(entry)[0])


@register.filter
def entry_tone(entry: TimelineEntry) -> str:
    """Return the tone of an entry's mark."""
    return _look(entry)[1]


@register.filter
def answered(value: Any) -> str:
    """Write an answer as people read it."""
    return say(value)


@register.filter
def words(code: str) -> str:
    """Write a code as words."""
    return code.replace("_", " ").capitalize()
