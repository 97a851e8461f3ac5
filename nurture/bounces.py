"""Receive the events of mail providers: bounces, complaints, unsubscribes."""

import logging
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, tracking
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from nurture import suppression, unsubscribe
from nurture.models import Send, Suppression

log = logging.getLogger(__name__)
WHY = {EventType.BOUNCED: Suppression.Why.BOUNCED, EventType.COMPLAINED: Suppression.Why.COMPLAINED}


@receiver(tracking)
def follow(event: AnymailTrackingEvent, **_: Any) -> None:
    """Suppress the address of a bounce or complaint; an unsubscribe at the provider is one here."""
    if event.event_type not in (*WHY, EventType.UNSUBSCRIBED):
        return
    at = event.timestamp or timezone.now()
    sends = Send.everywhere.select_related("lead__workspace")
    number = str((event.metadata or {}).get("send"))
    send = sends.filter(pk=number).first() if number.isdigit() else None
    send = send or sends.filter(message_id=event.message_id or "-").first()
    if send is None:
        log.warning("A %s of a mail that is not ours: %s", event.event_type, event.message_id)
    elif event.event_type == EventType.UNSUBSCRIBED:
        unsubscribe.leave(send.lead, send=send, source="mail provider", at=at)
    else:
        _suppress(send, event, at)


@transaction.atomic
def _suppress(send: Send, event: AnymailTrackingEvent, at: Any) -> None:
    Send.everywhere.filter(pk=send.pk, bounced_at=None).update(bounced_at=at)
    note = event.description or event.mta_response or ""
    suppression.add(send.lead.workspace, send.to, why=WHY[event.event_type], note=note, at=at)
