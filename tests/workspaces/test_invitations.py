from datetime import timedelta

import pytest

from leadflow.errors import Conflict, DomainError, Forbidden, Invalid, Missing
from tests.workspaces.conftest import NOON, make_member, make_user
from workspaces import invitations
from workspaces.models import AuditEntry, Invitation, Member, User

WEEK = timedelta(days=7)


@pytest.fixture
def invited(workspace, actor):
    return invitations.invite(workspace, actor=actor, email=" Rep@Northwind.example ", role="sales", at=NOON)


def test_an_invited_user_becomes_a_member_with_the_role_of_the_invitation(invited, workspace):
    user = make_user("rep@northwind.example")
    member = invitations.accept(invited[1], user=user, at=NOON + WEEK - timedelta(seconds=1))
    assert (member.workspace, member.user, member.role) == (workspace, user, "sales")
    actions = AuditEntry.objects.of(workspace).order_by("id").values_list("action", "actor_name", "object_name")
    assert list(actions) == [
        ("member.invited", "Ada", "rep@northwind.example"),
        ("member.joined", "rep@northwind.example", "rep@northwind.example"),
    ]


def test_the_token_is_not_in_the_database(invited, workspace):
    assert invited[1] not in str(Invitation.objects.of(workspace).values().get())


def test_signing_up_with_the_link_makes_a_user_whose_address_is_verified(invited, workspace):
    member = invitations.sign_up(invited[1], name=" Rosa  Ruiz ", password="a long passphrase", at=NOON)
    assert (member.workspace, member.user.name, member.user.email) == (workspace, "Rosa Ruiz", "rep@northwind.example")
    assert member.user.check_password("a long passphrase")
    assert member.user.emailaddress_set.get().verified


def test_a_weak_password_is_refused_at_sign_up(invited, workspace):
    with pytest.raises(Invalid) as refusal:
        invitations.sign_up(invited[1], name="Rosa", password="12345", at=NOON)
    assert refusal.value.field == "password"
    assert not User.objects.filter(email="rep@northwind.example").exists()
    assert invitations.find(invited[1], at=NOON)


def test_an_address_with_a_user_cannot_sign_up_again(invited):
    user = make_user("rep@northwind.example")
    with pytest.raises(Conflict) as refusal:
        invitations.sign_up(invited[1], name="Mallory", password="a long passphrase", at=NOON)
    assert refusal.value.code == "user_exists"
    user.refresh_from_db()
    assert user.check_password("correct horse battery")


def test_a_user_of_another_address_is_refused(invited, workspace):
    with pytest.raises(Forbidden) as refusal:
        invitations.accept(invited[1], user=make_user("mallory@southwind.example"), at=NOON)
    assert refusal.value.code == "invitation_of_another"
    assert "rep@northwind.example" not in refusal.value.message
    assert Member.objects.of(workspace).count() == 1


def test_an_expired_invitation_is_refused(invited, workspace):
    with pytest.raises(Conflict) as refusal:
        invitations.accept(invited[1], user=make_user("rep@northwind.example"), at=NOON + WEEK)
    assert refusal.value.code == "invitation_expired"
    assert Member.objects.of(workspace).count() == 1


def test_an_invitation_works_once(invited, workspace):
    user = make_user("rep@northwind.example")
    member = invitations.accept(invited[1], user=user, at=NOON)
    Member.objects.of(workspace).filter(pk=member.pk).update(active=False)
    with pytest.raises(Conflict) as refusal:
        invitations.accept(invited[1], user=user, at=NOON)
    assert refusal.value.code == "invitation_used"
    assert not Member.objects.of(workspace).get(pk=member.pk).active


def test_inviting_again_replaces_the_open_invitation(invited, workspace, actor):
    _, token = invitations.invite(workspace, actor=actor, email="rep@northwind.example", role="viewer", at=NOON)
    with pytest.raises(Conflict) as refusal:
        invitations.find(invited[1], at=NOON)
    assert refusal.value.code == "invitation_revoked"
    assert invitations.find(token, at=NOON).role == "viewer"
    assert invitations.pending(workspace).count() == 1


def test_a_revoked_invitation_is_refused(invited, actor, workspace):
    invitations.revoke(invited[0], actor=actor, at=NOON)
    invitations.revoke(invited[0], actor=actor, at=NOON)
    with pytest.raises(Conflict) as refusal:
        invitations.accept(invited[1], user=make_user("rep@northwind.example"), at=NOON)
    assert refusal.value.code == "invitation_revoked"
    assert AuditEntry.objects.of(workspace).filter(action="invitation.revoked").count() == 1


def test_an_accepted_invitation_cannot_be_revoked(invited, actor, workspace):
    invitations.accept(invited[1], user=make_user("rep@northwind.example"), at=NOON)
    with pytest.raises(Conflict):
        invitations.revoke(invited[0], actor=actor, at=NOON)
    assert Invitation.objects.of(workspace).get().revoked_at is None


@pytest.mark.parametrize("token", ["", "forged", "0" * 64, "\ud800"])
def test_a_forged_token_opens_nothing(invited, token):
    with pytest.raises(Missing):
        invitations.find(token, at=NOON)


@pytest.mark.parametrize(
    ("email", "role", "field"),
    [("nobody", "sales", "email"), ("", "sales", "email"), ("a@b.example", "owner", "role")],
)
def test_an_invitation_that_makes_no_sense_is_refused(workspace, actor, email, role, field):
    with pytest.raises(Invalid) as refusal:
        invitations.invite(workspace, actor=actor, email=email, role=role, at=NOON)
    assert refusal.value.field == field
    assert not Invitation.objects.of(workspace).exists()


def test_a_member_is_not_invited_again(workspace, actor):
    with pytest.raises(DomainError) as refusal:
        invitations.invite(workspace, actor=actor, email="ADA@northwind.example", role="viewer", at=NOON)
    assert refusal.value.code == "already_member"
    assert not Invitation.objects.of(workspace).exists()


def test_a_deactivated_member_comes_back_with_the_new_role(workspace, actor):
    member = make_member(workspace, "rep@northwind.example")
    Member.objects.of(workspace).filter(pk=member.pk).update(active=False)
    _, token = invitations.invite(workspace, actor=actor, email="rep@northwind.example", role="viewer", at=NOON)
    again = invitations.accept(token, user=member.user, at=NOON)
    assert (again.pk, again.active, again.role) == (member.pk, True, "viewer")


def test_a_foreign_invitation_is_missing(invited, foreign):
    assert not invitations.pending(foreign).exists()
    with pytest.raises(Missing):
        invitations.get(foreign, invited[0].pk)
