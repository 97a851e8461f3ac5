"""One lead in one program, once."""

from django.db import models
from django.db.models import Q

from leadflow.fields import Document
from leadflow.models import Owned, Timer
from nurture import documents


class Enrolment(Owned, Timer):
    """`next_at` is when the sweep takes the next step.

    `why` says what chose the program: {"words", "by", "reason", "topics", "points"}, and under "skipped" which steps
    had nothing to send: [{"step", "at", "words"}].
    """

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        FINISHED = "finished", "Finished"
        EXITED = "exited", "Left"

    program = models.ForeignKey("nurture.Program", on_delete=models.CASCADE, related_name="enrolments")
    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="enrolments")
    handoff = models.ForeignKey("leads.Handoff", null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    step = models.ForeignKey("nurture.Step", null=True, on_delete=models.SET_NULL, related_name="+")  # the next one
    holdout = models.BooleanField(default=False)
    why = Document(documents.ENROLMENT, default=dict)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead", "program"], condition=Q(state="active"), name="enrolment_active_once"
            ),
            models.CheckConstraint(
                condition=Q(state="active", ended_at__isnull=True) | (~Q(state="active") & Q(ended_at__isnull=False)),
                name="enrolment_ended_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False, dead_reason=""), name="enrolment_sweep"
            ),
            models.Index(fields=["workspace", "program", "state", "-id"], name="enrolment_page"),
            models.Index(fields=["lead", "-id"], name="enrolment_of_lead"),
        ]
