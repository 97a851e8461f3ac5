"""What waits for marketing this week, on the overview: each a line with the list behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from dashboard.design import words
from dashboard.shell.access import PageRequest
from dashboard.wording.hand_overs import ReportLine
from leads.models import Topic
from nurture.models import Content, Send
from nurture.models.content import Stage
from sla import agreements
from sla import selectors as promises
from sla.reviews import Review

AHEAD = timedelta(days=7)  # so long before a review date it is named
FEW = 5  # hand-overs under which a campaign is not called the worst
CLEARLY = 10  # points above the share of all at which it is


@dataclass(frozen=True)
class Waiting:
    """One line: what is the case, the list behind it, an icon, and `late` where a promise is overdue."""

    text: str
    url: str
    icon: str
    late: bool = False


def this_week(request: PageRequest, by: str, lines: Sequence[ReportLine], now: datetime) -> list[Waiting]:
    """List what waits for marketing; `lines` are the hand-overs of the period `by` campaign or source.

    Five statements at most, and those of reading an agreement.
    """
    found: list[Waiting] = []
    for capability, look in (
        ("returns.view", _returns),
        ("outbox.view", _mails),
        ("nurture.view", _holes),
        ("agreement.view", _review),
    ):
        if request.actor.can(capability) and (line := look(request, now)):
            found.append(line)
    if worst := _worst(by, lines):
        found.append(worst)
    return found


def _returns(request: PageRequest, now: datetime) -> Waiting | None:
    """Name the returns that wait for marketing's answer, and when the first is due."""
    clocks = list(promises.to_triage(request.workspace).values_list("due_at", flat=True))
    if not clocks:
        return None
    count = len(clocks)
    overdue = sum(due is not None and due <= now for due in clocks)
    said = f"{_many(count, 'return waits', 'returns wait')} for marketing's answer"
    first = min((due for due in clocks if due is not None and due > now), default=None)
    if overdue:
        said += f", {overdue:,} overdue"
    elif first is not None:
        said += f", the first is due {words.relative(timezone.localtime(first), timezone.localtime(now))}"
    return Waiting(said, reverse("dashboard:returns"), "undo-2", late=bool(overdue))


def _mails(request: PageRequest, now: datetime) -> Waiting | None:
    """Name the mails of the last week that failed, or of which nobody knows whether they went."""
    troubled = Send.objects.of(request.workspace).filter(
        state__in=[Send.State.FAILED, Send.State.UNKNOWN], created_at__gte=now - AHEAD
    )
    states = list(troubled.values_list("state", flat=True)[:1000])
    if not states:
        return None
    state = Send.State.FAILED if Send.State.FAILED in states else Send.State.UNKNOWN
    said = f"{_many(len(states), 'mail', 'mails')} of the last 7 days failed, or may not have gone"
    return Waiting(said, f"{reverse('dashboard:outbox')}?state={state}", "mail-warning")


def _holes(request: PageRequest, now: datetime) -> Waiting | None:
    """Name how many topics and buying stages have no content; nothing before there is any content at all."""
    content = Content.objects.of(request.workspace).filter(active=True, topics__isnull=False).order_by()
    filled = content.values("topics", "stage").distinct().count()
    if not filled:
        return None
    holes = Topic.objects.of(request.workspace).count() * len(Stage) - filled
    if holes <= 0:
        return None
    said = f"{_many(holes, 'buying stage of a topic has', 'buying stages of topics have')} no content to send"
    return Waiting(said, reverse("dashboard:content"), "library")


def _review(request: PageRequest, now: datetime) -> Waiting | None:
    """Name the review date of the agreement when it is near or past."""
    agreement = agreements.active(request.workspace)
    found = agreements.review(agreement, now)
    if agreement is None or agreement.review_on is None or found is Review.NONE:
        return None
    when = words.day(agreement.review_on, timezone.localtime(now).date())
    due = found is Review.DUE
    said = f"The review of the agreement is due since {when}" if due else f"The agreement is to be reviewed {when}"
    return Waiting(said, reverse("dashboard:agreement"), "handshake", late=due)


def _worst(by: str, lines: Sequence[ReportLine]) -> Waiting | None:
    """Name the campaign (or source) that comes back most, where it clearly does more often than the others."""
    many = [line for line in lines if line.row.handed_over >= FEW]
    total, returned = sum(line.row.handed_over for line in lines), sum(map(_returned, lines))
    if not many or not total:
        return None
    worst = max(many, key=_share)
    if _share(worst) < 100 * returned / total + CLEARLY:
        return None
    share = words.percent(_returned(worst), worst.row.handed_over).partition(" (")[0]
    said = f"{worst.label}: {_returned(worst):,} of {worst.row.handed_over:,} hand-overs came back ({share})"
    query = urlencode({"by": by, "sort": "returned"})
    return Waiting(said, f"{reverse('dashboard:handoff_report')}?{query}", "megaphone")


def _returned(line: ReportLine) -> int:
    return line.row.outcomes["returned"]


def _share(line: ReportLine) -> float:
    return 100 * _returned(line) / line.row.handed_over


def _many(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
