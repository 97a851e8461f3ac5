"""Qualification: verdicts with their criteria, the loop guard, and the tier of a handoff."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.conditions import checks
from leads.conditions.fact_catalogue import KNOWN
from leads.qualification import criteria
from leads.qualification.criteria import DefinitionRules, LoopGuard, Refusal, Verdict

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MQL = DefinitionRules.from_json(criteria.DEFAULT_MQL)
SAL = DefinitionRules.from_json(criteria.DEFAULT_SAL)
SQL = DefinitionRules.from_json(criteria.DEFAULT_SQL)
GOOD = {
    "lead.email": "ada@example.test",
    "consent.marketing": "unknown",
    "fit.grade": "B",
    "interest.level": 2,
    "readiness": "some",
    "events.demo_request.count_30d": 0,
}


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True),
        ({"fit.grade": "A", "interest.level": 1}, True),
        ({"fit.grade": "C"}, False),
        ({"interest.level": 3}, False),
        ({"readiness": "none"}, False),  # interest alone is nurtured
        ({"readiness": "ready", "interest.level": 4}, True),
        ({"readiness": "none", "interest.level": 4, "events.demo_request.count_30d": 1}, True),
        # who asks for a demo and does not fit is marketing's to answer, however ready
        ({"fit.grade": "D", "events.demo_request.count_30d": 1}, False),
        ({"fit.grade": "C", "readiness": "ready", "events.demo_request.count_30d": 1}, False),
        ({"consent.marketing": "opted_out"}, False),
        ({"consent.marketing": "opted_in"}, True),
        ({"lead.email": ""}, False),
        ({"lead.email": "", "lead.phone": "+49 30 1"}, True),
        ({"lead.email": "", "lead.external_ids": ["crm:7"]}, True),
    ],
)
def test_the_default_mql_asks_for_reach_consent_and_fit_with_a_demo_request_or_readiness(change, passed):
    assert criteria.verdict(MQL, {**GOOD, **change}, AT).passed is passed


def test_the_default_sql_asks_for_an_answer_to_every_required_question():
    answers = {f"readiness.{code}": "yes" for code in ("budget", "authority", "need", "timeline")}
    assert criteria.verdict(SQL, answers, AT).passed
    found = criteria.verdict(SQL, {**answers, "readiness.need": ""}, AT)
    assert not found.passed
    assert found.because == ("Answer on need is not known",)


def test_the_default_sal_asks_that_the_person_can_be_reached():
    assert criteria.verdict(SAL, {"lead.phone": "1"}, AT).passed
    assert not criteria.verdict(SAL, {}, AT).passed


def test_a_verdict_holds_every_criterion_with_what_was_observed_and_which_are_alternatives():
    found = criteria.verdict(MQL, {**GOOD, "interest.level": 3}, AT)
    assert (found.kind, found.definition_version, found.at) == ("mql", 1, AT)
    assert [(each.pointer, each.passed, each.observed, each.expected, each.one_of) for each in found.criteria] == [
        ("/all/0/any/0", True, "ada@example.test", None, "/all/0"),
        ("/all/0/any/1", False, None, None, "/all/0"),
        ("/all/0/any/2", False, None, None, "/all/0"),
        ("/all/1", True, "unknown", "opted_out", ""),
        ("/all/2", True, "B", "B", ""),
        ("/all/3/any/0", False, 0, 1, "/all/3"),
        ("/all/3/any/1/all/0", False, 3, 2, "/all/3"),
        ("/all/3/any/1/all/1", True, "some", "some", "/all/3"),
        ("/all/3/any/2", False, "some", "ready", "/all/3"),
    ]
    assert found.because == (
        "Demo request events in 30 days is at least 1: 0",
        "Interest level is 2 or better: 3",
        "Readiness is ready: some",
    )


def test_a_criterion_under_a_not_is_said_and_judged_as_its_opposite():
    condition = {"not": {"any": [{"fact": "lead.country", "op": "in", "value": ["KP"]}, {"fact": "x", "op": "known"}]}}
    found = criteria.verdict(DefinitionRules("mql", 3, condition), {"lead.country": "DE"}, AT)
    assert [(each.label, each.passed, each.one_of) for each in found.criteria] == [
        ("Country is none of KP: DE", True, ""),
        ("X is not known", True, ""),
    ]


@pytest.mark.parametrize("definition", [MQL, SAL, SQL])
def test_definitions_and_verdicts_survive_json(definition):
    assert DefinitionRules.from_json(json.loads(json.dumps(definition.to_json()))) == definition
    found = criteria.verdict(definition, {**GOOD, "lead.external_ids": ["crm:7", "erp:8"]}, AT)
    assert Verdict.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    ("data", "pointers"),
    [
        (None, [""]),
        ({}, ["/kind", "/version", "/condition"]),
        ({**criteria.DEFAULT_MQL, "kind": "won"}, ["/kind"]),
        ({**criteria.DEFAULT_MQL, "kind": []}, ["/kind"]),
        ({**criteria.DEFAULT_MQL, "version": 1.0}, ["/version"]),
        ({**criteria.DEFAULT_MQL, "condition": {"all": [{"fact": "x", "op": "?"}]}}, ["/condition/all/0/op"]),
    ],
)
def test_a_wrong_definition_is_refused_at_the_place_that_is_wrong(data, pointers):
    assert [problem.pointer for problem in criteria.validate(data)] == pointers
    with pytest.raises(checks.InvalidCondition):
        DefinitionRules.from_json(data)


def test_the_defaults_are_valid_and_only_ask_for_facts_that_exist():
    for data in (criteria.DEFAULT_MQL, criteria.DEFAULT_SAL, criteria.DEFAULT_SQL):
        assert criteria.validate(data, KNOWN) == []
    assert criteria.validate_tiers(criteria.DEFAULT_TIERS, KNOWN) == []
    assert criteria.validate_guard(criteria.DEFAULT_GUARD) == []


GUARD = LoopGuard(3)


def guarded(*, returned_at=None, cool_off_until=None, newest_evidence_at=None, passes=0, guard=GUARD):
    return criteria.may_hand_over(
        guard,
        returned_at=returned_at,
        cool_off_until=cool_off_until,
        newest_evidence_at=newest_evidence_at,
        passes=passes,
        at=AT,
    )


def test_a_lead_that_was_never_handed_over_may_be_without_any_event():
    assert guarded() is None


def test_a_returned_lead_may_be_handed_over_on_newer_evidence_once_it_has_cooled_off():
    assert guarded(returned_at=AT - DAY * 9, cool_off_until=AT, newest_evidence_at=AT - DAY * 8, passes=1) is None


@pytest.mark.parametrize("newest", [None, AT - DAY * 10, AT - DAY * 9])
def test_a_returned_lead_without_newer_evidence_is_refused(newest):
    refusal = guarded(returned_at=AT - DAY * 9, newest_evidence_at=newest, passes=1)
    assert refusal == Refusal(
        "no_new_evidence", "Nothing new has spoken for it since it was returned on 1 Mar 2026 12:00 UTC."
    )


def test_a_returned_lead_is_refused_until_it_has_cooled_off():
    until = AT + timedelta(seconds=1)
    refusal = guarded(returned_at=AT - DAY, cool_off_until=until, newest_evidence_at=AT, passes=1)
    assert (refusal.code, refusal.until) == ("cooling_off", until)


@pytest.mark.parametrize(("passes", "most", "refused"), [(2, 3, False), (3, 3, True), (4, 3, True), (1, 1, True)])
def test_a_lead_is_not_handed_over_more_often_than_agreed(passes, most, refused):
    refusal = guarded(
        returned_at=AT - DAY,
        cool_off_until=AT + DAY,
        newest_evidence_at=AT,
        passes=passes,
        guard=LoopGuard(most),
    )
    assert (refusal.code == "too_many_passes") is refused


def test_a_loop_guard_takes_its_default_for_what_is_left_out():
    assert LoopGuard.from_json({}) == LoopGuard()
    assert LoopGuard.from_json({"max_passes": 5}).to_json() == {"max_passes": 5}


@pytest.mark.parametrize("data", [None, {"max_passes": 0}, {"max_passes": True}, {"max_passes": 51}, {"most": 3}])
def test_a_wrong_loop_guard_is_refused(data):
    with pytest.raises(checks.InvalidCondition):
        LoopGuard.from_json(data)


@pytest.mark.parametrize(
    ("change", "name", "why"),
    [
        ({}, "standard", "No other tier applies."),
        ({"interest.level": 1}, "standard", "No other tier applies."),
        ({"readiness": "ready"}, "hot", "Fit is B or better: B; Readiness is ready: ready"),
        ({"fit.grade": "D", "events.demo_request.count_30d": 2}, "standard", "No other tier applies."),
        (
            {"events.demo_request.count_30d": 2},
            "hot",
            "Fit is B or better: B; Demo request events in 30 days is at least 1: 2",
        ),
    ],
)
def test_the_first_tier_whose_condition_holds_is_chosen_with_its_reason(change, name, why):
    assert criteria.tier(criteria.DEFAULT_TIERS, {**GOOD, **change}, AT) == (name, why)


ALWAYS = {"fact": "lead.email", "op": "known"}


@pytest.mark.parametrize(
    ("tiers", "pointers"),
    [
        ([], [""]),
        ({}, [""]),
        ([3], ["/0"]),
        ([{"tier": "hot", "condition": ALWAYS}], ["/0/condition"]),
        ([{"tier": "hot"}, {"tier": "standard"}], ["/0/condition"]),
        ([{"tier": "hot", "condition": ALWAYS}, {"tier": "hot"}], ["/1/tier"]),
        ([{"tier": "hot", "if": ALWAYS}, {"tier": ""}], ["/0", "/1/tier"]),
    ],
)
def test_wrong_tiers_are_refused_at_the_place_that_is_wrong(tiers, pointers):
    assert [problem.pointer for problem in criteria.validate_tiers(tiers)] == pointers


moments = st.none() | st.integers(-5, 5).map(lambda days: AT + DAY * days)


@given(moments, moments, moments, st.integers(0, 4), st.integers(1, 4))
def test_whatever_the_guard_lets_through_keeps_all_three_rules(returned_at, cool_off_until, newest, passes, most):
    refusal = guarded(
        returned_at=returned_at,
        cool_off_until=cool_off_until,
        newest_evidence_at=newest,
        passes=passes,
        guard=LoopGuard(most),
    )
    fresh = returned_at is None or (newest is not None and newest > returned_at)
    cooled = cool_off_until is None or cool_off_until <= AT
    assert (refusal is None) == (fresh and cooled and passes < most)


REACHABLE = {"any": [{"fact": "lead.email", "op": "known"}, {"fact": "lead.phone", "op": "known"}]}
TITLED = {"fact": "lead.title", "op": "known"}


@pytest.mark.parametrize(
    ("condition", "facts", "lines"),
    [
        # the e-mail satisfies the group: the phone stands in nobody's way
        ({"all": [REACHABLE, TITLED]}, {"lead.email": "a@b.example"}, ("Job title is not known",)),
        ({"all": [REACHABLE, TITLED]}, {"lead.title": "CEO"}, ("E-mail is not known or Phone is not known",)),
        (
            {"any": [{"all": [{"fact": "lead.email", "op": "known"}, TITLED]}, {"fact": "lead.phone", "op": "known"}]},
            {},
            ("E-mail is not known and Job title is not known or Phone is not known",),
        ),
        ({"not": TITLED}, {"lead.title": "CEO"}, ("Job title is not known: CEO",)),
        (REACHABLE, {"lead.phone": "1"}, ()),
    ],
)
def test_what_stands_in_the_way_is_what_failed_and_nothing_makes_up_for(condition, facts, lines):
    found = criteria.verdict(DefinitionRules("sal", 1, condition), facts, AT)
    assert found.in_the_way == lines
