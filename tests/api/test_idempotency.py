import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from unittest.mock import patch as replaced

import pytest
from django.db import connection
from django.utils import timezone

from api import tasks
from api.models import IdempotentAnswer
from leads.models import Event, Lead, Touch
from tests import builders
from tests.api.conftest import caller, check_problem

KEY = {"Idempotency_Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
BODY = {"email": "a@b.test", "first_name": "Ann"}


def test_a_replay_gives_the_first_answer_byte_for_byte_and_says_so(api, workspace):
    first = api.post("/api/v1/leads", BODY, **KEY)
    Lead.objects.of(workspace).update(first_name="Beth")
    again = api.post("/api/v1/leads", BODY, **KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Location"] == first.headers["Location"]
    assert (again.headers.get("Idempotency-Replayed"), first.headers.get("Idempotency-Replayed")) == ("true", None)


def test_a_key_in_quotes_and_a_bare_one_are_the_same(api, workspace):
    lead = builders.lead(workspace)
    for key in ("abc", '"abc"', ' "abc" '):
        sent = {"channel": "call", "outcome": "connected"}
        assert api.post(f"/api/v1/leads/{lead.pk}/touches", sent, Idempotency_Key=key).status_code == 201
    assert Touch.objects.of(workspace).count() == 1


@pytest.mark.parametrize("key", ["", '""', '"abc', 'a"b', "a b", "x" * 201, "ü", "a\\b", '"a" "b"'])
def test_a_key_that_cannot_be_used_is_refused_before_any_work(api, workspace, key):
    check_problem(api.post("/api/v1/leads", BODY, Idempotency_Key=key), 400, "idempotency_key_malformed")
    assert not Lead.objects.of(workspace).exists()


def test_a_refusal_is_replayed_too(api, workspace, rep):
    handoff = builders.handoff(workspace, owner=rep)
    first = api.post(f"/api/v1/handoffs/{handoff.pk}/win", {"amount": 1}, **KEY)
    api.post(f"/api/v1/handoffs/{handoff.pk}/accept")
    again = api.post(f"/api/v1/handoffs/{handoff.pk}/win", {"amount": 1}, **KEY)
    assert first.status_code == 409
    assert again.content == first.content
    assert again.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1/leads", "/api/v1/leads?x=1", "/api/v1/campaigns"])
def test_a_key_belongs_to_one_payload_and_address(api, workspace, path):
    api.post("/api/v1/leads", BODY, **KEY)
    other = {**BODY, "first_name": "Beth"} if path == "/api/v1/leads" else BODY
    check_problem(api.post(path, other, **KEY), 422, "idempotency_key_reused")
    assert Lead.objects.of(workspace).get().first_name == "Ann"


def test_while_the_first_request_runs_the_second_is_told_so(api, workspace):
    api.post("/api/v1/leads", BODY, **KEY)
    Lead.objects.of(workspace).all().delete()
    IdempotentAnswer.objects.of(workspace).update(status=0)
    check_problem(api.post("/api/v1/leads", BODY, **KEY), 409, "idempotency_in_progress")
    assert not Lead.objects.of(workspace).exists()


def test_a_request_that_died_can_be_sent_again_after_a_while(api, workspace):
    api.post("/api/v1/leads", BODY, **KEY)
    Lead.objects.of(workspace).all().delete()
    IdempotentAnswer.objects.of(workspace).update(status=0, created_at=timezone.now() - timedelta(minutes=11))
    assert api.post("/api/v1/leads", BODY, **KEY).status_code == 201
    assert api.post("/api/v1/leads", BODY, **KEY).headers["Idempotency-Replayed"] == "true"


def test_a_fault_of_ours_is_not_kept(api, workspace):
    with replaced("api.v1.leads.person", side_effect=RuntimeError):
        check_problem(api.post("/api/v1/leads", BODY, **KEY), 500)
    assert not IdempotentAnswer.objects.of(workspace).exists()
    assert api.post("/api/v1/leads", BODY, **KEY).status_code == 201


def test_a_fault_after_the_work_undoes_the_work(api, workspace):
    with replaced("api.v1.leads.Leads.output_class", side_effect=RuntimeError):
        check_problem(api.post("/api/v1/leads", BODY, **KEY), 500)
    assert not Lead.objects.of(workspace).exists()
    assert not IdempotentAnswer.objects.of(workspace).exists()


def test_keys_belong_to_the_caller(api, workspace, foreign):
    api.post("/api/v1/leads", BODY, **KEY)
    for other in (caller(workspace), caller(foreign)):
        answer = other.post("/api/v1/leads", BODY, **KEY)
        assert "Idempotency-Replayed" not in answer.headers
    assert Lead.objects.of(foreign).count() == 1
    assert IdempotentAnswer.everywhere.count() == 3


def test_a_patch_is_made_once(api, workspace):
    lead = builders.lead(workspace)
    path = f"/api/v1/leads/{lead.pk}"
    api.patch(path, {"title": "First"}, **KEY)
    api.patch(path, {"title": "Second"})
    assert json.loads(api.patch(path, {"title": "First"}, **KEY).content)["title"] == "First"
    assert Lead.objects.of(workspace).get().title == "Second"


def test_a_batch_is_made_once(api, workspace):
    lead = builders.lead(workspace)
    batch = {"events": [{"lead": {"id": lead.pk}, "type": "page"}] * 3}
    first, again = (api.post("/api/v1/events", batch, **KEY) for _ in range(2))
    assert first.content == again.content
    assert Event.objects.of(workspace).count() == 3


def test_reading_needs_no_key_and_ignores_it(api, workspace):
    assert api.get("/api/v1/leads", Idempotency_Key="a b").status_code == 200
    assert not IdempotentAnswer.objects.of(workspace).exists()


def test_an_answer_is_kept_for_a_day_and_forgotten_after_two(api, workspace):
    api.post("/api/v1/leads", BODY, **KEY)
    rows = IdempotentAnswer.objects.of(workspace)
    rows.update(created_at=timezone.now() - timedelta(hours=47))
    assert tasks.run_sweeps() == 0
    assert api.post("/api/v1/leads", BODY, **KEY).headers["Idempotency-Replayed"] == "true"
    rows.update(created_at=timezone.now() - timedelta(hours=49))
    assert tasks.run_sweeps() == 1
    assert not rows.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_simultaneous_requests_with_one_key_create_one_thing():
    workspace = builders.workspace()
    lead = builders.lead(workspace)
    callers = [caller(workspace)] * 8
    gate = Barrier(8)

    def send(api):
        try:
            gate.wait(20)
            return api.post(f"/api/v1/leads/{lead.pk}/touches", {"channel": "call", "outcome": "sent"}, **KEY)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, callers))
    assert Touch.objects.of(workspace).count() == 1
    made = [answer for answer in answers if answer.status_code == 201]
    assert made
    assert {answer.content for answer in made} == {made[0].content}
    assert sum("Idempotency-Replayed" not in answer.headers for answer in made) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert api_replays(callers[0], lead) == made[0].content


def api_replays(api, lead):
    return api.post(f"/api/v1/leads/{lead.pk}/touches", {"channel": "call", "outcome": "sent"}, **KEY).content
