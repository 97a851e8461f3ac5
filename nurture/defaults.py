"""Set up a new workspace: a draft that takes returned leads, and one that welcomes new ones."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from nurture.models import Program, Step
from workspaces.models import Workspace
from workspaces.signals import created

FIRST_MAIL = """\
Hello{% if lead.first_name != "" %} {{ lead.first_name }}{% endif %},

thank you for talking to us. It seems that the time was not right, and that is fine.

We will send you something useful now and then. Answer this mail whenever you want to go on.

{{ workspace.name }}
"""
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("wait", {"days": 3}),
    ("mail", {"subject": "Staying in touch", "body": FIRST_MAIL}),
    ("wait", {"days": 14}),
    ("content", {"stage": ""}),
    ("wait", {"days": 21}),
    ("content", {"stage": ""}),
]


WELCOME_MAIL = """\
Hello{% if lead.first_name != "" %} {{ lead.first_name }}{% endif %},

good to have you with us. Now and then we will send you something useful. Answer this mail whenever you have a question.

{{ workspace.name }}
"""
WELCOME_STEPS: list[tuple[str, dict[str, Any]]] = [
    ("mail", {"subject": "Welcome", "body": WELCOME_MAIL}),
    ("wait", {"days": 7}),
    ("content", {"stage": ""}),
    ("wait", {"days": 14}),
    ("content", {"stage": ""}),
]
OPTED_IN = {"fact": "consent.marketing", "op": "is", "value": "opted_in"}
# name, who enters, steps
DRAFTS: list[tuple[str, dict[str, Any], list[tuple[str, dict[str, Any]]]]] = [
    ("Stay in touch", {"occasions": ["return", "revisit"], "reasons": [], "topics": []}, STEPS),
    ("Welcome new leads", {"occasions": ["care"], "reasons": [], "topics": [], "condition": OPTED_IN}, WELCOME_STEPS),
]


@receiver(created)
def set_up(workspace: Workspace, at: datetime, **_: Any) -> None:
    """Make the drafts; marketing reads them, changes them and activates them."""
    for place, (name, entry, steps) in enumerate(DRAFTS, start=1):
        program = Program.objects.of(workspace).create(
            workspace=workspace, name=name, entry=entry, position=place, created_at=at
        )
        Step.objects.of(workspace).bulk_create(
            Step(workspace=workspace, program=program, position=position, kind=kind, config=config)
            for position, (kind, config) in enumerate(steps, start=1)
        )
