"""Deliver mail into a local folder, for the embedded default."""

import os
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class FolderBackend(BaseEmailBackend):
    """Write each message to settings.OUTBOX_DIR as one .eml file; names sort by time (UTC).

    A reader never sees half a message: files are written under another name and then renamed.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.OUTBOX_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        sent = 0
        for message in email_messages:
            if not message.recipients():
                continue
            name = f"{timezone.now():%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}.eml"
            draft = folder / f".{name}.part"
            draft.write_bytes(message.message().as_bytes())
            os.replace(draft, folder / name)
            sent += 1
        return sent
