"""The content library, and the ledger of who got what."""

from django.db import models
from django.db.models import Q

from leadflow.models import Owned


class Stage(models.TextChoices):
    AWARENESS = "awareness", "Awareness"
    CONSIDERATION = "consideration", "Consideration"
    DECISION = "decision", "Decision"


class Content(Owned):
    """An asset: for whom (persona; null: everyone), for which buying stage, about which topics."""

    class Kind(models.TextChoices):
        ARTICLE = "article", "Article"
        GUIDE = "guide", "Guide"
        CASE = "case", "Customer story"
        WEBINAR = "webinar", "Webinar"
        VIDEO = "video", "Video"
        TOOL = "tool", "Tool"

    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ARTICLE)
    url = models.URLField(max_length=500)
    summary = models.TextField(
        blank=True, help_text="One or two sentences; the mail that sends this content shows them."
    )
    persona = models.ForeignKey("leads.Persona", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    stage = models.CharField(max_length=13, choices=Stage.choices)
    topics = models.ManyToManyField("leads.Topic", blank=True, related_name="content")
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(stage__in=Stage.values), name="content_stage_known")]
        indexes = [models.Index(fields=["workspace", "stage"], name="content_library")]

    def __str__(self) -> str:
        return self.title


class Seen(Owned):
    """The content ledger: one row per person and content, over all programs and passes: 'never twice'."""

    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="seen")
    content = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="seen")
    send = models.ForeignKey("nurture.Send", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "content"], name="content_never_twice")]
