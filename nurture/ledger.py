"""The send ledger: every planned mail is a row, with its outcome."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from leadflow import db
from leadflow.errors import Conflict
from leads.models import Lead
from leads.people import zones
from nurture import windows
from nurture.models import Content, Enrolment, Program, Seen, Send, Step
from nurture.rendering import Rendered
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Workspace

STUCK = timedelta(minutes=10)  # so long a mail may be under way before its outcome is unknown
GONE = (Send.State.FAILED, Send.State.CANCELLED)  # never had by anybody
RESENDABLE = (Send.State.UNKNOWN, Send.State.FAILED)


def plan(
    enrolment: Enrolment,
    step: Step,
    lead: Lead,
    filled: Rendered,
    *,
    content: Content | None,
    mail: str,
    why: dict[str, Any],
    at: datetime,
) -> Send:
    """Plan a step's mail for the next instant of the send window, and note in the same transaction what it shows.

    The mail of a control group is trapped: counted, never sent. The message id is fixed here, once. `mail` is the
    digest of its words, which a person gets once unless the program repeats its mails.
    """
    send = Send(
        workspace_id=lead.workspace_id,
        enrolment=enrolment,
        step=step,
        lead=lead,
        content=content,
        mail=mail,
        repeat=enrolment.program.reentry == Program.Reentry.REPEAT,
        why=why,
        state=Send.State.TRAPPED if enrolment.holdout else Send.State.PLANNED,
        to=lead.email,
        subject=filled.subject,
        html=filled.html,
        text=filled.text,
        message_id=new_message_id(lead.workspace),
        next_at=None if enrolment.holdout else windows.next_open(window(enrolment.program, lead), at) or at,
    )
    send.save(force_insert=True)
    if content:
        Seen(workspace_id=lead.workspace_id, lead=lead, content=content, send=send, at=at).save(force_insert=True)
    return send


def window(program: Program, lead: Lead) -> windows.SendWindow:
    """Return a program's send window in the lead's zone."""
    days = frozenset(program.send_weekdays) or windows.WORKING_DAYS
    zone = zones.of(lead)
    return windows.SendWindow(zone, program.send_from, program.send_until, days)


def new_message_id(workspace: Workspace) -> str:
    """Return a new Message-ID in the sender's domain."""
    sender = workspace.sender_email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return f"<{uuid.uuid4().hex}@{sender.rpartition('@')[2] or 'localhost'}>"


def cancel_planned(enrolment_ids: Collection[int], *, reason: str) -> int:
    """Cancel what is planned and not under way yet for enrolments that ended. Return how many."""
    sends = Send.everywhere.filter(enrolment_id__in=enrolment_ids, state=Send.State.PLANNED)
    ids = list(db.locked(sends).values_list("pk", flat=True))
    if ids:
        Send.everywhere.filter(pk__in=ids).update(state=Send.State.CANCELLED, next_at=None, error=reason[:500])
        forget(ids)
    return len(ids)


def forget(send_ids: Collection[int]) -> None:
    """Take content out of the ledger of what leads had whose mail never went."""
    Seen.everywhere.filter(send_id__in=send_ids).delete()


def wake(enrolment_ids: Collection[int | None], *, at: datetime) -> None:
    """Continue enrolments whose mail is settled. Call it outside the transaction that settles: it waits for locks."""
    ids = [pk for pk in enrolment_ids if pk is not None]
    if ids:
        Enrolment.everywhere.filter(pk__in=ids, state=Enrolment.State.ACTIVE).update(next_at=at)


def recover(*, at: datetime) -> int:
    """Show as unknown what a crash left under way. It is never sent again by itself. Return how many."""
    with transaction.atomic():
        stuck = Send.everywhere.filter(state=Send.State.SENDING, claimed_at__lt=at - STUCK)
        rows = list(db.locked(stuck, skip_locked=True).values_list("pk", "enrolment_id"))
        if rows:
            Send.everywhere.filter(pk__in=[pk for pk, _ in rows]).update(
                state=Send.State.UNKNOWN,
                next_at=None,
                error="The worker ended while the mail was under way: it may have arrived or not.",
            )
    wake([enrolment for _, enrolment in rows], at=at)
    return len(rows)


@transaction.atomic
def resend(send: Send, *, actor: Actor, at: datetime | None = None) -> Send:
    """Plan an unknown or failed mail once more, for a member, with the same message id.

    It is checked again like any other before it goes. Raise `Conflict` in any other state, and when another mail has
    shown the lead the same content since this one failed.
    """
    at = at or timezone.now()
    send = db.lock(Send.objects.of(send.workspace_id), send.pk)
    if send.state not in RESENDABLE:
        raise Conflict(
            f"This mail is {send.get_state_display().lower()}. Only an unknown or failed one can be sent again.",
            code="not_resendable",
            state=send.state,
        )
    _note_again(send, at)
    again = Send.objects.of(send.workspace_id).filter(lead_id=send.lead_id, mail=send.mail, repeat=False)
    if send.mail and not send.repeat and again.exclude(pk=send.pk).exclude(state__in=GONE).exists():
        words = "The lead has had this mail from another program since. It is not sent twice."
        raise Conflict(words, code="mail_had", state=send.state)
    changes = {"state": [send.state, Send.State.PLANNED.value]}
    send.state, send.next_at, send.claimed_at, send.attempts, send.error = Send.State.PLANNED, at, None, 0, ""
    send.why = {**send.why, "resent_by": actor.name}
    send.save(update_fields=["state", "next_at", "claimed_at", "attempts", "error", "why"])
    audit.record(send.workspace_id, actor=actor, action="send.resent", object_name=send.subject, changes=changes, at=at)
    return send


def _note_again(send: Send, at: datetime) -> None:
    """Note that the lead gets the content of a mail that goes again; a failure had taken the note away."""
    if send.content_id is None:
        return
    seen, _ = Seen.objects.of(send.workspace_id).get_or_create(
        lead_id=send.lead_id,
        content_id=send.content_id,
        defaults={"workspace_id": send.workspace_id, "send": send, "at": at},
    )
    if seen.send_id != send.pk:
        raise Conflict(
            "Another mail has shown this lead the same content since. It is not sent twice.",
            code="content_seen",
            state=send.state,
        )
