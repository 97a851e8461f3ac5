"""Notify members: in the application at once, by mail from the rows a moment later."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import models
from django.utils import timezone

from leadflow.celery import wake
from workspaces import mail as mails
from workspaces.models import Member, Notice

LONGEST_TEXT = 300


@dataclass(frozen=True)
class Note:
    """One fact and the members to notify of it; the fields are those of `notify`."""

    members: Iterable[Member]
    kind: str
    text: str
    key: str
    url: str = ""
    mail: bool = True


def notify(
    members: Iterable[Member],
    *,
    kind: str,
    text: str,
    url: str = "",
    key: str,
    mail: bool = True,
    at: datetime,
) -> None:
    """Notify active members of one fact, in one statement, inside the transaction of the change that it describes.

    `key` names the fact: nobody is notified of it twice, in the application or by mail. `url` is a
    path of the application. `at` is aware UTC; the mails go with the next sweep.
    """
    notify_many([Note(members, kind, text, key, url, mail)], at=at)


def notify_many(notes: Sequence[Note], *, at: datetime) -> None:
    """Notify members of each of these facts, like `notify`, in one statement however many they are."""
    rows = {(note.key, member.pk): _row(note, member, at) for note in notes for member in note.members if member.active}
    if not rows:
        return
    Notice.everywhere.bulk_create(rows.values(), ignore_conflicts=True)
    if any(note.mail for note in notes):
        wake("workspaces.sweep")


def _row(note: Note, member: Member, at: datetime) -> Notice:
    text = " ".join(note.text.split())
    if len(text) > LONGEST_TEXT:
        text = text[: LONGEST_TEXT - 1] + "…"
    return Notice(
        workspace_id=member.workspace_id,
        member=member,
        kind=note.kind,
        text=text,
        url=note.url,
        key=note.key,
        message_id=mails.new_message_id() if note.mail else "",
        next_at=at if note.mail else None,
        created_at=at,
    )


def of(member: Member) -> models.QuerySet[Notice]:
    """Return the notices of a member, newest first."""
    return Notice.objects.of(member.workspace_id).filter(member=member).order_by("-id")


def unread_count(member: Member) -> int:
    """Count what a member has not read."""
    return of(member).filter(read_at__isnull=True).count()


def mark_read(member: Member, ids: Iterable[int] | Literal["all"], *, at: datetime | None = None) -> int:
    """Mark some or all of a member's own notices as read; return how many were not before."""
    unread = of(member).filter(read_at__isnull=True)
    if ids != "all":
        unread = unread.filter(pk__in=list(ids))
    return unread.order_by().update(read_at=at or timezone.now())
