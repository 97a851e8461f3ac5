"""Scoring: which rules count what, how points fade, and that lines add up to them."""

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.conditions import checks
from leads.conditions.fact_catalogue import KNOWN
from leads.scoring import scoring
from leads.scoring.scoring import ConditionRule, EventFact, InterestRule, Score, ScoreLine, ScoringRules

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
DEFAULT = ScoringRules.from_json(scoring.DEFAULT)


def event(type="page", *, days=0.0, name="", topics=(), human=True):
    return EventFact(type, name, tuple(topics), AT - timedelta(days=days), human)


def only(*rules, fit=(), readiness=()):
    return ScoringRules(
        version=7,
        fit=tuple(fit),
        grades=(60, 40, 20),
        interest=rules,
        levels=(60, 30, 10),
        readiness=tuple(readiness),
        readiness_levels=(50, 20),
    )


def points(rule, *events, at=AT):
    return scoring.score(only(rule), {}, events, at).interest_points


@pytest.mark.parametrize(
    ("rule", "events", "expected"),
    [
        (InterestRule("r", "page", 10), [event()], 10),
        (InterestRule("r", "page", 10), [event("form")], 0),
        (InterestRule("r", "*", 10), [event("form"), event()], 20),
        (InterestRule("r", "page", 10), [event(human=False)], 0),
        (InterestRule("r", "page", 10), [event(days=-0.001)], 0),
        (InterestRule("r", "page", 10), [event(days=4000)], 10),
        (InterestRule("r", "page", 10, half_life_days=14), [event(days=14)], 5),
        (InterestRule("r", "page", 10, half_life_days=14), [event(days=28)], 3),  # 2.5 away from zero
        (InterestRule("r", "page", -10, half_life_days=14), [event(days=28)], -3),
        (InterestRule("r", "page", 1, half_life_days=14), [event(days=14)] * 3, 2),  # the sum is rounded, not each
        (InterestRule("r", "page", 10, cap=25), [event()] * 3, 25),
        (InterestRule("r", "page", -10, cap=25), [event()] * 3, -25),
        (InterestRule("r", "page", 10, within_days=7), [event(days=7), event(days=7.01)], 10),
        (InterestRule("r", "page", 10, name_contains="Pricing"), [event(name="/pricing"), event(name="/")], 10),
        (InterestRule("r", "page", 10, topics=("api", "sso")), [event(topics=["SSO"]), event(topics=["ui"])], 10),
        (InterestRule("r", "page", 10, topics=("api",)), [event()], 0),
    ],
)
def test_a_rule_gives_points_for_the_events_that_it_means(rule, events, expected):
    assert points(rule, *events) == expected


def test_fit_rules_give_points_with_the_facts_that_decided():
    rules = [
        ConditionRule("Big", 25, {"fact": "account.employees", "op": "at_least", "value": 50}),
        ConditionRule("Free mail", -15, {"fact": "lead.free_mail", "op": "is", "value": True}),
        ConditionRule("Near", 15, {"fact": "lead.country", "op": "in", "value": ["DE"]}),
    ]
    found = scoring.score(only(fit=rules), {"account.employees": 120, "lead.free_mail": True}, [], AT)
    assert found.lines == (
        ScoreLine("fit", "Big", 25, "Company size is at least 50: 120"),
        ScoreLine("fit", "Free mail", -15, "Free-mail address is yes: yes"),
    )
    assert (found.fit_points, found.fit_grade) == (10, "D")


@pytest.mark.parametrize(
    ("given", "grade"), [(61, "A"), (60, "A"), (59, "B"), (40, "B"), (39, "C"), (19, "D"), (-5, "D")]
)
def test_fit_points_make_a_grade(given, grade):
    assert DEFAULT.grade(given) == grade


@pytest.mark.parametrize(("given", "level"), [(60, 1), (59, 2), (30, 2), (29, 3), (10, 3), (9, 4), (-30, 4)])
def test_interest_points_make_a_level_with_1_the_most_interested(given, level):
    assert DEFAULT.level(given) == level


def test_an_interest_line_says_how_often_when_last_and_that_it_was_capped():
    rule = InterestRule("Read pages", "page", 10, half_life_days=14, cap=15)
    (line,) = scoring.score(only(rule), {}, [event(days=9), event(days=1), event(days=3)], AT).lines
    assert line.points == 15
    assert line.count == 3
    assert line.last_at == AT - timedelta(days=1)
    assert line.detail == "3 times, last on 9 Mar 2026, 10 each, halved every 14 days, held at 15"


def test_a_line_worth_nothing_is_left_out():
    rule = InterestRule("Read pages", "page", 1, half_life_days=1)
    assert scoring.score(only(rule), {}, [event(days=3)], AT).lines == ()


def test_the_newest_evidence_is_the_newest_event_that_earned_points():
    rules = (InterestRule("Up", "page", 10), InterestRule("Down", "unsubscribe", -10))
    found = scoring.score(only(*rules), {}, [event(days=5), event(days=2), event("unsubscribe", days=1)], AT)
    assert found.newest_evidence_at == AT - timedelta(days=2)
    assert scoring.score(only(*rules), {}, [event("unsubscribe")], AT).newest_evidence_at is None


def test_a_director_who_looked_at_pricing_and_asked_for_a_demo_is_a1_by_the_default():
    facts = {
        "lead.title": "Director of Operations",
        "lead.country": "DE",
        "lead.free_mail": False,
        "account.employees": 320,
        "account.industry": "Logistics",
    }
    found = scoring.score(DEFAULT, facts, [event(name="/pricing"), event("demo_request")], AT)
    assert found.grade == "A1"
    assert [(line.kind, line.label, line.points) for line in found.lines] == [
        ("fit", "Heads a company or a department", 25),
        ("fit", "Company of 200 people or more", 25),
        ("fit", "Industry we serve", 15),
        ("fit", "Country we sell in", 15),
        ("interest", "Asked for a demo", 60),
        ("interest", "Looked at pricing", 10),
        ("interest", "Read pages", 2),
    ]


def test_a_student_who_downloaded_one_paper_is_not_a_fit_by_the_default():
    facts = {"lead.title": "Student", "lead.country": "DE", "lead.free_mail": True}
    assert scoring.score(DEFAULT, facts, [event("download")], AT).grade == "D3"


def test_nobody_knows_anything_about_a_lead_of_grade_d4():
    found = scoring.score(DEFAULT, {}, [], AT)
    assert (found.grade, found.lines, found.fit_points, found.interest_points) == ("D4", (), 0, 0)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([], 0),
        ([InterestRule("r", "page", 1, half_life_days=10)], 77),
        ([InterestRule("r", "page", 1, half_life_days=10, within_days=30)], 30),
        ([InterestRule("r", "page", 1, within_days=30), InterestRule("r", "page", 1, within_days=90)], 90),
        ([InterestRule("r", "page", 1, within_days=30), InterestRule("r", "page", 1)], None),
    ],
)
def test_the_horizon_is_the_age_past_which_no_rule_counts(rules, expected):
    assert scoring.horizon_days(only(*rules)) == expected


def test_interest_per_topic_is_faded_and_ordered_and_leaves_out_what_comes_to_nothing():
    rules = only(InterestRule("r", "page", 10, half_life_days=14), InterestRule("u", "unsubscribe", -30))
    events = [
        event(topics=["api"], days=14),
        event(topics=["sso", "api"], days=28),
        event(topics=["ui"], human=False),
        event(topics=["mail"]),
        event("unsubscribe", topics=["mail"]),
        event("form", topics=["form"]),
    ]
    found = scoring.interests(rules, events, AT)
    assert found == {"api": 7.5, "sso": 2.5}
    assert list(found) == ["api", "sso"]


def test_the_default_is_valid_and_only_asks_for_facts_that_exist():
    assert scoring.validate(scoring.DEFAULT, KNOWN) == []


def spoiled(change):
    data = copy.deepcopy(scoring.DEFAULT)
    change(data)
    return data


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda data: data.update(version=0), "/version"),
        (lambda data: data.update(version=True), "/version"),
        (lambda data: data.pop("fit"), "/fit"),
        (lambda data: data["fit"].pop("grades"), "/fit/grades"),
        (lambda data: data["fit"]["grades"].update(A=1), "/fit/grades"),
        (lambda data: data["interest"]["levels"].update({"1": "60"}), "/interest/levels"),
        (lambda data: data["interest"].update(rules={}), "/interest/rules"),
        (lambda data: data["fit"]["rules"].insert(0, 3), "/fit/rules/0"),
        (lambda data: data["fit"]["rules"][1].update(points=0), "/fit/rules/1/points"),
        (lambda data: data["fit"]["rules"][1].update(points=1.5), "/fit/rules/1/points"),
        (lambda data: data["fit"]["rules"][0].update(label=" "), "/fit/rules/0/label"),
        (lambda data: data["fit"]["rules"][0].update(cap=3), "/fit/rules/0/cap"),
        (lambda data: data["fit"]["rules"][0].pop("condition"), "/fit/rules/0/condition"),
        (lambda data: data["fit"]["rules"][0]["condition"].update(op="like"), "/fit/rules/0/condition/op"),
        (
            lambda data: data["fit"]["rules"][0].update(condition={"fact": "interest.level", "op": "is", "value": 1}),
            "/fit/rules/0/condition",
        ),
        (lambda data: data["interest"]["rules"][0].pop("event_type"), "/interest/rules/0/event_type"),
        (lambda data: data["interest"]["rules"][0].update(half_life_days=0), "/interest/rules/0/half_life_days"),
        (lambda data: data["interest"]["rules"][0].update(within_days="7"), "/interest/rules/0/within_days"),
        (lambda data: data["interest"]["rules"][0].update(cap=-5), "/interest/rules/0/cap"),
        (lambda data: data["interest"]["rules"][0].update(topics="api"), "/interest/rules/0/topics"),
        (lambda data: data["interest"]["rules"][0].update(name_contains=3), "/interest/rules/0/name_contains"),
    ],
)
def test_a_wrong_scoring_is_refused_at_the_place_that_is_wrong(change, pointer):
    data = spoiled(change)
    assert [problem.pointer for problem in scoring.validate(data)] == [pointer]
    with pytest.raises(checks.InvalidCondition) as refused:
        ScoringRules.from_json(data)
    assert refused.value.problems[0].pointer == pointer


def test_what_is_not_an_object_is_no_scoring():
    assert [problem.pointer for problem in scoring.validate([])] == [""]


labels = st.sampled_from(["Asked", "Read", "Left"])
types = st.sampled_from(["page", "form", "unsubscribe"])
topic_sets = st.lists(st.sampled_from(["api", "sso", "ui"]), max_size=2).map(tuple)
whole_points = st.integers(-100, 100).filter(bool)
interest_rules = st.builds(
    InterestRule,
    label=labels,
    event_type=types | st.just("*"),
    points=whole_points,
    half_life_days=st.none() | st.integers(1, 90) | st.floats(0.5, 90),
    cap=st.none() | st.integers(1, 150),
    topics=topic_sets,
    name_contains=st.sampled_from(["", "pricing"]),
    within_days=st.none() | st.integers(1, 60),
)
fit_rules = st.builds(
    ConditionRule,
    label=labels,
    points=whole_points,
    condition=st.builds(
        lambda least: {"fact": "account.employees", "op": "at_least", "value": least}, st.integers(0, 99)
    ),
)
thresholds = st.sets(st.integers(-100, 100), min_size=3, max_size=3).map(
    lambda three: tuple(sorted(three, reverse=True))
)
answer_rules = st.builds(
    ConditionRule,
    label=labels,
    points=whole_points,
    condition=st.just({"fact": "readiness.budget", "op": "is", "value": "Approved"}),
)
scorings = st.builds(
    ScoringRules,
    version=st.integers(1, 99),
    fit=st.lists(fit_rules, max_size=3).map(tuple),
    grades=thresholds,
    interest=st.lists(interest_rules, max_size=4).map(tuple),
    levels=thresholds,
    readiness=st.lists(answer_rules, max_size=3).map(tuple),
    readiness_levels=thresholds.map(lambda three: three[:2]),
)
events = st.builds(
    EventFact,
    type=types,
    name=st.sampled_from(["", "/pricing"]),
    topics=topic_sets,
    occurred_at=st.floats(-2, 800).map(lambda days: AT - timedelta(days=days)),
    human=st.booleans(),
)
event_lists = st.lists(events, max_size=12)
fact_sets = st.fixed_dictionaries(
    {}, optional={"account.employees": st.integers(0, 99), "readiness.budget": st.just("Approved")}
)


@given(scorings, fact_sets, event_lists)
def test_lines_add_up_exactly_to_the_points(rules, facts, events):
    found = scoring.score(rules, facts, events, AT)
    totals = {"fit": found.fit_points, "interest": found.interest_points, "readiness": found.readiness_points}
    for kind, total in totals.items():
        assert sum(line.points for line in found.lines if line.kind == kind) == total
    assert found.grade == f"{rules.grade(found.fit_points)}{rules.level(found.interest_points)}"


@given(scorings, event_lists, st.randoms())
def test_the_order_of_events_does_not_matter(rules, events, random):
    shuffled = random.sample(events, len(events))
    assert scoring.score(rules, {}, shuffled, AT) == scoring.score(rules, {}, events, AT)
    assert scoring.interests(rules, shuffled, AT) == scoring.interests(rules, events, AT)


@given(scorings, event_lists)
def test_events_past_the_horizon_may_be_left_out(rules, events):
    horizon = scoring.horizon_days(rules)
    if horizon is not None:
        recent = [each for each in events if each.occurred_at >= AT - timedelta(days=horizon)]
        assert scoring.score(rules, {}, recent, AT) == scoring.score(rules, {}, events, AT)
        assert scoring.interests(rules, recent, AT) == scoring.interests(rules, events, AT)


@given(scorings, event_lists, st.floats(0, 400))
def test_interest_only_fades_when_nothing_new_happens(rules, events, days):
    rules = replace(rules, interest=tuple(replace(rule, points=abs(rule.points)) for rule in rules.interest))
    past = [each for each in events if each.occurred_at <= AT]
    now = scoring.score(rules, {}, past, AT)
    later = scoring.score(rules, {}, past, AT + timedelta(days=days))
    assert later.interest_points <= now.interest_points
    assert later.interest_level >= now.interest_level


@given(interest_rules, event_lists)
def test_a_rule_never_gives_more_than_its_cap_either_way(rule, events):
    capped = replace(rule, cap=rule.cap or 10)
    assert abs(points(capped, *events)) <= capped.cap


@given(scorings, event_lists)
def test_only_events_of_people_that_have_happened_change_anything(rules, events):
    counted = [each for each in events if each.human and each.occurred_at <= AT]
    assert scoring.score(rules, {}, counted, AT) == scoring.score(rules, {}, events, AT)


@given(scorings, fact_sets, event_lists)
def test_scorings_and_scores_survive_json(rules, facts, events):
    assert ScoringRules.from_json(json.loads(json.dumps(rules.to_json()))) == rules
    found = scoring.score(rules, facts, events, AT)
    assert Score.from_json(json.loads(json.dumps(found.to_json()))) == found


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
        lambda parts: (
            st.lists(parts, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    ["version", "fit", "interest", "rules", "grades", "levels", "label", "points", "topics"]
                ),
                parts,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_validation_takes_any_json(data):
    for problem in scoring.validate(data):
        assert problem.message
