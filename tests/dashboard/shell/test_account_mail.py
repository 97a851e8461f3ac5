"""The mails about an account: in the words of Leadflow, with a link that works."""

import re

import pytest
from django.core import mail
from django.test import Client

from tests import builders
from workspaces.models import User

pytestmark = pytest.mark.django_db
STOCK = ("Hello from", "Thank you for using", "You're receiving", "You are receiving", "testserver!", "&#x27;")


def only_mail() -> mail.EmailMessage:
    """Return the one mail that went out, which must say nothing in the words of a library."""
    (sent,) = mail.outbox
    assert not [words for words in STOCK if words in sent.body]
    assert sent.body.rstrip().endswith("--\nLeadflow")
    return sent


def link(sent: mail.EmailMessage) -> str:
    """Return the path of the link in a mail."""
    found = re.search(r"https?://[^/\s]+(/\S+)", sent.body)
    assert found
    return found[1]


def test_a_new_user_is_asked_to_confirm_the_address(client):
    answer = client.post("/account/signup/", {"email": "nora@x.test", "password1": "long and plain 7"})
    assert answer.status_code == 302
    sent = only_mail()
    assert (sent.subject, sent.to) == ("Confirm your e-mail address for Leadflow", ["nora@x.test"])
    client.post(link(sent))
    assert User.objects.get(email="nora@x.test").emailaddress_set.get().verified


def test_who_forgot_the_password_chooses_a_new_one_by_mail(client):
    builders.user("Nora New", "nora@x.test")
    client.post("/account/password/reset/", {"email": "nora@x.test"})
    sent = only_mail()
    assert sent.subject == "Choose a new password for Leadflow"
    assert client.get(link(sent), follow=True).status_code == 200
    assert "no longer" not in client.get(link(sent), follow=True).content.decode()


def test_an_address_without_an_account_is_told_so_by_mail_alone():
    Client().post("/account/password/reset/", {"email": "nobody@x.test"})
    sent = only_mail()
    assert sent.subject == "There is no account on Leadflow with this address"
    assert link(sent) == "/account/signup/"
