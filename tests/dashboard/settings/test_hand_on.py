"""Who leaves, or gets a role that works no leads, hands on what they hold: one page with a preview."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Handoff, Pool, PoolMember, Transition
from tests import builders
from tests.dashboard.desk import html
from workspaces.models import Member, Notice
from workspaces.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(desk, admin):
    return desk.browser(admin)


@pytest.fixture
def otto(desk):
    return desk.member(Role.SALES, "Otto Other")


def page_of(member, change=""):
    return f"/settings/members/{member.pk}/hand-on/" + (f"?change={change}" if change else "")


def fresh(member):
    return Member.objects.of(member.workspace_id).get(pk=member.pk)


def to(member):
    return f"member:{member.pk}"


def test_deactivating_opens_a_page_that_lists_what_there_is_by_kind(desk, browser, otto):
    for _ in range(2):
        desk.offer()
    desk.accepted()
    listed = html(browser.get("/settings/members/"))
    assert page_of(desk.rep, "deactivate") in listed
    page = html(browser.get(page_of(desk.rep, "deactivate")))
    assert "Rita Rep has 2 open offers and 1 accepted lead in work." in page
    assert "Otto Other" in page
    assert "Leave them for now" in page
    assert fresh(desk.rep).active


def test_leads_go_and_the_member_is_shut_out_in_one_step(desk, browser, otto):
    offer, accepted = desk.offer(), desk.accepted()
    sent = {"change": "deactivate", "offers": "nobody", "accepted": to(otto), "note": "Rita left"}
    answer = browser.post(page_of(desk.rep), sent, follow=True)
    page = html(answer)
    assert "Rita Rep is deactivated; handed on: 1 open offer and 1 accepted lead in work." in page
    assert not fresh(desk.rep).active
    owners = [Handoff.objects.of(desk.workspace).get(pk=each.pk).owner for each in (offer, accepted)]
    assert owners == [None, otto]
    assert set(Transition.objects.of(desk.workspace).filter(move="reassign").values_list("note", flat=True)) == {
        "Rita left"
    }
    assert Notice.objects.of(desk.workspace).filter(member=otto, kind="leads.handed_on").count() == 1
    assert Notice.objects.of(desk.workspace).filter(member=desk.manager, kind="leads.handed_on").count() == 1


def test_without_an_answer_for_a_kind_nothing_happens_and_the_error_stands_beside_it(desk, browser, otto):
    desk.offer()
    desk.accepted()
    answer = browser.post(page_of(desk.rep), {"change": "deactivate", "offers": to(otto), "accepted": "", "note": ""})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"accepted": ["Say to whom this goes."]}
    assert fresh(desk.rep).active
    assert Handoff.objects.of(desk.workspace).filter(owner=desk.rep).count() == 2


def test_what_cannot_be_a_destination_is_not_offered_and_not_taken(desk, browser, otto):
    desk.accepted()
    Member.objects.of(desk.workspace).filter(pk=otto.pk).update(active=False)
    stranger = builders.member(builders.workspace("Elsewhere"))
    page = html(browser.get(page_of(desk.rep, "deactivate")))
    assert "Otto Other" not in page
    for wanted in ("nobody", to(otto), to(desk.rep), to(desk.marketer), to(stranger), "pool:0", "what"):
        answer = browser.post(page_of(desk.rep), {"change": "deactivate", "accepted": wanted, "note": ""})
        assert answer.status_code == 422, wanted
        assert "accepted" in answer.context["form"].errors
    assert fresh(desk.rep).active


def test_the_preview_counts_by_the_turns_and_changes_nothing(desk, browser, otto):
    pool = Pool.objects.of(desk.workspace).get(name="Sales")
    other = desk.member(Role.SALES, "Olga Other")
    for each in (desk.rep, otto, other):
        builders.place(pool, each)
    for _ in range(4):
        desk.accepted()
    first = html(browser.get(page_of(desk.rep, "deactivate")))  # the member's own pool is proposed
    assert "<dt>Olga Other</dt><dd>2</dd>" in first
    sent = {"change": "deactivate", "do": "preview", "accepted": to(otto), "note": ""}
    answer = browser.post(page_of(desk.rep), sent)
    assert answer.status_code == 200
    assert "<dt>Otto Other</dt><dd>4</dd>" in html(answer)
    assert fresh(desk.rep).active
    assert Handoff.objects.of(desk.workspace).filter(owner=desk.rep).count() == 4
    assert not PoolMember.objects.of(desk.workspace).exclude(credit=0).exists()


def test_left_for_now_they_are_listed_for_the_manager_until_somebody_has_them(desk, browser, otto):
    accepted = desk.accepted()
    browser.post(page_of(desk.rep), {"change": "deactivate", "do": "leave"})
    assert not fresh(desk.rep).active
    assert Handoff.objects.of(desk.workspace).get(pk=accepted.pk).owner == desk.rep
    told = Notice.objects.of(desk.workspace).get(member=desk.manager, kind="leads.handed_on")
    assert told.url == page_of(desk.rep)
    line = f'1 lead belongs to Rita Rep, who is deactivated:<a href="{page_of(desk.rep)}">give it to somebody</a>'
    manager = desk.browser(desk.manager)
    assert line in html(manager.get("/inbox/"))
    assert "who is deactivated" not in html(desk.browser(otto).get("/inbox/"))
    page = html(manager.get(page_of(desk.rep)))
    assert "Rita Rep, who is deactivated, has 1 accepted lead in work." in page
    assert "Leave them for now" not in page
    answer = manager.post(page_of(desk.rep), {"accepted": to(otto), "note": ""}, follow=True)
    assert "Rita Rep has handed on 1 accepted lead in work." in html(answer)
    assert "who is deactivated" not in html(manager.get("/inbox/"))
    assert Handoff.objects.of(desk.workspace).get(pk=accepted.pk).owner == otto


def test_a_role_that_works_no_leads_asks_first(desk, browser, otto):
    desk.accepted()
    answer = browser.post(f"/settings/members/{desk.rep.pk}/", {"role": "viewer", "away_until": ""})
    assert answer.url == page_of(desk.rep, "viewer")
    assert fresh(desk.rep).role == Role.SALES
    assert "Make Rita Rep viewer" in html(browser.get(answer.url))
    browser.post(page_of(desk.rep), {"change": "viewer", "accepted": to(otto), "note": ""})
    assert fresh(desk.rep).role == Role.VIEWER
    assert not Handoff.objects.of(desk.workspace).filter(owner=desk.rep).exists()


@pytest.mark.parametrize(("role", "holds"), [("sales_manager", True), ("viewer", False)])
def test_a_role_that_works_leads_and_a_rep_without_any_ask_nothing(desk, browser, role, holds):
    if holds:
        desk.accepted()
    assert (
        browser.post(f"/settings/members/{desk.rep.pk}/", {"role": role, "away_until": ""}).url == "/settings/members/"
    )
    assert fresh(desk.rep).role == role


def test_who_has_nothing_is_shut_out_with_one_click(desk, browser):
    page = html(browser.get(page_of(desk.marketer, "deactivate")))
    assert "Mia Market has no leads, follow-ups or accounts" in page
    browser.post(page_of(desk.marketer), {"change": "deactivate", "note": ""})
    assert not fresh(desk.marketer).active


def test_only_who_manages_members_may_shut_out_or_change_the_role(desk, otto):
    desk.accepted()
    manager = desk.browser(desk.manager)
    for change in ("deactivate", "viewer"):
        assert manager.get(page_of(desk.rep, change)).status_code == 403
        assert manager.post(page_of(desk.rep), {"change": change, "accepted": to(otto)}).status_code == 403
        assert manager.post(page_of(desk.rep), {"change": change, "do": "leave"}).status_code == 403
    assert desk.browser(desk.rep).get(page_of(otto)).status_code == 403
    assert (fresh(desk.rep).active, fresh(desk.rep).role) == (True, Role.SALES)
    assert Handoff.objects.of(desk.workspace).filter(owner=desk.rep).count() == 1


def test_the_last_admin_stays_with_all_that_they_hold(desk, browser, admin, otto):
    handoff = desk.offer(admin)
    answer = browser.post(page_of(admin), {"change": "deactivate", "offers": to(otto), "note": ""})
    assert answer.status_code == 422
    assert "A workspace needs an admin" in html(answer)
    assert fresh(admin).active
    assert Handoff.objects.of(desk.workspace).get(pk=handoff.pk).owner == admin
    assert "A workspace needs an admin" in html(
        browser.post(page_of(admin), {"change": "deactivate", "do": "leave"}, follow=True)
    )
    assert fresh(admin).active


def test_places_in_pools_go_unless_they_are_kept(desk, browser):
    pool = Pool.objects.of(desk.workspace).get(name="Sales")
    builders.place(pool, desk.rep)
    assert "Take Rita Rep out of the pool Sales" in html(browser.get(page_of(desk.rep, "deactivate")))
    browser.post(page_of(desk.rep), {"change": "deactivate", "note": "", "leave_pools": "on"})
    assert not PoolMember.objects.of(desk.workspace).filter(member=desk.rep).exists()


def test_who_is_reactivated_gets_nothing_back(desk, browser, otto):
    accepted = desk.accepted()
    browser.post(page_of(desk.rep), {"change": "deactivate", "accepted": to(otto), "note": ""})
    browser.post(f"/settings/members/{desk.rep.pk}/activate/")
    assert fresh(desk.rep).active
    assert Handoff.objects.of(desk.workspace).get(pk=accepted.pk).owner == otto


def test_nobody_is_offered_a_lead_who_is_gone(desk, browser, otto):
    handoff = desk.accepted(otto)
    browser.post(page_of(desk.rep), {"change": "deactivate", "note": ""})
    manager = desk.browser(desk.manager)
    assert "Rita Rep" not in html(manager.get(f"/handoffs/{handoff.pk}/reassign/"))
    answer = manager.post(f"/handoffs/{handoff.pk}/reassign/", {"to": desk.rep.pk, "note": ""})
    assert answer.status_code == 422
    assert Handoff.objects.of(desk.workspace).get(pk=handoff.pk).owner == otto


def test_lists_go_on_offering_who_is_gone_as_long_as_the_name_stands_on_a_lead(desk, browser, otto):
    gone = desk.member(Role.SALES, "Nora Nothing")
    handoff = desk.accepted()
    for each in (desk.rep, gone):
        browser.post(page_of(each), {"change": "deactivate", "do": "leave"})
    manager = desk.browser(desk.manager)
    for address in ("/leads/", "/handoffs/", "/inbox/", "/returns/"):
        page = html(manager.get(address))
        assert "Rita Rep (deactivated)" in page, address
        assert "Nora Nothing" not in page, address
    assert handoff.lead.name in html(manager.get(f"/leads/?owner={desk.rep.pk}"))
    assert handoff.lead.name in html(manager.get(f"/inbox/?tab=in_work&member={desk.rep.pk}"))
    browser.post(f"/settings/members/{desk.rep.pk}/activate/")
    browser.post(f"/settings/members/{desk.rep.pk}/", {"role": "viewer", "away_until": ""})
    browser.post(page_of(desk.rep), {"change": "viewer", "do": "leave"})
    assert "Rita Rep (now viewer)" in html(manager.get("/leads/"))


def test_the_page_takes_a_fixed_number_of_statements(desk, browser):
    pool = Pool.objects.of(desk.workspace).get(name="Sales")

    def cost(number):
        for _ in range(number):
            desk.accepted()
            builders.place(pool, desk.member(Role.SALES))
        with CaptureQueriesContext(connection) as statements:
            assert browser.get(page_of(desk.rep, "deactivate")).status_code == 200
        return len(statements)

    builders.place(pool, desk.rep)
    assert cost(1) == cost(5)
