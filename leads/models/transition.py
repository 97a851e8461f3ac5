"""The log of moves: append-only; it replays to the present state."""

from django.db import models
from django.utils import timezone

from leadflow.fields import Document
from leadflow.models import Owned
from leads import documents
from workspaces.models import Attributed


class Transition(Owned, Attributed):
    """One move of one lead: who, when, why, on what evidence. `at`: when it happened, `recorded_at`: when reported."""

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="transitions")
    handoff = models.ForeignKey("leads.Handoff", null=True, on_delete=models.CASCADE, related_name="transitions")
    sequence = models.PositiveIntegerField()
    move = models.CharField(max_length=12)  # "create", then the moves of `leads.move_catalogue.MOVES`
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    reason = models.ForeignKey("leads.Reason", null=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    # what the move needs to be understood: owners, amount, revisit date …
    facts = Document(documents.MOVE_FACTS, default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "sequence"], name="transition_once")]
        indexes = [
            models.Index(fields=["workspace", "move", "at"], name="transition_report"),
        ]
