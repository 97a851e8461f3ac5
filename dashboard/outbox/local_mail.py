"""Read the local outbox folder of the embedded default: the mails of one workspace, newest first."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from leadflow.errors import Missing
from leadflow.paging import Page
from workspaces.models import Workspace

SIZE = 50
BACKEND = "leadflow.outbox.FolderBackend"
HEADER = "X-Leadflow-Workspace"
KIND = "X-Leadflow-Mail"
INVITATION = "invitation"  # its link opens the workspace: only who may invite reads it
_NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}\.eml")


@dataclass(frozen=True)
class MailHead:
    """Hold the head of one mail."""

    name: str
    to: str
    sender: str
    subject: str
    at: datetime | None


@dataclass(frozen=True)
class MailContent:
    """Hold one mail, whole."""

    mail: MailHead
    text: str
    html: str
    headers: list[tuple[str, str]] = field(default_factory=list)


def is_kept() -> bool:
    """Return whether mail goes to the local folder."""
    return settings.EMAIL_BACKEND == BACKEND


def page_mails(workspace: Workspace, after: str = "", *, invitations: bool) -> Page[MailHead]:
    """Return a page of the workspace's mails, with `invitations` or without; file names sort by time. Reads heads."""
    rows: list[MailHead] = []
    for path in _newest(after):
        head = _head(path)
        if head is not None and _is_open(head, workspace, invitations):
            rows.append(_mail(path.name, head))
        if len(rows) > SIZE:
            return Page(rows[:SIZE], rows[SIZE - 1].name)
    return Page(rows)


def get_mail(workspace: Workspace, name: str, *, invitations: bool) -> MailContent:
    """Return one mail. Raise `Missing` for a name that is none, or is another workspace's or not to be read."""
    path = Path(settings.OUTBOX_DIR) / name
    missing = Missing("There is no such mail in the outbox of this workspace.")
    if not is_kept() or not _NAME.fullmatch(name):
        raise missing
    try:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
    except OSError:
        raise missing from None
    if not _is_open(message, workspace, invitations):
        raise missing
    headers = [(key, str(value)) for key, value in message.items()]
    return MailContent(_mail(name, message), _part(message, "plain"), _part(message, "html"), headers)


def _is_open(head: Any, workspace: Workspace, invitations: bool) -> bool:
    return head[HEADER] == workspace.slug and (invitations or head[KIND] != INVITATION)


def _newest(after: str) -> Iterator[Path]:
    folder = Path(settings.OUTBOX_DIR)
    names = sorted((path.name for path in folder.glob("*.eml")), reverse=True) if folder.is_dir() else []
    return (folder / name for name in names if not after or name < after)


def _head(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return BytesHeaderParser(policy=policy.default).parse(file)
    except OSError:  # swept away meanwhile
        return None


def _mail(name: str, head: Any) -> MailHead:
    try:
        at = parsedate_to_datetime(head["Date"])
        at = at if at.tzinfo else at.replace(tzinfo=UTC)  # "-0000": UTC, of no known zone
    except (TypeError, ValueError):
        at = None
    return MailHead(name, str(head["To"] or ""), str(head["From"] or ""), str(head["Subject"] or ""), at)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    content = part.get_content()
    return content if isinstance(content, str) else ""
