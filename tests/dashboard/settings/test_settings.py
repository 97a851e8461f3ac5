"""The settings' pages: each change goes through its door, is audited, and is refused in words."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from leads.models import Pool, PoolMember, Question, Reason, RejectedEvent, RoutingRule, Scoring, Topic
from sla import agreements, amendments, calendars
from tests import builders
from tests.dashboard.desk import Desk, html
from tests.dashboard.marketing import queries
from webhooks import catalogue, endpoints
from webhooks.models import Delivery, Endpoint, OutboxEvent
from workspaces import access, invitations, keys
from workspaces.models import ApiKey, AuditEntry, Invitation, Member, Workspace
from workspaces.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(desk, admin) -> Client:
    return desk.browser(admin)


def audited(desk: Desk, action: str) -> bool:
    return AuditEntry.objects.of(desk.workspace).filter(action=action).exists()


def proposed_hours(desk: Desk) -> Mapping[str, Any]:
    """Return the hours of the draft that the change has opened: those that both sides signed run on."""
    assert amendments.standing(desk.workspace).hours(desk.workspace) != calendars.of(desk.workspace).hours
    return amendments.standing(desk.workspace).hours(desk.workspace)


def fields(form) -> dict[str, object]:
    """Return what a form holds, as a browser would send it."""
    held = {field.html_name: field.value() for field in form}
    return {name: value for name, value in held.items() if value not in (None, "", False)}


def test_the_workspace_is_changed_by_its_form(desk, browser):
    typed = fields(browser.get("/settings/workspace/").context["form"])
    assert browser.post("/settings/workspace/", typed | {"name": "Northwind", "daily_cap": 2}).status_code == 302
    assert Workspace.objects.get(pk=desk.workspace.pk).name == "Northwind"
    assert audited(desk, "workspace.changed")


def test_a_currency_that_is_none_is_refused_and_changes_nothing(desk, browser):
    typed = fields(browser.get("/settings/workspace/").context["form"])
    answer = browser.post("/settings/workspace/", typed | {"name": "X", "currency": "Euro"})
    assert answer.status_code == 422
    assert Workspace.objects.get(pk=desk.workspace.pk).name == "Acme"


def test_an_admin_invites_by_mail_and_takes_it_back(desk, browser):
    browser.post("/settings/members/", {"email": "new@x.test", "role": "sales"})
    invitation = invitations.pending(desk.workspace).get()
    assert "new@x.test" in browser.get("/settings/members/").content.decode()
    browser.post(f"/settings/invitations/{invitation.pk}/revoke/")
    assert not invitations.pending(desk.workspace).exists()


def test_a_member_cannot_be_invited_again(desk, browser):
    answer = browser.post("/settings/members/", {"email": desk.rep.user.email, "role": "sales"})
    assert answer.status_code == 422
    assert "is a member of the workspace already" in answer.content.decode()
    assert not Invitation.objects.of(desk.workspace).exists()


def test_a_member_gets_another_role_and_is_away(desk, browser):
    away = (timezone.localtime() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    browser.post(f"/settings/members/{desk.rep.pk}/", {"role": "sales_manager", "away_until": away})
    member = Member.objects.of(desk.workspace).get(pk=desk.rep.pk)
    assert member.role == "sales_manager"
    assert member.away_until > timezone.now()


def test_a_time_away_that_is_over_is_refused_and_the_role_stays(desk, browser):
    answer = browser.post(
        f"/settings/members/{desk.rep.pk}/", {"role": "sales_manager", "away_until": "2020-01-01T09:00"}
    )
    assert answer.status_code == 422
    assert "away_until" in answer.context["form"].errors
    assert Member.objects.of(desk.workspace).get(pk=desk.rep.pk).role == "sales"


def test_nobody_is_offered_to_shut_themselves_out(desk, browser, admin):
    page = browser.get("/settings/members/").content.decode()
    assert f"/settings/members/{desk.rep.pk}/active/" in page
    assert f"/settings/members/{admin.pk}/active/" not in page


def test_the_last_admin_cannot_be_shut_out(desk, browser, admin):
    answer = browser.post(f"/settings/members/{admin.pk}/active/", {"active": "no"}, follow=True)
    assert "A workspace needs an admin" in answer.content.decode()
    assert Member.objects.of(desk.workspace).get(pk=admin.pk).active


def test_a_key_is_shown_once(desk, browser):
    answer = browser.post("/settings/keys/", {"name": "CRM", "scopes": ["read", "write"]})
    _, secret = answer.context["made"]
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert keys.check(secret).scopes == ["read", "write"]
    assert secret not in browser.get("/settings/keys/").content.decode()


def test_a_revoked_key_opens_nothing(desk, browser, admin):
    key, secret = keys.create(desk.workspace, actor=builders.actor(admin), name="CRM", scopes=["read"])
    browser.post(f"/settings/keys/{key.pk}/revoke/")
    assert keys.check(secret) is None


def test_a_key_without_scopes_is_refused(desk, browser):
    assert browser.post("/settings/keys/", {"name": "CRM"}).status_code == 422
    assert not ApiKey.objects.of(desk.workspace).exists()


def test_the_week_takes_several_windows_a_day(desk, browser):
    typed = fields(browser.get("/settings/calendar/").context["form"])
    typed |= {"day0": "9:00 to 12:00, 13:00-17:30", "day4": ""}
    assert browser.post("/settings/calendar/", typed).status_code == 302
    windows = proposed_hours(desk)["windows"]
    assert [(each["start"], each["end"]) for each in windows if each["weekday"] == 0] == [
        ("09:00", "12:00"),
        ("13:00", "17:30"),
    ]
    assert not any(each["weekday"] == 4 for each in windows)


def test_windows_that_overlap_are_refused_and_change_nothing(desk, browser):
    before = calendars.of(desk.workspace).hours
    typed = fields(browser.get("/settings/calendar/").context["form"])
    answer = browser.post("/settings/calendar/", typed | {"day0": "09:00 to 12:00, 11:00 to 13:00"})
    assert answer.status_code == 422
    assert "overlap" in answer.content.decode()
    assert calendars.of(desk.workspace).hours == before


def test_holidays_are_copied_added_and_removed(desk, browser):
    browser.post("/settings/calendar/holidays/country/", {"country": "de", "year": 2026})
    browser.post("/settings/calendar/holidays/add/", {"date": "2026-12-24", "name": "Christmas Eve"})
    days = {each["date"]: each["name"] for each in proposed_hours(desk)["holidays"]}
    assert days["2026-12-24"] == "Christmas Eve"
    assert "2026-10-03" in days
    browser.post("/settings/calendar/holidays/remove/", {"date": "2026-10-03"})
    assert "2026-10-03" not in str(proposed_hours(desk)["holidays"])


def test_a_country_that_is_none_is_refused_beside_its_field(desk, browser):
    answer = browser.post("/settings/calendar/holidays/country/", {"country": "QQ", "year": 2026})
    assert answer.status_code == 422
    assert "country" in answer.context["country_form"].errors
    assert calendars.of(desk.workspace).hours["holidays"] == []


def test_rules_are_added_moved_and_removed(desk, browser):
    pool = Pool.objects.of(desk.workspace).get()
    condition = json.dumps({"fact": "lead.country", "op": "is", "value": "DE"})
    typed = {"name": "Germany", "pool": pool.pk, "condition": condition, "active": "on"}
    assert browser.post("/settings/routing/rules/add/", typed).status_code == 302
    rules = RoutingRule.objects.of(desk.workspace).order_by("position")
    assert [rule.name for rule in rules] == ["Every lead", "Germany"]
    germany = rules.get(name="Germany")
    browser.post(f"/settings/routing/rules/{germany.pk}/move/", {"to": "up"})
    assert [rule.name for rule in rules.all()] == ["Germany", "Every lead"]
    browser.post(f"/settings/routing/rules/{germany.pk}/remove/")
    assert [rule.name for rule in rules.all()] == ["Every lead"]
    assert audited(desk, "routing_rule.created")
    assert audited(desk, "routing_rule.removed")


def test_a_rule_with_a_condition_that_cannot_be_used_is_refused_with_the_place(desk, browser):
    pool = Pool.objects.of(desk.workspace).get()
    typed = {"name": "Bad", "pool": pool.pk, "condition": '{"fact": "lead.countri", "op": "is", "value": "DE"}'}
    answer = browser.post("/settings/routing/rules/add/", typed)
    assert answer.status_code == 422
    assert "/fact" in answer.content.decode()
    assert not RoutingRule.objects.of(desk.workspace).filter(name="Bad").exists()


def test_a_member_joins_a_pool_with_weight_and_capacity(desk, browser):
    pool = Pool.objects.of(desk.workspace).get()
    path = f"/settings/routing/pools/{pool.pk}/members/add/"
    assert browser.post(path, {"member": desk.rep.pk, "weight": 2, "capacity": 20}).status_code == 302
    place = PoolMember.objects.of(desk.workspace).get(pool=pool)
    assert (place.member_id, place.weight, place.capacity) == (desk.rep.pk, 2, 20)
    answer = browser.post(path, {"member": desk.rep.pk, "weight": 1})
    assert answer.status_code == 422
    assert "one like this already" in answer.content.decode()
    browser.post(f"/settings/routing/members/{place.pk}/remove/")
    assert not PoolMember.objects.of(desk.workspace).exists()


def test_a_member_of_another_workspace_cannot_join_a_pool(desk, browser):
    other = Desk("Other")
    pool = Pool.objects.of(desk.workspace).get()
    answer = browser.post(f"/settings/routing/pools/{pool.pk}/members/add/", {"member": other.rep.pk, "weight": 1})
    assert answer.status_code == 422
    assert not PoolMember.everywhere.filter(pool=pool).exists()


def test_a_pool_to_which_a_rule_leads_stays(desk, browser):
    pool = Pool.objects.of(desk.workspace).get()
    answer = browser.post(f"/settings/routing/pools/{pool.pk}/remove/", follow=True)
    assert "leads to this pool" in answer.content.decode()
    assert Pool.objects.of(desk.workspace).filter(pk=pool.pk).exists()


def test_a_dry_run_says_who_would_get_a_lead_and_takes_no_turn(desk, browser):
    place = builders.place(Pool.objects.of(desk.workspace).get(), desk.rep)
    lead = builders.lead(desk.workspace)
    text = browser.get("/settings/routing/", {"lead": lead.email}).content.decode()
    assert "Rita Rep is next in turn in the pool Sales" in text
    place.refresh_from_db()
    assert place.credit == 0
    foreign = builders.lead(builders.workspace("Other"))
    assert "There is no such lead" in browser.get("/settings/routing/", {"lead": foreign.pk}).content.decode()


def test_a_reason_is_added_and_changed_but_keeps_its_code(desk, browser):
    typed = {"kind": "return", "code": "moved", "label": "Moved away", "position": 20, "cool_off_days": 10}
    assert browser.post("/settings/reasons/add/", typed | {"active": "on"}).status_code == 302
    reason = Reason.objects.of(desk.workspace).get(code="moved")
    browser.post(f"/settings/reasons/{reason.pk}/", typed | {"label": "Moved", "code": "other"})
    reason.refresh_from_db()
    assert (reason.label, reason.code, reason.active) == ("Moved", "moved", False)
    assert audited(desk, "reason.created")
    assert audited(desk, "reason.changed")


def test_a_code_that_is_taken_is_refused_beside_its_field(desk, browser):
    count = Reason.objects.of(desk.workspace).count()
    typed = {"kind": "return", "code": "no-budget", "label": "Again", "position": 1, "cool_off_days": 0}
    answer = browser.post("/settings/reasons/add/", typed)
    assert answer.status_code == 422
    assert "one like this already" in str(answer.context["form"].errors["code"])
    assert Reason.objects.of(desk.workspace).count() == count


def test_a_question_of_a_list_needs_its_answers(desk, browser):
    typed = {"code": "size", "label": "How many seats?", "kind": "choice", "position": 9, "active": "on"}
    answer = browser.post("/settings/questions/add/", typed | {"choices": "One"})
    assert answer.status_code == 422
    assert "choices" in answer.context["form"].errors
    assert not Question.objects.of(desk.workspace).filter(code="size").exists()
    assert browser.post("/settings/questions/add/", typed | {"choices": "One\nMany\n\nMany"}).status_code == 302
    assert Question.objects.of(desk.workspace).get(code="size").choices == ["One", "Many"]


@pytest.mark.parametrize("noun", ["topic", "persona", "attribute"])
def test_a_word_is_added(desk, browser, noun):
    typed = {"code": "freight", "key": "freight", "label": "Freight", "kind": "text"}
    assert browser.post(f"/settings/words/{noun}s/add/", typed).status_code == 302
    assert "Freight" in browser.get("/settings/words/").content.decode()
    assert audited(desk, f"{noun}.created")


@pytest.mark.parametrize("signed", [False, True])
def test_a_scoring_runs_at_once_until_an_agreement_does_and_is_proposed_from_then_on(desk, browser, signed):
    if not signed:
        admin = builders.user("Nora Nobody")
        workspace = access.create_workspace("Unsigned", owner=admin)
        browser = Client()
        browser.force_login(admin)
    else:
        workspace = desk.workspace
    active = Scoring.objects.of(workspace).get(status="active")
    rules = {name: value for name, value in active.rules.items() if name != "version"}
    rules["fit"] = {**rules["fit"], "grades": {"A": 70, "B": 40, "C": 20}}
    before = html(browser.get("/settings/scoring/"))
    answer = html(browser.post("/settings/scoring/", {"rules": json.dumps(rules)}, follow=True))
    running = Scoring.objects.of(workspace).get(status="active")
    if signed:
        assert "Both sides signed this with Agreement 1: a change opens a draft" in before
        assert "Proposed in Agreement 2. It takes effect when the heads of both sides have signed" in answer
        assert "a change joins the draft of Agreement 2" in answer
        assert running.version == active.version
        assert agreements.complete(agreements.in_work(workspace)).scoring["fit"]["grades"]["A"] == 70
    else:
        assert "No agreement is signed yet: a change runs at once" in before
        assert "The new rules are active" in answer
        assert (running.version, running.rules["fit"]["grades"]["A"]) == (active.version + 1, 70)


def test_a_reason_that_is_switched_off_says_where_the_change_went_and_the_form_goes_on_from_it(desk, browser):
    reason = Reason.objects.of(desk.workspace).get(kind="return", code="no-need")
    path = f"/settings/reasons/{reason.pk}/"
    typed = fields(browser.get(path).context["form"]) | {"cool_off_days": 7}
    assert "Proposed in Agreement 2" in html(browser.post(path, typed, follow=True))
    assert browser.get(path).context["form"]["cool_off_days"].value() == 7
    assert "Changes with Agreement 2" in html(browser.get("/settings/reasons/"))
    typed.pop("active")
    browser.post(path, typed)
    page = html(browser.get("/settings/reasons/"))
    assert "Out of use with Agreement 2" in page
    assert f'href="/agreement/{2}/"' in page
    reason.refresh_from_db()
    assert (reason.active, reason.cool_off_days) == (True, 60)


def test_a_change_while_a_version_is_proposed_is_refused_with_the_way_out(desk, browser, admin):
    draft = agreements.draft_next(desk.workspace, actor=builders.actor(admin))
    agreements.propose(draft, actor=builders.actor(admin))
    question = Question.objects.of(desk.workspace).get(code="budget")
    page = f"/settings/questions/{question.pk}/"
    assert "is proposed, so its text is frozen" in html(browser.get(page))
    answer = browser.post(page, {"label": "How much?", "position": 0, "choices": "A\nB", "active": "on"})
    assert answer.status_code == 422
    assert "Withdraw it to add this change" in html(answer)
    question.refresh_from_db()
    assert question.label == "What budget is there?"


def test_a_scoring_that_cannot_be_used_is_refused_with_the_places_and_the_old_one_runs(desk, browser):
    answer = browser.post("/settings/scoring/", {"rules": '{"fit": {"grades": {"A": 1}, "rules": []}, "interest": 3}'})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "/fit/grades" in text
    assert "/interest" in text
    assert Scoring.objects.of(desk.workspace).count() == 1


def test_an_endpoint_is_made_with_a_secret_that_is_shown_once(desk, browser):
    answer = browser.post("/settings/webhooks/", {"url": "https://hooks.example.com/in", "types": ["lead.won"]})
    endpoint, secret = answer.context["made"]
    assert secret in answer.content.decode()
    assert endpoint.types == ["lead.won"]
    assert secret not in browser.get(f"/settings/webhooks/{endpoint.pk}/").content.decode()
    rotated = browser.post(f"/settings/webhooks/{endpoint.pk}/rotate/")
    assert "whsec_" in rotated.content.decode()
    assert secret not in rotated.content.decode()


def test_every_event_of_the_catalogue_can_be_chosen_with_what_it_means_under_its_group(desk, browser):
    page = browser.get("/settings/webhooks/").content.decode()
    for event in catalogue.types():
        assert f'value="{event.name}"' in page
        assert escape(f"{event.name}: {event.help}") in page
    places = [page.index(f"<label>{group}</label>") for group in catalogue.Group]
    assert places == sorted(places)


def test_an_event_that_is_sent_no_more_stays_chosen_and_a_made_up_one_is_refused(desk, browser, admin):
    endpoint, _ = endpoints.create(desk.workspace, actor=builders.actor(admin), url="https://hooks.example.com/in")
    Endpoint.everywhere.filter(pk=endpoint.pk).update(types=["lead.gone"])
    path = f"/settings/webhooks/{endpoint.pk}/"
    given = {"url": endpoint.url, "types": ["lead.gone", "lead.won"]}
    assert browser.post(path, given).status_code == 302
    assert endpoints.get(desk.workspace, endpoint.pk).types == ["lead.gone", "lead.won"]
    assert browser.post(path, given | {"types": ["lead.made_up"]}).status_code == 422
    assert endpoints.get(desk.workspace, endpoint.pk).types == ["lead.gone", "lead.won"]


def test_an_address_inside_is_refused(desk, browser, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    answer = browser.post("/settings/webhooks/", {"url": "https://127.0.0.1/in"})
    assert answer.status_code == 422
    assert "must be a public one" in answer.content.decode()
    assert not Endpoint.objects.of(desk.workspace).exists()


def test_an_endpoint_pauses_goes_on_and_sends_again(desk, browser, admin):
    endpoint, _ = endpoints.create(desk.workspace, actor=builders.actor(admin), url="https://hooks.example.com/in")
    path = f"/settings/webhooks/{endpoint.pk}/"
    browser.post(path + "running/", {"running": "no"})
    assert not endpoints.get(desk.workspace, endpoint.pk).active
    span = {"since": "2020-01-01T00:00", "until": "2099-01-01T00:00"}
    assert "is paused" in browser.post(path + "replay/", span).content.decode()
    assert not Delivery.objects.of(desk.workspace).exists()
    browser.post(path + "running/", {"running": "yes"})
    assert browser.post(path + "replay/", span).status_code == 302
    facts = OutboxEvent.objects.of(desk.workspace).count()
    assert Delivery.objects.of(desk.workspace).count() == facts > 0


def test_the_log_of_deliveries_takes_a_fixed_number_of_statements(desk, browser, admin):
    endpoint, _ = endpoints.create(desk.workspace, actor=builders.actor(admin), url="https://hooks.example.com/in")
    path = f"/settings/webhooks/{endpoint.pk}/"
    few = queries(browser, path)
    at = timezone.now()
    events = OutboxEvent.everywhere.bulk_create(
        OutboxEvent(workspace=desk.workspace, type="lead.won", at=at, data={}) for _ in range(60)
    )
    Delivery.everywhere.bulk_create(
        Delivery(workspace=desk.workspace, endpoint=endpoint, event=event, message_id=f"m{event.pk}")
        for event in events
    )
    assert queries(browser, path) == few
    assert browser.get(path).context["page"].shown == 50


def test_the_audit_log_is_filtered_and_paged_in_a_fixed_number_of_statements(desk, browser):
    few = queries(browser, "/settings/audit/")
    AuditEntry.everywhere.bulk_create(
        AuditEntry(
            workspace=desk.workspace, action="key.created", object_name=f"K{n}", actor_name="Zoe", actor_kind="key"
        )
        for n in range(60)
    )
    assert queries(browser, "/settings/audit/") == few
    first = browser.get("/settings/audit/?action=key&who=zo").context["page"]
    second = browser.get(f"/settings/audit/?action=key&who=zo&after={first.next_cursor}").context["page"]
    assert (first.shown, second.shown) == (50, 10)
    assert "K59" in b"".join(browser.get("/settings/audit.csv?action=key").streaming_content).decode()


@pytest.mark.parametrize(
    "path",
    [
        "/settings/members/",
        "/settings/keys/",
        "/settings/routing/",
        "/settings/reasons/",
        "/settings/words/",
        "/settings/rejected/",
    ],
)
def test_lists_of_settings_take_a_fixed_number_of_statements(desk, browser, admin, path):
    def grow(count: int) -> None:
        pool = Pool.objects.of(desk.workspace).first()
        for number in range(count):
            builders.place(pool, desk.member(Role.SALES))
            keys.create(desk.workspace, actor=builders.actor(admin), name="K", scopes=["read"])
            code = f"c{Reason.everywhere.count()}-{number}"
            Reason.everywhere.create(workspace=desk.workspace, kind="return", code=code, label="R")
            Topic.everywhere.create(workspace=desk.workspace, code=code, label="T")
            RoutingRule.everywhere.create(workspace=desk.workspace, position=number, name="R", pool=pool)
            RejectedEvent.everywhere.create(workspace=desk.workspace, reason="No type", body={"a": 1})

    grow(1)
    few = queries(browser, path)
    grow(12)
    assert queries(browser, path) == few
