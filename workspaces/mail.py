"""Write the mails that Leadflow sends to its own users. They are no marketing mails: nothing to unsubscribe from."""

import uuid
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from workspaces.models import Workspace


def new_message_id() -> str:
    """Return an unused Message-ID in the domain of the sender."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{uuid.uuid4().hex}@{domain}>"


def write(
    template: str, *, to: str, subject: str, workspace: Workspace, message_id: str, facts: dict[str, Any]
) -> EmailMessage:
    """Return a plain-text mail from templates/workspaces/mail/<template>.txt, not yet sent."""
    context = facts | {"workspace": workspace, "address": settings.LEADFLOW_URL}
    return EmailMessage(
        subject=" ".join(subject.split()),
        body=render_to_string(f"workspaces/mail/{template}.txt", context),
        to=[to],
        headers={
            "Message-ID": message_id,
            "X-Leadflow-Workspace": workspace.slug,
            "X-Leadflow-Mail": template,
            "Auto-Submitted": "auto-generated",
        },
    )
