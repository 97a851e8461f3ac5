"""The answers kept for an Idempotency-Key."""

from django.db import models

from leadflow.models import Owned


class IdempotentAnswer(Owned):
    """The answer to the first request with a key, kept for at least 24 hours; `status` 0 while it is running."""

    caller = models.CharField(max_length=80)  # the API key's or member's, so that a key is nobody else's
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # of method, path and body
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "caller", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_purge")]
