"""What requests cost: creating a lead, and that lists cost the same however long they are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.activity import touches
from leads.models import Campaign, Topic
from nurture import enrolments
from nurture.models import Program
from tests import builders
from tests.api.test_leads import PERSON

BOOKKEEPING = ("BEGIN", "COMMIT")


def statements(act) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert act().status_code in (200, 201)
    return [query["sql"] for query in queries if query["sql"].strip() not in BOOKKEEPING]


def test_creating_a_lead_takes_at_most_12_statements(api):
    api.get("/api/v1/me")  # notes the use of the key, which is done once a minute
    taken = statements(lambda: api.post("/api/v1/leads", PERSON))
    assert len(taken) <= 12, "\n".join(sql[:150] for sql in taken)


def _fill(workspace, rep, number):
    program = Program.objects.of(workspace).filter(status="active").first() or Program.everywhere.create(
        workspace=workspace, name="Revive", status="active"
    )
    for _ in range(number):
        handoff = builders.handoff(workspace, owner=rep, accepted=True, account=builders.account(workspace))
        lead = handoff.lead
        lead.external_ids.create(workspace=workspace, system="crm", value=str(lead.pk))
        Campaign.everywhere.create(workspace=workspace, code=f"c{lead.pk}", name="Campaign")
        Topic.everywhere.create(workspace=workspace, code=f"t{lead.pk}", label="Topic")
        cold = builders.lead(workspace, consent="opted_in")
        enrolments.enrol(cold, program, actor=builders.engine(), why={"words": "A test"})
        touches.log(lead, actor=builders.actor(rep), channel="call", outcome="connected")


LISTS = [
    "leads",
    "handoffs",
    "clocks",
    "programs",
    "enrolments",
    "sends",
    "campaigns",
    "topics",
    "reasons",
    "questions",
    "reports/funnel",
    "agreement",
    "me",
]


def test_a_list_of_30_costs_what_a_list_of_3_does(api, workspace, rep):
    _fill(workspace, rep, 3)
    api.get("/api/v1/me")
    names = [name for name in LISTS if name != "agreement"]
    few = {name: len(statements(lambda name=name: api.get(f"/api/v1/{name}?page_size=100"))) for name in names}
    _fill(workspace, rep, 27)
    many = {name: len(statements(lambda name=name: api.get(f"/api/v1/{name}?page_size=100"))) for name in names}
    assert few == many
    assert max(many[name] for name in names if name != "reports/funnel") <= 4


@pytest.mark.parametrize("part", ["events", "touches", "follow-ups", "answers", "moves", "timeline"])
def test_a_list_of_a_lead_costs_the_same_however_long(api, workspace, rep, part):
    lead = builders.handoff(workspace, owner=rep, accepted=True).lead

    def add(number):
        for _ in range(number):
            builders.event(lead)
            touches.log(lead, actor=builders.actor(rep), channel="call", outcome="connected")

    api.get("/api/v1/me")
    add(1)
    few = len(statements(lambda: api.get(f"/api/v1/leads/{lead.pk}/{part}")))
    add(9)
    assert (
        len(statements(lambda: api.get(f"/api/v1/leads/{lead.pk}/{part}"))) == few == (9 if part == "timeline" else 3)
    )
