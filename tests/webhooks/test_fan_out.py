from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from tests.webhooks.conftest import NOON, make_workspace, record
from webhooks import deliveries, endpoints
from webhooks.models import Delivery, OutboxEvent

URL = "https://hooks.example.com/in"


def listen(workspace, actor, *types: str):
    return endpoints.create(workspace, actor=actor, url=URL, types=types, at=NOON)[0]


def planned(workspace) -> list[tuple[int, str]]:
    return list(Delivery.objects.of(workspace).order_by("endpoint", "id").values_list("endpoint", "event__type"))


def test_a_fact_goes_to_each_endpoint_that_wants_its_type(workspace, actor):
    everything, won = listen(workspace, actor), listen(workspace, actor, "lead.won")
    for type in ("lead.accepted", "lead.won"):
        record(workspace, type)
    assert deliveries.fan_out(at=NOON) == 2
    assert planned(workspace) == [
        (everything.pk, "lead.accepted"),
        (everything.pk, "lead.won"),
        (won.pk, "lead.won"),
    ]
    assert deliveries.fan_out(at=NOON) == 0
    assert len(planned(workspace)) == 3


def test_no_fact_goes_to_another_workspace(workspace, actor):
    southwind, sol = make_workspace("Southwind")
    listen(workspace, actor)
    listen(southwind, sol)
    record(workspace)
    deliveries.fan_out(at=NOON)
    assert len(planned(workspace)) == 1
    assert planned(southwind) == []


def statements(facts: int) -> list[str]:
    """Fan facts out and return the first words of the statements that this took, without the transactions."""
    with CaptureQueriesContext(connection) as queries:
        assert deliveries.fan_out(at=NOON) == facts
    words = [query["sql"].split()[0] for query in queries]
    return [word for word in words if word not in ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")]


def test_without_any_endpoint_facts_cost_one_update(workspace):
    for _ in range(5):
        record(workspace)
    assert statements(5) == ["UPDATE", "SELECT"]


def test_the_number_of_statements_does_not_grow_with_the_facts(workspace, actor):
    for _ in range(3):
        listen(workspace, actor)
    for facts in (2, 30):
        for _ in range(facts):
            record(workspace)
        assert statements(facts) == ["UPDATE", "SELECT", "SELECT", "INSERT", "UPDATE"]
    assert Delivery.objects.of(workspace).count() == 96


def test_message_ids_are_unique_and_say_nothing(workspace, actor):
    listen(workspace, actor)
    for _ in range(20):
        record(workspace)
    deliveries.fan_out(at=NOON)
    ids = set(Delivery.objects.of(workspace).values_list("message_id", flat=True))
    assert len(ids) == 20
    assert all(id.startswith("msg_") and len(id) > 20 for id in ids)


def test_a_resting_endpoint_is_given_its_rest(workspace, actor):
    endpoint = listen(workspace, actor)
    endpoint.resting_until = NOON + timedelta(hours=1)
    endpoint.save(update_fields=["resting_until"])
    record(workspace)
    deliveries.fan_out(at=NOON)
    assert Delivery.objects.of(workspace).get().next_at == NOON + timedelta(hours=1)


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_once_plan_each_fact_once():
    workspace, actor = make_workspace("Northwind")
    listen(workspace, actor)
    OutboxEvent.everywhere.filter(workspace=workspace).delete()
    for _ in range(60):
        record(workspace)

    def sweep(_: int) -> int:
        try:
            return deliveries.fan_out(at=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(4))) == 60
    per_event = OutboxEvent.objects.of(workspace).annotate(n=Count("deliveries")).values_list("n", flat=True)
    assert set(per_event) == {1}
