"""Who did what: the columns that every log row carries, and the log of administrative changes."""

from typing import Any

from django.db import models

from leadflow.models import Owned


class Attributed(models.Model):
    """A row that names its author (`Actor.row()` fills it); the name stays when the member or key goes."""

    actor_kind = models.CharField(max_length=6)
    actor_member = models.ForeignKey("workspaces.Member", null=True, on_delete=models.SET_NULL, related_name="+")
    actor_key = models.ForeignKey("workspaces.ApiKey", null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=120)

    class Meta:
        abstract = True


class AuditEntry(Owned, Attributed):
    """One administrative change: append-only, never edited."""

    action = models.CharField(max_length=60)  # "member.invited", "key.created", "calendar.changed" ...
    object_name = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=dict)  # {"field": [before, after]}; secrets never stand here

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="audit_page")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Append the entry. Raise `TypeError` when it stands in the log already."""
        if not self._state.adding:
            raise TypeError("The audit log is append-only.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Raise `TypeError`: entries go only with their whole workspace."""
        raise TypeError("The audit log is append-only.")
