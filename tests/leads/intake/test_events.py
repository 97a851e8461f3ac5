"""Recording events: once each, to the right lead, in sets, without trusting clocks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadflow.errors import Invalid
from leads.intake import events
from leads.intake.events import AttributedEvent, EventIn, record, record_many
from leads.intake.upsert import Person, upsert
from leads.models import AnonymousId, Campaign, Event, Lead, Topic
from workspaces.actors import engine

pytestmark = pytest.mark.django_db
ACTOR = engine("test")


@pytest.fixture
def lead(workspace):
    lead = upsert(workspace, Person(email="a@acme.example"), actor=ACTOR).lead
    Lead.everywhere.filter(pk=lead.pk).update(next_at=None)
    return lead


def test_an_event_is_kept_and_wakes_the_engine(workspace, lead):
    now = timezone.now()
    (row,) = record(workspace, lead, [EventIn("page", "Pricing", "https://acme.example/pricing")], actor=ACTOR, at=now)
    lead.refresh_from_db(fields=["next_at", "last_event_at"])
    assert (row.lead_id, row.type, row.name, row.occurred_at) == (lead.pk, "page", "Pricing", now)
    assert (lead.next_at, lead.last_event_at) == (now, now)


def test_a_message_id_counts_once_also_in_another_batch(workspace, lead):
    first = [EventIn("page", message_id="m1"), EventIn("page", message_id="m2"), EventIn("page", message_id="m1")]
    assert len(record(workspace, lead, first, actor=ACTOR)) == 2
    Lead.everywhere.update(next_at=None)
    assert record(workspace, lead, [EventIn("page", message_id="m2")], actor=ACTOR) == []
    assert Event.objects.of(workspace).count() == 2
    assert Lead.objects.of(workspace).get().next_at is None


def test_events_without_a_message_id_all_count(workspace, lead):
    assert len(record(workspace, lead, [EventIn("page"), EventIn("page")], actor=ACTOR)) == 2


def test_a_long_message_id_is_told_apart_to_its_last_character(workspace, lead):
    long = "m" * 200
    rows = record(workspace, lead, [EventIn("page", message_id=long + end) for end in ("1", "2", "1")], actor=ACTOR)
    assert len(rows) == 2


def test_an_event_from_the_future_is_kept_flagged_and_does_not_count_as_the_last(workspace, lead):
    (row,) = record(workspace, lead, [EventIn("page", occurred_at=timezone.now() + timedelta(hours=1))], actor=ACTOR)
    lead.refresh_from_db(fields=["last_event_at"])
    assert row.clock_skew == "future"
    assert lead.last_event_at is None


def test_a_scanner_does_not_count_as_the_last_event(workspace, lead):
    record(workspace, lead, [EventIn("mail_click", human=False)], actor=ACTOR)
    lead.refresh_from_db(fields=["last_event_at"])
    assert lead.last_event_at is None


def test_an_older_event_does_not_turn_the_last_one_back(workspace, lead):
    now = timezone.now()
    record(workspace, lead, [EventIn("page", occurred_at=now)], actor=ACTOR)
    record(workspace, lead, [EventIn("page", occurred_at=now - timedelta(days=400))], actor=ACTOR)
    lead.refresh_from_db(fields=["last_event_at"])
    assert lead.last_event_at == now


def test_events_of_an_unknown_browser_wait_and_come_to_the_lead_on_identify(workspace):
    (row,) = record(workspace, None, [EventIn("page")], actor=ACTOR, anonymous_id="b1")
    assert (row.lead_id, AnonymousId.objects.of(workspace).get().lead_id) == (None, None)
    lead = upsert(workspace, Person(email="b@acme.example", anonymous_id="b1"), actor=ACTOR).lead
    assert Event.objects.of(workspace).get().lead_id == lead.pk


def test_events_of_a_known_browser_go_to_its_lead(workspace):
    lead = upsert(workspace, Person(email="b@acme.example", anonymous_id="b1"), actor=ACTOR).lead
    (row,) = record(workspace, None, [EventIn("page")], actor=ACTOR, anonymous_id="b1")
    assert row.lead_id == lead.pk


def test_an_unknown_topic_is_left_out_and_named(workspace, lead):
    Topic.everywhere.create(workspace=workspace, code="pricing", label="Pricing")
    (row,) = record(workspace, lead, [EventIn("page", topics=("pricing", "nonsense"))], actor=ACTOR)
    assert (row.topics, row.properties) == (["pricing"], {"unknown_topics": ["nonsense"]})


def test_an_event_is_credited_to_a_known_campaign_only(workspace, lead):
    campaign = Campaign.everywhere.create(workspace=workspace, code="spring", name="Spring")
    rows = record(workspace, lead, [EventIn("page", campaign="spring"), EventIn("page", campaign="x")], actor=ACTOR)
    assert [row.campaign_id for row in rows] == [campaign.pk, None]


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (EventIn(""), "type"),
        (EventIn("x" * 61), "type"),
        (EventIn("page", name="nul\x00"), "name"),
        (EventIn("page", properties={"deep": [{"x": "half \ud800"}]}), "properties"),
        (EventIn("page", properties={"n": float("nan")}), "properties"),
        (EventIn("page", properties={"long": "x" * 40_000}), "properties"),
    ],
)
def test_an_event_that_cannot_be_kept_is_refused_by_field(workspace, lead, event, field):
    with pytest.raises(Invalid) as refusal:
        record(workspace, lead, [EventIn("page"), event], actor=ACTOR)
    assert refusal.value.field == field
    assert not Event.objects.of(workspace).exists()


def test_an_event_of_nobody_is_refused(workspace):
    with pytest.raises(Invalid):
        record(workspace, None, [EventIn("page")], actor=ACTOR)
    assert not Event.objects.of(workspace).exists()


def test_a_set_costs_the_same_number_of_statements_whatever_its_size(workspace, lead):
    def statements(start, count):
        seen = [
            AttributedEvent(
                EventIn("page", message_id=f"m{n}", topics=("x",), campaign="y"), None if n % 2 else lead, f"b{n}"
            )
            for n in range(start, start + count)
        ]
        with CaptureQueriesContext(connection) as queries:
            assert len(record_many(workspace, seen, actor=ACTOR)) == count
        return len(queries)

    assert statements(0, 3) == statements(1000, events.BATCH)
