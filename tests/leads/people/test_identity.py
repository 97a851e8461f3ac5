"""Who is who: finding by any id, and two transactions that meet the same new person at once."""

import threading

import pytest
from django.db import connection, transaction

from leadflow.errors import Conflict
from leads.intake import events
from leads.intake.events import EventIn
from leads.intake.upsert import Person, upsert, upsert_many
from leads.models import Account, AnonymousId, Campaign, Event, ExternalId, Lead, Transition
from leads.people import identity
from workspaces.actors import engine
from workspaces.models import Workspace

ACTOR = engine("test")


@pytest.mark.django_db
def test_a_lead_is_found_by_any_of_its_ids(workspace):
    person = Person(email="a@acme.example", external_ids=(("crm", "7"), ("shop", "8")), anonymous_id="b1")
    lead = upsert(workspace, person, actor=ACTOR).lead
    for ids in (
        {"email": " A@Acme.example"},
        {"external_ids": [("CRM", "7")]},
        {"external_ids": [("shop", "8"), ("other", "8")]},
        {"anonymous_id": "b1"},
    ):
        assert identity.find(workspace, **ids) == lead
    for ids in ({"email": "b@acme.example"}, {"external_ids": [("crm", "8")]}, {"anonymous_id": "b2"}, {}):
        assert identity.find(workspace, **ids) is None


@pytest.mark.django_db
def test_ids_of_two_leads_name_both(workspace):
    upsert(workspace, Person(email="a@acme.example"), actor=ACTOR)
    upsert(workspace, Person(external_ids=(("crm", "7"),)), actor=ACTOR)
    with pytest.raises(Conflict) as refusal:
        identity.find(workspace, email="a@acme.example", external_ids=[("crm", "7")])
    assert refusal.value.code == "identity_conflict"


@pytest.mark.django_db
def test_another_workspace_finds_nobody(workspace):
    upsert(workspace, Person(email="a@acme.example", external_ids=(("crm", "7"),), anonymous_id="b1"), actor=ACTOR)
    other = Workspace.objects.create(name="Other", slug="other")
    assert identity.find(other, email="a@acme.example") is None
    assert identity.find(other, external_ids=[("crm", "7")]) is None
    assert identity.find(other, anonymous_id="b1") is None


def at_once(*acts):
    """Run each act in a thread of its own, all let go together; return what they gave or raised."""
    barrier, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        try:
            barrier.wait()
            outcomes[place] = act()
        except Exception as error:  # noqa: BLE001  shown by the assertion
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "person",
    [
        Person(email="a@acme.example", company="Acme", campaign="spring", anonymous_id="b1"),
        Person(external_ids=(("crm", "7"),), anonymous_id="b1", campaign="spring", company="Acme"),
    ],
    ids=["e-mail", "external id"],
)
def test_eight_upserts_of_one_person_at_once_make_one_lead(workspace, person):
    results = at_once(*[lambda: upsert(workspace, person, actor=ACTOR)] * 8)
    assert sorted(result.created for result in results) == [False] * 7 + [True]
    assert len({result.lead.pk for result in results}) == 1
    assert Lead.objects.of(workspace).count() == Transition.objects.of(workspace).count() == 1
    assert Campaign.objects.of(workspace).count() == AnonymousId.objects.of(workspace).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_sets_that_overlap_in_opposite_order_do_not_stand_in_each_others_way(workspace):
    persons = [Person(email=f"p{n}@firm{n}.example", external_ids=(("crm", str(n)),)) for n in range(200)]
    results = at_once(
        lambda: upsert_many(workspace, persons, actor=ACTOR),
        lambda: upsert_many(workspace, persons[::-1], actor=ACTOR),
        lambda: upsert_many(workspace, persons[100:] + persons[:100], actor=ACTOR),
    )
    assert sum(result.created for batch in results for result in batch) == 200
    assert Lead.objects.of(workspace).count() == ExternalId.objects.of(workspace).count() == 200
    assert Account.objects.of(workspace).count() == 200


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_email_for_two_leads_at_once_goes_to_one_of_them(workspace):
    for value in ("1", "2"):
        upsert(workspace, Person(external_ids=(("crm", value),)), actor=ACTOR)
    outcomes = at_once(
        *[
            lambda value=value: upsert(
                workspace, Person(email="a@acme.example", external_ids=(("crm", value),)), actor=ACTOR
            )
            for value in ("1", "2")
        ]
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "UpsertResult"]
    assert Lead.objects.of(workspace).filter(email="a@acme.example").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_event_of_a_browser_that_is_identified_meanwhile_is_not_left_behind(workspace):
    events.record(workspace, None, [EventIn("page")], actor=ACTOR, anonymous_id="b1")
    stored, identified = threading.Event(), threading.Event()

    def record():
        with transaction.atomic():
            events.record(workspace, None, [EventIn("page")], actor=ACTOR, anonymous_id="b1")
            stored.set()
            identified.wait(0.5)  # the other one is now waiting for the anonymous id

    def identify():
        stored.wait(5)
        upsert(workspace, Person(email="a@acme.example", anonymous_id="b1"), actor=ACTOR)
        identified.set()

    assert at_once(record, identify) == [None, None]
    lead = Lead.objects.of(workspace).get()
    assert set(Event.objects.of(workspace).values_list("lead_id", flat=True)) == {lead.pk}
