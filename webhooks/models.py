"""The outbox of facts, the endpoints that subscribe to them, and the deliveries."""

from django.db import models
from django.db.models import Q

from leadflow.models import Owned, Timer


class OutboxEvent(Owned):
    """A fact, recorded in the transaction of the change that it describes. Append-only."""

    type = models.CharField(max_length=60)  # a name of `webhooks.catalogue`
    version = models.PositiveSmallIntegerField(default=1)  # of its payload, when it was recorded
    lead_id = models.BigIntegerField(null=True)  # no foreign key: this app does not know leads
    sequence = models.PositiveIntegerField(default=0)  # of the lead, so that a receiver can order
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    fanned_out_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-id"], name="outbox_page"),
            models.Index(fields=["id"], condition=Q(fanned_out_at__isnull=True), name="outbox_fan_out_sweep"),
        ]


class Endpoint(Owned):
    """A URL that wants facts; its secret is kept encrypted (`webhooks.sealing`).

    Not `active`: no delivery is tried, `paused_reason` says why, and what was planned waits on rows without a
    `next_at`. `resting_until`: the receiver asked for less, or did not answer; nothing goes to it before.
    """

    url = models.URLField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    types = models.JSONField(default=list)  # empty: all of them
    secret = models.TextField()
    old_secret = models.TextField(blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True)
    paused_reason = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    resting_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.url


class Delivery(Owned, Timer):
    """One try series of one fact to one endpoint; `message_id` is the same on every try."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=60)
    delivered_at = models.DateTimeField(null=True, blank=True)
    log = models.JSONField(default=list)  # the last tries: at, status, milliseconds, words

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "event"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False, dead_reason=""), name="delivery_sweep"),
            models.Index(fields=["workspace", "-id"], name="delivery_page"),
        ]
