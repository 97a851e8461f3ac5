"""Deliveries to a real HTTP server, verified with the receivers' own package."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from standardwebhooks.webhooks import Webhook

from leadflow.errors import Conflict, Missing
from leadflow.sweeps import lease
from tests.services import free_port
from tests.webhooks.conftest import NOON, Receiver, make_workspace, record
from webhooks import deliveries, endpoints, posting, tasks
from webhooks.models import Delivery, Endpoint
from workspaces.models import AuditEntry, Notice

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def planned(workspace, endpoint) -> Delivery:
    record(workspace)
    deliveries.fan_out(at=NOON)
    return Delivery.objects.of(workspace).get()


def now(delivery: Delivery) -> Delivery:
    return Delivery.objects.of(delivery.workspace_id).select_related("endpoint").get(pk=delivery.pk)


def test_a_receiver_verifies_and_reads_the_message(workspace, actor, receiver):
    _, secret = endpoints.create(workspace, actor=actor, url=receiver.url, at=NOON)
    record(workspace)
    at = datetime.now(UTC)
    deliveries.fan_out(at=at)
    assert deliveries.deliver_due(at=at) == 1
    (headers, body), delivery = receiver.got[0], Delivery.objects.of(workspace).get()
    assert Webhook(secret).verify(body, headers) == {
        "type": "lead.accepted",
        "timestamp": "2026-03-02T12:00:00Z",
        "version": 1,
        "data": {"lead": {"id": 7, "name": "Zoë 🌱"}, "sequence": 3},
    }
    assert headers["webhook-id"] == delivery.message_id
    assert headers["webhook-timestamp"] == str(int(at.timestamp()))
    assert headers["content-type"] == "application/json"
    assert (delivery.delivered_at, delivery.next_at, delivery.attempts) == (at, None, 0)
    assert [entry["status"] for entry in delivery.log] == [204]
    assert deliveries.deliver_due(at=at + DAY) == 0


def test_both_secrets_sign_while_one_is_rotated_out(workspace, actor, receiver):
    endpoint, old = endpoints.create(workspace, actor=actor, url=receiver.url, at=NOON)
    at = datetime.now(UTC)
    _, new = endpoints.rotate(endpoint, actor=actor, at=at)
    record(workspace)
    deliveries.fan_out(at=at)
    deliveries.deliver_due(at=at)
    headers, body = receiver.got[0]
    for secret in (old, new):
        assert Webhook(secret).verify(body, headers)["type"] == "lead.accepted"


def test_a_failed_try_is_repeated_with_the_same_id_and_body_and_a_new_time(planned, receiver):
    receiver.answers, receiver.body = [(500, {})], b"<h1>Broken\0 here</h1>"
    deliveries.deliver_due(at=NOON)
    after = now(planned)
    assert NOON + timedelta(seconds=5) <= after.next_at <= NOON + timedelta(seconds=5.5)
    assert (after.attempts, after.delivered_at, after.dead_reason) == (1, None, "")
    assert after.log[0] | {"ms": 0} == {"at": NOON.isoformat(), "status": 500, "ms": 0, "words": "<h1>Broken here</h1>"}
    deliveries.deliver_due(at=after.next_at)
    (first, first_body), (second, second_body) = receiver.got
    assert (first["webhook-id"], first_body) == (second["webhook-id"], second_body)
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 5
    assert first["webhook-signature"] != second["webhook-signature"]
    assert now(planned).delivered_at == after.next_at
    assert now(planned).endpoint.failing_since is None


def test_ten_tries_are_spread_over_three_days_and_then_it_is_given_up(planned, receiver):
    receiver.answers = [(400, {})] * 10
    waits, at = [], NOON
    while True:
        assert deliveries.deliver_due(at=at) == 1
        after = now(planned)
        if after.next_at is None:
            break
        waits.append(after.next_at - at)
        at = after.next_at
    base = [
        timedelta(seconds=5),
        5 * MINUTE,
        30 * MINUTE,
        2 * HOUR,
        5 * HOUR,
        10 * HOUR,
        14 * HOUR,
        20 * HOUR,
        24 * HOUR,
    ]
    assert len(waits) == 9
    assert all(least <= wait <= least * 1.1 for wait, least in zip(waits, base, strict=True))
    assert len(receiver.got) == len(after.log) == 10
    assert after.dead_reason.startswith("Given up after 10 tries, the last: 400")


def test_a_redirect_is_a_failure_and_is_not_followed(planned, receiver):
    receiver.answers = [(302, {"Location": receiver.url + "/elsewhere"})]
    deliveries.deliver_due(at=NOON)
    assert len(receiver.got) == 1
    assert (now(planned).delivered_at, now(planned).log[0]["status"]) == (None, 302)


def test_410_pauses_the_endpoint_and_the_admins_are_told(workspace, planned, receiver):
    record(workspace)
    deliveries.fan_out(at=NOON + HOUR)
    receiver.answers = [(410, {})]
    deliveries.deliver_due(at=NOON)
    after = now(planned)
    assert after.dead_reason.startswith("Given up after 1 tries, the last: 410")
    assert not after.endpoint.active
    assert "410" in after.endpoint.paused_reason
    assert Notice.objects.of(workspace).get().kind == "endpoint.paused"
    assert AuditEntry.objects.of(workspace).get(action="endpoint.paused").actor_name == "Leadflow (webhooks)"
    assert deliveries.deliver_due(at=NOON + DAY) == 0  # the second one waits
    assert Delivery.objects.of(workspace).filter(next_at=None, dead_reason="").count() == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_receiver_that_asks_for_a_rest_gets_it_for_all_its_deliveries(workspace, planned, receiver, status):
    receiver.answers = [(status, {"Retry-After": "120"})]
    deliveries.deliver_due(at=NOON)
    record(workspace)
    deliveries.fan_out(at=NOON)
    assert deliveries.deliver_due(at=NOON + timedelta(seconds=119)) == 0
    assert {delivery.next_at for delivery in Delivery.objects.of(workspace)} == {NOON + timedelta(seconds=120)}
    assert deliveries.deliver_due(at=NOON + timedelta(seconds=120)) == 2
    assert Endpoint.objects.of(workspace).get().resting_until is None


def test_a_rest_until_a_date_is_kept_and_nonsense_is_not():
    date = (datetime.now(UTC) + HOUR).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert 3590 <= posting._rest(date) <= 3600
    assert posting._rest("Mon, 02 Mar 2015 12:00:00 GMT") == 0
    assert posting._rest("99999999") == 24 * 3600
    for nonsense in ("", "soon", "-5", "1e9", "٣"):
        assert posting._rest(nonsense) is None


def test_no_answer_lets_the_endpoint_rest_instead_of_waiting_for_each_delivery(workspace, actor, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    endpoints.create(workspace, actor=actor, url=f"http://127.0.0.1:{free_port()}/", at=NOON)
    for _ in range(deliveries.BATCH + 30):
        record(workspace)
    deliveries.fan_out(at=NOON)
    assert deliveries.deliver_due(at=NOON) == deliveries.BATCH
    tried = Delivery.objects.of(workspace).exclude(log=[])
    assert tried.count() == deliveries.BATCH
    assert {delivery.log[0]["words"] for delivery in tried} == {"No connection."}
    assert not Delivery.objects.of(workspace).filter(next_at__lte=NOON).exists()


def test_an_endpoint_that_failed_for_three_days_is_paused(workspace, planned, receiver):
    Endpoint.objects.of(workspace).update(failing_since=NOON - 3 * DAY)
    receiver.answers = [(500, {})]
    deliveries.deliver_due(at=NOON)
    endpoint = Endpoint.objects.of(workspace).get()
    assert not endpoint.active
    assert "2026-02-27 12:00 UTC" in endpoint.paused_reason
    assert now(planned).next_at is None
    assert now(planned).dead_reason == ""
    assert Notice.objects.of(workspace).count() == 1


def test_a_private_address_gets_nothing(workspace, planned, receiver, settings):
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    deliveries.deliver_due(at=NOON)
    assert receiver.got == []
    assert now(planned).log[0]["words"] == "The address is not public, so nothing was sent."


def test_a_name_that_leads_to_a_private_address_gets_nothing(workspace, planned, receiver, settings):
    Endpoint.objects.of(workspace).update(url=receiver.url.replace("127.0.0.1", "localhost"))
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    deliveries.deliver_due(at=NOON)
    assert receiver.got == []
    assert now(planned).attempts == 1


def test_a_proxy_of_this_machine_is_not_used(planned, receiver, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    deliveries.deliver_due(at=NOON)
    assert now(planned).delivered_at == NOON


def test_a_secret_that_cannot_be_read_is_said_and_the_others_go_on(workspace, actor, planned, receiver):
    Endpoint.objects.of(workspace).update(secret="not ours")
    endpoints.create(workspace, actor=actor, url=receiver.url + "/2", at=NOON)
    record(workspace)
    deliveries.fan_out(at=NOON)
    assert deliveries.deliver_due(at=NOON) == 3
    assert len(receiver.got) == 1
    assert "SECRET_KEY was changed" in now(planned).log[0]["words"]


def test_a_try_cut_off_by_a_crash_is_made_again(planned, receiver):
    lease(Delivery, at=NOON, seconds=deliveries.LEASE_SECONDS)  # and here the process dies
    assert deliveries.deliver_due(at=NOON + timedelta(seconds=119)) == 0
    assert deliveries.deliver_due(at=NOON + timedelta(seconds=120)) == 1
    assert now(planned).delivered_at


def test_a_try_that_ends_after_the_pause_plans_no_other(workspace, actor, planned, receiver):
    (claimed,) = lease(Delivery, at=NOON, seconds=deliveries.LEASE_SECONDS)
    endpoints.pause(claimed.endpoint, actor=actor, reason="Moving house", at=NOON)
    deliveries._record(claimed, posting.PostResult(500), NOON)
    assert now(planned).next_at is None


def test_a_delivery_is_replayed_under_its_old_id(workspace, actor, planned, receiver):
    deliveries.deliver_due(at=NOON)
    deliveries.replay(planned, actor=actor, at=NOON + DAY)
    assert deliveries.deliver_due(at=NOON + DAY) == 1
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == len(now(planned).log) == 2
    assert AuditEntry.objects.of(workspace).filter(action="delivery.replayed").count() == 1


def test_a_range_is_replayed_with_what_was_never_planned(workspace, actor, receiver):
    begun = datetime.now(UTC)
    record(workspace, "lead.won")
    deliveries.fan_out(at=NOON)  # nobody listens yet
    endpoint, _ = endpoints.create(workspace, actor=actor, url=receiver.url, types=["lead.won"], at=NOON)
    record(workspace, "lead.won")
    record(workspace, "lead.lost")
    deliveries.fan_out(at=NOON)
    deliveries.deliver_due(at=NOON)
    until = datetime.now(UTC) + MINUTE
    assert deliveries.replay_range(endpoint, actor=actor, since=begun, until=until, at=NOON) == 2
    assert deliveries.replay_range(endpoint, actor=actor, since=until, until=until + DAY, at=NOON) == 0
    assert deliveries.deliver_due(at=NOON) == 2
    assert [json.loads(body)["type"] for _, body in receiver.got] == ["lead.won"] * 3


def test_nothing_is_replayed_to_a_paused_endpoint(workspace, actor, planned, receiver):
    endpoint = endpoints.pause(planned.endpoint, actor=actor, reason="Moving house", at=NOON)
    with pytest.raises(Conflict):
        deliveries.replay(planned, actor=actor, at=NOON)
    with pytest.raises(Conflict):
        deliveries.replay_range(endpoint, actor=actor, since=NOON - DAY, until=NOON + DAY, at=NOON)
    assert now(planned).next_at is None


def test_a_foreign_delivery_is_missing(planned):
    with pytest.raises(Missing):
        deliveries.get(make_workspace("Southwind")[0], planned.pk)


@pytest.fixture
def thirty(transactional_db, receiver) -> Receiver:
    workspace, actor = make_workspace("Northwind")
    endpoints.create(workspace, actor=actor, url=receiver.url)
    for number in range(30):
        record(workspace, sequence=number)
    deliveries.fan_out()
    return receiver


def test_the_receiver_is_spoken_to_outside_of_any_transaction(thirty):
    states = []

    def look() -> None:
        states.append(Delivery.everywhere.filter(attempts=1, next_at__isnull=False).exists())
        connection.close()

    thirty.before_answer = look  # another connection: it sees only what is committed
    tasks.run_sweeps(limit=1)
    assert states == [True]


def test_sweeps_at_once_deliver_each_fact_once(thirty):
    def sweep(_: int) -> int:
        try:
            return deliveries.deliver_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(4))) == 30
    assert len({headers["webhook-id"] for headers, _ in thirty.got}) == len(thirty.got) == 30
    assert not Delivery.everywhere.filter(delivered_at__isnull=True).exists()
