"""Plan a delivery for each fact and each endpoint that wants it, and make it: at least once, with back-off.

1. `fan_out` turns new facts into delivery rows, on sets.
2. `deliver_due` claims due rows and commits the claim, posts without any transaction, and records each outcome in
   a transaction of its own. A process that dies in between leaves rows that come due again.
"""

import json
import random
import secrets
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from leadflow.celery import wake
from leadflow.db import lock, locked, now
from leadflow.errors import Conflict, Missing
from leadflow.sweeps import lease
from webhooks import endpoints, posting, signing
from webhooks.models import Delivery, Endpoint, OutboxEvent
from webhooks.payloads import instant
from webhooks.posting import PostResult, Request
from webhooks.sealing import Sealed
from workspaces import access, audit, notices
from workspaces.actors import Actor, engine
from workspaces.models import Workspace
from workspaces.roles import Role

EVENTS = 1000
BATCH = 16
LEASE_SECONDS = 120  # longer than posting.BATCH_SECONDS and recording together
SWEEP_SECONDS = 120  # then the next tick goes on: no task runs into its time limit
LOG_LENGTH = 20

# Before the second, third ... tenth try; up to a tenth more by chance, so that receivers are not hit in step.
DELAYS = [
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
]
MAX_TRIES = len(DELAYS) + 1
SLOW_DOWN = {0, 429, 502, 503, 504}  # 0: no answer
LONGEST_REST = timedelta(minutes=5)  # of an endpoint that did not say how long
PAUSE_AFTER = timedelta(days=3)


def fan_out(*, at: datetime | None = None, limit: int = 50_000) -> int:
    """Plan the deliveries of new facts and return how many facts were seen. Facts nobody wants cost one UPDATE."""
    at = at or now()
    done = _pass_over(at, limit)
    while done < limit:
        count = _fan_out_batch(at, min(EVENTS, limit - done))
        done += count
        if count < EVENTS:
            break
    return done


def _new() -> QuerySet[OutboxEvent]:
    return OutboxEvent.everywhere.filter(fanned_out_at__isnull=True).order_by("id")


def _listening() -> QuerySet[Endpoint]:
    return Endpoint.everywhere.filter(active=True)


def _pass_over(at: datetime, limit: int) -> int:
    """Mark the new facts of workspaces without an active endpoint as seen."""
    with transaction.atomic():
        alone = _new().exclude(workspace__in=_listening().values("workspace"))
        ids = locked(alone, skip_locked=True).values("pk")[:limit]
        return OutboxEvent.everywhere.filter(pk__in=ids).update(fanned_out_at=at)


def _fan_out_batch(at: datetime, size: int) -> int:
    with transaction.atomic():
        # Rows that another worker holds are skipped; ours are marked in the same transaction as their deliveries.
        events = list(locked(_new(), skip_locked=True).only("pk", "workspace_id", "type")[:size])
        if not events:
            return 0
        wanting: dict[int, list[Endpoint]] = {}
        for endpoint in _listening().filter(workspace__in={event.workspace_id for event in events}):
            wanting.setdefault(endpoint.workspace_id, []).append(endpoint)
        _plan(
            (
                (event, endpoint)
                for event in events
                for endpoint in wanting.get(event.workspace_id, ())
                if not endpoint.types or event.type in endpoint.types
            ),
            at,
        )
        OutboxEvent.everywhere.filter(pk__in=[event.pk for event in events]).update(fanned_out_at=at)
    return len(events)


def _plan(pairs: Iterable[tuple[OutboxEvent, Endpoint]], at: datetime) -> int:
    """Insert a delivery for each pair of fact and endpoint that has none; return how many pairs there were."""
    count = 0
    pairs = iter(pairs)
    while chunk := list(islice(pairs, EVENTS)):
        rows = [
            Delivery(
                workspace_id=event.workspace_id,
                endpoint=endpoint,
                event=event,
                message_id=f"msg_{secrets.token_urlsafe(18)}",
                next_at=max(at, endpoint.resting_until or at),
                created_at=at,
            )
            for event, endpoint in chunk
        ]
        count += len(Delivery.everywhere.bulk_create(rows, ignore_conflicts=True))
    return count


def deliver_due(*, at: datetime | None = None, limit: int = 5000) -> int:
    """Make the deliveries that are due and return how many were tried. A test passes `at`; else each batch reads
    the database's clock."""
    done, begun = 0, time.monotonic()
    while done < limit and time.monotonic() - begun < SWEEP_SECONDS:
        when = at or now()
        claimed = lease(Delivery, at=when, seconds=LEASE_SECONDS, batch=min(BATCH, limit - done), narrow=_with_endpoint)
        if not claimed:
            break
        for delivery, answer in zip(claimed, _post(claimed, when), strict=True):
            _record(delivery, answer, when)
        done += len(claimed)
    return done


def _with_endpoint(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return rows.filter(endpoint__active=True).select_related("endpoint", "event")


def _post(claimed: list[Delivery], at: datetime) -> list[PostResult]:
    """Post what can be signed; a secret that cannot be read counts as a failed try."""
    answers: dict[int, PostResult] = {}
    requests: dict[int, Request] = {}
    for delivery in claimed:
        try:
            requests[delivery.pk] = request(delivery, at)
        except Sealed as error:
            answers[delivery.pk] = PostResult(0, words=str(error))
    answers |= dict(zip(requests, posting.post_all(requests.values()), strict=True))
    return [answers[delivery.pk] for delivery in claimed]


def request(delivery: Delivery, at: datetime) -> Request:
    """Return the try of a delivery at a time, signed. Raise `Sealed` when the secret cannot be read."""
    message = body(delivery.event)
    keys = endpoints.signing_keys(delivery.endpoint, at)
    headers = {"Content-Type": "application/json"} | signing.headers(keys, delivery.message_id, at, message)
    return Request(delivery.endpoint.url, headers, message)


def body(event: OutboxEvent) -> bytes:
    """Return the JSON that is sent of a fact: the same bytes on every try."""
    data = event.data | ({"sequence": event.sequence} if event.lead_id else {})
    message = {"type": event.type, "timestamp": instant(event.at), "version": event.version, "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _record(delivery: Delivery, answer: PostResult, at: datetime) -> None:
    """Write down what became of one try. Locks the endpoint, then the delivery.

    1. A success ends the delivery and the endpoint's bad time.
    2. A failure plans the next try, or gives the delivery up after the tenth.
    3. 429, 502, 503, 504 and no answer let the whole endpoint rest; 410, and days without a success, pause it.
    """
    with transaction.atomic():
        try:
            # Always the endpoint first: `replay` and `pause` take the same order, so none of them deadlock.
            endpoint = lock(Endpoint.everywhere.all(), delivery.endpoint_id)
            row = lock(Delivery.everywhere.all(), delivery.pk)
        except (Endpoint.DoesNotExist, Delivery.DoesNotExist):
            return  # removed meanwhile
        entry = {"at": at.isoformat(), "status": answer.status, "ms": answer.milliseconds, "words": answer.words}
        row.log = [*row.log, entry][-LOG_LENGTH:]
        if 200 <= answer.status < 300:
            row.delivered_at, row.next_at, row.attempts, row.dead_reason = at, None, 0, ""
            if endpoint.failing_since or endpoint.resting_until:
                endpoint.failing_since = endpoint.resting_until = None
                endpoint.save(update_fields=["failing_since", "resting_until"])
        elif row.delivered_at is None:
            _put_off(row, answer, at)
        row.save(update_fields=["log", "delivered_at", "next_at", "attempts", "dead_reason"])
        if not 200 <= answer.status < 300:
            _note_failure(endpoint, answer, row.attempts, at)


def _put_off(row: Delivery, answer: PostResult, at: datetime) -> None:
    if answer.status == 410 or row.attempts >= MAX_TRIES:
        what = f"{answer.status} {answer.words}" if answer.status else answer.words
        row.next_at, row.dead_reason = None, f"Given up after {row.attempts} tries, the last: {what}"[:500]
    else:
        row.next_at = at + max(_delay(row.attempts), timedelta(seconds=answer.rest or 0))


def _delay(tries: int) -> timedelta:
    delay = DELAYS[min(max(tries, 1), len(DELAYS)) - 1]
    return delay * (1 + random.random() / 10)


def _note_failure(endpoint: Endpoint, answer: PostResult, tries: int, at: datetime) -> None:
    """Let the locked endpoint rest, or pause it, and notify the admins."""
    endpoint.failing_since = endpoint.failing_since or at
    if answer.status in SLOW_DOWN:
        rest = timedelta(seconds=answer.rest) if answer.rest else min(_delay(tries), LONGEST_REST)
        endpoint.resting_until = max(at + rest, endpoint.resting_until or at)
        endpoints.waiting(endpoint).filter(next_at__lt=endpoint.resting_until).update(next_at=endpoint.resting_until)
    endpoint.save(update_fields=["failing_since", "resting_until"])
    if not endpoint.active:
        endpoints.waiting(endpoint).update(next_at=None)
    elif answer.status == 410:
        _pause(endpoint, "The receiver answered 410: it wants no more.", at)
    elif at - endpoint.failing_since >= PAUSE_AFTER:
        _pause(endpoint, f"No delivery has succeeded since {endpoint.failing_since:%Y-%m-%d %H:%M} UTC.", at)


def _pause(endpoint: Endpoint, reason: str, at: datetime) -> None:
    endpoints.pause(endpoint, actor=engine("webhooks"), reason=reason, at=at)
    notices.notify(
        access.members_of(endpoint.workspace_id, roles=[Role.ADMIN]),
        kind="endpoint.paused",
        text=f"The webhook to {endpoint.url[:120]} is paused. {reason}",
        url="/settings/webhooks",
        key=f"endpoint:{endpoint.pk}:paused:{at.isoformat()}",
        at=at,
    )


def replay(delivery: Delivery, *, actor: Actor, at: datetime | None = None) -> Delivery:
    """Send one delivery again, made or given up, with a fresh series of tries and its old message id.

    Raise `Conflict` (`endpoint_paused`) while the endpoint takes nothing.
    """
    at = at or timezone.now()
    with transaction.atomic():
        endpoint = _check_active(lock(Endpoint.everywhere.all(), delivery.endpoint_id))
        row = lock(Delivery.everywhere.all(), delivery.pk)
        row.next_at, row.attempts, row.dead_reason, row.delivered_at = at, 0, "", None
        row.save(update_fields=["next_at", "attempts", "dead_reason", "delivered_at"])
        changes = {"message_id": [None, row.message_id]}
        audit.record(
            row.workspace_id, actor=actor, action="delivery.replayed", object_name=endpoint.url, changes=changes, at=at
        )
        wake("webhooks.sweep")
    return row


def replay_range(
    endpoint: Endpoint, *, actor: Actor, since: datetime, until: datetime, at: datetime | None = None
) -> int:
    """Send all facts that the endpoint wants and that were recorded in [since, until) to it, again or for the
    first time; return how many. Raise `Conflict` (`endpoint_paused`) while the endpoint takes nothing.
    """
    at = at or timezone.now()
    with transaction.atomic():
        endpoint = _check_active(lock(Endpoint.everywhere.all(), endpoint.pk))
        facts = OutboxEvent.objects.of(endpoint.workspace_id).filter(created_at__gte=since, created_at__lt=until)
        if endpoint.types:
            facts = facts.filter(type__in=endpoint.types)
        # Known deliveries come due again by one UPDATE; the rest is read in chunks and inserted.
        known = Delivery.objects.of(endpoint.workspace_id).filter(endpoint=endpoint, event__in=facts)
        count = known.update(next_at=at, attempts=0, dead_reason="", delivered_at=None)
        planned = Delivery.objects.of(endpoint.workspace_id).filter(endpoint=endpoint).values("event")
        fresh = facts.exclude(pk__in=planned).only("pk", "workspace_id").order_by("pk")
        count += _plan(((event, endpoint) for event in fresh.iterator(EVENTS)), at)
        changes: dict[str, list[Any]] = {
            "since": [None, since.isoformat()],
            "until": [None, until.isoformat()],
            "facts": [None, count],
        }
        audit.record(
            endpoint.workspace_id,
            actor=actor,
            action="endpoint.replayed",
            object_name=endpoint.url,
            changes=changes,
            at=at,
        )
        wake("webhooks.sweep")
    return count


def _check_active(endpoint: Endpoint) -> Endpoint:
    if not endpoint.active:
        raise Conflict("The endpoint is paused: let it go on first.", code="endpoint_paused")
    return endpoint


def get(workspace: Workspace | int, pk: int) -> Delivery:
    """Return one delivery of a workspace, with its endpoint and fact. Raise `Missing` for another workspace's."""
    found = Delivery.objects.of(workspace).select_related("endpoint", "event").filter(pk=pk).first()
    if found is None:
        raise Missing("There is no such delivery in this workspace.")
    return found
