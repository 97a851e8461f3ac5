"""What is recorded of leads for outside: when, how often, and in how many statements."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads import summaries
from leads.intake import upsert
from leads.intake.upsert import Person
from leads.lifecycle import evaluation, moves
from leads.models import ExternalId, Lead
from leads.people import consent
from tests import builders
from tests.builders import MONDAY, recorded
from webhooks.models import OutboxEvent

HOUR = timedelta(hours=1)
ACTOR = builders.engine()
pytestmark = pytest.mark.django_db


def sweep(lead: Lead, at) -> None:
    Lead.everywhere.filter(pk=lead.pk).update(next_at=at)
    evaluation.sweep(at=at)


def test_a_new_grade_is_recorded_once_with_the_one_before(workspace):
    lead = builders.lead(workspace)
    sweep(lead, MONDAY)
    builders.event(lead, "demo_request", at=MONDAY)
    sweep(lead, MONDAY + HOUR)
    sweep(lead, MONDAY + 2 * HOUR)
    first, second = recorded(workspace, "lead.grade_changed")
    assert (first.data["previous"], first.at) == ("", MONDAY)
    assert (second.data["previous"], second.at) == (first.data["grade"], MONDAY + HOUR)
    assert second.data["grade"] == second.data["lead"]["grade"] == Lead.everywhere.get(pk=lead.pk).grade


def test_a_grade_that_comes_with_the_hand_over_is_recorded_before_it_and_once(workspace):
    lead = builders.lead(workspace)
    builders.event(lead, "demo_request", at=MONDAY)
    moves.qualify(lead, actor=ACTOR, override="Met at the fair", at=MONDAY)
    types = OutboxEvent.everywhere.filter(lead_id=lead.pk).order_by("pk").values_list("type", flat=True)
    assert list(types) == ["lead.grade_changed", "lead.qualified"]
    sweep(lead, MONDAY)
    assert len(recorded(workspace, "lead.grade_changed")) == 1


def test_the_engine_records_the_grade_of_whom_it_hands_over_once(workspace):
    lead = builders.lead(workspace, account=builders.account(workspace), title="Head of buying", country="DE")
    builders.event(lead, "demo_request", at=MONDAY)
    sweep(lead, MONDAY + HOUR)
    assert Lead.everywhere.get(pk=lead.pk).state == "mql"
    assert len(recorded(workspace, "lead.grade_changed")) == len(recorded(workspace, "lead.qualified")) == 1


def test_a_consent_is_recorded_when_it_changes_the_state(workspace):
    lead = builders.lead(workspace)
    for _ in range(2):
        consent.change(lead, state="opted_out", source="API", at=MONDAY)
    [fact] = recorded(workspace, "lead.consent_changed")
    assert (fact.data["consent"], fact.data["origin"]) == ("opted_out", "API")
    assert fact.data["lead"]["consent"] == "opted_out"
    assert [each.data["changed"] for each in recorded(workspace, "lead.updated")] == [["consent"]]


def test_a_known_lead_that_opts_in_by_intake_is_recorded_and_a_new_one_says_so_when_it_is_made(workspace):
    person = Person(email="new@acme.example", consent="opted_in", consent_wording="Yes, mail me")
    upsert.upsert(workspace, person, actor=ACTOR)
    assert recorded(workspace, "lead.created")[0].data["lead"]["consent"] == "opted_in"
    assert recorded(workspace, "lead.consent_changed") == []
    builders.lead(workspace, email="old@acme.example")
    person = Person(email="old@acme.example", consent="opted_in", consent_wording="Yes, mail me")
    upsert.upsert(workspace, person, actor=ACTOR)
    [fact] = recorded(workspace, "lead.consent_changed")
    assert (fact.data["consent"], fact.data["wording"]) == ("opted_in", "Yes, mail me")


def test_a_refused_move_records_nothing(workspace):
    lead = builders.lead(workspace)
    with pytest.raises(Exception, match="reopen"):
        moves.reopen(lead, actor=ACTOR, note="Why not", at=MONDAY)
    assert not OutboxEvent.everywhere.filter(lead_id=lead.pk).exists()


def test_a_new_lead_is_recorded_as_it_will_be_read(workspace):
    """The summary of a new lead is made without reading: it must say the same as the one that is read."""
    person = Person(
        email="ada@acme.example",
        external_ids=(("shop", "9"), ("crm", "7")),
        first_name="Ada",
        company="Acme",
        source="fair",
        employees=200,
    )
    lead = upsert.upsert(workspace, person, actor=ACTOR).lead
    [fact] = recorded(workspace, "lead.created")
    read = summaries.read_one(lead.pk)
    assert fact.data["lead"]["external_ids"] == [
        {"system": "crm", "value": "7"},
        {"system": "shop", "value": "9"},
    ]
    assert summaries.of_new(lead, person.external_ids) == read
    assert fact.sequence == read.sequence == 1


def test_leads_are_summarised_in_one_statement_however_many(workspace):
    leads = []
    for number in range(7):
        owner = builders.member(workspace) if number % 2 else None
        lead = builders.lead(workspace, account=builders.account(workspace) if number % 3 else None, owner=owner)
        for system in ("shop", "crm", "billing")[: number % 4]:
            ExternalId.everywhere.create(workspace=workspace, lead=lead, system=system, value=f"{system}{number}")
        leads.append(lead)
    with CaptureQueriesContext(connection) as statements:
        found = summaries.read([lead.pk for lead in leads])
    assert len(statements) == 1
    assert set(found) == {lead.pk for lead in leads}
    for lead in leads:
        ids = sorted(lead.external_ids.values_list("system", "value"))
        summary = found[lead.pk]
        assert [(each.system, each.value) for each in summary.external_ids] == ids
        assert summary.company == (lead.account.name if lead.account else None)
        assert (summary.owner.id if summary.owner else None) == lead.owner_id
        assert (summary.email, summary.name, summary.state) == (lead.email, lead.name, lead.state)


def test_a_set_of_known_leads_is_recorded_in_as_many_statements_as_one(workspace):
    def statements(start: int, count: int) -> int:
        emails = [f"p{number}@firm.example" for number in range(start, start + count)]
        for email in emails:
            builders.lead(workspace, email=email)
        persons = [Person(email=email, title="Buyer", consent="opted_in", consent_wording="Yes") for email in emails]
        with CaptureQueriesContext(connection) as seen:
            upsert.upsert_many(workspace, persons, actor=ACTOR)
        return len(seen)

    statements(0, 1)  # makes their company
    assert statements(50, 2) == statements(100, 40)
    assert len(recorded(workspace, "lead.consent_changed")) == 43
