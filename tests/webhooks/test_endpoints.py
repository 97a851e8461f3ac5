from datetime import timedelta

import pytest

from leadflow.errors import Invalid, Missing
from tests.webhooks.conftest import NOON, make_workspace, record
from webhooks import deliveries, endpoints
from webhooks.models import Delivery, Endpoint
from workspaces.models import AuditEntry

URL = "https://hooks.example.com/in"


@pytest.fixture
def public(settings) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False


def test_the_secret_is_given_once_and_kept_encrypted(workspace, actor):
    endpoint, secret = endpoints.create(workspace, actor=actor, url=URL, types=["lead.won", "lead.lost"], at=NOON)
    assert secret not in str(Endpoint.objects.of(workspace).values().get())
    assert endpoints.signing_keys(endpoint, NOON) == [secret]
    entry = AuditEntry.objects.of(workspace).get()
    assert (entry.action, entry.changes["types"]) == ("endpoint.created", [None, ["lead.lost", "lead.won"]])
    assert secret not in str(entry.changes)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "ftp://example.com",
        "http://example.com",
        "https://user:secret@example.com/",
        "https://example.com/#part",
        "https://127.0.0.1/",
        "https://10.0.0.8/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest",
        "https://localhost/",
        "https://db.internal/",
        "https://[broken/",
        "https://example.com/" + "x" * 500,
    ],
)
def test_an_address_that_may_not_be_posted_to_is_refused(public, workspace, actor, url):
    with pytest.raises(Invalid) as refusal:
        endpoints.create(workspace, actor=actor, url=url)
    assert refusal.value.field == "url"
    assert not Endpoint.objects.of(workspace).exists()


def test_a_public_address_is_taken(public, workspace, actor):
    assert endpoints.create(workspace, actor=actor, url=f" {URL} ")[0].url == URL


@pytest.mark.parametrize("type", ["", "accepted", "lead.", "Lead.Accepted", "lead.*", "lead.acepted"])
def test_a_type_that_is_none_is_refused(workspace, actor, type):
    with pytest.raises(Invalid) as refusal:
        endpoints.create(workspace, actor=actor, url=URL, types=[type])
    assert refusal.value.field == "types"
    assert not Endpoint.objects.of(workspace).exists()


def test_a_rotated_secret_signs_along_for_a_day(workspace, actor):
    endpoint, old = endpoints.create(workspace, actor=actor, url=URL, at=NOON)
    endpoint, new = endpoints.rotate(endpoint, actor=actor, at=NOON)
    assert endpoints.signing_keys(endpoint, NOON + timedelta(hours=23)) == [new, old]
    assert endpoints.signing_keys(endpoint, NOON + timedelta(hours=24)) == [new]


def test_a_change_is_written_and_audited(workspace, actor):
    endpoint, _ = endpoints.create(workspace, actor=actor, url=URL, at=NOON)
    changed = endpoints.edit(endpoint, actor=actor, types=["lead.won"], description=" CRM ", at=NOON)
    assert (changed.url, changed.types, changed.description) == (URL, ["lead.won"], "CRM")
    endpoints.edit(endpoint, actor=actor, types=["lead.won"], at=NOON)
    entry = AuditEntry.objects.of(workspace).get(action="endpoint.changed")
    assert entry.changes == {"types": [[], ["lead.won"]], "description": ["", "CRM"]}


def test_what_is_planned_waits_for_a_paused_endpoint(workspace, actor, endpoint, receiver):
    record(workspace)
    deliveries.fan_out(at=NOON)
    endpoints.pause(endpoint, actor=actor, reason="Moving house", at=NOON)
    record(workspace)
    deliveries.fan_out(at=NOON)
    assert deliveries.deliver_due(at=NOON + timedelta(days=1)) == 0
    assert Delivery.objects.of(workspace).get().next_at is None
    endpoints.resume(endpoint, actor=actor, at=NOON + timedelta(days=1))
    assert deliveries.deliver_due(at=NOON + timedelta(days=1)) == 1
    assert len(receiver.got) == 1
    assert [entry.action for entry in AuditEntry.objects.of(workspace).order_by("id")][1:] == [
        "endpoint.paused",
        "endpoint.resumed",
    ]


def test_a_removed_endpoint_gets_nothing_and_the_facts_stay(workspace, actor, endpoint, receiver):
    record(workspace)
    deliveries.fan_out(at=NOON)
    endpoints.delete(endpoint, actor=actor, at=NOON)
    assert deliveries.deliver_due(at=NOON) == 0
    assert receiver.got == []
    assert not Endpoint.objects.of(workspace).exists()
    assert AuditEntry.objects.of(workspace).filter(action="endpoint.deleted").count() == 1


def test_a_foreign_endpoint_is_missing(workspace, endpoint):
    with pytest.raises(Missing):
        endpoints.get(make_workspace("Southwind")[0], endpoint.pk)
