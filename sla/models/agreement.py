"""The two-sided agreement: its terms, who signed them, and the calendar it counts by."""

from typing import Any, TypeAlias

from django.db import models
from django.db.models import Q

from leadflow.errors import Conflict
from leadflow.fields import Document
from leadflow.models import Owned, Timer
from sla import documents, sides

_FROZEN = ("version", "terms", "content_hash")


class Calendar(Owned):
    """The workspace's business hours as they are edited; an agreement freezes a copy when it is proposed.

    `hours` has the shape of `sla.worktime.to_json`.
    """

    hours = Document(documents.HOURS, default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace"], name="calendar_once")]


class Agreement(Owned, Timer):
    """One version of the agreement. `terms` (see `sla.terms`) is what is hashed, signed and run.

    The column is plain JSON and not a `Document`: the hash is over what is stored, in whatever format that is.
    `sla.agreements.terms_of` reads it. `next_at` is when the heads of both sides hear of its review (`sla.reviews`).
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PROPOSED = "proposed", "Proposed"
        ACTIVE = "active", "Active"
        SUPERSEDED = "superseded", "Superseded"

    version = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    terms = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of the canonical terms; set when proposed
    review_on = models.DateField(null=True, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "version"], name="agreement_version_once"),
            models.UniqueConstraint(fields=["workspace"], condition=Q(status="active"), name="agreement_active_once"),
            models.UniqueConstraint(
                fields=["workspace"], condition=Q(status__in=["draft", "proposed"]), name="agreement_one_in_work"
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | ~Q(content_hash=""), name="agreement_proposed_has_hash"
            ),
            models.CheckConstraint(
                condition=Q(status="active") | Q(next_at__isnull=True), name="agreement_only_active_is_reviewed"
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False, dead_reason=""), name="agreement_sweep")
        ]

    def __str__(self) -> str:
        return f"Agreement {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, unless that would change what was proposed: raise `Conflict` then. A trigger refuses it as well."""
        if self.pk is not None and not self._state.adding:
            self._guard_what_was_proposed()
        super().save(*args, **kwargs)

    def _guard_what_was_proposed(self) -> None:
        """Compare with the stored row: only a proposed agreement may become a draft again, and change from there."""
        before = Agreement.everywhere.filter(pk=self.pk).exclude(status=self.Status.DRAFT).first()
        if before is None or (before.status == self.Status.PROPOSED and self.status == self.Status.DRAFT):
            return
        same = all(getattr(before, name) == getattr(self, name) for name in _FROZEN)
        if self.status == self.Status.DRAFT or not same:
            raise Conflict("A proposed agreement does not change: draft the next version.", code="agreement_frozen")


class Signature(Owned):
    """One side's signature under one content hash."""

    Side: TypeAlias = sides.Side

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="signatures")
    side = models.CharField(max_length=9, choices=Side.choices)
    member = models.ForeignKey("workspaces.Member", null=True, on_delete=models.SET_NULL, related_name="+")
    signer = models.CharField(max_length=120)
    content_hash = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agreement", "side"], name="signature_once_a_side")]
