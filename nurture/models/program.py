"""A drip campaign: who enters, its steps, when it ends."""

from django.db import models
from django.db.models import Q

from leadflow.fields import Document
from leadflow.models import Owned
from nurture import documents


class Program(Owned):
    """A program.

    `entry`: {"occasions": [`Occasion`], "reasons": [reason codes], "topics": [topic codes], "condition": tree | {},
    "manual": bool}, where manual means that only a member enrols leads. Without occasions a program takes returns.
    `exit`: {"condition": tree | {}} beside what always ends it (handed over, opted out, suppressed, disqualified).

    Of the programs that may take a lead the first is chosen; `position` is their order, the workspace's to choose.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        ARCHIVED = "archived", "Archived"

    class Reentry(models.TextChoices):
        NEVER = "never", "Once per lead"
        RESUME = "resume", "Again, going on where they left"
        UNSEEN = "unseen", "Again from the start, skipping what they had"
        REPEAT = "repeat", "Again from the start, with mails that they had"

    class Occasion(models.TextChoices):
        RETURN = "return", "Leads that sales returned, and lost ones that are recycled"
        CARE = "care", "Leads in marketing's care that are in no program, new ones too"
        REVISIT = "revisit", "Leads whose revisit date has come"

    name = models.CharField(max_length=120)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    entry = Document(documents.ENTRY, default=dict, blank=True)
    exit = Document(documents.EXIT, default=dict, blank=True)
    reentry = models.CharField(max_length=9, choices=Reentry.choices, default=Reentry.RESUME)
    position = models.PositiveIntegerField(default=0)  # of programs that may take a lead the first does
    holdout_percent = models.PositiveSmallIntegerField(default=0)
    # send window, in the lead's zone (else the workspace's)
    send_from = models.TimeField(default="08:00")
    send_until = models.TimeField(default="18:00")
    send_weekdays = models.JSONField(default=list, blank=True)  # 0 Monday … 6 Sunday; empty: Monday to Friday

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="program_name_once"),
            models.CheckConstraint(condition=Q(holdout_percent__lte=90), name="program_holdout_range"),
        ]

    def __str__(self) -> str:
        return self.name


class Step(Owned):
    """One element of a program, in order of `position`. `config` holds the parameters of its kind; the kinds and their
    parameters stand in `nurture.steps.kinds`.
    """

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    config = Document(documents.STEP, default=dict, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "position"], name="step_position_once", deferrable=models.Deferrable.DEFERRED
            )
        ]
