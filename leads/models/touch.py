"""What sales did to a lead, will do, and learned from it."""

from django.db import models
from django.db.models import Q

from leadflow.models import Owned
from workspaces.models import Attributed


class Channel(models.TextChoices):
    CALL = "call", "Call"
    EMAIL = "email", "E-mail"
    MEETING = "meeting", "Meeting"
    MESSAGE = "message", "Message"


class Outcome(models.TextChoices):
    CONNECTED = "connected", "Connected"
    LEFT_MESSAGE = "left_message", "Left a message"
    NO_ANSWER = "no_answer", "No answer"
    SENT = "sent", "Sent"
    BOUNCED = "bounced", "Did not arrive"


class Touch(Owned, Attributed):
    """Something sales did to the lead. Append-only."""

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="touches")
    handoff = models.ForeignKey("leads.Handoff", null=True, on_delete=models.CASCADE, related_name="touches")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    note = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["lead", "-at"], name="touch_of_lead")]


class FollowUp(Owned, Attributed):
    """A promised next action; done by the next touch, or marked as done."""

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="follow_ups")
    handoff = models.ForeignKey("leads.Handoff", null=True, on_delete=models.CASCADE, related_name="follow_ups")
    member = models.ForeignKey("workspaces.Member", null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["workspace", "member", "due_at"], condition=Q(done_at__isnull=True), name="follow_up_inbox"
            ),
            models.Index(fields=["lead"], condition=Q(done_at__isnull=True), name="follow_up_of_lead"),
        ]


class Question(Owned):
    """A qualifying question: budget, authority, need, timeline, or the workspace's own."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        CHOICE = "choice", "One of a list"
        NUMBER = "number", "Number"
        BOOLEAN = "boolean", "Yes or no"

    code = models.SlugField(max_length=60)
    label = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TEXT)
    choices = models.JSONField(default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "code"], name="question_once")]


class Answer(Owned, Attributed):
    """The lead's current answer to a question, with who asked and when."""

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")
    value = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "question"], name="answer_once")]
