"""Set up a new workspace: one draft program that takes every returned lead."""

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


@receiver(created)
def set_up(workspace: Workspace, at: datetime, **_: Any) -> None:
    """Make the draft; marketing reads it, changes it and activates it."""
    program = Program.objects.of(workspace).create(
        workspace=workspace, name="Stay in touch", entry={"reasons": [], "topics": []}, created_at=at
    )
    Step.objects.of(workspace).bulk_create(
        Step(workspace=workspace, program=program, position=position, kind=kind, config=config)
        for position, (kind, config) in enumerate(STEPS, start=1)
    )
