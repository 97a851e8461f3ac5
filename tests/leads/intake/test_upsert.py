"""Intake of one person: who it is, what changes, what is written, what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadflow.errors import Conflict, Invalid
from leads.intake import upsert
from leads.intake.upsert import Person
from leads.models import (
    Account,
    AnonymousId,
    Attribute,
    Campaign,
    Consent,
    Event,
    ExternalId,
    Lead,
    Persona,
    Scoring,
    Transition,
)
from leads.scoring import scoring
from webhooks.models import OutboxEvent
from workspaces.actors import engine
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db
ACTOR = engine("test")


@pytest.fixture
def workspace():
    workspace = Workspace.objects.create(name="Acme", slug="acme")
    Scoring.everywhere.create(workspace=workspace, version=1, rules=scoring.DEFAULT, status="active")
    return workspace


def take(workspace, **facts):
    return upsert.upsert(workspace, Person(**facts), actor=ACTOR)


def test_a_new_person_becomes_a_lead_with_log_row_and_outbox_fact(workspace):
    result = take(workspace, email="Ada@Example.COM", first_name=" Ada ", last_name="Byron", country="gb")
    lead = Lead.objects.of(workspace).get()
    assert (result.created, result.lead.pk) == (True, lead.pk)
    assert (lead.email, lead.first_name, lead.country) == ("ada@example.com", "Ada", "GB")
    assert lead.search_text.text == " ada byron ada@example.com"
    log = Transition.objects.of(workspace).get()
    assert (log.move, log.sequence, log.from_state, log.to_state, log.actor_name) == (
        "create",
        1,
        "",
        "new",
        "Leadflow (test)",
    )
    fact = OutboxEvent.objects.of(workspace).get()
    assert (fact.type, fact.lead_id, fact.sequence) == ("lead.created", lead.pk, 1)


def test_a_new_lead_is_scored_for_fit_and_waits_for_the_engine(workspace):
    lead = take(workspace, email="a@acme.example", title="Chief buyer", company="Acme", employees=900).lead
    lead.refresh_from_db(fields=["fit_points", "grade", "score_lines", "next_at"])
    assert lead.fit_points == sum(line["points"] for line in lead.score_lines) >= 50
    assert lead.grade[1] == "4"
    assert lead.next_at <= timezone.now()


def test_an_empty_value_never_erases_a_known_one(workspace):
    take(workspace, email="a@acme.example", first_name="Ada", phone="+44 1", source="paid_search")
    result = take(workspace, email="a@acme.example", first_name="", title="Buyer")
    assert (result.created, result.changed) == (False, ("title",))
    lead = Lead.objects.of(workspace).get()
    assert (lead.first_name, lead.phone, lead.title) == ("Ada", "+44 1", "Buyer")


def test_a_change_is_told_with_the_fields_that_changed_and_the_next_number(workspace):
    take(workspace, email="a@acme.example")
    take(workspace, email="a@acme.example", title="Buyer")
    fact = OutboxEvent.objects.of(workspace).get(type="lead.updated")
    assert (fact.data["changed"], fact.sequence) == (["title"], 2)


def test_the_same_person_again_writes_nothing(workspace):
    facts = {
        "email": "a@acme.example",
        "external_ids": (("crm", "7"),),
        "anonymous_id": "b1",
        "first_name": "Ada",
        "company": "Acme",
        "employees": 12,
        "campaign": "spring",
        "consent": "opted_in",
    }
    take(workspace, **facts)
    with CaptureQueriesContext(connection) as statements:
        result = take(workspace, **facts)
    assert (result.created, result.changed) == (False, ())
    assert not [each for each in statements if each["sql"].startswith(("INSERT", "UPDATE"))]


def test_source_and_campaign_tell_of_the_beginning_and_stay(workspace):
    take(workspace, email="a@acme.example", source="social", campaign="spring")
    assert take(workspace, email="a@acme.example", source="email", campaign="autumn").changed == ()
    lead = Lead.objects.of(workspace).select_related("campaign").get()
    assert (lead.source, lead.campaign.code) == ("social", "spring")


def test_the_earlier_first_contact_counts(workspace):
    old = datetime(2020, 1, 2, tzinfo=UTC)
    take(workspace, email="a@acme.example", first_contact_at=old + timedelta(days=3))
    take(workspace, email="a@acme.example", first_contact_at=old)
    take(workspace, email="a@acme.example", first_contact_at=old + timedelta(days=9))
    lead = Lead.objects.of(workspace).get()
    assert lead.first_contact_at == old
    assert lead.created_at > old + timedelta(days=1000)


def test_a_lead_without_an_email_is_known_by_its_external_id(workspace):
    first = take(workspace, external_ids=(("olist", "abc"),), source="unknown")
    again = take(workspace, external_ids=(("Olist", "abc"),), title="Seller")
    assert (again.lead.pk, again.created) == (first.lead.pk, False)
    assert Lead.objects.of(workspace).get().email == ""


def test_a_person_with_no_id_at_all_is_refused(workspace):
    with pytest.raises(Invalid) as refusal:
        take(workspace, first_name="Nobody", anonymous_id="b1")
    assert refusal.value.field == "email"
    assert not Lead.objects.of(workspace).exists()
    assert not AnonymousId.objects.of(workspace).exists()


def test_an_external_id_leads_to_a_changed_email(workspace):
    first = take(workspace, email="old@acme.example", external_ids=(("crm", "7"),))
    again = take(workspace, email="new@acme.example", external_ids=(("crm", "7"),))
    assert (again.lead.pk, again.changed) == (first.lead.pk, ("email",))


def test_ids_of_two_leads_are_a_conflict_that_names_both(workspace):
    one = take(workspace, email="a@acme.example").lead
    two = take(workspace, external_ids=(("crm", "7"),)).lead
    with pytest.raises(Conflict) as refusal:
        take(workspace, email="a@acme.example", external_ids=(("crm", "7"),), title="Buyer")
    assert refusal.value.code == "identity_conflict"
    assert refusal.value.facts["leads"] == [one.pk, two.pk]
    assert not Lead.objects.of(workspace).filter(title="Buyer").exists()


def test_a_company_is_found_by_the_domain_of_the_email(workspace):
    one = take(workspace, email="a@acme.example", company="Acme Ltd").lead
    two = take(workspace, email="b@acme.example", industry="logistics").lead
    account = Account.objects.of(workspace).get()
    assert one.account_id == two.account_id == account.pk
    assert (account.name, account.domain, account.industry) == ("Acme Ltd", "acme.example", "logistics")


def test_a_free_mail_domain_is_no_company(workspace):
    assert take(workspace, email="ada@gmail.com").lead.account_id is None
    assert not Account.objects.of(workspace).exists()


def test_a_company_without_a_domain_is_found_by_its_name(workspace):
    one = take(workspace, email="ada@gmail.com", company="Acme Ltd").lead
    two = take(workspace, email="bob@gmail.com", company="Acme Ltd").lead
    assert one.account_id == two.account_id is not None


def test_an_unknown_campaign_is_made_by_its_code(workspace):
    lead = take(workspace, email="a@acme.example", campaign="spring").lead
    campaign = Campaign.objects.of(workspace).get()
    assert (campaign.code, lead.campaign_id) == ("spring", campaign.pk)


def test_attributes_are_kept_in_their_kind_and_merged(workspace):
    for key, kind in (("size", "number"), ("plan", "text"), ("partner", "boolean"), ("renewal", "date")):
        Attribute.everywhere.create(workspace=workspace, key=key, label=key, kind=kind)
    take(workspace, email="a@acme.example", attributes={"size": "12.5", "plan": "basic", "partner": "yes"})
    lead = take(workspace, email="a@acme.example", attributes={"renewal": "2027-01-31", "plan": ""}).lead
    assert lead.attributes == {"size": 12.5, "plan": "basic", "partner": True, "renewal": "2027-01-31"}


def test_an_unknown_attribute_is_refused_naming_the_known_ones(workspace):
    Attribute.everywhere.create(workspace=workspace, key="plan", label="Plan")
    with pytest.raises(Invalid) as refusal:
        take(workspace, email="a@acme.example", attributes={"plam": "basic"})
    assert refusal.value.field == "attributes.plam"
    assert "plan" in refusal.value.message
    assert not Lead.objects.of(workspace).exists()


def test_an_unknown_persona_is_refused_naming_the_known_ones(workspace):
    Persona.everywhere.create(workspace=workspace, code="buyer", label="Buyer")
    with pytest.raises(Invalid, match="buyer"):
        take(workspace, email="a@acme.example", persona="byer")
    assert take(workspace, email="a@acme.example", persona="buyer").lead.persona.code == "buyer"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"email": "not an address"}, "email"),
        ({"email": "a@acme.example", "country": "Atlantis"}, "country"),
        ({"email": "a@acme.example", "time_zone": "Mars/Olympus"}, "time_zone"),
        ({"email": "a@acme.example", "employees": -1}, "employees"),
        ({"email": "a@acme.example", "employees": 10**12}, "employees"),
        ({"email": "a@acme.example", "first_name": "A" * 121}, "first_name"),
        ({"email": "a@acme.example", "title": "nul\x00"}, "title"),
        ({"email": "a@acme.example", "title": "half \ud800"}, "title"),
        ({"email": "a@acme.example", "domain": "not a domain"}, "domain"),
        ({"email": "a@acme.example", "consent": "maybe"}, "consent"),
        ({"email": "a@acme.example", "first_contact_at": datetime(2999, 1, 1, tzinfo=UTC)}, "first_contact_at"),
        ({"external_ids": (("", "7"),)}, "external_ids"),
        ({"external_ids": (("crm", "7" * 191),)}, "external_ids"),
    ],
)
def test_a_field_that_cannot_be_kept_is_refused_by_name(workspace, facts, field):
    with pytest.raises(Invalid) as refusal:
        take(workspace, **facts)
    assert refusal.value.field == field
    assert not Lead.objects.of(workspace).exists()
    assert not Account.objects.of(workspace).exists()


def test_a_country_may_be_named(workspace):
    assert take(workspace, email="a@acme.example", country="united kingdom").lead.country == "GB"


def test_emoji_and_right_to_left_names_come_back_equal(workspace):
    name = "שלום 👩🏽‍🚀 é"
    take(workspace, email="a@acme.example", first_name=name)
    assert Lead.objects.of(workspace).get().first_name == name


def test_a_consent_goes_into_the_ledger_and_onto_the_lead(workspace):
    take(workspace, email="a@acme.example", consent="opted_in", consent_wording="Yes, write to me")
    row = Consent.objects.of(workspace).get()
    assert (row.state, row.wording, row.lead.consent) == ("opted_in", "Yes, write to me", "opted_in")


def test_an_opt_out_is_only_undone_by_an_opt_in_with_its_wording(workspace):
    take(workspace, email="a@acme.example", consent="opted_out")
    with pytest.raises(Invalid) as refused:
        take(workspace, email="a@acme.example", first_name="Ada", consent="opted_in")
    assert refused.value.field == "consent_wording"
    lead = Lead.objects.of(workspace).get()
    assert (lead.consent, lead.first_name) == ("opted_out", "")
    take(workspace, email="a@acme.example", consent="opted_in", consent_wording="Yes, again")
    assert Lead.objects.of(workspace).get().consent == "opted_in"


def test_what_anybody_can_send_fills_gaps_and_overwrites_nothing(workspace):
    take(workspace, email="a@acme.example", external_ids=(("crm", "7"),), first_name="Ada")
    person = Person(email="evil@acme.example", external_ids=(("crm", "7"),), first_name="Eve", title="Buyer")
    upsert.upsert(workspace, person, actor=ACTOR, existing="fill")
    lead = Lead.objects.of(workspace).get()
    assert (lead.email, lead.first_name, lead.title) == ("a@acme.example", "Ada", "Buyer")


def test_another_workspace_keeps_its_own_lead_of_the_same_email(workspace):
    other = Workspace.objects.create(name="Other", slug="other")
    one = take(workspace, email="a@acme.example", external_ids=(("crm", "7"),)).lead
    two = take(other, email="a@acme.example", external_ids=(("crm", "7"),)).lead
    assert one.pk != two.pk
    assert two.account_id != one.account_id


def test_creating_a_lead_costs_at_most_ten_statements(workspace):
    Attribute.everywhere.create(workspace=workspace, key="plan", label="Plan")
    person = Person(
        email="a@acme.example",
        external_ids=(("crm", "7"),),
        first_name="Ada",
        company="Acme",
        campaign="spring",
        attributes={"plan": "basic"},
    )
    with CaptureQueriesContext(connection) as statements:
        assert upsert.upsert(workspace, person, actor=ACTOR).created
    # begin and commit are savepoint and release here, inside the test's own transaction
    assert len(statements) <= 10, [each["sql"][:80] for each in statements]


def test_a_known_campaign_and_company_leave_eight_statements_with_begin_and_commit(workspace):
    take(workspace, email="b@acme.example", campaign="spring")
    with CaptureQueriesContext(connection) as statements:
        take(workspace, email="a@acme.example", campaign="spring", first_name="Ada")
    assert len(statements) <= 7, [each["sql"][:80] for each in statements]


def test_a_set_costs_the_same_number_of_statements_whatever_its_size(workspace):
    def statements(start, count):
        persons = [
            Person(email=f"p{n}@firm{n}.example", external_ids=(("crm", str(n)),), campaign=f"c{n}", title="Buyer")
            for n in range(start, start + count)
        ]
        with CaptureQueriesContext(connection) as seen:
            results = upsert.upsert_many(workspace, persons, actor=ACTOR)
        assert all(result.created for result in results)
        return len(seen)

    assert statements(0, 3) == statements(1000, upsert.BATCH)


def test_duplicates_within_a_set_fold_into_one_lead(workspace):
    results = upsert.upsert_many(
        workspace,
        [
            Person(email="a@acme.example", first_name="Ada"),
            Person(email="A@acme.example", external_ids=(("crm", "7"),)),
            Person(external_ids=(("crm", "7"),), title="Buyer"),
        ],
        actor=ACTOR,
    )
    assert [result.created for result in results] == [True, False, False]
    lead = Lead.objects.of(workspace).get()
    assert (lead.first_name, lead.title) == ("Ada", "Buyer")
    assert ExternalId.objects.of(workspace).get().lead_id == lead.pk
    assert Transition.objects.of(workspace).count() == 1


def test_a_bad_person_of_a_set_is_refused_and_the_others_are_taken(workspace):
    results = upsert.upsert_many(
        workspace, [Person(email="a@acme.example"), Person(email="?"), Person(email="b@acme.example")], actor=ACTOR
    )
    assert [type(result).__name__ for result in results] == ["UpsertResult", "RefusedPerson", "UpsertResult"]
    assert Lead.objects.of(workspace).count() == 2


def test_only_adding_leaves_a_known_lead_as_it_is(workspace):
    take(workspace, email="a@acme.example")
    (result,) = upsert.upsert_many(
        workspace, [Person(email="a@acme.example", title="Buyer")], actor=ACTOR, existing="keep"
    )
    assert (result.created, result.changed) == (False, ())
    assert Lead.objects.of(workspace).get().title == ""


def test_an_edit_of_a_lead_whose_email_was_changed_meanwhile_makes_no_second_person(workspace):
    lead = upsert.upsert(workspace, Person(email="ann@acme.test", external_ids=(("crm", "1"),)), actor=ACTOR).lead
    upsert.upsert(workspace, Person(email="anna@acme.test", external_ids=(("crm", "1"),)), actor=ACTOR)
    with pytest.raises(Conflict, match="changed meanwhile"):
        upsert.edit(lead, Person(email="ann@acme.test", first_name="Ann"), actor=ACTOR)
    kept = Lead.objects.of(workspace).get()
    assert (kept.pk, kept.email, kept.first_name) == (lead.pk, "anna@acme.test", "")


def test_an_edit_does_not_reach_whoever_has_the_email_by_now(workspace):
    lead = upsert.upsert(workspace, Person(email="ann@acme.test", external_ids=(("crm", "1"),)), actor=ACTOR).lead
    upsert.upsert(workspace, Person(email="anna@acme.test", external_ids=(("crm", "1"),)), actor=ACTOR)
    other = upsert.upsert(workspace, Person(email="ann@acme.test"), actor=ACTOR).lead
    with pytest.raises(Conflict):
        upsert.edit(lead, Person(email="ann@acme.test", first_name="Ann"), actor=ACTOR)
    assert Lead.objects.of(workspace).get(pk=other.pk).first_name == ""


def test_an_anonymous_history_comes_to_the_lead_when_it_is_known(workspace):
    browser = AnonymousId.everywhere.create(workspace=workspace, value="b1")
    seen = timezone.now() - timedelta(hours=2)
    Event.everywhere.create(workspace=workspace, anonymous_id=browser, type="page", occurred_at=seen)
    lead = take(workspace, email="a@acme.example", anonymous_id="b1").lead
    assert Event.objects.of(workspace).get().lead_id == lead.pk
    lead.refresh_from_db(fields=["last_event_at"])
    assert lead.last_event_at == seen


def test_a_shared_browser_does_not_make_two_people_one(workspace):
    one = take(workspace, email="a@acme.example", anonymous_id="b1").lead
    two = take(workspace, email="b@acme.example", anonymous_id="b1").lead
    three = take(workspace, external_ids=(("user", "3"),), anonymous_id="b2").lead
    four = take(workspace, external_ids=(("user", "4"),), anonymous_id="b2").lead
    assert len({one.pk, two.pk, three.pk, four.pk}) == 4
    assert AnonymousId.objects.of(workspace).get(value="b1").lead_id == one.pk


def test_a_browser_identifies_when_nothing_stronger_does(workspace):
    one = take(workspace, email="a@acme.example", anonymous_id="b1").lead
    two = take(workspace, external_ids=(("user", "3"),), anonymous_id="b1").lead
    assert one.pk == two.pk
