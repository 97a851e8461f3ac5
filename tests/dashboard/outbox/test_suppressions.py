"""The page of suppressed addresses."""

import pytest

from nurture import suppression
from nurture.models import Suppression
from tests import builders
from tests.dashboard.marketing import queries
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


def test_suppressed_addresses_are_listed_page_by_page_in_a_fixed_number_of_statements(desk):
    lead = builders.lead(desk.workspace)
    suppression.add(desk.workspace, lead.email, why="bounced", note="550 No such user")
    browser = desk.browser(desk.marketer)
    few = queries(browser, "/outbox/suppressed/")
    page = browser.get("/outbox/suppressed/").content.decode()
    assert f"/leads/{lead.pk}/" in page
    assert "550 No such user" in page
    for number in range(59):
        suppression.add(desk.workspace, f"gone{number}@x.test", why="by_hand")
    assert queries(browser, "/outbox/suppressed/") == few
    first = browser.get("/outbox/suppressed/").context["page"]
    second = browser.get(f"/outbox/suppressed/?after={first.next_cursor}").context["page"]
    assert (first.shown, second.shown) == (50, 10)


def test_a_marketer_lifts_a_suppression(desk):
    row = suppression.add(desk.workspace, "a@b.test", why="complained")
    browser = desk.browser(desk.marketer)
    answer = browser.post(f"/outbox/suppressed/{row.pk}/lift/", follow=True)
    assert "The suppression is lifted" in answer.content.decode()
    assert not Suppression.objects.of(desk.workspace).exists()
    entry = AuditEntry.objects.of(desk.workspace).get(action="suppression.lifted")
    assert (entry.actor_name, entry.object_name) == (str(desk.marketer.user.name), "a@b.test")


def test_who_may_only_look_is_offered_no_way_to_lift(desk):
    row = suppression.add(desk.workspace, "a@b.test", why="complained")
    browser = desk.browser(desk.manager)
    assert "/lift/" not in browser.get("/outbox/suppressed/").content.decode()
    assert browser.post(f"/outbox/suppressed/{row.pk}/lift/").status_code == 403
    assert Suppression.objects.of(desk.workspace).exists()
