"""The heads of both sides hear of the review a week before and on the day, once each."""

from datetime import UTC, date, datetime, timedelta

import pytest

from sla import agreements, reviews
from sla.models import Agreement
from sla.reviews import Review
from tests.sla.conftest import SIGNED, sweep
from workspaces.models import Notice

DAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)
WEEK = timedelta(days=7)


def told(workspace) -> list[tuple[int, str]]:
    found = Notice.objects.of(workspace).filter(kind="agreement.review").order_by("pk")
    return list(found.values_list("member_id", "text"))


def test_both_heads_hear_a_week_before_and_on_the_day_and_nobody_else(workspace, rep, sign, marketing_head, sales_head):
    sign(review_on=DAY)
    sweep(MORNING - WEEK - timedelta(minutes=1))
    assert told(workspace) == []
    for _ in range(2):
        sweep(MORNING - WEEK)
    words = "Agreement 1 is to be reviewed on Monday 2 March 2026: a week is left to gather what should change."
    assert told(workspace) == [(marketing_head.pk, words), (sales_head.pk, words)]
    for days in (0, 1, 30):
        sweep(MORNING + timedelta(days=days))
    assert [text[:33] for _, text in told(workspace)[2:]] == ["The review of Agreement 1 is due "] * 2
    assert len(told(workspace)) == 4
    assert agreements.active(workspace).next_at is None


def test_after_an_outage_they_hear_what_is_the_case(workspace, sign):
    sign(review_on=DAY)
    sweep(MORNING + timedelta(days=3))
    assert [text[:33] for _, text in told(workspace)] == ["The review of Agreement 1 is due "] * 2


def test_the_next_version_ends_the_review_of_the_one_before(workspace, sign):
    first = sign(review_on=DAY)
    sign(at=SIGNED + timedelta(days=1))
    assert Agreement.everywhere.get(pk=first.pk).next_at is None
    sweep(MORNING)
    assert told(workspace) == []


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (MORNING - WEEK - timedelta(days=1), Review.NONE),
        (MORNING - WEEK, Review.SOON),
        (MORNING - timedelta(hours=9), Review.SOON),
        (MORNING, Review.DUE),
        (MORNING + WEEK, Review.DUE),
    ],
)
def test_whether_a_review_is_due_goes_by_the_day_of_the_calendar(sign, at, found):
    terms = agreements.terms_of(sign(review_on=DAY))
    assert reviews.state(DAY, terms, at) == found
    assert reviews.state(None, terms, at) == Review.NONE
