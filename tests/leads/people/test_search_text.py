"""What leads are searched by, and that it is kept wherever it changes."""

import logging

import pytest
from django.db import connection

from leads import search_index
from leads.intake.upsert import Person, edit, upsert, upsert_many
from leads.models import Account, Lead, SearchText
from leads.people import search_text
from leads.queries import search
from leads.queries.lead_filters import Filters, narrow
from tests import builders
from workspaces.actors import engine

pytestmark = pytest.mark.django_db
ACTOR = engine("test")


def found(workspace, q: str) -> set[str]:
    return {lead.last_name for lead in narrow(Lead.objects.of(workspace), workspace, Filters(q=q))}


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Müller\tLÜDENSCHEID ", "muller ludenscheid"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Øre", "ore"),
        ("김철수", "김철수"),
        ("が", "が"),
        ("İpek", "ipek"),
        ("ﬁne", "fine"),
        ("", ""),
    ],
)
def test_text_is_folded(text, folded):
    assert search_text.fold(text) == folded


@pytest.mark.parametrize(
    "q",
    [
        "priya raman",
        "Raman PRIYA",
        "iya ama",
        "priya@helio",
        "helio.test",
        "bank raman",
        "Helio Bank",
        "+49 (0)30 1234-56",
        "30123456",
        "1234-56",
        "030 123456",
        "0049 30",
        "ra pr",
        "p",
        "crm-31",
        "CRM-31",
        "Príya",
        "pri  ram  hel  ban",
    ],
)
def test_a_lead_is_found_by_parts_of_its_words_in_any_order(workspace, q):
    taken = Person(
        email="priya@helio.test",
        first_name="Priya",
        last_name="Raman",
        company="Helio Bank",
        phone="+49 30 123456",
        external_ids=(("crm", "CRM-31"),),
    )
    upsert(workspace, taken, actor=ACTOR)
    upsert(workspace, Person(email="otto@lind.test", last_name="Lind"), actor=ACTOR)
    assert found(workspace, q) == {"Raman"}


@pytest.mark.parametrize("q", ["priya lind", "an", "%", "_", "\\", "priya%raman", "zzz"])
def test_what_no_word_has_finds_nobody(workspace, q):
    upsert(workspace, Person(email="priya@helio.test", first_name="Priya", last_name="Raman"), actor=ACTOR)
    upsert(workspace, Person(email="otto@lind.test", last_name="Lind"), actor=ACTOR)
    assert found(workspace, q) == set()


def test_an_umlaut_is_found_without_one_and_with_one(workspace):
    upsert(workspace, Person(email="m@x.test", last_name="Müller"), actor=ACTOR)
    assert found(workspace, "muller") == found(workspace, "MÜLL") == {"Müller"}


def test_the_words_follow_every_change_of_a_lead(workspace):
    lead = upsert(workspace, Person(email="a@x.test", last_name="Raman"), actor=ACTOR).lead
    edit(
        lead, Person(email="a@x.test", last_name="Kumar", phone="0301234", external_ids=(("crm", "Q77"),)), actor=ACTOR
    )
    assert found(workspace, "raman") == set()
    for q in ("kumar", "301234", "q77", "a@x"):
        assert found(workspace, q) == {"Kumar"}, q
    upsert(workspace, Person(email="b@x.test", external_ids=(("crm", "Q77"),), company="Helio"), actor=ACTOR)
    for q in ("b@x kumar", "q77 helio", "301234 helio"):
        assert found(workspace, q) == {"Kumar"}, q
    assert found(workspace, "a@x") == set()


def test_a_company_that_is_renamed_renames_no_lead_and_all_are_found(workspace):
    people = [Person(email=f"p{n}@helio.test", last_name=f"P{n}", company="Helio") for n in range(3)]
    upsert_many(workspace, people, actor=ACTOR)
    kept = list(SearchText.objects.of(workspace).order_by("pk").values_list("text", flat=True))
    upsert(workspace, Person(email="p0@helio.test", company="Solaris"), actor=ACTOR)
    assert Account.objects.of(workspace).get().search_text == " solaris helio.test"
    assert found(workspace, "solaris") == {"P0", "P1", "P2"}
    assert list(SearchText.objects.of(workspace).order_by("pk").values_list("text", flat=True)) == kept


def test_a_word_that_very_many_companies_have_is_looked_up_all_the_same(workspace, monkeypatch):
    monkeypatch.setattr(search_text, "MOST_ACCOUNTS", 1)
    monkeypatch.setattr(search_text, "FEW", 1)
    for n in range(3):
        person = Person(email=f"p{n}@firm{n}.test", last_name=f"P{n}", company=f"Firm{n} Bank")
        upsert(workspace, person, actor=ACTOR)
    assert found(workspace, "bank") == {"P0", "P1", "P2"}
    assert found(workspace, "bank firm1") == found(workspace, "p1 bank") == {"P1"}


def test_what_builders_and_intake_keep_is_the_same(workspace):
    made = upsert(workspace, Person(email="a@x.test", first_name="Ada", phone="030 1"), actor=ACTOR).lead
    kept = made.search_text.text
    search_text.write(workspace, [made], search_text.ids_of([made]))
    assert SearchText.objects.of(workspace).get().text == kept == " ada a@x.test 301"


def test_the_search_box_lists_beginnings_before_parts(workspace):
    for name in ("Bramante", "Abram", "Ramos", "Raman"):
        builders.lead(workspace, first_name="", last_name=name, email=f"{name[:2]}x{name[-2:]}@x.test".lower())
    assert [lead.last_name for lead in search.search(workspace, "ram").leads] == ["Raman", "Ramos", "Abram", "Bramante"]


def test_an_account_of_the_search_box_leads_to_its_leads(workspace):
    upsert(workspace, Person(email="p@helio.test", last_name="Raman", company="Helio Bank"), actor=ACTOR)
    (account,) = search.search(workspace, "bank helio").accounts
    assert found(workspace, account.name) == {"Raman"}


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname = ANY(%s)", [list(search_index.INDEXES)])
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.postgres
def test_the_index_is_built_by_migrate_and_answers_words_short_and_long(workspace):
    assert indexes() == set(search_index.INDEXES)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for word in ("raman", " ra", " r"):
            cursor.execute("EXPLAIN SELECT lead_id FROM leads_searchtext WHERE text LIKE %s", [f"%{word}%"])
            assert "search_text_trigrams" in str(cursor.fetchall()), word


@pytest.mark.postgres
def test_without_the_extension_searches_find_the_same_and_migrate_says_what_is_lacking(workspace, caplog):
    upsert(workspace, Person(email="priya@helio.test", last_name="Raman"), actor=ACTOR)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # an index cannot be made while checks are pending
        cursor.execute("DROP EXTENSION pg_trgm CASCADE")
        cursor.execute("CREATE ROLE may_not_extend")
        cursor.execute("SET LOCAL ROLE may_not_extend")
        with caplog.at_level(logging.WARNING):
            search_index.build(using="default")
        cursor.execute("RESET ROLE")
    assert "pg_trgm" in caplog.text
    assert indexes() == set()
    assert found(workspace, "ama") == {"Raman"}
    search_index.build(using="default")
    assert indexes() == set(search_index.INDEXES)
