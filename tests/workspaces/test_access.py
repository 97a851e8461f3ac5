from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from leadflow.errors import Invalid, Missing
from leadflow.models import Unscoped
from tests.workspaces.conftest import NOON, make_member, make_user
from workspaces import access, signals
from workspaces.models import AuditEntry, Member, Workspace


def test_a_new_workspace_has_its_owner_as_admin(workspace, admin):
    assert (workspace.slug, admin.role, admin.user.email) == ("northwind", "admin", "ada@northwind.example")


def test_a_second_workspace_of_the_same_name_gets_another_slug(workspace, admin):
    other = access.create_workspace("Northwind", owner=admin.user)
    assert other.slug.startswith("northwind-")


def test_a_name_without_latin_letters_still_gets_a_slug(admin):
    assert access.create_workspace("株式会社", owner=admin.user).slug == "workspace"


@pytest.mark.django_db(transaction=True)
def test_workspaces_of_one_name_can_be_made_at_once():
    owner = make_user("ada@northwind.example")

    def make(_: int) -> str:
        try:
            return access.create_workspace("Northwind", owner=owner).slug
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(make, range(4)))) == 4


@pytest.mark.parametrize(
    ("name", "zone", "field"),
    [("  ", "UTC", "name"), ("x" * 121, "UTC", "name"), ("Northwind", "Mars/Olympus", "time_zone")],
)
def test_a_workspace_that_makes_no_sense_is_refused(db, name, zone, field):
    owner = make_user("ada@northwind.example")
    with pytest.raises(Invalid) as refusal:
        access.create_workspace(name, owner=owner, time_zone=zone)
    assert refusal.value.field == field
    assert not Workspace.objects.exists()


def test_the_rooms_above_hear_of_a_new_workspace_and_can_undo_it(db):
    owner, heard = make_user("ada@northwind.example"), []

    def receiver(sender, workspace, at, **kwargs):
        heard.append((workspace.name, at, Member.objects.of(workspace).count()))
        raise ValueError("no defaults")

    signals.created.connect(receiver)
    try:
        with pytest.raises(ValueError, match="no defaults"):
            access.create_workspace("Northwind", owner=owner, at=NOON)
    finally:
        signals.created.disconnect(receiver)
    assert heard == [("Northwind", NOON, 1)]
    assert not Workspace.objects.exists()


def test_a_membership_is_found_by_slug_and_by_id(workspace, admin):
    assert access.membership(admin.user, workspace.slug) == access.membership(admin.user, workspace.pk) == admin


def test_another_workspace_and_none_at_all_look_the_same(workspace, admin, foreign):
    answers = []
    for which in (foreign.slug, foreign.pk, "nowhere"):
        with pytest.raises(Missing) as refusal:
            access.membership(admin.user, which)
        answers.append(refusal.value.message)
    assert len(set(answers)) == 1


def test_an_inactive_member_has_no_workspace(workspace, admin):
    Member.objects.of(workspace).update(active=False)
    with pytest.raises(Missing):
        access.membership(admin.user, workspace.slug)
    assert list(access.workspaces_of(admin.user)) == []


def test_a_user_may_be_in_several_workspaces(workspace, admin, foreign):
    Member.everywhere.create(workspace=foreign, user=admin.user, role="viewer")
    assert list(access.workspaces_of(admin.user)) == [workspace, foreign]
    assert [place.role for place in access.places_of(admin.user)] == ["admin", "viewer"]


def test_members_are_those_of_one_workspace_and_active(workspace, foreign, admin):
    rep = make_member(workspace, "rep@northwind.example")
    gone = make_member(workspace, "gone@northwind.example")
    Member.objects.of(workspace).filter(pk=gone.pk).update(active=False)
    make_member(foreign, "rep@southwind.example")
    assert set(access.members_of(workspace)) == {admin, rep}
    assert list(access.members_of(workspace, roles=["sales"])) == [rep]


def test_a_foreign_member_is_missing(workspace, foreign):
    stranger = make_member(foreign, "rep@southwind.example")
    with pytest.raises(Missing):
        access.member(workspace, stranger.pk)


def test_a_look_up_without_a_workspace_is_refused(db):
    with pytest.raises(Unscoped):
        Member.objects.filter(role="admin")


def test_a_change_of_a_workspace_is_written_and_audited(workspace, actor):
    access.change_workspace(workspace, actor=actor, sender_email="hello@northwind.example", daily_cap=1, at=NOON)
    assert Workspace.objects.get().sender_email == "hello@northwind.example"
    entry = AuditEntry.objects.of(workspace).get()
    assert entry.changes == {"sender_email": ["", "hello@northwind.example"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("time_zone", "Mars/Olympus"),
        ("currency", "EURO"),
        ("sender_email", "nobody"),
        ("daily_cap", -1),
        ("daily_cap", "many"),
        ("slug", "southwind"),
    ],
)
def test_a_change_of_a_workspace_that_makes_no_sense_is_refused(workspace, actor, field, value):
    before = Workspace.objects.values().get()
    with pytest.raises(Invalid) as refusal:
        access.change_workspace(workspace, actor=actor, postal_address="1 Main Street", **{field: value})
    assert refusal.value.field == field
    assert Workspace.objects.values().get() == before
    assert not AuditEntry.objects.of(workspace).exists()
