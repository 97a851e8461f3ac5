"""One pass of one lead from marketing to sales."""

from django.db import models
from django.db.models import Q

from leadflow.fields import Document
from leadflow.models import Owned
from leads import documents
from leads.models.lead import Readiness


class HandoffState(models.TextChoices):
    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted"
    RETURNED = "returned", "Returned"
    RECALLED = "recalled", "Recalled"
    WON = "won", "Won"
    LOST = "lost", "Lost"
    DISQUALIFIED = "disqualified", "Disqualified"


OPEN = (HandoffState.OFFERED, HandoffState.ACCEPTED)


class Handoff(Owned):
    """What clocks, ratings and reports hang on. `evidence` is frozen when it is offered:

    {"verdict": …, "score_lines": […], "fit": …, "interest": …, "readiness": …, "grade": "B2", "tier_why": …,
    "override": reason | None}
    """

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="handoffs")
    pass_number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=HandoffState.choices, default=HandoffState.OFFERED)
    definition = models.ForeignKey("leads.Definition", null=True, on_delete=models.PROTECT, related_name="+")
    evidence = Document(documents.EVIDENCE, default=dict)
    grade = models.CharField(max_length=2, blank=True)
    readiness = models.CharField(max_length=5, choices=Readiness.choices, default=Readiness.NONE)
    tier = models.CharField(max_length=40)
    source = models.CharField(max_length=80, blank=True)  # the lead's, when it was offered
    campaign = models.ForeignKey("leads.Campaign", null=True, on_delete=models.SET_NULL, related_name="+")
    owner = models.ForeignKey("workspaces.Member", null=True, on_delete=models.SET_NULL, related_name="+")
    pool = models.ForeignKey("leads.Pool", null=True, on_delete=models.SET_NULL, related_name="+")  # that it came to
    routing = Document(documents.ROUTING, default=dict)  # the rule, the pool and why this member, or why nobody
    offered_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey("workspaces.Member", null=True, on_delete=models.SET_NULL, related_name="+")
    # what the definition of SAL asked for and was not there when it was accepted, in words
    sal_missing = models.JSONField(default=list, blank=True)
    first_touch_at = models.DateTimeField(null=True, blank=True)
    promoted_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reason = models.ForeignKey("leads.Reason", null=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    rating = models.PositiveSmallIntegerField(null=True, blank=True)  # 1 to 5, the rep's

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead"], condition=Q(state__in=OPEN), name="handoff_one_open"),
            models.UniqueConstraint(fields=["lead", "pass_number"], name="handoff_pass_once"),
            models.CheckConstraint(condition=Q(state__in=HandoffState.values), name="handoff_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, closed_at__isnull=True) | (~Q(state__in=OPEN) & Q(closed_at__isnull=False)),
                name="handoff_closed_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | Q(reason__isnull=False), name="handoff_returned_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__range=(1, 5)), name="handoff_rating_range"
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "owner", "state", "-id"], name="handoff_inbox"),
            models.Index(fields=["workspace", "state", "-id"], name="handoff_list_by_state"),
            models.Index(fields=["workspace", "-offered_at"], name="handoff_report"),
            models.Index(
                fields=["workspace", "owner", "-accepted_at"],
                condition=Q(accepted_at__isnull=False),
                name="handoff_accepted",
            ),
            # the performance of all reps together, in the inbox of a manager
            models.Index(
                fields=["workspace", "-accepted_at", "promoted_at"],
                condition=Q(accepted_at__isnull=False),
                name="handoff_accepted_of_all",
            ),
            # the leads behind a figure of the funnel
            models.Index(
                fields=["workspace", "lead", "promoted_at", "state"],
                condition=Q(accepted_at__isnull=False),
                name="handoff_reached",
            ),
            models.Index(
                fields=["workspace", "owner", "-closed_at"], condition=Q(closed_at__isnull=False), name="handoff_done"
            ),
            models.Index(
                fields=["workspace", "-closed_at"], condition=Q(state="returned"), name="handoff_returns_page"
            ),
        ]
