"""Hold the sample data of the style guide; nothing here is shown to a user."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms

from dashboard.design import tags
from sla import terms
from sla.models import Agreement, Clock
from sla.worktime import Hours, Window, to_json

NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)


ALWAYS = Hours("UTC", tuple(Window(day, time(0), time(0)) for day in range(7)))
AGREEMENT = Agreement(version=1, terms=replace(terms.default(), calendar=to_json(ALWAYS)).to_stored())


def clock(started: int, due: int, warn: int, state: str = "running", stopped: int | None = None) -> Clock:
    """Make a clock from minutes relative to NOW, in a calendar that never closes."""
    at = [NOW + timedelta(minutes=minutes) for minutes in (started, due, warn)]
    stopped_at = None if stopped is None else NOW + timedelta(minutes=stopped)
    return Clock(
        agreement=AGREEMENT,
        started_at=at[0],
        due_at=at[1],
        warn_at=at[2],
        state=state,
        target_amount=4,
        target_unit="hours",
        stopped_at=stopped_at,
        breached_at=at[1] if (stopped_at or NOW) > at[1] else None,
    )


class SampleForm(forms.Form):
    name = forms.CharField(label="Name of the program", help_text="As your colleagues would call it.")
    email = forms.EmailField(label="Sender")
    reason = forms.ChoiceField(
        label="Reason", choices=[("", "Choose one"), ("budget", "No budget"), ("time", "Not now")]
    )
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    channel = forms.ChoiceField(
        label="Channel", choices=[("call", "Call"), ("mail", "E-mail")], widget=forms.RadioSelect, help_text="How."
    )
    active = forms.BooleanField(label="Send at once", required=False, help_text="Otherwise in the next window.")


def context() -> dict[str, Any]:
    """Give the style guide everything that it shows, the shell's context included."""
    people = [
        (
            "Priya Raman",
            "VP Operations, Northwind Logistics International",
            "A1",
            "Route planning",
            (-222, 18, -50),
            48000,
        ),
        ("Marcus Oyelaran", "Head of IT, Helio Bank", "A2", "Compliance", (-175, 65, -5), 31000),
        ("Sofia Lindqvist", "RevOps Manager, Fjord Foods AB", "B2", "Forecasting", (-80, 160, 100), 12500),
        ("Amélie Fournier", "Directrice marketing, Atelier Lumière", "B3", "Route planning", (-262, -22, -80), 9400.5),
        ("Łukasz Żak", "Procurement lead, Ostsee Werft", "C2", "Scheduling", (-40, 1290, 900), None),
    ]
    item = lambda label, icon, key="", count=0, active=False: {  # noqa: E731
        "label": label,
        "url": "#",
        "icon": icon,
        "key": key,
        "count": count,
        "active": active,
    }
    return {
        "title": "Style guide",
        "now": NOW,
        "nav": [
            {
                "label": "Sales",
                "items": [
                    item("Inbox", "inbox", "i", 12, True),
                    item("Queue", "users", "q", 3),
                    item("My numbers", "chart-column", "n"),
                ],
            },
            {
                "label": "Marketing",
                "items": [
                    item("Overview", "layout-dashboard", "o"),
                    item("Leads", "contact", "e"),
                    item("Returns", "undo-2", "r", 4),
                    item("Programs", "workflow", "p"),
                    item("Content", "library", "c"),
                ],
            },
            {
                "label": "Both",
                "items": [
                    item("Scoreboard", "gauge", "s"),
                    item("Agreement", "handshake", "a"),
                    item("Settings", "settings", "t"),
                ],
            },
        ],
        "workspace": SimpleNamespace(name="Northwind"),
        "member": SimpleNamespace(name="Lena Koch", role="Sales"),
        "workspaces": [{"name": "Northwind", "id": 1, "current": True}, {"name": "Helio", "id": 2, "current": False}],
        "notices_count": 3,
        "theme": "",
        "shell_urls": dict.fromkeys(("home", "search", "notices", "add_lead", "theme", "switch", "profile"), "#"),
        "figures": [
            {
                "label": "Waiting for you",
                "value": "12",
                "note": "3 due within the hour",
                "icon": "inbox",
                "url": "#",
            },
            {
                "label": "Median time to accept",
                "value": "1 h 42 min",
                "note": "target 4 h",
                "icon": "clock",
                "change": "18% faster",
                "change_tone": "good",
                "change_up": False,
            },
            {
                "label": "Answered in time, 30 days",
                "value": "94.1%",
                "note": "target 95%",
                "icon": "shield-check",
                "change": "1.2 points",
                "change_tone": "bad",
                "change_up": False,
            },
            {
                "label": "Accepted that became SQL",
                "value": tags.percent(8, 21),
                "note": "33% in the 30 days before",
                "icon": "target",
            },
        ],
        "leads": [
            {"name": name, "about": about, "grade": grade, "topic": topic, "clock": clock(*times), "worth": worth}
            for name, about, grade, topic, times, worth in people
        ],
        "page": SimpleNamespace(next_cursor="n", previous_cursor="p", shown=5, total=1312),
        "stages": [
            {"label": label, "count": count, "url": "#"}
            for label, count in (("New", 4820), ("MQL", 1312), ("SAL", 846), ("SQL", 322), ("Won", 71))
        ],
        "weeks": [f"{day} {month}" for month in ("Sep", "Oct", "Nov") for day in (1, 8, 15, 22)],
        "series": [
            {"name": "MQL", "values": [42, 48, 51, 56, 43, 38, 34, 41, 45, 42, 51, 60]},
            {"name": "SAL", "values": [27, 33, 31, 38, 30, 25, 22, 28, 28, 30, 36, 38]},
            {"name": "SQL", "values": [11, 14, 12, 15, 10, 9, 8, 13, 12, 13, 16, 14]},
        ],
        "reasons": [
            {"label": "Not the right time", "count": 141},
            {"label": "Wrong contact", "count": 96},
            {"label": "No budget", "count": 83},
            {"label": "Too small", "count": 58},
        ],
        "states": [
            "new",
            "nurture",
            "mql",
            "sal",
            "sql",
            "won",
            "lost",
            "disqualified",
            "returned",
            "unknown",
            "paused",
        ],
        "grades": ["A1", "B2", "C3", "D4"],
        "clocks": [
            clock(-30, 240, 100),
            clock(-200, 40, -10),
            clock(-300, -22, -60),
            clock(-300, -22, -60, "met", -100),
            clock(-300, -122, -160, "met", -100),
            clock(-30, 60, 50, "cancelled", -2),
        ],
        "yesterday": NOW - timedelta(hours=20),
        "recently": NOW - timedelta(minutes=42),
        "long_ago": NOW - timedelta(days=40),
        "dialog_form": SampleForm(auto_id="dialog_%s"),
        "form": SampleForm({"name": "Not now", "email": "nobody", "channel": "call"}),
    }
