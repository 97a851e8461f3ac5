"""The page of an invitation: sign up with the invited address, or log in with it."""

import pytest
from django.test import Client

from tests import builders
from workspaces import invitations
from workspaces.models import Member, User

pytestmark = pytest.mark.django_db


def test_a_stranger_signs_up_by_the_link_and_is_let_in(desk, admin):
    _, token = invitations.invite(desk.workspace, actor=builders.actor(admin), email="new@x.test", role="viewer")
    browser = Client()
    page = browser.get(f"/invitations/{token}")
    assert page.status_code == 200
    assert "Acme" in page.content.decode()
    assert "You are invited as Viewer, under new@x.test." in page.content.decode()
    weak = browser.post(f"/invitations/{token}/", {"name": "Nora New", "password": "short"})
    assert weak.status_code == 422
    assert not User.objects.filter(email="new@x.test").exists()
    answer = browser.post(f"/invitations/{token}/", {"name": "Nora New", "password": "long and plain 7"})
    assert answer.status_code == 302
    assert Member.objects.of(desk.workspace).get(user__email="new@x.test").role == "viewer"
    assert browser.get("/scoreboard/").status_code == 200


def test_a_user_accepts_when_logged_in_with_the_invited_address(desk, admin):
    user = builders.user("Nora New", "nora@x.test")
    _, token = invitations.invite(desk.workspace, actor=builders.actor(admin), email="nora@x.test", role="viewer")
    browser = Client()
    assert "Log in to join" in browser.get(f"/invitations/{token}/").content.decode()
    browser.force_login(user)
    assert browser.post(f"/invitations/{token}/").status_code == 302
    assert Member.objects.of(desk.workspace).filter(user=user).exists()


def test_an_invitation_does_not_let_somebody_else_in(desk, admin):
    _, token = invitations.invite(desk.workspace, actor=builders.actor(admin), email="new@x.test", role="viewer")
    browser = Client()
    browser.force_login(builders.user())
    count = Member.objects.of(desk.workspace).count()
    answer = browser.post(f"/invitations/{token}/")
    assert answer.status_code == 422
    assert "sent to another address" in answer.content.decode()
    assert Member.objects.of(desk.workspace).count() == count


def test_a_link_that_is_none_or_was_taken_back_says_so(desk, admin):
    invitation, token = invitations.invite(
        desk.workspace, actor=builders.actor(admin), email="new@x.test", role="viewer"
    )
    invitations.revoke(invitation, actor=builders.actor(admin))
    assert Client().get("/invitations/nonsense/").status_code == 404
    answer = Client().get(f"/invitations/{token}/")
    assert answer.status_code == 409
    assert "taken back" in answer.content.decode()
