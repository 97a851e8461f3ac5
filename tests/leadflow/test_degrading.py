"""A dead cache or broker costs a warning and no more."""

import os
import socket
import time

import pytest
from celery import Celery
from django.db import transaction

from leadflow import celery
from leadflow.cache import FailSoftRedisCache


@pytest.fixture
def closed_port() -> int:
    """A port where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(autouse=True)
def _forget_failures(monkeypatch):
    monkeypatch.setattr(FailSoftRedisCache, "_resting_until", 0.0)
    monkeypatch.setattr(celery, "_resting_until", 0.0)
    monkeypatch.setattr(celery, "_woken", {})


@pytest.fixture
def waiting(monkeypatch):
    """Send to a broker in memory; count the messages that wait there."""
    app = Celery("test", broker="memory://", set_as_current=False)
    monkeypatch.setattr(celery, "app", app)
    with app.connection_for_write() as connection:
        connection.default_channel.queue_declare("celery")
        connection.default_channel.queue_purge("celery")  # the memory is one for all brokers of this process
        yield lambda: connection.default_channel._size("celery")
        connection.default_channel.queue_purge("celery")


def test_a_dead_cache_keeps_counting_in_the_process(closed_port, caplog):
    cache = FailSoftRedisCache(f"redis://127.0.0.1:{closed_port}/0", {})
    began = time.monotonic()
    cache.set("attempts", 1)
    assert cache.incr("attempts") == 2
    assert cache.get("attempts") == 2
    assert cache.add("attempts", 9) is False
    assert cache.get_many(["attempts", "other"]) == {"attempts": 2}
    assert cache.get_or_set("other", 5) == 5
    cache.delete("attempts")
    assert cache.get("attempts") is None
    assert time.monotonic() - began < 1
    assert len(caplog.records) == 1, "it is asked once, then left alone"


def test_a_cache_that_hangs_is_waited_for_once(caplog):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        cache = FailSoftRedisCache(f"redis://127.0.0.1:{mute.getsockname()[1]}/0", {})
        began = time.monotonic()
        for number in range(20):
            cache.set(f"key{number}", number)
        assert time.monotonic() - began < 2
        assert cache.get("key19") == 19


@pytest.mark.redis
def test_a_live_cache_is_shared_between_instances():
    one, other = (FailSoftRedisCache(os.environ["REDIS_URL"], {"KEY_PREFIX": f"test-{os.getpid()}"}) for _ in range(2))
    one.set("shared", "value", timeout=5)
    assert other.get("shared") == "value"
    other.delete("shared")
    assert one.get("shared") is None


@pytest.mark.django_db(transaction=True)
def test_a_sweep_is_woken_after_the_commit_and_not_before(waiting):
    with transaction.atomic():
        celery.wake("leads.sweep")
        assert waiting() == 0
    assert waiting() == 1


@pytest.mark.django_db(transaction=True)
def test_no_sweep_is_woken_when_the_change_is_rolled_back(waiting):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        celery.wake("leads.sweep")
        raise ZeroDivisionError
    assert waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_many_changes_wake_each_sweep_once(waiting):
    for _ in range(50):
        celery.wake("leads.sweep")
        celery.wake("sla.sweep")
    assert waiting() == 2


@pytest.mark.django_db(transaction=True)
def test_a_name_that_no_sweep_has_is_refused_at_once(waiting):
    with pytest.raises(ValueError, match=r"no sweep called lead\.sweep: choose from leads\.sweep, sla\.sweep"):
        celery.wake("lead.sweep")
    assert waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_fails_no_change_and_is_not_asked_each_time(closed_port, monkeypatch, caplog):
    app = Celery("test", broker=f"redis://127.0.0.1:{closed_port}/0", set_as_current=False)
    app.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0, "socket_connect_timeout": 0.5}
    monkeypatch.setattr(celery, "app", app)
    began = time.monotonic()
    for _ in range(20):
        with transaction.atomic():
            celery.wake("leads.sweep")
    assert time.monotonic() - began < 2
    assert [record.getMessage()[:27] for record in caplog.records] == ["The broker does not answer,"]
