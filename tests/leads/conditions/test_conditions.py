"""Condition trees: what each operator means, what is refused, how it reads."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.conditions import checks, operators, trees
from leads.conditions.fact_catalogue import KNOWN
from leads.conditions.trees import ConditionResult

AT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def holds(fact, op, value, given):
    leaf = {"fact": fact, "op": op} if value is None else {"fact": fact, "op": op, "value": value}
    assert checks.validate(leaf) == []
    return trees.evaluate(leaf, {} if given is None else {fact: given}, AT).passed


@pytest.mark.parametrize(
    ("op", "value", "given", "passed"),
    [
        ("is", "Germany", " germany ", True),
        ("is", "Germany", "Norway", False),
        ("is", 120, "120", True),
        ("is", True, True, True),
        ("is", True, 1, False),
        ("is", 1, True, False),
        ("is", "pricing", ["security", "Pricing"], True),
        ("is", "2026-03-01", date(2026, 3, 1), True),
        ("is_not", "opted_out", "unknown", True),
        ("is_not", "opted_out", "opted_out", False),
        ("in", ["DE", "AT"], "at", True),
        ("in", ["DE", "AT"], "CH", False),
        ("not_in", ["DE", "AT"], "CH", True),
        ("not_in", ["DE", "AT"], "DE", False),
        ("contains", "sales", "VP Sales EMEA", True),
        ("contains", "sales", ["presales"], False),
        ("contains", "sales", ["sales"], True),
        ("starts_with", "vp", "VP Sales", True),
        ("starts_with", "vp", "SVP Sales", False),
        ("has_any", ["cto", "vp"], "CTO, Berlin", True),
        ("has_any", ["cto", "vp"], "Director", False),
        ("has_any", ["rector"], "Director", False),
        ("has_any", ["head of"], "Head of IT", True),
        ("has_any", ["pricing", "api"], ["API"], True),
        ("has_any", ["pricing"], ["api"], False),
        ("at_least", 50, 50, True),
        ("at_least", 50, "49.5", False),
        ("at_least", 50, Decimal("50.1"), True),
        ("at_least", 50, "many", False),
        ("at_least", 50, True, False),
        ("at_least", 50, float("nan"), False),
        ("at_most", 50, 50, True),
        ("at_most", 50, 51, False),
        ("more_than", 50, 50, False),
        ("more_than", 50, 51, True),
        ("less_than", 50, 49, True),
        ("less_than", 50, 50, False),
        ("at_least", "2026-03-01", "2026-03-01T08:00:00Z", True),
        ("less_than", "2026-03-01T09:00:00+01:00", datetime(2026, 3, 1, 7, 59, tzinfo=UTC), True),
        ("known", None, "x", True),
        ("known", None, "  ", False),
        ("known", None, [], False),
        ("known", None, 0, True),
        ("known", None, False, True),
        ("unknown", None, "", True),
        ("unknown", None, 0, False),
        ("within_days", 30, AT - timedelta(days=30), True),
        ("within_days", 30, AT - timedelta(days=30, seconds=1), False),
        ("within_days", 30, AT + timedelta(seconds=1), False),
        ("within_days", 30, "2026-02-20T10:00:00+05:45", True),
        ("within_days", 1, date(2026, 3, 9), True),
        ("within_days", 1, date(2026, 3, 8), False),
        ("within_days", 30, "yesterday", False),
    ],
)
def test_an_operator_holds_between_a_fact_and_a_value(op, value, given, passed):
    assert holds("lead.x", op, value, given) is passed


@pytest.mark.parametrize("op", [op for op in operators.OPERATORS if op != "unknown"])
def test_a_missing_fact_fails_its_leaf_and_is_observed_as_none(op):
    value = {"nothing": None, "list": ["a"], "days": 3, "order": 1}.get(operators.OPERATORS[op].takes, "a")
    result = trees.evaluate({"fact": "lead.x", "op": op, "value": value}, {}, AT)
    assert result.passed is False
    assert result.observed is None


@pytest.mark.parametrize(
    ("fact", "op", "value", "good", "bad"),
    [
        ("fit.grade", "at_least", "B", ["A", "B", "b"], ["C", "D", "", "E"]),
        ("fit.grade", "more_than", "B", ["A"], ["B", "C"]),
        ("fit.grade", "at_most", "B", ["B", "D"], ["A"]),
        ("interest.level", "at_least", 2, [1, 2, "2"], [3, 4, 0, None]),
        ("interest.level", "less_than", 2, [3, 4], [1, 2]),
    ],
)
def test_fit_and_interest_compare_by_goodness(fact, op, value, good, bad):
    assert all(holds(fact, op, value, given) for given in good)
    assert not any(holds(fact, op, value, given) for given in bad)


def test_a_day_is_compared_with_a_time_by_the_day_in_utc():
    evening = datetime(2026, 3, 1, 23, tzinfo=timezone(timedelta(hours=-3)))  # 2 March, 02:00 UTC
    assert holds("lead.x", "at_least", "2026-03-02", evening)


def test_a_number_too_large_to_print_is_not_compared_and_said_as_such():
    leaf = {"fact": "account.employees", "op": "at_least", "value": 50}
    result = trees.evaluate(leaf, {"account.employees": 10**5000}, AT)
    assert (result.passed, result.observed) == (False, "a number too large to show")


def test_every_leaf_is_evaluated_and_points_to_its_place():
    tree = {"any": [{"fact": "a", "op": "known"}, {"not": {"all": [{"fact": "b", "op": "is", "value": 1}]}}]}
    result = trees.evaluate(tree, {"a": 1}, AT, pointer="/condition")
    assert [leaf.pointer for leaf in result.leaves] == ["/condition/any/0", "/condition/any/1/not/all/0"]


def test_a_result_is_explained_by_the_leaves_that_decided():
    tree = {
        "all": [
            {"fact": "account.employees", "op": "at_least", "value": 50},
            {"fact": "lead.email", "op": "known"},
            {"not": {"fact": "consent.marketing", "op": "is", "value": "opted_out"}},
        ]
    }
    facts = {"account.employees": 120, "lead.email": "a_b@example.test", "consent.marketing": "opted_out"}
    failed = trees.evaluate(tree, facts, AT)
    assert failed.because == ("Marketing consent is not opted out: opted out",)
    passed = trees.evaluate(tree, {**facts, "consent.marketing": "unknown"}, AT)
    assert passed.because == (
        "Company size is at least 50: 120",
        "E-mail is known: a_b@example.test",
        "Marketing consent is not opted out: unknown",
    )


def test_a_leaf_reads_as_its_label_when_it_has_one():
    leaf = {"fact": "account.employees", "op": "at_least", "value": 50, "label": "Big enough"}
    assert trees.evaluate(leaf, {}, AT).words == "Big enough: not known"
    assert trees.evaluate({"not": leaf}, {}, AT).words == "Not so: Big enough: not known"


def test_a_tree_is_described_in_plain_english():
    tree = {
        "all": [
            {"fact": "fit.grade", "op": "at_least", "value": "b"},
            {"not": {"all": [{"fact": "readiness.budget", "op": "unknown"}, {"fact": "territory", "op": "known"}]}},
            {"fact": "events.demo_request.last_at", "op": "within_days", "value": 1},
            {"fact": "events.demo_request.count_30d", "op": "more_than", "value": 2},
        ]
    }
    assert trees.describe(tree).splitlines() == [
        "All of these:",
        "  Fit is B or better",
        "  At least one of these:",
        "    Answer on budget is known",
        "    Territory is not known",
        "  Last demo request is within the last 1 day",
        "  Demo request events in 30 days is more than 2",
    ]


def test_the_facts_used_are_listed_once():
    tree = {"any": [{"fact": "a", "op": "known"}, {"not": {"all": [{"fact": "a", "op": "known"}, {"fact": "b"}]}}]}
    assert trees.facts_used(tree) == {"a", "b"}


LEAF = {"fact": "lead.email", "op": "known"}


@pytest.mark.parametrize(
    ("tree", "pointer"),
    [
        (None, ""),
        ([], ""),
        ({}, ""),
        ({"all": [LEAF], "any": [LEAF]}, ""),
        ({"all": []}, "/all"),
        ({"all": LEAF}, "/all"),
        ({"all": [LEAF, 3]}, "/all/1"),
        ({"not": [LEAF]}, "/not"),
        ({"any": [LEAF], "a/b~c": 1}, "/a~1b~0c"),
        ({"not": {"fact": 3, "op": "known"}}, "/not/fact"),
        ({"fact": "Lead Email", "op": "known"}, "/fact"),
        ({"fact": "lead.email"}, "/op"),
        ({"fact": "lead.email", "op": ["is"]}, "/op"),
        ({"fact": "lead.email", "op": "like", "value": "x"}, "/op"),
        ({"fact": "lead.email", "op": "known", "value": 1}, "/value"),
        ({"fact": "lead.email", "op": "is"}, "/value"),
        ({"fact": "lead.email", "op": "is", "value": []}, "/value"),
        ({"fact": "lead.email", "op": "in", "value": "x"}, "/value"),
        ({"fact": "lead.email", "op": "in", "value": []}, "/value"),
        ({"fact": "lead.email", "op": "in", "value": [None]}, "/value"),
        ({"fact": "lead.email", "op": "contains", "value": 3}, "/value"),
        ({"fact": "account.employees", "op": "at_least", "value": "fifty"}, "/value"),
        ({"fact": "account.employees", "op": "at_least", "value": True}, "/value"),
        ({"fact": "account.employees", "op": "at_least", "value": float("nan")}, "/value"),
        ({"fact": "fit.grade", "op": "at_least", "value": "E"}, "/value"),
        ({"fact": "interest.level", "op": "at_least", "value": 5}, "/value"),
        ({"fact": "lead.created_at", "op": "within_days", "value": 0}, "/value"),
        ({**LEAF, "label": 3}, "/label"),
        ({**LEAF, "lable": "x"}, "/lable"),
    ],
)
def test_a_wrong_tree_is_refused_at_the_place_that_is_wrong(tree, pointer):
    assert [problem.pointer for problem in checks.validate(tree)] == [pointer]


def test_an_unknown_fact_is_refused_with_the_one_that_was_meant():
    tree = {"all": [{"fact": "account.employes", "op": "known"}, {"fact": "readiness.budget", "op": "known"}]}
    assert checks.validate(tree) == []
    (problem,) = checks.validate(tree, KNOWN, pointer="/condition")
    assert problem.to_json() == {
        "detail": 'There is no fact "account.employes". Did you mean "account.employees"?',
        "pointer": "/condition/all/0/fact",
    }


def test_a_tree_that_is_too_deep_or_too_large_is_refused():
    deep = LEAF
    for _ in range(2000):
        deep = {"not": deep}
    assert "nested" in checks.validate(deep)[0].message
    large = {"all": [{"any": [LEAF] * 100} for _ in range(100)]}
    assert [problem.message[:25] for problem in checks.validate(large)] == ["A condition may have at m"]
    just = {"all": [LEAF] * (checks.MAX_NODES - 1)}
    assert checks.validate(just) == []


names = st.sampled_from(["lead.email", "account.employees", "fit.grade", "interest.level", "events.page.last_at", "x"])
scalars = st.text(min_size=1, max_size=5) | st.integers(-9, 200) | st.floats(-9, 200) | st.booleans()
values_of = {
    "nothing": st.none(),
    "scalar": scalars,
    "text": st.text(min_size=1, max_size=5),
    "list": st.lists(scalars, min_size=1, max_size=3),
    "order": st.integers(-9, 200) | st.sampled_from(["A", "B", 1, 2, "2026-01-01", "2026-01-01T00:00"]),
    "days": st.integers(1, 400) | st.floats(0.1, 400),
}
leaves = st.sampled_from(list(operators.OPERATORS)).flatmap(
    lambda op: st.fixed_dictionaries(
        {"fact": names, "op": st.just(op), "value": values_of[operators.OPERATORS[op].takes]}
    )
)
valid_trees = st.recursive(
    leaves,
    lambda parts: (
        st.fixed_dictionaries({"all": st.lists(parts, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"any": st.lists(parts, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"not": parts})
    ),
    max_leaves=8,
).filter(lambda tree: checks.validate(tree) == [])
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**2000)
    | st.floats()
    | st.decimals(allow_nan=True)
    | st.text(max_size=8)
    | st.sampled_from(["A", "2", "2026-01-01", "1e999999", "0001-01-01T00:00+14:00", "sNaN"])
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(UTC) | st.just(timezone(timedelta(hours=14)))),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=3), parts, max_size=2),
    max_leaves=4,
)
fact_sets = st.dictionaries(names, anything)


def plainly(tree, facts):
    """Evaluate in the most obvious way, `not` included, to compare with."""
    if "all" in tree:
        return all(plainly(part, facts) for part in tree["all"])
    if "any" in tree:
        return any(plainly(part, facts) for part in tree["any"])
    if "not" in tree:
        return not plainly(tree["not"], facts)
    return trees.evaluate(tree, facts, AT).passed


@given(valid_trees, fact_sets)
def test_a_valid_tree_evaluates_over_any_facts_as_plain_logic_does(tree, facts):
    result = trees.evaluate(tree, facts, AT)
    assert result.passed == trees.holds(tree, facts, AT) == plainly(tree, facts)
    assert result.because
    assert {leaf.fact for leaf in result.leaves} == trees.facts_used(tree)


@given(valid_trees, fact_sets)
def test_a_result_survives_json(tree, facts):
    result = trees.evaluate(tree, facts, AT)
    assert ConditionResult.from_json(json.loads(json.dumps(result.to_json()))) == result


@given(valid_trees)
def test_a_description_has_a_line_for_every_leaf(tree):
    lines = trees.outline(tree)
    groups = [line for line in lines if line.words in ("All of these:", "At least one of these:")]
    assert len(lines) - len(groups) == len(trees.evaluate(tree, {}, AT).leaves)
    assert lines[0].depth == 0


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(list(operators.OPERATORS)),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "fact", "op", "value", "label", "~/"]), parts, max_size=4
        )
    ),
    max_leaves=10,
)


@given(json_values)
def test_validation_takes_any_json_and_what_it_lets_pass_evaluates(tree):
    if checks.validate(tree, KNOWN) == []:
        trees.evaluate(tree, {}, AT)
        trees.describe(tree)
