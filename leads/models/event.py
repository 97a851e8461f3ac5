"""What a lead did."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from leadflow.models import Owned


class Event(Owned):
    """Something a lead (or an anonymous visitor, until it is known) did. Append-only.

    `human` is false for mail scanners and prefetchers, `clock_skew` says what is wrong with the time ("future");
    neither scores.
    """

    lead = models.ForeignKey("leads.Lead", null=True, on_delete=models.CASCADE, related_name="events")
    anonymous_id = models.ForeignKey("leads.AnonymousId", null=True, on_delete=models.SET_NULL, related_name="events")
    type = models.CharField(max_length=60)  # "page", "form", "download", "mail_click" ... or the name of a track call
    name = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    topics = models.JSONField(default=list, blank=True)  # topic codes
    campaign = models.ForeignKey("leads.Campaign", null=True, on_delete=models.SET_NULL, related_name="+")
    properties = models.JSONField(default=dict, blank=True)
    message_id = models.CharField(max_length=120, blank=True)  # the client's; one fact counts once
    human = models.BooleanField(default=True)
    clock_skew = models.CharField(max_length=20, blank=True)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "message_id"], condition=~Q(message_id=""), name="event_once")
        ]
        indexes = [
            models.Index(fields=["lead", "-occurred_at"], name="event_of_lead"),
            models.Index(fields=["workspace", "-id"], name="event_page"),
        ]


class RejectedEvent(Owned):
    """An event that was rejected, with the reason; an admin sees it."""

    reason = models.CharField(max_length=300)
    body = models.JSONField(default=dict)
    key = models.ForeignKey("workspaces.ApiKey", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="rejected_event_page")]
