"""Tell the heads of both sides when the agreement is to be reviewed: a week before, and on the day. Each once."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sla.models import Agreement
from sla.terms import Terms
from workspaces import access, notices
from workspaces.roles import Role

HEADS = (Role.MARKETING_MANAGER, Role.SALES_MANAGER)
URL = "/agreement/"
BEFORE = timedelta(days=7)
_MORNING = time(8)  # in the zone of the agreement's calendar


class Review(StrEnum):
    """What an agreement says of its review on a day."""

    NONE = ""
    SOON = "soon"  # within a week
    DUE = "due"


def state(review_on: date | None, terms: Terms, at: datetime) -> Review:
    """Return whether a review is due, by the day in the zone of the agreement's calendar."""
    today = at.astimezone(ZoneInfo(terms.hours.zone)).date()
    if review_on is None or today < review_on - BEFORE:
        return Review.NONE
    return Review.SOON if today < review_on else Review.DUE


def next_notice(review_on: date | None, terms: Terms, at: datetime) -> datetime | None:
    """Return when the heads are told next (UTC), after an aware instant; None when nothing is left to tell."""
    if review_on is None:
        return None
    zone = ZoneInfo(terms.hours.zone)
    moments = (datetime.combine(day, _MORNING, zone).astimezone(UTC) for day in (review_on - BEFORE, review_on))
    return next((moment for moment in moments if moment > at), None)


def notify(agreement: Agreement, terms: Terms, at: datetime) -> None:
    """Tell the heads of an agreement that the sweep has claimed, and plan the next notice.

    After an outage they are told what is the case now; what was missed before it is left out.
    """
    found = state(agreement.review_on, terms, at)
    if agreement.review_on is not None and found:
        day = f"{agreement.review_on:%A} {agreement.review_on.day} {agreement.review_on:%B %Y}"
        words = f"{agreement} is to be reviewed on {day}: a week is left to gather what should change."
        if found is Review.DUE:
            words = f"The review of {agreement} is due since {day}. It runs on until both sides sign the next version."
        notices.notify(
            access.members_of(agreement.workspace_id, roles=HEADS),
            kind="agreement.review",
            text=words,
            url=URL,
            key=f"agreement:{agreement.pk}:review:{found}",
            at=at,
        )
    agreement.next_at = next_notice(agreement.review_on, terms, at)
    agreement.save(update_fields=["next_at"])
