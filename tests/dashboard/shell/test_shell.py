import pytest
from django.test import Client
from django.utils import timezone

from leads.models import Campaign
from tests import builders
from tests.dashboard.desk import HTMX, Desk, html
from workspaces import access, notices
from workspaces.models import Member, Notice, Workspace

pytestmark = pytest.mark.django_db


def test_a_stranger_is_asked_to_log_in():
    for url in ("/", "/inbox/", "/queue/", "/search/", "/notices/", "/profile/", "/workspace/new/"):
        assert Client().get(url)["Location"].startswith("/account/login/")


def test_home_is_where_the_members_work_is(desk, rep):
    assert rep.get("/")["Location"] == "/inbox/"
    assert desk.browser(desk.marketer).get("/")["Location"] != "/inbox/"


def test_who_has_no_workspace_makes_one_and_is_its_admin():
    client, user = Client(), builders.user("Nina New")
    client.force_login(user)
    assert client.get("/")["Location"] == "/workspace/new/"
    client.post("/workspace/new/", {"name": "Fresh", "time_zone": "Europe/Berlin"})
    member = Member.everywhere.get(user=user)
    assert (member.workspace.name, member.workspace.time_zone, member.role) == ("Fresh", "Europe/Berlin", "admin")


def test_a_workspace_without_a_name_is_not_made():
    client = Client()
    client.force_login(builders.user())
    assert client.post("/workspace/new/", {"name": " ", "time_zone": "UTC"}).status_code == 422
    assert not Workspace.objects.exists()


def test_a_user_changes_to_another_workspace_of_theirs_only(desk, rep):
    own = access.create_workspace("Second", owner=desk.rep.user)
    foreign = builders.workspace("Foreign")
    rep.post("/workspace/", {"workspace": own.pk})
    assert rep.get("/profile/").context["workspace"] == own
    rep.post("/workspace/", {"workspace": foreign.pk})
    assert rep.get("/profile/").context["workspace"] == own


def test_the_appearance_is_kept_in_the_cookie_and_with_the_user(desk, rep):
    answer = rep.post("/theme/", {"theme": "dark", "next": "https://elsewhere.test/"})
    assert answer["Location"] == "/"
    assert answer.cookies["theme"].value == "dark"
    desk.rep.user.refresh_from_db()
    assert desk.rep.user.theme == "dark"
    assert rep.get("/theme/").status_code == 405


def test_the_profile_keeps_name_and_zone(desk, rep):
    rep.post("/profile/", {"name": "Rita R.", "time_zone": "Asia/Kathmandu", "theme": "light"})
    desk.rep.user.refresh_from_db()
    assert (desk.rep.user.name, desk.rep.user.time_zone) == ("Rita R.", "Asia/Kathmandu")
    assert rep.post("/profile/", {"name": "X", "time_zone": "Mars/Base"}).status_code == 422


def test_times_are_shown_in_the_readers_zone(desk, rep):
    desk.rep.user.time_zone = "Asia/Kathmandu"
    desk.rep.user.save()
    handoff = desk.offer()
    assert "(Asia/Kathmandu)" in rep.get(f"/leads/{handoff.lead_id}/").content.decode()
    assert timezone.get_current_timezone_name() == "UTC"


def tell(member: Member, key: str, url: str = "/queue/") -> Notice:
    notices.notify(
        [member], kind="handoff.offered", text=f"Told {key}", url=url, key=key, mail=False, at=timezone.now()
    )
    return Notice.objects.of(member.workspace_id).get(member=member, key=key)


def test_notices_are_listed_and_marked_as_read(desk, rep):
    Notice.objects.of(desk.workspace).delete()  # that the agreement runs
    one, two = tell(desk.rep, "one"), tell(desk.rep, "two")
    tell(desk.manager, "not mine")
    page = rep.get("/notices/").content.decode()
    assert "Told one" in page
    assert "not mine" not in page
    assert rep.post(f"/notices/{one.pk}/")["Location"] == "/queue/"
    rep.post("/notices/read/", {"notice": two.pk})
    assert notices.unread_count(desk.rep) == 0
    assert Notice.objects.of(desk.workspace).get(key="not mine").read_at is None


def test_reading_a_notice_of_another_member_changes_nothing(desk, rep):
    other = tell(desk.manager, "theirs")
    assert rep.post(f"/notices/{other.pk}/")["Location"] == "/notices/"
    other.refresh_from_db()
    assert other.read_at is None


def test_a_notice_never_leads_to_another_host(desk, rep):
    notice = tell(desk.rep, "bad", url="//elsewhere.test/")
    assert rep.post(f"/notices/{notice.pk}/")["Location"] == "/notices/"


def test_the_counts_of_the_side_bar_come_alone(desk, rep):
    desk.offer()
    part = html(rep.get("/shell/counts/", headers={**HTMX, "HX-Current-URL": "http://testserver/inbox/"}))
    assert 'id="side-nav"' in part
    assert '<span class="count">1</span>' in part
    assert 'href="/inbox/" aria-current="page"' in part


@pytest.mark.parametrize("text", ["ram", "RAMAN", "Raman Priya", "priya raman", "priya@", "PRIYA@HELIO"])
def test_search_finds_leads_by_how_e_mail_and_name_begin(desk, rep, text):
    lead = builders.lead(desk.workspace, first_name="Priya", last_name="Raman", email="priya@helio.test")
    builders.lead(desk.workspace, first_name="Otto", last_name="Lind", email="otto@helio.test")
    assert rep.get("/search/", {"q": text})["Location"] == f"/leads/{lead.pk}/"


def test_search_finds_accounts_and_campaigns(desk, rep):
    builders.account(desk.workspace, name="Helio Bank")
    Campaign.everywhere.create(workspace=desk.workspace, code="helio-1", name="Helio spring")
    page = rep.get("/search/", {"q": "helio"}).content.decode()
    assert "Helio Bank" in page
    assert "Helio spring" in page


def test_search_finds_nothing_of_another_workspace(desk, rep):
    builders.lead(Desk("Other").workspace, last_name="Raman")
    answer = rep.get("/search/", {"q": "raman"})
    assert "Nothing matches" in answer.content.decode()


def test_search_by_too_little_asks_for_more(desk, rep):
    builders.lead(desk.workspace, last_name="Raman")
    assert "at least 2 characters" in rep.get("/search/", {"q": "r"}).content.decode()
