"""The catalogue of condition facts and its reader are one: every fact is read, and nothing else is."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.conditions import checks, fact_catalogue, operators, values
from leads.conditions.fact_catalogue import KNOWN
from leads.conditions.fact_types import FactType, Vocabulary
from leads.models import Answer, Attribute, Campaign, ExternalId, Lead, Persona, Question
from leads.qualification import assessment, lead_facts
from tests import builders
from tests.builders import MONDAY

AT = MONDAY + timedelta(hours=1)
SAMPLES = {
    FactType.TEXT: ["7", "2026-11-01"],
    FactType.NUMBER: [7],
    FactType.BOOLEAN: [True],
    FactType.DATE: [date(2026, 11, 1)],
    FactType.TIME: [MONDAY],
    FactType.LIST: [["7", "true"]],
    FactType.RANK: ["B"],
}
VALUES = {
    "nothing": [None],
    "scalar": ["7", 7, True, "2026-11-01", "2026-11-02T09:00Z", "B"],
    "text": ["7", "t", "2026", "2026-11-01", "2026-11-02", "2026-11-02T09:00Z", "B"],
    "list": [["7", 7, True, "B", "2026-11-01", "2026-11-02T09:00Z"], ["x"]],
    "order": [-1, 10**6, "2020-01-01", "2030-01-01", "A", "D", "1", "4"],
    "days": [30],
}


def is_a(value, type):
    """Tell whether a value is of a fact's type."""
    match type:
        case FactType.TEXT:
            return isinstance(value, str)
        case FactType.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case FactType.BOOLEAN:
            return isinstance(value, bool)
        case FactType.DATE:
            return isinstance(value, date) and not isinstance(value, datetime)
        case FactType.TIME:
            return isinstance(value, datetime) and value.tzinfo is not None
        case FactType.LIST:
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case FactType.RANK | FactType.OWN:
            return isinstance(value, str | int)


@pytest.fixture
def lead(db):
    """A lead of which everything is known."""
    workspace = builders.workspace()
    lead = builders.lead(
        workspace,
        title="Head of Operations",
        phone="+49 30 1234",
        country="DE",
        language="de",
        source="fair",
        postal_code="10115",
        territory="North",
        consent="opted_in",
        campaign=Campaign.everywhere.create(workspace=workspace, code="fair-2026", name="Fair"),
        persona=Persona.objects.of(workspace).first(),
        account=builders.account(workspace),
        attributes={"plan": "Team"},
    )
    Attribute.everywhere.create(workspace=workspace, key="plan", label="Plan")
    ExternalId.everywhere.create(workspace=workspace, lead=lead, system="crm", value="77")
    question = Question.objects.of(workspace).get(code="budget")
    Answer.everywhere.create(
        workspace=workspace, lead=lead, question=question, value="Approved", at=MONDAY, **builders.engine().row()
    )
    builders.event(lead, "demo_request", topics=["routing"])
    return lead


def test_every_fact_of_the_catalogue_is_read_and_has_the_type_that_it_declares(lead):
    known = assessment.assess(lead, AT).facts
    unread = {name for name in KNOWN if not _of(name, known)}
    assert unread == set()
    wrong = [
        (name, value)
        for name, fact in KNOWN.items()
        for value in _of(name, known).values()
        if not values.is_known(value) or not is_a(value, fact.type)
    ]
    assert wrong == []


def test_the_reader_gives_no_fact_that_the_catalogue_lacks(lead):
    known = assessment.assess(lead, AT).facts
    assert [name for name in known if fact_catalogue.find(name) is None] == []


def test_facts_have_the_values_of_the_lead(lead):
    known = lead_facts.of(lead, AT)
    expected = {
        "lead.email_domain": lead.email.partition("@")[2],
        "lead.free_mail": False,
        "lead.language": "de",
        "lead.external_ids": ["crm:77"],
        "lead.campaign": "fair-2026",
        "lead.attributes.plan": "Team",
        "account.employees": 300,
        "readiness.answered": 1,
        "readiness.budget": "Approved",
        "events.demo_request.count_30d": 1,
        "events.demo_request.last_at": MONDAY,
        "data.complete": True,
    }
    assert {name: known[name] for name in expected} == expected


def test_of_a_lead_without_a_company_the_facts_of_the_company_are_not_known(lead):
    Lead.everywhere.filter(pk=lead.pk).update(account=None, campaign=None, persona=None)
    known = lead_facts.of(Lead.everywhere.get(pk=lead.pk), AT)
    named = [name for name in known if name.startswith("account.")] + ["lead.campaign", "lead.persona"]
    assert [name for name in named if values.is_known(known[name])] == []
    assert known["data.complete"] is False


def test_gathering_facts_takes_as_many_statements_for_many_leads_as_for_one(lead):
    leads = [lead, *(builders.lead(lead.workspace, account=builders.account(lead.workspace)) for _ in range(5))]
    with CaptureQueriesContext(connection) as statements:
        lead_facts.gather(leads, AT)
    assert len(statements) == 3


def test_ranks_name_their_choices_and_every_fact_says_what_it_is():
    for fact in KNOWN.values():
        assert fact.label
        assert fact.help.endswith((".", ")"))
        assert (fact.type is FactType.RANK) <= isinstance(fact.choices, tuple)
        assert ("*" in fact.name) == (fact.part is not None) == ("{}" in fact.words)


def test_every_vocabulary_is_one_that_a_fact_is_chosen_from():
    named = {each for fact in KNOWN.values() for each in (fact.choices, fact.part)}
    assert {each for each in named if isinstance(each, Vocabulary)} == set(Vocabulary)


@pytest.mark.parametrize("type", SAMPLES)
@pytest.mark.parametrize("op", operators.OPERATORS)
def test_an_operator_holds_for_some_value_of_the_types_that_it_fits_and_for_none_of_the_others(op, type):
    ranks = ("A", "B", "C", "D") if type is FactType.RANK else None
    held = [
        value
        for value in VALUES[operators.OPERATORS[op].takes]
        for given in (*SAMPLES[type], None)
        if operators.holds(op, given, value, at=AT, ranks=ranks)
    ]
    assert bool(held) == (op in operators.fitting(type))


@pytest.mark.parametrize(
    ("leaf", "place", "words"),
    [
        (
            {"fact": "fit.points", "op": "within_days", "value": 3},
            "/op",
            "never holds for Fit points, which is a number",
        ),
        ({"fact": "lead.free_mail", "op": "at_least", "value": 1}, "/op", "yes or no"),
        ({"fact": "lead.topics", "op": "more_than", "value": 1}, "/op", "a list"),
        ({"fact": "events.page.count_30d", "op": "within_days", "value": 3}, "/op", "Page events in 30 days"),
        ({"fact": "account.employees", "op": "at_least", "value": "2026-01-01"}, "/value", "a number"),
        ({"fact": "events.page.last_at", "op": "at_least", "value": 3}, "/value", "a date"),
    ],
)
def test_a_condition_that_can_never_hold_is_refused_where_it_is_wrong(leaf, place, words):
    (problem,) = checks.validate({"all": [leaf]}, KNOWN)
    assert problem.pointer == f"/all/0{place}"
    assert words in problem.message
    assert checks.validate({"all": [leaf]}) == []  # what is stored stays readable


def _of(name, known):
    """Return the facts that a row of the catalogue stands for, by name."""
    return {each: value for each, value in known.items() if fact_catalogue.find(each) is KNOWN[name]}
