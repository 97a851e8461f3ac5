"""Render the small parts that every page is made of; `docs/design-system.md` shows each in use."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput
from django.template import TemplateSyntaxError
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard.design import words

register = template.Library()

ICONS = Path(__file__).resolve().parents[2] / "static" / "icons"
ICON_NAME = re.compile(r"[a-z0-9-]+")

# state: (tone, words, what it means); one table for leads, handoffs, clocks, sends, enrolments and the rest
STATES: dict[str, tuple[str, str, str]] = {
    "new": ("info", "New", "Known to marketing, not yet nurtured or qualified"),
    "nurture": ("info", "Nurture", "In marketing's care until it is ready"),
    "mql": ("accent", "MQL", "Marketing-qualified: offered to sales, waits for an answer"),
    "sal": ("accent", "SAL", "Sales-accepted: a rep works on it"),
    "sql": ("good", "SQL", "Sales-qualified: an opportunity"),
    "won": ("good", "Won", "Became a customer"),
    "lost": ("bad", "Lost", "The opportunity was lost"),
    "disqualified": ("bad", "Disqualified", "Will not be nurtured or handed over"),
    "offered": ("accent", "Offered", "Waits for an answer from sales"),
    "accepted": ("good", "Accepted", "Sales took it"),
    "returned": ("warn", "Returned", "Sales gave it back with a reason"),
    "recalled": ("", "Recalled", "Marketing took it back"),
    "running": ("accent", "Running", ""),
    "active": ("good", "Active", ""),
    "signed": ("good", "Signed", ""),
    "met": ("good", "Met", ""),
    "sent": ("good", "Sent", ""),
    "done": ("good", "Done", ""),
    "completed": ("good", "Completed", ""),
    "verified": ("good", "Verified", ""),
    "proposed": ("info", "Proposed", ""),
    "planned": ("info", "Planned", ""),
    "sending": ("info", "Sending", ""),
    "pending": ("info", "Pending", ""),
    "paused": ("warn", "Paused", ""),
    "warned": ("warn", "Due soon", ""),
    "unknown": ("warn", "Unknown", "It is not known whether this went out, so it is not sent again by itself"),
    "breached": ("bad", "Breached", ""),
    "failed": ("bad", "Failed", ""),
    "bounced": ("bad", "Bounced", ""),
    "revoked": ("bad", "Revoked", ""),
    "expired": ("bad", "Expired", ""),
    "dead": ("bad", "Set aside", "Tried until the limit; needs a person"),
}


@cache
def _icon_body(name: str) -> str:
    path = ICONS / f"{name}.svg"
    if not ICON_NAME.fullmatch(name) or not path.is_file():
        raise TemplateSyntaxError(f"There is no icon {name!r} in static/icons.")
    return path.read_text().split(">", 1)[1].rsplit("</svg>", 1)[0]


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """Inline an icon of static/icons; hidden from screen readers unless it is given a label. size: "l"."""
    css = "icon icon-l" if size == "l" else "icon"
    aria = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
        ' stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        css,
        aria,
        mark_safe(_icon_body(name)),
    )


def exact(moment: datetime) -> str:
    """Write a moment in full, in the reader's zone and with its name."""
    return f"{words.in_full(timezone.localtime(moment))} ({timezone.get_current_timezone_name()})"


@register.simple_tag
def when(moment: datetime | date | None, at: datetime | None = None) -> SafeString | str:
    """Say when a moment or a day is, in words, with the exact time on hover; None is a dash."""
    if moment is None:
        return "–"
    now = timezone.localtime(at)
    if not isinstance(moment, datetime):
        return format_html(
            '<time datetime="{}" title="{}">{}</time>',
            moment.isoformat(),
            words.in_full(moment),
            words.day(moment, now.date()),
        )
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}" data-when>{}</time>',
        local.isoformat(timespec="seconds"),
        exact(moment),
        words.relative(local, now),
    )


@register.filter
def span(length: timedelta | float | None) -> str:
    """Say how long a timedelta or a number of seconds is; None is a dash."""
    return "–" if length is None else words.span(length)


@register.filter
def money(amount: Decimal | int | float | None, currency: str = "EUR") -> str:
    """Write a sum with its currency; None is a dash."""
    return words.money(amount, currency or "EUR")


@register.filter
def money_each(sums: Mapping[str, Decimal]) -> str:
    """Write sums in several currencies, each by itself; a dash for none."""
    return words.money_each(sums)


@register.filter
def number(value: int | None) -> str:
    """Write a whole number with thousands separators; None is a dash."""
    return "–" if value is None else f"{value:,}"


@register.simple_tag
def percent(part: float | None, whole: float | None) -> SafeString:
    """Write a percentage that says how many, in small, when there are fewer than thirty."""
    share, _, count = words.percent(part, whole).partition(" ")
    return format_html("{} <small>{}</small>", share, count) if count else format_html("{}", share)


@register.simple_tag
@lru_cache(maxsize=1024)
def grade(value: str | None, readiness: str = "") -> SafeString | str:
    """Show a grade such as B2 with the readiness behind it, and what the signs mean on hover."""
    if not value:
        return "–"
    said = f"Fit {value[0]} of A to D"
    if value[1:]:
        said += f", interest {value[1:]} of 1 to 4"
    if readiness:
        said += f", readiness {readiness} of none, some, ready"
    return grade_mark(value, readiness, said)


def grade_mark(value: str, readiness: str, said: str) -> SafeString:
    """Mark up a grade and a readiness, with what is said on hover."""
    mark = format_html('<span class="grade grade-{}">{}</span>', value[0].lower(), value)
    behind = format_html('<span class="readiness readiness-{0}">· {0}</span>', readiness) if readiness else ""
    return format_html('<span class="grades" title="{}">{}{}</span>', said, mark, behind)


@register.simple_tag
@lru_cache(maxsize=1024)
def state(value: str, label: str = "") -> SafeString:
    """Show the state of anything as a badge; a word that is not known is shown as it is, without colour."""
    tone, text, meaning = STATES.get(value, ("", value.replace("_", " ").capitalize(), ""))
    title = format_html(' title="{}"', meaning) if meaning else ""
    css = f"badge badge-dot badge-{tone}" if tone else "badge badge-dot"
    return format_html('<span class="{}"{}>{}</span>', css, title, label or text)


@register.simple_tag
def avatar(name: str | None, size: str = "") -> SafeString:
    """Show a person's initials; the name stands beside it, so screen readers pass over. size: "s" or "l"."""
    css = f"avatar avatar-{size}" if size else "avatar"
    return format_html('<span class="{}" aria-hidden="true">{}</span>', css, words.initials(name))


@register.simple_tag
def bar(value: float | None, of: float | None, tone: str = "accent", label: str = "") -> SafeString:
    """Draw value as a share of `of`; tones: accent, good, warn, bad, or "" for grey."""
    share = min(max((value or 0) / of, 0), 1) if of else 0
    aria = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="meter bar meter-{}" {}><rect class="meter-track" width="100%" height="100%"/>'
        '<rect class="meter-fill" width="{}%" height="100%" rx="2"/></svg>',
        tone or "plain",
        aria,
        f"{100 * share:.1f}",
    )


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int | None, noun: str = "") -> dict[str, Any]:
    """Show the progress of a task; a total of None or 0 shows the count alone. noun: what is counted."""
    share = int(100 * min(done, total) / total) if total else 0
    return {"done": done, "total": total, "share": share, "noun": noun}


@register.inclusion_tag("components/funnel.html")
def funnel(rows: Iterable[Any]) -> dict[str, Any]:
    """Draw one bar per stage; a row is a dict or object with label, count, and maybe url and share (in words).

    Without a share of its own, a row says which part of the row before it is.
    """
    stages: list[dict[str, Any]] = []
    for row in rows:
        get = row.get if isinstance(row, dict) else lambda key, source=row: getattr(source, key, None)
        count = get("count") or 0
        share = get("share")
        if share is None and stages:
            share = f"{words.percent(count, stages[-1]['count'])} of {stages[-1]['label']}"
        stages.append({"label": get("label"), "count": count, "url": get("url"), "share": share or ""})
    most = max((stage["count"] for stage in stages), default=0) or 1
    for stage in stages:
        stage["width"] = f"{100 * stage['count'] / most:.1f}"
    return {"stages": stages}


@register.inclusion_tag("components/pagination.html")
def pagination(page: Any) -> dict[str, Any]:
    """Link to the pages before and after a keyset page.

    The page has next_cursor and previous_cursor (or None), read back as ?after= and ?before=; `shown` and
    `total`, where it has them, are said.
    """
    return {"page": page}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, label: str = "", help: str = "") -> dict[str, Any]:
    """Render one form field: label above, help below, error beside, input kept."""
    return {
        "field": bound,
        "label": label or bound.label,
        "help": help or bound.help_text,
        "check": isinstance(bound.field.widget, CheckboxInput),
    }


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """Render the errors of a form as a whole and its hidden fields; its fields follow one by one."""
    return {"form": form}


@register.inclusion_tag("components/figure.html")
def figure(label: str, value: Any, **more: Any) -> dict[str, Any]:
    """Show one figure in a list of figures; the template says what else it may have."""
    return {"figure": {"label": label, "value": value, **more}}


@register.simple_block_tag
def empty_state(content: str, icon: str, title: str, action: str = "", action_url: str = "") -> str:
    """Say in place of rows that there are none; between the tags, what will appear here and how to make it."""
    shown = {"icon": icon, "title": title, "text": content.strip(), "action": action, "action_url": action_url}
    return render_to_string("components/empty.html", shown)


@register.inclusion_tag("components/fields.html")
def fields(form: Any) -> dict[str, Any]:
    """Render the errors of a form as a whole, its hidden fields, and each of its fields."""
    return {"form": form}


@register.filter
def undo_url(extra_tags: str | None) -> str:
    """Take the local address out of a message's extra tags, "undo:/leads/1/undo"; else nothing."""
    for tag in (extra_tags or "").split():
        if tag.startswith("undo:/") and not tag.startswith("undo://"):
            return tag.removeprefix("undo:")
    return ""
