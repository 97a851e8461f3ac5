import json
from datetime import timedelta

from django.db import OperationalError

from leads.lifecycle import moves
from leads.models import ExternalId, Handoff, Lead
from leads.move_catalogue import moves_from
from tests import builders
from tests.api.conftest import caller, check_problem


def results(response):
    assert response.status_code == 200, response.content
    return json.loads(response.content)["results"]


def crm(value):
    return {"external_id": {"system": "crm", "value": value}}


def test_a_life_is_brought_in_by_external_id_with_its_times(api, workspace, rep):
    person = {"external_ids": [{"system": "crm", "value": "a1"}], "first_contact_at": "2018-01-05T00:00:00Z"}
    api.post("/api/v1/leads", person)
    answers = {"budget": "Approved", "authority": "Decides", "need": "Yes", "timeline": "Later"}
    steps = [
        ("qualify", "2018-01-06T10:00:00Z", {"reason": "History", "owner": rep.user.email}),
        ("accept", "2018-01-07T10:00:00Z", {}),
        ("promote", "2018-01-08T10:00:00Z", {"answers": answers}),
        ("win", "2018-01-20T10:00:00Z", {"amount": 0}),
    ]
    batch = [{"lead": crm("a1"), "move": move, "occurred_at": at, **facts} for move, at, facts in steps]
    outcome = results(api.post("/api/v1/moves", {"moves": batch}))
    assert [(each["status"], each["state"]) for each in outcome] == [
        (200, "mql"),
        (200, "sal"),
        (200, "sql"),
        (200, "won"),
    ]
    lead = Lead.objects.of(workspace).get()
    assert lead.won_at.isoformat() == "2018-01-20T10:00:00+00:00"
    assert {each["handoff_id"] for each in outcome} == {lead.handoffs.get().pk}


def test_a_deal_before_the_first_contact_is_taken_and_flagged(api, workspace, rep):
    api.post("/api/v1/leads", {"email": "a@b.test", "first_contact_at": "2018-05-01T00:00:00Z"})
    lead = Lead.objects.of(workspace).get()
    answers = {"budget": "Approved", "authority": "Decides", "need": "Yes", "timeline": "Later"}
    at = {"lead": {"email": "A@B.test"}, "occurred_at": "2018-04-01T00:00:00Z"}
    batch = [
        {**at, "move": "qualify", "reason": "History", "owner": rep.user.email},
        {**at, "move": "accept"},
        {**at, "move": "promote", "answers": answers},
        {**at, "move": "win", "amount": 10},
    ]
    assert [each["status"] for each in results(api.post("/api/v1/moves", {"moves": batch}))] == [200] * 4
    lead = Lead.objects.of(workspace).get(pk=lead.pk)
    assert (lead.state, lead.flags) == ("won", ["won_before_first_contact"])


def test_each_move_has_its_own_outcome(api, workspace, foreign, rep):
    offered, stranger = builders.handoff(workspace, owner=rep), builders.handoff(foreign)
    fresh = builders.lead(workspace)
    batch = [
        {"lead": {"id": fresh.pk}, "move": "accept"},
        {"lead": {"id": stranger.lead_id}, "move": "accept"},
        {"lead": {"id": offered.lead_id}, "move": "win", "amount": 5},
        {"lead": {"id": offered.lead_id}, "move": "win"},
        {"lead": {"id": offered.lead_id}, "move": "fly"},
        {"lead": {"id": offered.lead_id}, "move": "accept", "occurred_at": "2999-01-01T00:00:00Z"},
        {"move": "accept"},
        {"lead": {"id": offered.lead_id}, "move": "accept"},
    ]
    outcome = results(api.post("/api/v1/moves", {"moves": batch}))
    assert [each["status"] for each in outcome] == [404, 404, 409, 422, 422, 422, 422, 200]
    assert outcome[2]["problem"]["allowed"] == ["accept", "return", "recall", "reassign", "disqualify"]
    assert outcome[3]["problem"]["errors"] == [{"detail": "This field is required.", "pointer": "/amount"}]
    assert outcome[7]["handoff_id"] == offered.pk
    assert Handoff.everywhere.get(pk=stranger.pk).state == "offered"


def test_leads_that_are_qualified_one_after_the_other_keep_their_order_and_their_own_refusals(api, workspace, rep):
    leads = [builders.lead(workspace) for _ in range(4)]
    owner, reason = {"owner": rep.user.email}, {"reason": "Fair"}
    batch = [
        {"lead": {"id": leads[0].pk}, "move": "qualify", **reason, **owner},
        {"lead": {"email": leads[1].email}, "move": "qualify"},  # does not meet the definition
        {"lead": {"id": leads[2].pk}, "move": "qualify", **reason, "owner": "nobody@example.test"},
        {"lead": {"id": leads[3].pk}, "move": "qualify", **reason},
        {"lead": {"email": "who@example.test"}, "move": "qualify", **reason},
        {"lead": {"id": leads[0].pk}, "move": "qualify", **reason},  # is one by now
        {"lead": {"id": leads[1].pk}, "move": "qualify", **reason},
        {"lead": {"id": leads[0].pk}, "move": "accept"},
        {"lead": {"id": leads[1].pk}, "move": "accept", **owner},
    ]
    outcome = results(api.post("/api/v1/moves", {"moves": batch}))
    assert [each["status"] for each in outcome] == [200, 409, 422, 200, 404, 409, 200, 200, 200]
    assert [each["state"] for each in outcome] == ["mql", None, None, "mql", None, None, "mql", "sal", "sal"]
    codes = [each["problem"] and each["problem"]["code"] for each in outcome]
    assert codes[1:6] == ["definition_not_met", "invalid", None, "not_found", "move_not_allowed"]
    asked = [leads[0], leads[1], leads[2], leads[3], None, leads[0], leads[1], leads[0], leads[1]]
    assert [each["lead_id"] for each in outcome] == [lead and lead.pk for lead in asked]
    assert outcome[0]["handoff_id"] == outcome[7]["handoff_id"] == leads[0].handoffs.get().pk


def test_an_address_and_an_external_id_that_looks_like_one_name_different_leads(api, workspace):
    mailed, listed = builders.lead(workspace, email="x@y.test"), builders.lead(workspace)
    ExternalId.everywhere.create(workspace=workspace, lead=listed, system="email", value="x@y.test")
    named = [{"email": "x@y.test"}, {"external_id": {"system": "email", "value": "x@y.test"}}]
    batch = [{"lead": key, "move": "qualify", "reason": "Fair"} for key in named]
    outcome = results(api.post("/api/v1/moves", {"moves": batch}))
    assert [each["lead_id"] for each in outcome] == [mailed.pk, listed.pk]


def test_a_time_long_before_any_record_is_refused_and_stops_no_other(api, workspace):
    leads = [builders.lead(workspace) for _ in range(3)]
    batch = [{"lead": {"id": lead.pk}, "move": "qualify", "reason": "Fair"} for lead in leads]
    batch[1]["occurred_at"] = "0001-01-05T00:00:00Z"
    outcome = results(api.post("/api/v1/moves", {"moves": batch}))
    assert [each["status"] for each in outcome] == [200, 422, 200]


def test_a_set_that_fails_as_nobody_foresaw_is_taken_one_by_one_and_logged(api, workspace, monkeypatch, caplog):
    leads = [builders.lead(workspace) for _ in range(3)]
    whole = moves.qualify_many

    def fragile(candidates, **facts):
        if len(candidates) > 1:
            raise OperationalError("deadlock detected")
        return whole(candidates, **facts)

    monkeypatch.setattr(moves, "qualify_many", fragile)
    batch = [{"lead": {"id": lead.pk}, "move": "qualify", "reason": "Fair"} for lead in leads]
    outcome = results(api.post("/api/v1/moves", {"moves": batch}))
    assert [each["state"] for each in outcome] == ["mql"] * 3
    assert "A set of 3 leads could not be handed over together" in caplog.text


def refusals(workspace, rep):
    """Yield, for each way in which a move or rating is refused with 409, its path and body and the lead's state."""
    fresh, offered = builders.lead(workspace), builders.handoff(workspace, owner=rep)
    accepted = builders.handoff(workspace, owner=rep, accepted=True)
    returned = builders.handoff(workspace, owner=rep, accepted=True)
    reason = builders.reason(workspace, "no-response")
    moves.return_to_marketing(returned, actor=builders.actor(rep), reason=reason, note="Nobody there")
    again = builders.lead(workspace)
    for number in range(2):  # once returned by the rep; now in the queue
        builders.event(again, "demo_request", at=builders.MONDAY + timedelta(days=100 * number - 1))
        at = builders.MONDAY + timedelta(days=100 * number)
        owner = None if number else rep
        queued = moves.qualify(again, actor=builders.engine(), override="Asked", owner=owner, at=at)
        if not number:
            moves.return_to_marketing(queued, actor=builders.actor(rep), reason=reason, note="Nobody there", at=at)
    to_rep, to_queue = {"owner": rep.user.email}, {"owner": None}
    yield f"leads/{fresh.pk}/qualify", {}, "definition_not_met", "new"
    yield f"leads/{fresh.pk}/reopen", {"note": "Why not"}, "move_not_allowed", "new"
    yield f"leads/{offered.lead_id}/qualify", {"reason": "Again"}, "move_not_allowed", "mql"
    yield f"leads/{returned.lead_id}/qualify", {"reason": "Again"}, "cooling_off", "nurture"
    yield f"handoffs/{offered.pk}/promote", {}, "move_not_allowed", "mql"
    yield f"handoffs/{offered.pk}/rate", {"rating": 3}, "conflict", "mql"
    yield f"handoffs/{accepted.pk}/accept", {}, "already_accepted", "sal"
    yield f"handoffs/{accepted.pk}/promote", {}, "definition_not_met", "sal"
    yield f"handoffs/{accepted.pk}/reassign", to_queue, "conflict", "sal"
    yield f"handoffs/{returned.pk}/win", {"amount": 5}, "move_not_allowed", "nurture"
    yield f"handoffs/{queued.pk}/accept", to_rep, "returned_before", "mql"
    yield f"handoffs/{queued.pk}/reassign", to_rep, "returned_before", "mql"


def test_every_refused_move_names_the_state_and_the_moves_allowed(api, workspace, rep):
    for path, body, code, state in refusals(workspace, rep):
        problem = check_problem(api.post(f"/api/v1/{path}", body), 409)
        told = (path, problem["code"], problem.get("state"), problem.get("allowed"))
        assert told == (path, code, state, moves_from(state))


def test_each_move_asks_for_its_own_capability(workspace, rep):
    handoff = builders.handoff(workspace, owner=rep)
    reader = caller(workspace, "read")
    outcome = results(reader.post("/api/v1/moves", {"moves": [{"lead": {"id": handoff.lead_id}, "move": "accept"}]}))
    assert [each["status"] for each in outcome] == [403]
    assert Handoff.everywhere.get(pk=handoff.pk).state == "offered"


def test_a_batch_of_moves_has_a_limit(api, workspace, rep):
    handoff = builders.handoff(workspace, owner=rep)
    move = {"lead": {"id": handoff.lead_id}, "move": "accept"}
    check_problem(api.post("/api/v1/moves", {"moves": [move] * 201}), 422)
    check_problem(api.post("/api/v1/moves", {"moves": []}), 422)
    assert Handoff.everywhere.get(pk=handoff.pk).state == "offered"
