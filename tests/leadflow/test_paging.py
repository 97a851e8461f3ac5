"""Lists read page by page: every row once, in order, whatever the cursor says."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import QuerySet

from leadflow import paging
from leads.models import Lead
from tests import builders

MONDAY = datetime(2026, 1, 5, 10, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def found() -> "QuerySet[Lead]":
    """Return seven leads, some of which came in the same moment."""
    workspace = builders.workspace()
    for minutes in (0, 1, 1, 1, 2, 3, 3):
        lead = builders.lead(workspace)
        Lead.everywhere.filter(pk=lead.pk).update(first_contact_at=MONDAY + timedelta(minutes=minutes))
    return Lead.objects.of(workspace)


def walk(read) -> list[int]:
    """Return the ids of all pages, one behind the other."""
    seen, after = [], ""
    while True:
        page = read(after)
        seen += [row.pk for row in page.rows]
        if page.next_cursor is None:
            return seen
        assert page.shown == 2
        after = page.next_cursor


def test_pages_by_id_show_every_row_once_the_newest_first(found):
    assert walk(lambda after: paging.by_id(found, after=after, size=2)) == list(
        found.order_by("-pk").values_list("pk", flat=True)
    )


@pytest.mark.parametrize("earliest_first", [False, True])
def test_pages_by_time_show_every_row_once_those_of_one_moment_too(found, earliest_first):
    sign = "" if earliest_first else "-"
    ordered = list(found.order_by(f"{sign}first_contact_at", f"{sign}pk").values_list("pk", flat=True))
    assert ordered == walk(
        lambda after: paging.by_time(found, "first_contact_at", after=after, size=2, earliest_first=earliest_first)
    )


@pytest.mark.parametrize("after", ["x", "~", "2026-01-05~1", "2026-01-05T10:00:00+00:00~x", f"9{'9' * 30}", "-1"])
def test_a_cursor_that_cannot_be_read_means_the_first_page(found, after):
    assert paging.by_id(found, after=after, size=2) == paging.by_id(found, size=2)
    assert paging.by_time(found, "first_contact_at", after=after, size=2).rows == list(
        found.order_by("-first_contact_at", "-pk")[:2]
    )


def test_a_page_by_time_takes_two_statements(found, django_assert_num_queries):
    with django_assert_num_queries(2):
        paging.by_time(found, "first_contact_at", size=2)
