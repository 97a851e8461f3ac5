"""Take a lead out of all marketing mail, at its own request (RFC 8058)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from leadflow import db
from leads.models import Lead
from leads.models.lead import ConsentState
from leads.people import consent
from nurture import enrolments, links, suppression
from nurture.models import Send, Suppression


@dataclass(frozen=True, slots=True)
class Recipient:
    """The recipient of a link: the lead (None: a test mail, or a person erased since) and the mail it was in."""

    lead: Lead | None
    send: Send | None = None

    @property
    def has_left(self) -> bool:
        """Return whether the lead has opted out already."""
        return self.lead is not None and self.lead.consent == ConsentState.OPTED_OUT

    @property
    def sender(self) -> str:
        """Return who sends the mails, in words."""
        return self.lead.workspace.sender_name or self.lead.workspace.name if self.lead else ""


def read(token: str) -> Recipient:
    """Return the recipient of a link; changes nothing. Raise `Missing` when it is forged."""
    payload = links.read(links.UNSUBSCRIBE, token)
    if payload == links.TEST:
        return Recipient(None)
    lead = Lead.objects.of(payload["w"]).select_related("workspace").filter(pk=payload["l"]).first()
    return Recipient(lead, Send.objects.of(payload["w"]).filter(pk=payload["s"]).first())


def by_link(token: str, *, at: datetime) -> Recipient:
    """Unsubscribe the recipient of a link; idempotent. Raise `Missing` when it is forged."""
    target = read(token)
    if target.lead:
        leave(target.lead, send=target.send, source="one-click unsubscribe", at=at)
    return target


@transaction.atomic
def leave(lead: Lead, *, send: Send | None, source: str, at: datetime) -> None:
    """Opt a lead out, suppress its address (and the one the mail went to), and end its enrolments, all at once."""
    lead = db.lock(Lead.objects.of(lead.workspace_id).select_related("workspace"), lead.pk)
    if lead.consent != ConsentState.OPTED_OUT:
        consent.change(lead, state=ConsentState.OPTED_OUT, source=source, at=at)
    enrolments.exit_all({lead.pk: at}, reason="Unsubscribed")
    for email in sorted({lead.email, send.to if send else lead.email} - {""}):
        suppression.add(lead.workspace, email, why=Suppression.Why.UNSUBSCRIBED, note=source, at=at)
    if send:
        Send.objects.of(lead.workspace_id).filter(pk=send.pk, unsubscribed_at=None).update(unsubscribed_at=at)
