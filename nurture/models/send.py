"""One planned mail to one lead, and its outcome."""

from django.db import models
from django.db.models import Q

from leadflow.fields import Document
from leadflow.models import Owned, Timer
from nurture import documents


class Send(Owned, Timer):
    """The send ledger.

    Planned once (unique), claimed, marked `sending` and committed before the SMTP dialogue, `sent` after. A crash
    between leaves `sending`; the sweep turns it into `unknown` after a while, and it is never sent again by itself.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "Unknown"
        CANCELLED = "cancelled", "Cancelled"  # consent, suppression or state spoke against it when it was due
        TRAPPED = "trapped", "Control group"  # counted, never sent

    enrolment = models.ForeignKey("nurture.Enrolment", null=True, on_delete=models.CASCADE, related_name="sends")
    step = models.ForeignKey("nurture.Step", null=True, on_delete=models.SET_NULL, related_name="sends")
    lead = models.ForeignKey("leads.Lead", on_delete=models.CASCADE, related_name="sends")
    content = models.ForeignKey("nurture.Content", null=True, on_delete=models.SET_NULL, related_name="sends")
    # the mail's own words, digested: the same mail in two programs is one; empty where the content is what counts
    mail = models.CharField(max_length=64, blank=True)
    repeat = models.BooleanField(default=False)  # by a program that repeats its mails openly
    why = Document(documents.SEND, default=dict)  # why this content, or why it was cancelled
    state = models.CharField(max_length=9, choices=State.choices, default=State.PLANNED)
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=300, blank=True)
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    message_id = models.CharField(max_length=120)
    claimed_at = models.DateTimeField(null=True, blank=True)  # when it was leased, and then when it was marked
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)  # by a human, the first time
    clicked_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "step"], name="send_once"),
            # One ledger per person of the mails had, over all programs; what failed or was cancelled is not had.
            models.UniqueConstraint(
                fields=["lead", "mail"],
                condition=~Q(mail="") & Q(repeat=False, state__in=["planned", "sending", "sent", "unknown", "trapped"]),
                name="send_mail_never_twice",
            ),
            models.UniqueConstraint(fields=["message_id"], name="send_message_id_once"),
            models.CheckConstraint(condition=~Q(state="sent") | Q(sent_at__isnull=False), name="send_sent_has_time"),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False, dead_reason=""), name="send_sweep"),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="send_crash_sweep"),
            models.Index(fields=["lead", "-sent_at"], name="send_cap"),
            models.Index(fields=["workspace", "-id"], name="send_outbox_page"),
        ]
