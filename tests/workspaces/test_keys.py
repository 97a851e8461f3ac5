from datetime import timedelta

import pytest
import time_machine

from leadflow.errors import Invalid, Missing
from tests.workspaces.conftest import NOON
from workspaces import keys
from workspaces.models import ApiKey, AuditEntry


@pytest.fixture
def made(workspace, actor):
    return keys.create(workspace, actor=actor, name="Website", scopes=["write", "read"], at=NOON)


def test_a_key_is_found_by_its_secret_which_is_not_kept(made, workspace):
    key, secret = made
    assert keys.check(secret, at=NOON) == key
    kept = ApiKey.objects.of(workspace).values().get()
    assert secret not in str(kept)
    assert secret.startswith(kept["prefix"])
    assert kept["scopes"] == ["read", "write"]


def test_a_wrong_secret_opens_nothing(made):
    _, secret = made
    flipped = "a" if secret[-1] != "a" else "b"
    for wrong in (
        secret[:-1],
        secret[:-1] + flipped,
        "",
        "lf_",
        secret.upper(),
        secret + "x" * 200,
        "lf_\0",
        "lf_\ud800",
    ):
        assert keys.check(wrong, at=NOON) is None


def test_a_revoked_key_opens_nothing(made, actor, workspace):
    key, secret = made
    keys.revoke(key, actor=actor, at=NOON)
    keys.revoke(key, actor=actor, at=NOON + timedelta(days=1))
    assert keys.check(secret, at=NOON) is None
    assert ApiKey.objects.of(workspace).get().revoked_at == NOON
    assert AuditEntry.objects.of(workspace).filter(action="key.revoked").count() == 1


def test_a_check_is_one_statement_and_notes_the_use_once_a_minute(made, django_assert_num_queries, workspace):
    _, secret = made
    with django_assert_num_queries(2):
        keys.check(secret, at=NOON)
    with django_assert_num_queries(1):
        assert keys.check(secret, at=NOON + timedelta(seconds=59)).workspace.name == "Northwind"
    assert ApiKey.objects.of(workspace).get().last_used_at == NOON
    keys.check(secret, at=NOON + timedelta(seconds=60))
    assert ApiKey.objects.of(workspace).get().last_used_at == NOON + timedelta(seconds=60)


def test_the_clock_is_read_when_no_time_is_given(made, workspace):
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        keys.check(made[1])
    assert ApiKey.objects.of(workspace).get().last_used_at == NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "scopes", "field"), [("", ["read"], "name"), ("A", [], "scopes"), ("A", ["all"], "scopes")]
)
def test_a_key_that_makes_no_sense_is_refused(workspace, actor, name, scopes, field):
    with pytest.raises(Invalid) as refusal:
        keys.create(workspace, actor=actor, name=name, scopes=scopes)
    assert refusal.value.field == field
    assert not ApiKey.objects.of(workspace).exists()


def test_making_a_key_is_audited_without_its_secret(made, workspace, admin):
    entry = AuditEntry.objects.of(workspace).get()
    assert (entry.action, entry.object_name, entry.actor_member, entry.created_at) == (
        "key.created",
        "Website",
        admin,
        NOON,
    )
    assert made[1] not in str(entry.changes)


def test_a_foreign_key_is_missing(made, foreign):
    with pytest.raises(Missing):
        keys.get(foreign, made[0].pk)
