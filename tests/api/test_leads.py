import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.models import Event, Lead
from tests import builders
from tests.api.conftest import caller, check_problem

PERSON = {
    "email": "Priya@Northwind.example",
    "first_name": "Priya",
    "last_name": "Raman",
    "company": "Northwind",
    "employees": 240,
    "country": "DE",
    "source": "webinar",
    "campaign": "spring-26",
    "external_ids": [{"system": "crm", "value": "0031"}],
    "consent": "opted_in",
    "consent_wording": "Yes, send me the newsletter.",
}


def body(response):
    return json.loads(response.content)


def test_a_lead_is_created_and_then_updated(api, workspace):
    made = api.post("/api/v1/leads", PERSON)
    assert made.status_code == 201
    assert body(made)["created"] is True
    assert body(made)["email"] == "priya@northwind.example"
    assert made.headers["Location"] == f"/api/v1/leads/{body(made)['id']}"
    again = api.post("/api/v1/leads", {"email": "priya@northwind.example", "title": "Head of IT"})
    assert again.status_code == 200
    assert (body(again)["created"], body(again)["changed"]) == (False, ["title"])
    assert Lead.objects.of(workspace).count() == 1


def test_the_answer_to_a_new_lead_is_what_a_later_look_shows(api):
    made = body(api.post("/api/v1/leads", PERSON))
    seen = body(api.get(f"/api/v1/leads/{made['id']}"))
    assert {name: made[name] for name in made if name in seen} == {name: seen[name] for name in made if name in seen}
    assert (seen["account"]["name"], seen["campaign"], seen["source"]) == ("Northwind", "spring-26", "webinar")
    assert seen["external_ids"] == [{"system": "crm", "value": "0031"}]
    assert seen["allowed"] == ["qualify", "disqualify"]
    assert sum(line["points"] for line in seen["score_lines"]) == seen["fit_points"] + seen["interest_points"]


def test_a_lead_without_any_id_is_refused(api, workspace):
    check_problem(api.post("/api/v1/leads", {"first_name": "Nobody"}), 422, "invalid")
    assert not Lead.objects.of(workspace).exists()


def test_ids_of_two_leads_are_a_conflict(api, workspace):
    api.post("/api/v1/leads", {"email": "a@a.test"})
    api.post("/api/v1/leads", {"external_ids": [{"system": "crm", "value": "1"}], "email": "b@b.test"})
    mixed = {"email": "a@a.test", "external_ids": [{"system": "crm", "value": "1"}]}
    check_problem(api.post("/api/v1/leads", mixed), 409, "identity_conflict")


def test_a_lead_is_changed_by_its_id(api, workspace):
    lead = builders.lead(workspace, title="Analyst")
    changed = api.patch(f"/api/v1/leads/{lead.pk}", {"title": "Director", "first_name": ""})
    assert (changed.status_code, body(changed)["title"], body(changed)["first_name"]) == (200, "Director", "Lea")


def test_the_only_id_of_a_lead_is_not_replaced(api, workspace):
    lead = builders.lead(workspace)
    problem = check_problem(api.patch(f"/api/v1/leads/{lead.pk}", {"email": "new@new.test"}), 422)
    assert problem["errors"][0]["pointer"] == "/email"
    assert Lead.objects.of(workspace).get().email == lead.email
    assert api.patch(f"/api/v1/leads/{lead.pk}", {"external_ids": [{"system": "crm", "value": "9"}]}).status_code == 200
    assert body(api.patch(f"/api/v1/leads/{lead.pk}", {"email": "new@new.test"}))["email"] == "new@new.test"
    assert Lead.objects.of(workspace).count() == 1


def test_only_a_key_for_history_says_when_the_first_contact_was(api, workspace):
    dated = {"email": "a@b.test", "first_contact_at": "2018-03-01T00:00:00Z"}
    check_problem(caller(workspace, "read", "write").post("/api/v1/leads", dated), 403, "forbidden")
    assert not Lead.objects.of(workspace).exists()
    assert body(api.post("/api/v1/leads", dated))["first_contact_at"] == "2018-03-01T00:00:00Z"


def test_a_foreign_lead_does_not_exist(api, foreign):
    lead = builders.lead(foreign)
    for path in ("", "/events", "/touches", "/follow-ups", "/answers", "/moves", "/timeline", "/why-not-yet"):
        check_problem(api.get(f"/api/v1/leads/{lead.pk}{path}"), 404, "not_found")
    check_problem(api.patch(f"/api/v1/leads/{lead.pk}", {"title": "Mine"}), 404)
    check_problem(api.post(f"/api/v1/leads/{lead.pk}/qualify", {"reason": "Mine"}), 404)
    assert Lead.objects.of(foreign).get().title == ""


@pytest.mark.parametrize("pk", ["0", "99999999999999999999999999", "-1", "abc"])
def test_an_id_that_cannot_be_is_not_found(api, pk):
    check_problem(api.get(f"/api/v1/leads/{pk}"), 404)


def test_lists_are_narrowed(api, workspace, rep):
    plain = builders.lead(workspace, source="webinar", grade="B2")
    owned = builders.handoff(workspace, owner=rep, source="fair").lead
    api.post(
        "/api/v1/leads", {"email": "zoe@zz.test", "campaign": "c1", "external_ids": [{"system": "crm", "value": "7"}]}
    )
    zoe = Lead.objects.of(workspace).get(email="zoe@zz.test")

    def ids(query):
        return {row["id"] for row in body(api.get(f"/api/v1/leads?{query}"))["results"]}

    assert ids("source=webinar") == {plain.pk}
    assert ids("state=mql") == {owned.pk}
    assert ids("state=mql&state=new") == {owned.pk, plain.pk, zoe.pk}
    assert ids("grade=B2") == {plain.pk}
    assert ids(f"owner={rep.user.email}") == {owned.pk}
    assert ids("campaign=c1") == {zoe.pk}
    assert ids("external_id=crm:7") == {zoe.pk}
    assert ids("email=Zoe@zz.test") == {zoe.pk}
    assert ids("email=zoe@zz") == set()
    assert ids("q=ZOE@") == {zoe.pk}
    assert ids("q=leader") == {plain.pk, owned.pk}
    tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ids(f"updated_since={tomorrow}") == set()
    assert len(ids("updated_since=2020-01-01T00:00:00Z")) == 3


def test_a_filter_that_cannot_be_read_is_not_valid(api):
    for query in ("state=none", "updated_since=yesterday", "page_size=0", "page_size=201", "page_size=x", "cursor=AA"):
        check_problem(api.get(f"/api/v1/leads?{query}"), 422, "invalid")
    check_problem(api.get("/api/v1/leads?cursor=cD1hYmM%3D"), 422, "invalid")  # p=abc


def test_a_time_far_off_with_an_odd_zone_is_still_a_time(api):
    for path in ("leads?updated_since=", "handoffs?offered_since=", "clocks?due_before="):
        assert api.get(f"/api/v1/{path}0325-07-18T11:12:41-20:01").status_code == 200
        check_problem(api.get(f"/api/v1/{path}0001-01-01T00:00:00%2B20:01"), 422, "invalid")


def test_pages_lose_and_repeat_nothing_while_leads_arrive(api, workspace):
    first = [builders.lead(workspace).pk for _ in range(7)]
    page = body(api.get("/api/v1/leads?page_size=3"))
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        builders.lead(workspace)
        page = body(api.get(page["next"]))
        seen += [row["id"] for row in page["results"]]
    assert seen == sorted(first, reverse=True)


def test_events_of_a_lead_are_recorded_once(api, workspace):
    lead = builders.lead(workspace)
    sent = {"events": [{"type": "page", "url": "https://x.test/pricing", "message_id": "m1"}, {"type": "download"}]}
    answer = api.post(f"/api/v1/leads/{lead.pk}/events", sent)
    assert [each["status"] for each in body(answer)["results"]] == [201, 201]
    again = body(api.post(f"/api/v1/leads/{lead.pk}/events", {"events": sent["events"][:1]}))
    assert [each["status"] for each in again["results"]] == [200]
    assert [row["type"] for row in body(api.get(f"/api/v1/leads/{lead.pk}/events"))["results"]] == ["download", "page"]


def test_a_bad_event_of_a_batch_stops_no_other(api, workspace, foreign):
    lead, stranger = builders.lead(workspace), builders.lead(foreign)
    api.patch(f"/api/v1/leads/{lead.pk}", {"external_ids": [{"system": "crm", "value": "1"}]})
    events = [
        {"lead": {"id": lead.pk}, "type": "page", "message_id": "a"},
        {"lead": {"email": lead.email.upper()}, "type": "page", "message_id": "a"},
        {"lead": {"external_id": {"system": "CRM", "value": "1"}}, "type": "form"},
        {"lead": {"id": stranger.pk}, "type": "page"},
        {"lead": {"id": lead.pk}},
        {"lead": {"id": lead.pk, "email": lead.email}, "type": "page"},
        {"lead": {"id": lead.pk}, "type": "page", "occurred_at": "2999-01-01T00:00:00Z"},
        {"lead": {"id": lead.pk}, "type": "demo_request"},
    ]
    answer = api.post("/api/v1/events", {"events": events})
    assert [each["status"] for each in body(answer)["results"]] == [201, 200, 201, 404, 422, 422, 422, 201]
    assert Event.objects.of(workspace).count() == 3
    assert not Event.objects.of(foreign).exists()


def test_a_batch_of_events_has_a_limit(api, workspace):
    lead = builders.lead(workspace)
    events = [{"lead": {"id": lead.pk}, "type": "page"}] * 501
    check_problem(api.post("/api/v1/events", {"events": events}), 422)
    assert not Event.objects.of(workspace).exists()


def test_a_batch_of_events_takes_a_fixed_number_of_statements(api, workspace):
    leads = [builders.lead(workspace) for _ in range(30)]

    def statements(some):
        events = [{"lead": {"id": lead.pk}, "type": "page"} for lead in some]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert api.post("/api/v1/events", {"events": events}).status_code == 200
        return len(queries)

    statements(leads[:1])
    assert statements(leads[:3]) == statements(leads)


def test_touches_answers_and_follow_ups_are_kept_and_listed(api, workspace, rep):
    lead = builders.handoff(workspace, owner=rep, accepted=True).lead
    path = f"/api/v1/leads/{lead.pk}"
    touch = api.post(f"{path}/touches", {"channel": "call", "outcome": "connected", "note": "Nice talk"})
    assert (touch.status_code, body(touch)["by"]) == (201, "API key Test")
    due = (timezone.now() + timedelta(days=2)).isoformat()
    promised = api.post(f"{path}/follow-ups", {"due_at": due, "note": "Send the offer"})
    assert (promised.status_code, body(promised)["member"]["name"]) == (201, "Rita Rep")
    done = api.post(f"/api/v1/follow-ups/{body(promised)['id']}/finish")
    assert body(done)["done_at"] is not None
    answered = api.post(f"{path}/answers", {"question": "budget", "value": "approved"})
    assert (answered.status_code, body(answered)["value"]) == (201, "Approved")
    for part in ("touches", "follow-ups", "answers"):
        assert len(body(api.get(f"{path}/{part}"))["results"]) == 1
    story = body(api.get(f"{path}/timeline?limit=3"))
    assert [entry["kind"] for entry in story["results"]] == ["answer", "follow_up", "touch"]
    older = body(api.get(f"{path}/timeline?{urlencode({'before': story['older']})}"))
    assert [entry["what"] for entry in older["results"]] == ["accept", "qualify"]
    moves = [row["move"] for row in body(api.get(f"{path}/moves"))["results"]]
    assert moves == ["accept", "qualify"]


@pytest.mark.parametrize(
    ("part", "sent", "pointer"),
    [
        ("touches", {"channel": "pigeon", "outcome": "sent"}, "/channel"),
        ("follow-ups", {"due_at": "2020-01-01T00:00:00Z"}, "/due_at"),
        ("follow-ups", {"due_at": "2999-01-01T00:00:00"}, "/due_at"),
        ("answers", {"question": "budget", "value": "Heaps"}, "/value"),
        ("answers", {"question": "none", "value": 1}, "/question"),
        ("events", {"events": []}, "/events"),
        ("events", {"events": [{"type": "page", "occurred_at": "2999-01-01T00:00:00Z"}]}, "/occurred_at"),
    ],
)
def test_facts_that_make_no_sense_are_refused_where_they_stand(api, workspace, part, sent, pointer):
    lead = builders.lead(workspace)
    problem = check_problem(api.post(f"/api/v1/leads/{lead.pk}/{part}", sent), 422, "invalid")
    assert [entry["pointer"] for entry in problem["errors"]] == [pointer]
    assert body(api.get(f"/api/v1/leads/{lead.pk}/{part}"))["results"] == []


def test_only_a_key_for_history_says_when_things_happened(api, workspace):
    lead = builders.lead(workspace)
    plain = caller(workspace, "read", "write")
    dated = {"events": [{"type": "page", "occurred_at": "2020-01-01T00:00:00Z"}]}
    check_problem(plain.post(f"/api/v1/leads/{lead.pk}/events", dated), 403, "forbidden")
    assert not Event.objects.of(workspace).exists()
    assert api.post(f"/api/v1/leads/{lead.pk}/events", dated).status_code == 201
    assert Event.objects.of(workspace).get().occurred_at.year == 2020
