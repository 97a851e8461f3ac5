"""Marketing's answer to a return, and the objection of sales to it."""

from django.db import models
from django.db.models import Q

from leadflow.models import Owned
from workspaces.models import Attributed


class ReturnAnswer(Owned, Attributed):
    """What marketing says to a return that blames the lead's data or the definition; one for each return."""

    handoff = models.OneToOneField("leads.Handoff", on_delete=models.CASCADE, related_name="return_answer")
    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="return_answers")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="return_answer_says_something")]
        indexes = [models.Index(fields=["workspace", "-at", "-id"], name="return_answer_page")]


class ReturnObjection(Owned, Attributed):
    """What sales objects to an answer, once, and what the sales manager decides; empty until then."""

    class Decision(models.TextChoices):
        MARKETING = "marketing", "With marketing"
        SALES = "sales", "With the rep"

    answer = models.OneToOneField(ReturnAnswer, on_delete=models.CASCADE, related_name="objection")
    text = models.TextField()
    at = models.DateTimeField()
    decision = models.CharField(max_length=9, choices=Decision.choices, blank=True)
    decision_note = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("workspaces.Member", null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by_name = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="return_objection_says_something"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True)
                | Q(decision__in=["marketing", "sales"], decided_at__isnull=False),
                name="return_objection_decided_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace"], condition=Q(decision=""), name="return_objection_undecided"),
        ]
