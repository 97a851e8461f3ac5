"""Tell members things: in the application at once, by mail from the rows a moment later."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from django.db import models
from django.utils import timezone

from leadflow.celery import ring
from workspaces import mail as mails
from workspaces import tasks
from workspaces.models import Member, Notice

LONGEST_TEXT = 300


def tell(
    members: Iterable[Member],
    *,
    kind: str,
    text: str,
    url: str = "",
    key: str,
    mail: bool = True,
    at: datetime,
) -> None:
    """Tell active members one fact, in one statement, inside the transaction of the change it tells of.

    `key` names the fact: who was told it already is not told again, in the application or by mail. `url` is a
    path of the application. `at` is aware UTC; the mails go with the next sweep.
    """
    text = " ".join(text.split())
    if len(text) > LONGEST_TEXT:
        text = text[: LONGEST_TEXT - 1] + "…"
    rows = {
        member.pk: Notice(
            workspace_id=member.workspace_id,
            member=member,
            kind=kind,
            text=text,
            url=url,
            key=key,
            message_id=mails.new_message_id() if mail else "",
            next_at=at if mail else None,
            created_at=at,
        )
        for member in members
        if member.active
    }
    if not rows:
        return
    Notice.everywhere.bulk_create(rows.values(), ignore_conflicts=True)
    if mail:
        ring(tasks.sweep)


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
