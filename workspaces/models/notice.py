"""Notices to members, in the application and by mail."""

from django.db import models
from django.db.models import Q

from leadflow.models import Owned, Timer


class Notice(Owned, Timer):
    """One notice to one member; `next_at` is when its mail goes (null: no mail, or gone).

    `message_id` is fixed at creation: a mail that is sent again after a crash carries the same one, so that the
    reader's mail program shows it once.
    """

    member = models.ForeignKey("workspaces.Member", on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)  # "clock.warned", "clock.breached", "handoff.offered", "import.done" ...
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=120)  # of the fact; a member is notified of each once
    message_id = models.CharField(max_length=120, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "member", "key"], name="notice_once")]
        indexes = [
            models.Index(fields=["workspace", "member", "-id"], name="notice_page"),
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False, dead_reason=""), name="notice_mail_sweep"
            ),
            models.Index(fields=["workspace", "member"], condition=Q(read_at__isnull=True), name="notice_unread_count"),
        ]
