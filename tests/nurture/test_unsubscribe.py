"""One click out (RFC 8058), and what providers tell later."""

import base64
import importlib
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from anymail.signals import AnymailTrackingEvent, tracking
from django.test import Client
from django.urls import clear_url_caches

from leadflow.errors import Missing
from leads.intake.upsert import Person, upsert
from leads.models import Consent, Lead
from nurture import eligibility, enrolments, links, sending, suppression
from nurture.models import Enrolment, Send, Suppression
from tests import builders
from workspaces import keys
from workspaces.actors import Actor
from workspaces.models import AuditEntry


@pytest.fixture
def send(make_program, enrolled, smtp, at) -> Send:
    """A mail that went, of a lead that is in two programs."""
    enrolment = enrolled(make_program())
    enrolled(make_program(name="Second"), enrolment.lead)
    enrolments.advance(enrolment, at)
    sending.sweep(at=at)
    return Send.everywhere.get()


@pytest.fixture
def path(send) -> str:
    return urlsplit(links.unsubscribe(send)).path


@pytest.fixture
def stranger() -> Client:
    """A mail program: no cookie, and checks of CSRF are on."""
    return Client(enforce_csrf_checks=True)


def untouched(lead_id: int) -> bool:
    return (
        Lead.everywhere.get(pk=lead_id).consent == "unknown"
        and not Consent.everywhere.exists()
        and not Suppression.everywhere.exists()
        and not Enrolment.everywhere.exclude(state="active").exists()
    )


@pytest.mark.parametrize("kind", ["form", "multipart"])
def test_one_post_without_cookie_or_token_of_csrf_takes_the_lead_out_at_once(stranger, send, path, kind):
    fields = {"List-Unsubscribe": "One-Click"}
    if kind == "form":
        response = stranger.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    else:
        response = stranger.post(path, fields)
    assert response.status_code == 200
    assert "sessionid" not in response.cookies
    assert Lead.everywhere.get(pk=send.lead_id).consent == "opted_out"
    assert (Consent.everywhere.get().state, Consent.everywhere.get().source) == ("opted_out", "one-click unsubscribe")
    assert Suppression.everywhere.get().email == send.to
    assert set(Enrolment.everywhere.values_list("state", "end_reason")) == {("exited", "Unsubscribed")}
    send.refresh_from_db()
    assert send.unsubscribed_at is not None


def test_repeating_it_is_fine_and_adds_nothing(stranger, send, path):
    for _ in range(3):
        assert stranger.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Consent.everywhere.count() == 1
    assert Suppression.everywhere.count() == 1


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_page_changes_nothing(stranger, send, path, method):
    response = getattr(stranger, method)(path)
    assert response.status_code == 200
    assert untouched(send.lead_id)
    if method == "get":
        assert b'<form class="form" method="post"' in response.content


def test_the_page_says_so_when_the_lead_is_out_already(stranger, send, path):
    stranger.post(path)
    assert b"You are unsubscribed" in stranger.get(path).content


@pytest.mark.parametrize("change", [lambda token: token[:-2], lambda token: "x" + token, lambda token: "a:b:c"])
def test_a_forged_token_changes_nothing(stranger, send, path, change):
    token = path.strip("/").removeprefix("u/")
    response = stranger.post(f"/u/{change(token)}/", {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 404
    assert untouched(send.lead_id)


def test_other_methods_are_refused(stranger, send, path):
    assert stranger.put(path).status_code == 405
    assert untouched(send.lead_id)


def test_the_address_that_the_mail_went_to_is_suppressed_beside_the_leads_own(stranger, send, path, workspace):
    Lead.everywhere.filter(pk=send.lead_id).update(email="new@company.test")
    stranger.post(path)
    assert suppression.among(workspace, [send.to, "new@company.test"]) == {send.to, "new@company.test"}


def test_the_link_of_a_test_mail_stands_for_nobody(stranger, send):
    path = urlsplit(links.unsubscribe_test()).path
    assert stranger.post(path).status_code == 200
    assert untouched(send.lead_id)


def test_the_link_of_a_lead_that_was_erased_still_answers(stranger, send, path):
    Lead.everywhere.filter(pk=send.lead_id).delete()
    assert stranger.post(path).status_code == 200
    assert not Suppression.everywhere.exists()


@pytest.mark.parametrize("kind", ["bounced", "complained"])
def test_a_bounce_or_complaint_told_by_the_provider_suppresses_the_address(send, at, kind):
    event = AnymailTrackingEvent(
        event_type=kind, timestamp=at, metadata={"send": str(send.pk)}, description="gone", recipient=send.to
    )
    tracking.send(sender=object(), event=event, esp_name="Test")
    row = Suppression.everywhere.get()
    assert (row.email, row.why, row.note) == (send.to, kind, "gone")
    assert not Enrolment.everywhere.filter(state="active").exists()
    send.refresh_from_db()
    assert send.bounced_at == at


@pytest.fixture
def provider(settings) -> Iterator[str]:
    """Let a mail provider in, with its secret."""
    urls = importlib.import_module(settings.ROOT_URLCONF)
    settings.ANYMAIL = {"WEBHOOK_SECRET": "provider:secret"}
    importlib.reload(urls)
    clear_url_caches()
    yield "/anymail/postmark/tracking/"
    settings.ANYMAIL = {}
    importlib.reload(urls)
    clear_url_caches()


def bounce(send: Send) -> dict:
    return {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 1,
        "MessageID": "b7bc2f4a",
        "Email": send.to,
        "BouncedAt": "2026-11-03T10:05:00Z",
        "Description": "Unknown user",
        "Metadata": {"send": str(send.pk)},
    }


def test_a_providers_call_with_its_secret_suppresses_the_address(provider, stranger, send):
    secret = "Basic " + base64.b64encode(b"provider:secret").decode()
    response = stranger.post(provider, bounce(send), content_type="application/json", headers={"authorization": secret})
    assert response.status_code == 200
    assert Suppression.everywhere.get().email == send.to


def test_a_call_without_the_providers_secret_changes_nothing(provider, stranger, send):
    assert stranger.post(provider, bounce(send), content_type="application/json").status_code == 400
    assert untouched(send.lead_id)


def test_without_a_secret_there_is_no_address_for_providers(stranger, send):
    response = stranger.post("/anymail/postmark/tracking/", bounce(send), content_type="application/json")
    assert response.status_code == 404
    assert untouched(send.lead_id)


def test_a_delivery_told_by_the_provider_changes_nothing(send, at):
    tracking.send(
        sender=object(), event=AnymailTrackingEvent(event_type="delivered", metadata={"send": send.pk}), esp_name="Test"
    )
    assert untouched(send.lead_id)


def test_lifting_a_suppression_leaves_the_opt_out_and_is_audited(stranger, send, path, workspace, actor):
    stranger.post(path)
    assert suppression.lift(workspace, Suppression.everywhere.get().pk, actor=actor) == send.to
    assert not suppression.among(workspace, [send.to])
    assert Lead.everywhere.get(pk=send.lead_id).consent == "opted_out"
    entry = AuditEntry.objects.of(workspace).get(action="suppression.lifted")
    assert (entry.object_name, entry.changes, entry.actor_member_id) == (
        send.to,
        {"why": ["unsubscribed", None]},
        actor.member.pk,
    )


def test_another_workspaces_suppression_cannot_be_lifted(workspace, at):
    row = suppression.add(workspace, "a@b.test", why="by_hand", at=at)
    other = builders.workspace("Other")
    with pytest.raises(Missing):
        suppression.lift(other, row.pk, actor=builders.engine())
    assert suppression.among(workspace, ["a@b.test"])


def opt_in(workspace, email: str, actor, *, existing: str = "overwrite") -> Lead:
    person = Person(email=email, consent="opted_in", consent_wording="Yes, write to me again")
    return upsert(workspace, person, actor=actor, existing=existing).lead


def test_an_opt_in_with_its_wording_lets_a_lead_that_unsubscribed_get_mail_again(
    stranger, send, path, workspace, actor
):
    stranger.post(path)
    lead = opt_in(workspace, send.to, actor)
    assert eligibility.to_get_mail(lead) is None
    assert AuditEntry.objects.of(workspace).get(action="suppression.lifted").object_name == send.to


def test_an_opt_in_does_not_lift_what_a_bounce_suppressed(workspace, actor, at):
    suppression.add(workspace, "a@b.test", why="bounced", at=at)
    opt_in(workspace, "a@b.test", actor)
    assert suppression.among(workspace, ["a@b.test"])


def test_what_anybody_can_send_lifts_no_suppression(workspace, actor, at):
    """The suppression outlives the lead: a stranger makes the lead anew, by a form or with the key of a web site."""
    key, _ = keys.create(workspace, actor=actor, name="Site", scopes=["track"])
    suppression.add(workspace, "a@b.test", why="unsubscribed", at=at)
    opt_in(workspace, "a@b.test", builders.engine(), existing="fill")
    Lead.everywhere.all().delete()
    opt_in(workspace, "a@b.test", Actor(key=key), existing="fill")
    assert suppression.among(workspace, ["a@b.test"])


def test_a_suppression_is_the_workspaces_own(workspace, at):
    other = builders.workspace("Other")
    suppression.add(workspace, "a@b.test", why="by_hand", at=at)
    suppression.add(workspace, "A@b.test", why="bounced", at=at + timedelta(days=1))
    assert suppression.among(workspace, ["A@B.test"])
    assert not suppression.among(other, ["a@b.test"])
    assert Suppression.objects.of(workspace).get().why == "by_hand"
