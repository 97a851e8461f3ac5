"""Content, campaigns and hosted forms, and the form as a visitor meets it."""

from decimal import Decimal

import pytest
from django.test import Client

from leads.intake import forms
from leads.models import Campaign, Consent, Event, Form, Lead, Topic
from nurture.models import Content
from tests import builders
from tests.dashboard.desk import Desk

pytestmark = pytest.mark.django_db

GUIDE = {"title": "Guide", "kind": "guide", "url": "https://x.example/g", "stage": "awareness", "active": "on"}
ASKED = {
    "name": "Demo",
    "heading": "See it at work",
    "fields_asked": ["first_name", "company"],
    "source": "site",
    "thanks": "We call you.",
    "consent_wording": "Send me news.",
    "active": "on",
}


@pytest.fixture
def hosted(desk: Desk) -> Form:
    Topic.everywhere.create(workspace=desk.workspace, code="seo", label="SEO")
    return forms.create(
        desk.workspace,
        actor=builders.actor(desk.marketer),
        name="Demo",
        heading="See it at work",
        fields=["email", "first_name"],
        topics=["seo"],
        source="site",
        consent_wording="Send me news.",
        thanks="We call you.",
    )


def test_content_is_added_and_fills_its_place_in_the_grid(desk, browser):
    topic = Topic.everywhere.create(workspace=desk.workspace, code="seo", label="SEO")
    assert "3 places in the grid have no content" in browser.get("/content/").content.decode()
    assert browser.get("/content/new/?topic=seo&stage=decision").context["form"].initial["topics"] == [topic.pk]
    browser.post("/content/new/", {**GUIDE, "topics": [topic.pk]})
    content = Content.objects.of(desk.workspace).get()
    assert list(content.topics.all()) == [topic]
    page = browser.get("/content/")
    assert page.context["grid"][0].cells == [("awareness", 1), ("consideration", 0), ("decision", 0)]
    assert page.context["holes"] == 2
    assert browser.get("/content/?topic=seo&stage=decision").context["rows"] == []
    browser.post(f"/content/{content.pk}/", {**GUIDE, "title": "Better guide", "topics": []})
    content.refresh_from_db()
    assert content.title == "Better guide"
    assert not content.topics.exists()


def test_content_with_an_address_that_is_none_is_refused_beside_it(desk, browser):
    answer = browser.post("/content/new/", {**GUIDE, "url": "javascript:alert(1)"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["url"]
    assert not Content.objects.of(desk.workspace).exists()


def test_a_campaign_is_made_with_its_cost_and_its_code_stays(desk, browser):
    browser.post("/campaigns/new/", {"name": "Fair", "code": "fair", "cost": "1200.50"})
    campaign = Campaign.objects.of(desk.workspace).get()
    assert campaign.cost == Decimal("1200.50")
    browser.post(f"/campaigns/{campaign.pk}/", {"name": "Spring fair", "code": "other", "cost": ""})
    campaign.refresh_from_db()
    assert (campaign.name, campaign.code, campaign.cost) == ("Spring fair", "fair", 0)


@pytest.mark.parametrize(
    ("field", "value"), [("code", "fair"), ("currency", "E1"), ("ends_on", "2020-01-01"), ("cost", "-1")]
)
def test_a_campaign_that_cannot_be_is_refused_beside_the_field(desk, browser, field, value):
    Campaign.everywhere.create(workspace=desk.workspace, code="fair", name="Fair")
    asked = {"name": "New", "code": "new", "cost": "1", "starts_on": "2026-01-01", field: value}
    answer = browser.post("/campaigns/new/", asked)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert Campaign.objects.of(desk.workspace).count() == 1


def test_a_form_is_made_and_its_public_address_is_in_the_list(desk, browser):
    browser.post("/forms/new/", ASKED)
    form = Form.objects.of(desk.workspace).get()
    assert form.fields == ["email", "first_name", "company"]
    assert f"/f/{form.token}/" in browser.get("/forms/").content.decode()
    browser.post(f"/forms/{form.pk}/", {**ASKED, "active": ""})
    form.refresh_from_db()
    assert form.active is False
    assert Client().get(f"/f/{form.token}/").status_code == 404


def test_a_visitor_becomes_a_lead_with_an_event_and_the_consent_as_worded(desk, hosted, client):
    path = f"/f/{hosted.token}/"
    page = client.get(path).content.decode()
    assert "See it at work" in page
    assert "Send me news." in page
    sent = client.post(path, {"email": "Anna@X.example", "first_name": "Anna", "consent": "on"})
    assert "We call you." in sent.content.decode()
    lead = Lead.objects.of(desk.workspace).get()
    assert (lead.email, lead.first_name, lead.source, lead.consent) == ("anna@x.example", "Anna", "site", "opted_in")
    assert Consent.objects.of(desk.workspace).get().wording == "Send me news."
    event = Event.objects.of(desk.workspace).get()
    assert (event.lead_id, event.type, event.topics) == (lead.pk, "form", ["seo"])


def test_a_box_that_is_not_ticked_is_no_consent(desk, hosted, client):
    client.post(f"/f/{hosted.token}/", {"email": "anna@x.example"})
    assert Lead.objects.of(desk.workspace).get().consent == "unknown"
    assert not Consent.objects.of(desk.workspace).exists()


def test_a_wrong_address_is_told_beside_the_field_and_what_was_typed_is_kept(desk, hosted, client):
    answer = client.post(f"/f/{hosted.token}/", {"email": "anna", "first_name": "Anna"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["email"]
    assert 'value="Anna"' in answer.content.decode()
    assert not Lead.objects.of(desk.workspace).exists()


def test_a_robot_that_fills_in_the_trap_is_thanked_and_leaves_nothing(desk, hosted, client):
    answer = client.post(f"/f/{hosted.token}/", {"email": "bot@x.example", "website": "https://spam.example"})
    assert "We call you." in answer.content.decode()
    assert not Lead.objects.of(desk.workspace).exists()


def test_a_stranger_overwrites_nothing_of_a_known_lead(desk, hosted, client):
    builders.lead(desk.workspace, email="anna@x.example", first_name="Anna")
    client.post(f"/f/{hosted.token}/", {"email": "anna@x.example", "first_name": "Mallory"})
    assert Lead.objects.of(desk.workspace).get().first_name == "Anna"


def test_an_address_that_no_form_has_is_not_there(client, db):
    assert client.get("/f/nonsense/").status_code == 404
    assert client.post("/f/nonsense/", {"email": "anna@x.example"}).status_code == 404
    assert not Lead.everywhere.exists()
