"""Send what the ledger plans, so that nothing goes twice and nothing is lost without a record.

1. `claim` takes a batch of due mails: each is checked (state, consent, suppression, window, caps) and leased.
2. `_mark` turns one into `sending`, unless something speaks against it since, and commits. The caps and
   the window are not asked again: the lease holds the mail's place under the caps, and runs out within minutes.
3. Only then it is sent to the mail server; the answer is recorded at once.

A worker that dies before the mark leaves a lease, which runs out; one that dies after it leaves `sending`, which
`nurture.ledger.recover` turns into `unknown`. So at most one mail per crash is unsure.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from leadflow import db, sweeps
from leads.models import Lead
from leads.models.lead import ConsentState
from leads.states import MARKETING_STATES
from nurture import eligibility, ledger, messages, suppression, windows
from nurture.models import Enrolment, Program, Send, Suppression
from nurture.transport import SendOutcome, SendResult, Transport, Unreachable

log = logging.getLogger(__name__)

BATCH = 50
LEASE = timedelta(minutes=5)  # so late after the check a mail may still go
BACK_OFF = timedelta(minutes=5)  # doubled with every try
MAX_TRIES = 8
SERVER_DOWN = timedelta(minutes=1)
WEEK = timedelta(days=7)
WENT = (Send.State.SENDING, Send.State.SENT, Send.State.UNKNOWN)


def sweep(*, at: datetime | None = None, limit: int = 5000) -> int:
    """Send all mails that are due, batch by batch, over one connection each. Return how many rows were looked at.

    `at` is the database's clock unless a test passes one.
    """
    done = 0
    while done < limit:
        batch_at = at or db.now()
        looked_at, claimed = claim(at=batch_at, size=BATCH)
        reachable = deliver(claimed, at=at)
        done += looked_at
        if looked_at < BATCH or not reachable:
            break
    return done


def claim(*, at: datetime, size: int = BATCH) -> tuple[int, list[Send]]:
    """Lease due mails that may go now. Return how many were looked at, and those leased.

    What may not go yet is put off to the next instant at which it may; what may never go is cancelled. The leads are
    locked with the sends, so that two workers cannot fill one lead's cap. A fixed number of statements.
    """
    with transaction.atomic():
        planned = (
            sweeps.due(Send, at)
            .filter(state=Send.State.PLANNED)
            .filter(Q(enrolment=None) | Q(enrolment__program__status=Program.Status.ACTIVE))
            .select_related("lead__workspace", "lead__account", "enrolment__program")
        )
        # Rows that another worker holds are skipped, not waited for; the locks last until the lease is committed.
        rows = list(db.locked(planned, skip_locked=True, also=["lead"])[:size])
        if not rows:
            return 0, []
        suppressed = set(
            Suppression.everywhere.filter(email__in={row.lead.email for row in rows}).values_list(
                "workspace_id", "email"
            )
        )
        # Read under the locks of the leads, so that mails of another worker's batch count too.
        went = _went_lately([row.lead_id for row in rows], at)
        for row in rows:
            _decide(row, (row.workspace_id, row.lead.email) in suppressed, went[row.lead_id], at)
        db.update_many(rows, ["state", "to", "next_at", "claimed_at", "error"])
        cancelled = [row for row in rows if row.state == Send.State.CANCELLED]
        if cancelled:
            ledger.forget([row.pk for row in cancelled])
    # Outside of the transaction: this waits for the locks of enrolments, and ours are released by now.
    ledger.wake([row.enrolment_id for row in cancelled], at=at)
    return len(rows), [row for row in rows if row.claimed_at == at]


def _went_lately(lead_ids: list[int], at: datetime) -> dict[int, list[datetime]]:
    """Return when mails went to the leads in the last seven days, those leased by another worker among them."""
    taken = Q(state__in=WENT, claimed_at__gt=at - WEEK) | Q(
        state=Send.State.PLANNED, claimed_at__gt=at - LEASE, next_at__gt=at
    )
    went: dict[int, list[datetime]] = defaultdict(list)
    for lead_id, when in Send.everywhere.filter(taken, lead_id__in=lead_ids).values_list("lead_id", "claimed_at"):
        if when:
            went[lead_id].append(when)
    return went


def _decide(send: Send, suppressed: bool, went: list[datetime], at: datetime) -> None:
    """Lease, put off or cancel one locked mail, on the instance. `went` is added to when it is leased."""
    refusal = eligibility.of_lead(send.lead, suppressed=suppressed)
    left = send.enrolment is not None and send.enrolment.state == Enrolment.State.EXITED
    if refusal or left:
        _cancel(send, refusal.message if refusal else "The lead has left the program.")
        return
    workspace = send.lead.workspace
    caps = windows.Caps(workspace.daily_cap, workspace.weekly_cap)
    moment: datetime | None = at
    if send.enrolment is not None:
        moment = windows.earliest(ledger.window(send.enrolment.program, send.lead), caps, went, at)
    if moment is None:
        _cancel(send, "The workspace's caps or the program's send window never let this mail go.")
    elif moment > at:
        send.next_at, send.claimed_at = moment, None
    else:
        send.to, send.next_at, send.claimed_at = send.lead.email, at + LEASE, at
        went.append(at)


def _cancel(send: Send, words: str) -> None:
    send.state, send.next_at, send.claimed_at, send.error = Send.State.CANCELLED, None, None, words


def deliver(claimed: Sequence[Send], *, at: datetime | None = None) -> bool:
    """Send leased mails over one connection, each marked and committed before. Return whether the server answers.

    Two statements per mail, and one more for the batch. `at` stands for the time of each, for tests.
    """
    if not claimed:
        return True
    reachable = True
    settled: list[Send] = []
    with Transport() as transport:
        for index, send in enumerate(claimed):
            try:
                message = messages.build(send)
            except Exception as error:  # one mail that cannot be made must not hold up the others
                log.exception("Mail %s cannot be made", send.pk)
                _give_up(send, f"{type(error).__name__}: {error}")
                settled.append(send)
                continue
            try:
                transport.ready()
            except Unreachable as error:
                _release(claimed[index:], str(error), at or timezone.now())
                reachable = False
                break
            if not _mark(send, at):  # committed before the mail leaves: a crash from here on is on record
                continue
            result = transport.send(message)
            _settle(send, result, at or timezone.now())
            settled.append(send)
    ledger.wake([send.enrolment_id for send in settled if send.state != Send.State.PLANNED], at=at or timezone.now())
    return reachable


def _mark(send: Send, at: datetime | None = None) -> bool:
    """Mark a leased mail as under way in one statement that looks once more at lead and program, and commit.

    False when the lease is not ours any more or has run out, or something speaks against the mail by now; the next
    claim says what. `at` is the database's clock unless a test passes one.
    """
    now = at or Now()
    willing = Lead.everywhere.filter(pk=OuterRef("lead_id"), state__in=MARKETING_STATES).exclude(
        consent=ConsentState.OPTED_OUT
    )
    suppressed = Suppression.everywhere.filter(workspace=OuterRef("workspace_id"), email=OuterRef("to"))
    running = Enrolment.everywhere.filter(pk=OuterRef("enrolment_id"), program__status=Program.Status.ACTIVE).exclude(
        state=Enrolment.State.EXITED
    )
    # One UPDATE with the conditions in its WHERE: the database checks and marks in one statement.
    rows = Send.everywhere.filter(
        Exists(willing),
        ~Exists(suppressed),
        Q(enrolment=None) | Exists(running),
        pk=send.pk,
        state=Send.State.PLANNED,
        claimed_at=send.claimed_at,
        next_at__gt=now,
    )
    marked = {"state": Send.State.SENDING, "next_at": None, "claimed_at": now, "attempts": F("attempts") + 1}
    return bool(rows.update(**marked))


def _settle(send: Send, result: SendResult, at: datetime) -> None:
    """Record the outcome of a mail that was under way, whoever has called it unknown meanwhile."""
    send.error = result.detail[:500]
    if result.outcome is SendOutcome.ACCEPTED:
        send.state, send.sent_at = Send.State.SENT, at
        _write(send, "sent_at")
        return
    if result.outcome is SendOutcome.UNSURE:
        send.state = Send.State.UNKNOWN
        _write(send)
        return
    tries = send.attempts + 1
    if result.outcome is SendOutcome.LATER and tries < MAX_TRIES:
        send.state, send.claimed_at, send.next_at = Send.State.PLANNED, None, at + BACK_OFF * 2 ** (tries - 1)
        _write(send, "claimed_at", "next_at")
        return
    with transaction.atomic():  # the failure and what the ledger forgets of the mail, or neither
        send.state = Send.State.FAILED
        if result.no_such_address:
            send.bounced_at = at
        if _write(send, "bounced_at"):
            ledger.forget([send.pk])
    if result.no_such_address:
        suppression.add(send.lead.workspace, send.to, why=Suppression.Why.BOUNCED, note=result.detail, at=at)


def _write(send: Send, *fields: str) -> bool:
    """Record the outcome, and return whether the mail was still waiting for one: nobody had it sent again meanwhile."""
    values = {name: getattr(send, name) for name in ("state", "error", *fields)}
    rows = Send.everywhere.filter(pk=send.pk, state__in=[Send.State.SENDING, Send.State.UNKNOWN])
    return bool(rows.update(**values))


def _give_up(send: Send, words: str) -> None:
    """Fail a leased mail that cannot be made; it was never sent to the mail server."""
    send.state, send.error = Send.State.FAILED, words[:500]
    rows = Send.everywhere.filter(pk=send.pk, state=Send.State.PLANNED, claimed_at=send.claimed_at)
    with transaction.atomic():
        if rows.update(state=send.state, error=send.error, next_at=None):
            ledger.forget([send.pk])


def _release(sends: Sequence[Send], words: str, at: datetime) -> None:
    """Release leases when the mail server cannot be had: nothing was sent, and no try is counted."""
    Send.everywhere.filter(pk__in=[send.pk for send in sends], state=Send.State.PLANNED).update(
        next_at=at + SERVER_DOWN, claimed_at=None, error=words[:500]
    )
