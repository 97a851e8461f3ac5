"""Running promises and what follows when they are broken."""

from django.db import models
from django.db.models import Q

from leadflow.models import Owned, Timer
from sla.durations import Duration, Unit
from sla.effects import Cause
from sla.kinds import Kind


class Clock(Owned, Timer):
    """One promise on one handoff. `next_at` is when the sweep looks next: `warn_at`, then `due_at`, then nothing.

    `due_at` is computed once, when the clock starts (or is restarted for a new owner). A breached clock keeps running:
    how late it was is `stopped_at − due_at` once it stops. One that ends without what it promised is missed, and
    breached by then at the latest. `silent`: it was over before it was reported (imported history); it counts, and
    raises no alarm.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        MET = "met", "Met"
        MISSED = "missed", "Missed"  # it ended, and what it promised was not done
        CANCELLED = "cancelled", "Cancelled"  # nothing was owed any more (recalled, reassigned, bad data)

    kind = models.CharField(max_length=12, choices=Kind.choices)
    agreement = models.ForeignKey("sla.Agreement", on_delete=models.PROTECT, related_name="clocks")
    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="clocks")
    handoff = models.ForeignKey("leads.Handoff", null=True, on_delete=models.CASCADE, related_name="clocks")
    follow_up = models.ForeignKey("leads.FollowUp", null=True, on_delete=models.CASCADE, related_name="clocks")
    member = models.ForeignKey("workspaces.Member", null=True, on_delete=models.SET_NULL, related_name="clocks")
    tier = models.CharField(max_length=40)
    # The length promised, in the unit it was promised in; null and empty where a date was promised.
    target_amount = models.PositiveIntegerField(null=True)
    target_unit = models.CharField(max_length=7, choices=[(unit.value, unit.label) for unit in Unit], blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    warn_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # null: the calendar never opens, so that nothing falls due
    warned_at = models.DateTimeField(null=True)
    # = due_at, not when the sweep saw it; of one that was missed before it was due, when it ended.
    breached_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=24, choices=[(cause.value, cause.words) for cause in Cause], blank=True)
    silent = models.BooleanField(default=False)
    # What marketing had promised to send along and did not (see `sla.information`); accept clocks only.
    missing = models.CharField(max_length=300, blank=True)
    answer = models.TextField(blank=True)  # marketing's, to a return; triage clocks only
    answered_by = models.ForeignKey("workspaces.Member", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["handoff", "kind"],
                condition=Q(state="running", follow_up__isnull=True),
                name="clock_one_running",
            ),
            models.UniqueConstraint(fields=["follow_up"], condition=Q(state="running"), name="clock_one_follow_up"),
            models.CheckConstraint(
                condition=Q(state="running", stopped_at__isnull=True)
                | (~Q(state="running") & Q(stopped_at__isnull=False)),
                name="clock_stopped_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="missed") | Q(breached_at__isnull=False), name="clock_missed_is_breached"
            ),
            models.CheckConstraint(
                condition=Q(target_amount__isnull=True, target_unit="")
                | (Q(target_amount__isnull=False) & ~Q(target_unit="")),
                name="clock_target_has_unit",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False, dead_reason=""), name="clock_sweep"),
            models.Index(fields=["handoff", "kind"], name="clock_of_handoff"),
            models.Index(fields=["workspace", "member", "due_at"], condition=Q(state="running"), name="clock_inbox"),
            models.Index(fields=["workspace", "kind", "started_at"], name="clock_scoreboard"),
            models.Index(fields=["workspace", "member", "started_at"], name="clock_performance"),
        ]

    @property
    def target(self) -> Duration | None:
        """Return the length that was promised; None where a date was."""
        return None if self.target_amount is None else Duration(self.target_amount, Unit(self.target_unit))


class Escalation(Owned, Timer):
    """One escalation step of one breached clock: taken once, at `next_at`."""

    class Action(models.TextChoices):
        REMIND = "remind", "Remind the owner"
        NOTIFY_MANAGER = "tell_manager", "Notify the manager"
        REASSIGN = "reassign", "Reassign"
        TO_QUEUE = "to_queue", "Return to the queue"

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="escalations")
    position = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=12, choices=Action.choices)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clock", "position"], name="escalation_once")]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False, dead_reason=""), name="escalation_sweep"
            )
        ]
