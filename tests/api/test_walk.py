"""What an admin does on the first day, with a client of his own over HTTP: from a key to a won deal."""

from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from leads import tasks as leads_tasks
from leads.models import Pool
from tests import builders
from workspaces import keys
from workspaces.models import Member
from workspaces.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_lead_is_watched_from_a_key_to_a_won_deal(live_server):
    workspace = builders.workspace()
    rep = builders.member(workspace, Role.SALES, "Rita Rep")
    builders.place(Pool.objects.of(workspace).get(), rep)
    admin = Member.objects.of(workspace).get(role=Role.ADMIN)
    _, secret = keys.create(workspace, actor=builders.actor(admin), name="CRM", scopes=["read", "write"])
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {secret}"

    def call(method, path, body=None, status=200):
        answer = session.request(method, f"{live_server.url}/api/v1/{path}", json=body, timeout=30)
        assert answer.status_code == status, answer.text
        return answer.json()

    assert call("GET", "me")["name"] == "API key CRM"
    person = {
        "email": "priya.raman@northwind.example",
        "first_name": "Priya",
        "last_name": "Raman",
        "title": "Head of Operations",
        "phone": "+49 30 555 0100",
        "country": "DE",
        "company": "Northwind",
        "industry": "Software",
        "employees": 240,
        "source": "webinar",
        "consent": "opted_in",
        "consent_wording": "Yes, write to me.",
    }
    lead = call("POST", "leads", person, 201)
    assert lead["state"] == "new"
    pages = [{"type": "page", "url": "https://www.example.com/pricing", "message_id": f"p{n}"} for n in range(3)]
    events = {"events": [*pages, {"type": "demo_request", "name": "Demo", "message_id": "d1"}]}
    recorded = call("POST", f"leads/{lead['id']}/events", events, 201)
    assert [each["status"] for each in recorded["results"]] == [201] * 4

    leads_tasks.run_sweeps()
    lead = call("GET", f"leads/{lead['id']}")
    assert lead["state"] == "mql", lead
    assert sum(line["points"] for line in lead["score_lines"]) == lead["fit_points"] + lead["interest_points"]
    handoff = call("GET", f"handoffs/{lead['handoff_id']}")
    assert handoff["evidence"]["verdict"]["passed"] is True
    assert handoff["owner"]["name"] == "Rita Rep"

    path = f"handoffs/{handoff['id']}"
    assert call("POST", f"{path}/accept", {})["lead"]["state"] == "sal"
    assert call("POST", f"{path}/accept", {}, 409)["winner"]["name"] == "Rita Rep"
    call("POST", f"leads/{lead['id']}/touches", {"channel": "call", "outcome": "connected"}, 201)
    due = (timezone.now() + timedelta(days=1)).isoformat()
    call("POST", f"leads/{lead['id']}/follow-ups", {"due_at": due, "note": "Send the offer"}, 201)
    assert call("POST", f"{path}/promote", {}, 409)["verdict"]["passed"] is False
    answers = {"budget": "Approved", "authority": "Decides", "need": "Fewer junk leads"}
    for question, value in answers.items():
        call("POST", f"leads/{lead['id']}/answers", {"question": question, "value": value}, 201)
    assert call("POST", f"{path}/promote", {"answers": {"timeline": "Within 3 months"}})["lead"]["state"] == "sql"
    assert call("POST", f"{path}/win", {"amount": "18000", "currency": "EUR"})["state"] == "won"

    funnel = call("GET", "reports/funnel")
    assert funnel["total"]["counts"] == {"lead": 1, "mql": 1, "sal": 1, "sql": 1, "won": 1}
    assert (funnel["rows"][0]["key"], funnel["rows"][0]["revenue"]) == ("webinar", {"EUR": "18000.00"})
    story = [
        entry["what"] for entry in call("GET", f"leads/{lead['id']}/timeline")["results"] if entry["kind"] == "move"
    ]
    assert story == ["win", "promote", "accept", "qualify", "create"]
