"""Send the mails of notices and invitations, from their rows, at least once.

A row is claimed and the claim committed before the mail server is spoken to; a crash in between makes the row due
again and the mail goes out again with the same Message-ID, by which mail programs show it once.
"""

import smtplib
from datetime import datetime, timedelta
from functools import singledispatch
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import QuerySet

from leadflow.db import now
from leadflow.sweeps import MAX_ATTEMPTS, lease
from workspaces import mail
from workspaces.models import Invitation, Notice

BATCH = 20
# Longer than a whole batch takes when the mail server answers each mail just before its time-out of ten seconds.
LEASE_SECONDS = 300


class Unwanted(Exception):
    """A mail that nobody should get any more; the words say why."""


def send_due(*, at: datetime | None = None, limit: int = 5000) -> int:
    """Send the mails that are due, invitations first, and return how many rows were dealt with."""
    at = at or now()
    done = _send_all(Invitation, ("workspace", "invited_by__user"), at, limit)
    return done + _send_all(Notice, ("workspace", "member__user"), at, limit - done)


def _send_all(model: type[Invitation] | type[Notice], related: tuple[str, ...], at: datetime, limit: int) -> int:
    def with_people(rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related(*related)

    done = 0
    while done < limit:
        rows = lease(model, at=at, seconds=LEASE_SECONDS, batch=min(BATCH, limit - done), narrow=with_people)
        if not rows:
            break
        connection = get_connection()
        try:
            for row in rows:
                _send(row, connection, at)
        finally:
            connection.close()
        done += len(rows)
    return done


def _send(row: Invitation | Notice, connection: BaseEmailBackend, at: datetime) -> None:
    """Send one mail and record what became of it."""
    if row.attempts > MAX_ATTEMPTS:  # the process ended with it each time
        return _record(row, next_at=None, dead_reason="No attempt was completed.")
    try:
        message = letter(row, at)
        message.connection = connection
        message.send()
    except Unwanted as why:
        _record(row, next_at=None, dead_reason=str(why))
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        _failed(row, f"{code} {words!r}", at, final=code >= 500)
    except smtplib.SMTPResponseException as error:
        connection.close()
        _failed(
            row,
            f"{error.smtp_code} {error.smtp_error!r}",
            at,
            final=isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500,
        )
    except Exception as error:  # noqa: BLE001  a provider's own; kept on the row, the other mails go on
        connection.close()
        _failed(row, f"{type(error).__name__}: {error}", at, final=False)
    else:
        _record(row, next_at=None, attempts=0, mailed_at=at)
    return None


@singledispatch
def letter(row: Notice | Invitation, at: datetime) -> EmailMessage:
    """Return the mail of a row, not yet sent. Raise `Unwanted` when it should not go any more."""
    raise TypeError(type(row))


@letter.register
def _(notice: Notice, at: datetime) -> EmailMessage:
    if not (notice.member.active and notice.member.user.is_active):
        raise Unwanted("The member is no longer active.")
    return mail.write(
        "notice",
        to=notice.member.user.email,
        subject=notice.text,
        workspace=notice.workspace,
        message_id=notice.message_id,
        facts={"notice": notice},
    )


@letter.register
def _(invitation: Invitation, at: datetime) -> EmailMessage:
    if invitation.expires_at <= at:
        raise Unwanted("The invitation has expired.")
    return mail.write(
        "invitation",
        to=invitation.email,
        subject=f"Invitation to {invitation.workspace.name} on Leadflow",
        workspace=invitation.workspace,
        message_id=invitation.message_id,
        facts={"invitation": invitation, "link": f"/invitations/{invitation.token}"},
    )


def _failed(row: Invitation | Notice, words: str, at: datetime, *, final: bool) -> None:
    """Put a mail off by 2, 4, 8 ... minutes, or set it aside with its reason when no try can help."""
    final = final or row.attempts >= MAX_ATTEMPTS
    _record(
        row,
        next_at=None if final else at + timedelta(minutes=2**row.attempts),
        dead_reason=words[:500] if final else "",
    )


def _record(row: Invitation | Notice, **fields: Any) -> None:
    type(row).everywhere.filter(pk=row.pk).update(**fields)
