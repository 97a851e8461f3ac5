from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from leadflow.errors import Conflict, Invalid
from tests.workspaces.conftest import NOON, make_member, make_user
from workspaces import access, members
from workspaces.actors import Actor
from workspaces.models import AuditEntry, Member


def test_a_change_of_role_is_written_and_audited(workspace, actor, admin):
    rep = make_member(workspace, "rep@northwind.example")
    assert members.change_role(rep, actor=actor, role="sales_manager", at=NOON).role == "sales_manager"
    entry = AuditEntry.objects.of(workspace).get()
    assert (entry.action, entry.object_name, entry.actor_member) == (
        "member.role_changed",
        "rep@northwind.example",
        admin,
    )
    assert entry.changes == {"role": ["sales", "sales_manager"]}


def test_what_stands_already_is_not_audited(workspace, actor, admin):
    members.change_role(admin, actor=actor, role="admin", at=NOON)
    assert not AuditEntry.objects.of(workspace).exists()


def test_an_unknown_role_is_refused(workspace, actor, admin):
    with pytest.raises(Invalid):
        members.change_role(admin, actor=actor, role="owner", at=NOON)
    assert Member.objects.of(workspace).get().role == "admin"


@pytest.mark.parametrize(
    "go",
    [
        lambda admin, actor: members.change_role(admin, actor=actor, role="viewer", at=NOON),
        lambda admin, actor: members.deactivate(admin, actor=actor, at=NOON),
    ],
)
def test_the_last_admin_cannot_go(workspace, foreign, actor, admin, go):
    former = make_member(workspace, "former@northwind.example", "admin")
    members.deactivate(former, actor=actor, at=NOON)
    with pytest.raises(Conflict) as refusal:
        go(admin, actor)
    assert refusal.value.code == "last_admin"
    now = Member.objects.of(workspace).get(pk=admin.pk)
    assert (now.active, now.role) == (True, "admin")
    assert AuditEntry.objects.of(workspace).count() == 1


def test_an_admin_may_go_when_another_stays(workspace, actor, admin):
    make_member(workspace, "second@northwind.example", "admin")
    assert not members.deactivate(admin, actor=actor, at=NOON).active


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_leave_one():
    workspace = access.create_workspace("Northwind", owner=make_user("ada@northwind.example"))
    make_member(workspace, "bob@northwind.example", "admin")
    first, second = Member.objects.of(workspace).order_by("pk")

    def demote(pair: tuple[Member, Member]) -> str:
        try:
            members.change_role(pair[1], actor=Actor(member=pair[0]), role="viewer")
            return "done"
        except Conflict as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(demote, [(first, second), (second, first)])) == ["done", "last_admin"]
    assert Member.objects.of(workspace).filter(role="admin").count() == 1


def test_a_deactivated_member_can_be_let_in_again(workspace, actor):
    rep = make_member(workspace, "rep@northwind.example")
    members.deactivate(rep, actor=actor, at=NOON)
    assert rep not in access.members_of(workspace)
    members.activate(rep, actor=actor, at=NOON)
    assert rep in access.members_of(workspace)


def test_being_away_ends_at_a_time_or_at_once(workspace, actor, admin):
    until = NOON + timedelta(days=3)
    assert members.set_away(admin, actor=actor, until=until, at=NOON).away_until == until
    assert members.set_away(admin, actor=actor, until=None, at=NOON).away_until is None
    changes = AuditEntry.objects.of(workspace).order_by("id").values_list("changes", flat=True)
    assert list(changes) == [
        {"away_until": [None, "2026-03-05T12:00:00+00:00"]},
        {"away_until": ["2026-03-05T12:00:00+00:00", None]},
    ]


def test_nobody_is_away_until_a_time_that_is_over(workspace, actor, admin):
    with pytest.raises(Invalid):
        members.set_away(admin, actor=actor, until=NOON, at=NOON)
    assert Member.objects.of(workspace).get().away_until is None
