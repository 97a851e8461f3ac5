"""Marketing's answers to returns by API: answer, object, decide, list."""

import json

import pytest

from leads.lifecycle import moves
from leads.models import Handoff, Lead, ReturnAnswer
from tests import builders
from tests.api.conftest import caller, check_problem
from workspaces.roles import SCOPES

pytestmark = pytest.mark.django_db


def body(response):
    return json.loads(response.content)


@pytest.fixture
def returned(workspace) -> Handoff:
    handoff = builders.handoff(workspace)
    owner, reason = builders.actor(handoff.owner), builders.reason(workspace, "bad-data")
    return moves.return_to_marketing(handoff, actor=owner, reason=reason, note="Dead")


def test_a_return_is_answered_objected_to_and_decided(api, returned):
    path = f"/api/v1/handoffs/{returned.pk}"
    assert body(api.get(path))["blamed"] == "data"
    assert body(api.get(path))["return_answer"] is None
    assert body(api.get(f"/api/v1/leads/{returned.lead_id}"))["held_for"] == "data"
    check_problem(api.post(f"{path}/object", {"text": "No"}), 409, "nothing_to_object_to")
    answered = body(api.post(f"{path}/answer", {"text": "Corrected"}))
    assert (answered["text"], answered["note"], answered["reason"]) == ("Corrected", "Dead", "bad-data")
    assert answered["objection"] is None
    assert body(api.get(f"/api/v1/leads/{returned.lead_id}"))["held_for"] == ""
    check_problem(api.post(f"{path}/answer", {"text": "Again"}), 409, "nothing_to_answer")
    objected = body(api.post(f"{path}/object", {"text": "It is not"}))
    assert (objected["objection"]["text"], objected["objection"]["decision"]) == ("It is not", "")
    check_problem(api.post(f"{path}/object", {"text": "Again"}), 409, "objected_before")
    decided = body(api.post(f"{path}/decide", {"decision": "sales", "note": "True"}))
    assert (decided["objection"]["decision"], decided["objection"]["decided_by"]) == ("sales", "API key Test")
    check_problem(api.post(f"{path}/decide", {"decision": "marketing"}), 409, "nothing_to_decide")
    assert body(api.get(path))["return_answer"] == {name: decided[name] for name in ("text", "by", "at", "objection")}


def test_the_list_of_answers_is_narrowed_by_where_they_stand(api, workspace, returned):
    api.post(f"/api/v1/handoffs/{returned.pk}/answer", {"text": "Corrected"})
    for standing, count in (("accepted", 1), ("objected", 0), ("decided", 0)):
        assert len(body(api.get(f"/api/v1/return-answers?standing={standing}"))["results"]) == count
    api.post(f"/api/v1/handoffs/{returned.pk}/object", {"text": "It is not"})
    for standing, count in (("accepted", 0), ("objected", 1), ("decided", 0)):
        assert len(body(api.get(f"/api/v1/return-answers?standing={standing}"))["results"]) == count
    assert body(api.get(f"/api/v1/return-answers?owner={returned.owner.user.email}"))["results"][0]["text"]
    assert body(api.get("/api/v1/return-answers?owner=nobody@x.test"))["results"] == []


def test_a_lead_that_waits_for_the_answer_is_not_handed_over(api, returned):
    answer = api.post(f"/api/v1/leads/{returned.lead_id}/qualify", {"reason": "They called"})
    check_problem(answer, 409, "answer_awaited")
    assert Lead.everywhere.get(pk=returned.lead_id).state == "nurture"


def test_a_key_that_reads_answers_nothing(workspace, returned):
    assert caller(workspace, "read").post(f"/api/v1/handoffs/{returned.pk}/answer", {"text": "No"}).status_code == 403
    assert {"returns.answer", "returns.object", "returns.decide"} <= SCOPES["write"]
    assert "answers.view" in SCOPES["read"]
    assert not ReturnAnswer.everywhere.exists()
