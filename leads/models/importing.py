"""A CSV import: the file, how its columns map, how far it is, and the rows that failed."""

from django.db import models
from django.db.models import Q

from leadflow.models import Owned, Timer


class Import(Owned, Timer):
    """One import; `next_at` is set while a sweep has work to do on it. `done_rows` is where to go on after a crash."""

    class Status(models.TextChoices):
        MAPPING = "mapping", "Waiting for its mapping"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    member = models.ForeignKey("workspaces.Member", null=True, on_delete=models.SET_NULL, related_name="+")
    file_name = models.CharField(max_length=200)
    file = models.BinaryField()
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=4, blank=True)
    header = models.JSONField(default=list)
    header_line = models.PositiveIntegerField(default=1)
    mapping = models.JSONField(default=dict)  # column position → field; see `leads.intake.imports.jobs`
    options = models.JSONField(default=dict)  # system of the external id, source, campaign, topics …
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.MAPPING)
    total_rows = models.PositiveIntegerField(default=0)
    done_rows = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-id"], name="import_page"),
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False, dead_reason=""), name="import_sweep"),
        ]


class RowError(Owned):
    """A row that was skipped: its line in the file, why, and the row itself, to be corrected and imported again."""

    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="errors")
    line = models.PositiveIntegerField()
    message = models.CharField(max_length=300)
    row = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "line"], name="row_error_once")]
