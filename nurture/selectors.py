"""Read what nurture does for one lead: programs, the next mail, content for sales, its part of the timeline."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from leads.models import Handoff, Lead
from leads.queries.timeline import TimelineEntry
from nurture import library
from nurture.models import Enrolment, Send

STATES = Send.State


@dataclass(frozen=True)
class NurtureOfLead:
    """Hold a lead's programs, the newest first, the mail that goes next, and the content that fits it best."""

    enrolments: list[Enrolment]
    next_send: Send | None
    content: list[library.ContentChoice]

    @property
    def enrolment(self) -> Enrolment | None:
        """Return the program that the lead is in, if it is in one."""
        return next((each for each in self.enrolments if each.state == Enrolment.State.ACTIVE), None)


def of_lead(lead: Lead, *, at: datetime) -> NurtureOfLead:
    """Gather what nurture does for a lead, in five statements."""
    enrolments = Enrolment.objects.of(lead.workspace_id).filter(lead=lead).select_related("program", "handoff__reason")
    planned = Send.objects.of(lead.workspace_id).filter(lead=lead, state=STATES.PLANNED).defer("html", "text")
    return NurtureOfLead(
        enrolments=list(enrolments.order_by("-id")[:10]),
        next_send=planned.select_related("content").order_by("next_at").first(),
        content=library.best_matches(lead, limit=3),
    )


def sends(lead: Lead, until: datetime | None, limit: int) -> Iterable[TimelineEntry]:
    """List the mails that went to a lead, and what it did with them, for `leads.queries.timeline`."""
    rows = Send.objects.of(lead.workspace_id).filter(lead=lead, sent_at__isnull=False).defer("html", "text")
    if until is not None:
        rows = rows.filter(sent_at__lte=until)
    for row in rows.order_by("-sent_at", "-pk")[:limit]:
        yield TimelineEntry(row.sent_at, "mail", row.pk, row.state, f"Mail: {row.subject}", _became(row))  # type: ignore[arg-type]  # rows that were sent have the time


def _became(send: Send) -> str:
    """Describe what the lead did with a mail."""
    facts = {
        "Bounced": send.bounced_at,
        "Unsubscribed": send.unsubscribed_at,
        "Clicked": send.clicked_at,
        "Opened": send.opened_at,
    }
    return ", ".join(
        words.lower() if index else words for index, words in enumerate(w for w, at in facts.items() if at)
    )


def after_return(handoff: Handoff) -> Enrolment | None:
    """Return the enrolment that a returned handoff led to, if any. One statement."""
    found = Enrolment.objects.of(handoff.workspace_id).filter(handoff=handoff).select_related("program")
    return found.order_by("-id").first()
