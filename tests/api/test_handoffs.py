import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from leads.lifecycle import moves
from leads.models import Answer, Handoff, Transition
from sla import agreements
from tests import builders
from tests.api.conftest import caller, check_problem
from workspaces.roles import Role

ANSWERS = {"budget": "Approved", "authority": "Decides", "need": "More leads", "timeline": "Within 3 months"}


def body(response):
    return json.loads(response.content)


@pytest.fixture
def offered(workspace, rep) -> Handoff:
    return builders.handoff(workspace, owner=rep)


def sign(workspace) -> None:
    """Let both heads sign the agreement that a workspace begins with."""
    draft = agreements.in_work(workspace)
    heads = {side: builders.actor(builders.member(workspace, f"{side}_manager")) for side in ("marketing", "sales")}
    agreements.propose(draft, actor=heads["sales"])
    for side, head in heads.items():
        agreements.sign(draft, actor=head, side=side)


def state(handoff) -> tuple[str, str]:
    found = Handoff.everywhere.select_related("lead").get(pk=handoff.pk)
    return found.lead.state, found.state


def test_a_handoff_shows_its_evidence_and_clocks(api, offered):
    seen = body(api.get(f"/api/v1/handoffs/{offered.pk}"))
    assert seen["owner"]["name"] == "Rita Rep"
    assert seen["evidence"]["override"] == "Met at the fair"
    assert seen["evidence"]["verdict"]["passed"] is False
    assert seen["allowed"] == ["accept", "return", "recall", "reassign", "disqualify"]
    assert isinstance(seen["clocks"], list)


def test_a_lead_goes_all_the_way_by_the_verbs(api, offered):
    path = f"/api/v1/handoffs/{offered.pk}"
    assert body(api.post(f"{path}/accept"))["state"] == "accepted"
    assert body(api.post(f"{path}/promote", {"answers": ANSWERS}))["lead"]["state"] == "sql"
    won = body(api.post(f"{path}/win", {"amount": "1200.50", "currency": "usd"}))
    assert (won["state"], won["lead"]["state"], won["allowed"]) == ("won", "won", [])
    lead = body(api.get(f"/api/v1/leads/{offered.lead_id}"))
    assert (lead["amount"], lead["currency"]) == ("1200.50", "USD")
    assert [answer["question"] for answer in lead["answers"]] == list(ANSWERS)


def test_a_refused_promotion_keeps_no_answer(api, offered):
    path = f"/api/v1/handoffs/{offered.pk}"
    api.post(f"{path}/accept")
    problem = check_problem(api.post(f"{path}/promote", {"answers": {"need": "x"}}), 409, "definition_not_met")
    assert problem["verdict"]["passed"] is False
    problem = check_problem(api.post(f"{path}/promote", {"answers": {**ANSWERS, "budget": "Heaps"}}), 422)
    assert problem["errors"][0]["pointer"] == "/answers/budget"
    assert not Answer.everywhere.exists()
    assert state(offered) == ("sal", "accepted")


def test_a_return_needs_a_reason_and_what_the_reason_asks_for(api, offered):
    path = f"/api/v1/handoffs/{offered.pk}/return"
    assert check_problem(api.post(path), 422)["errors"][0]["pointer"] == "/reason"
    problem = check_problem(api.post(path, {"reason": "none-such"}), 422)
    assert "wrong-territory" in problem["detail"]
    assert check_problem(api.post(path, {"reason": "bad-data"}), 422)["errors"][0]["pointer"] == "/note"
    assert check_problem(api.post(path, {"reason": "not-ready"}), 422)["errors"][0]["pointer"] == "/revisit_on"
    assert state(offered) == ("mql", "offered")
    later = (timezone.now() + timedelta(days=30)).date().isoformat()
    returned = body(api.post(path, {"reason": "not-ready", "revisit_on": later, "rating": 2}))
    assert (returned["state"], returned["reason"], returned["rating"]) == ("returned", "not-ready", 2)
    assert state(offered) == ("nurture", "returned")


def test_the_other_verbs_do_what_they_say(api, workspace, rep):
    other = builders.member(workspace)
    handoff = builders.handoff(workspace, owner=rep)
    path = f"/api/v1/handoffs/{handoff.pk}"
    assert body(api.post(f"{path}/reassign", {"owner": other.user.email}))["owner"]["id"] == other.pk
    assert body(api.post(f"{path}/reassign", {"owner": None, "note": "Nobody here"}))["owner"] is None
    assert [row["id"] for row in body(api.get("/api/v1/handoffs?queue=true"))["results"]] == [handoff.pk]
    check_problem(api.post(f"{path}/accept"), 422)
    assert body(api.post(f"{path}/accept", {"owner": rep.user.email}))["accepted_by"]["id"] == rep.pk
    assert body(api.post(f"{path}/rate", {"rating": 5}))["rating"] == 5
    second = builders.handoff(workspace, owner=rep)
    recalled = body(api.post(f"/api/v1/handoffs/{second.pk}/recall", {"note": "A mistake"}))
    assert (recalled["state"], recalled["note"]) == ("recalled", "A mistake")
    check_problem(api.post(f"{path}/claim"), 403, "forbidden")


def test_marketing_has_verbs_on_leads(api, workspace, rep):
    lead = builders.lead(workspace)
    path = f"/api/v1/leads/{lead.pk}"
    check_problem(api.post(f"{path}/qualify"), 409, "definition_not_met")
    handed = body(api.post(f"{path}/qualify", {"reason": "Met at the fair", "owner": rep.user.email}))
    assert (handed["state"], handed["owner"]["id"], handed["lead"]["state"]) == ("offered", rep.pk, "mql")
    assert body(api.get(path))["handoff_id"] == handed["id"]
    assert body(api.post(f"{path}/disqualify", {"reason": "spam"}))["state"] == "disqualified"
    check_problem(api.post(f"{path}/recycle"), 409, "move_not_allowed")
    assert body(api.post(f"{path}/reopen", {"note": "Was real"}))["state"] == "nurture"


def test_a_loss_may_be_recycled(api, offered):
    path = f"/api/v1/handoffs/{offered.pk}"
    api.post(f"{path}/accept")
    api.post(f"{path}/promote", {"answers": ANSWERS})
    assert body(api.post(f"{path}/lose", {"reason": "price"}))["state"] == "lost"
    assert body(api.post(f"/api/v1/leads/{offered.lead_id}/recycle"))["state"] == "nurture"


def test_a_foreign_handoff_does_not_exist(api, foreign):
    handoff = builders.handoff(foreign)
    check_problem(api.get(f"/api/v1/handoffs/{handoff.pk}"), 404)
    for verb in ("accept", "return", "recall", "reassign", "promote", "win", "lose", "rate", "claim"):
        check_problem(api.post(f"/api/v1/handoffs/{handoff.pk}/{verb}", {}), 404)
    assert state(handoff) == ("mql", "offered")


def test_a_foreign_member_is_not_an_owner(api, workspace, foreign, offered):
    stranger = builders.member(foreign)
    sent = {"owner": stranger.user.email}
    check_problem(api.post(f"/api/v1/handoffs/{offered.pk}/reassign", sent), 422)
    assert Handoff.everywhere.get(pk=offered.pk).owner_id == offered.owner_id


def test_handoffs_are_narrowed(api, workspace, rep):
    mine, accepted = builders.handoff(workspace, owner=rep), builders.handoff(workspace, accepted=True)

    def ids(query):
        return [row["id"] for row in body(api.get(f"/api/v1/handoffs?{query}"))["results"]]

    assert ids(f"owner={rep.user.email}") == [mine.pk]
    assert ids("state=accepted") == [accepted.pk]
    assert ids(f"tier={mine.tier}") == [accepted.pk, mine.pk]
    assert ids("tier=none") == []
    assert ids(f"lead={mine.lead_id}") == [mine.pk]


def test_the_future_and_history_without_the_scope_are_refused(api, workspace, offered):
    path = f"/api/v1/handoffs/{offered.pk}/accept"
    check_problem(api.post(path, {"occurred_at": "2999-01-01T00:00:00Z"}), 422)
    check_problem(caller(workspace, "write").post(path, {"occurred_at": "2026-11-03T00:00:00Z"}), 403)
    assert state(offered) == ("mql", "offered")
    assert api.post(path, {"occurred_at": "2026-11-03T08:00:00Z"}).status_code == 200
    assert Handoff.everywhere.get(pk=offered.pk).accepted_at.day == 3


def session(member) -> Client:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(member.user)
    return client


def csrf(client) -> dict[str, str]:
    client.get("/api/docs/?script=1")
    return {"X-CSRFToken": client.cookies["leadflow_csrf"].value}


def test_a_member_in_the_browser_calls_with_session_and_token(workspace, offered, rep):
    client = session(rep)
    me = body(client.get("/api/v1/me"))
    assert me["member"]["id"] == me["id"] == rep.pk
    check_problem(client.post(f"/api/v1/handoffs/{offered.pk}/accept"), 403)
    assert state(offered) == ("mql", "offered")
    answer = client.post(f"/api/v1/handoffs/{offered.pk}/accept", content_type="application/json", headers=csrf(client))
    assert answer.status_code == 200
    assert Transition.everywhere.get(move="accept").actor_member_id == rep.pk


def test_a_member_of_nowhere_is_not_let_in(db):
    client = Client()
    client.force_login(builders.user())
    check_problem(client.get("/api/v1/me"), 401)


def test_a_viewer_reads_and_changes_nothing(workspace, offered):
    client = session(builders.member(workspace, Role.VIEWER))
    headers = csrf(client)
    assert client.get("/api/v1/handoffs").status_code == 200
    check_problem(
        client.post(f"/api/v1/handoffs/{offered.pk}/accept", content_type="application/json", headers=headers),
        403,
        "forbidden",
    )
    assert state(offered) == ("mql", "offered")


def test_another_reps_lead_is_not_ones_own(workspace, offered):
    client = session(builders.member(workspace))
    check_problem(
        client.post(f"/api/v1/handoffs/{offered.pk}/accept", content_type="application/json", headers=csrf(client)),
        403,
        "forbidden",
    )
    assert state(offered) == ("mql", "offered")


def test_a_member_never_brings_history(workspace, offered, rep):
    client = session(rep)
    answer = client.post(
        f"/api/v1/handoffs/{offered.pk}/accept",
        {"occurred_at": "2026-11-03T08:00:00Z"},
        content_type="application/json",
        headers=csrf(client),
    )
    check_problem(answer, 403, "forbidden")
    assert state(offered) == ("mql", "offered")


def test_the_first_of_two_claims_wins(workspace, rep):
    queued = builders.handoff(workspace, owner=rep)
    moves.reassign(queued, actor=builders.engine(), to=None)
    other = builders.member(workspace)
    first, second = session(rep), session(other)
    path = f"/api/v1/handoffs/{queued.pk}/claim"
    assert first.post(path, content_type="application/json", headers=csrf(first)).status_code == 200
    slower = second.post(path, content_type="application/json", headers=csrf(second))
    problem = check_problem(slower, 409, "already_claimed")
    assert problem["winner"]["id"] == rep.pk


def test_a_handoff_says_how_many_attempts_are_made_and_promised(api, offered, rep):
    path = f"/api/v1/handoffs/{offered.pk}"
    assert body(api.get(path))["attempts"] is None  # nothing is signed, so nothing is promised
    sign(offered.workspace)
    second = builders.handoff(offered.workspace, owner=rep)
    path = f"/api/v1/handoffs/{second.pk}"
    body(api.post(f"{path}/accept"))
    body(api.post(f"/api/v1/leads/{second.lead_id}/touches", {"channel": "call", "outcome": "no_answer"}))
    made = body(api.get(path))["attempts"]
    assert made.pop("next_due") is not None
    assert made == {
        "done": 1,
        "promised": 6,
        "channels_done": 1,
        "channels_promised": 2,
        "connected": False,
        "enough": False,
    }
    returned = body(api.post(f"{path}/return", {"reason": "no-response"}))
    ended = {each["kind"]: (each["state"], each["ended_by"]) for each in returned["clocks"]}
    assert ended["attempts"] == ("missed", "return_needs_attempts")
    assert ended["first_touch"] == ("met", "touch")
    assert returned["attempts"]["next_due"] is None


def test_a_reason_says_that_it_needs_the_agreed_attempts(api):
    rows = {row["code"]: row["needs_attempts"] for row in body(api.get("/api/v1/reasons?kind=return"))["results"]}
    assert rows["no-response"]
    assert not rows["wrong-territory"]
