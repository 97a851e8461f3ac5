"""Abstract bases of every table that a workspace owns."""

from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from leadflow.errors import Missing

M = TypeVar("M", bound=models.Model)


class Unscoped(RuntimeError):
    """A look-up that did not start from a workspace."""


def get_row(rows: models.QuerySet[M], pk: int, noun: str) -> M:
    """Return one of the rows of a workspace by its id; `noun` names it to people. Raise `Missing`."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Missing(f"There is no such {noun} in this workspace.")
    return found


class ScopedManager(models.Manager[M]):
    """Refuse to run without a workspace: `Lead.objects.of(workspace)` is the only way in.

    Sweeps, which work across workspaces, say so by using `everywhere`.
    """

    def get_queryset(self) -> models.QuerySet[M]:
        """Raise `Unscoped`: a queryset must come from `of`."""
        raise Unscoped(f"{self.model.__name__}.objects needs a workspace: use .of(workspace)")

    def of(self, workspace: Any) -> models.QuerySet[M]:
        """Return the rows of one workspace (an instance or its id)."""
        return super().get_queryset().filter(workspace=workspace)


class Owned(models.Model):
    """A row that belongs to one workspace."""

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    everywhere = models.Manager()
    objects = ScopedManager()

    class Meta:
        abstract = True


class Timer(models.Model):
    """A row that a sweep claims once `next_at` has come (null: nothing is planned).

    `attempts` counts tries since the last success; `dead_reason` sets the row aside and says why.
    """

    next_at = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    dead_reason = models.CharField(max_length=500, blank=True, editable=False)

    class Meta:
        abstract = True
