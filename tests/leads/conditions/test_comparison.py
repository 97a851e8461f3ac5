"""What a changed condition does to who meets it."""

import itertools

import pytest

from leads.conditions import trees
from leads.conditions.comparison import Effect, effect
from tests.builders import MONDAY

A, B, C = ({"fact": f"lead.{name}", "op": "known"} for name in ("email", "phone", "title"))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"any": [A, B]}, {"any": [A, B, C]}, "loosens"),
        ({"any": [A, B]}, {"any": [A]}, "tightens"),
        ({"all": [A, B]}, {"all": [A, B, C]}, "tightens"),
        ({"all": [A, B]}, {"all": [B]}, "loosens"),
        ({"all": [A, {"any": [B]}]}, {"all": [A, {"any": [B, C]}]}, "loosens"),
        ({"any": [A, {"all": [B]}]}, {"any": [A, {"all": [B, C]}]}, "tightens"),
        ({"all": [A, {"not": {"any": [B]}}]}, {"all": [A, {"not": {"any": [B, C]}}]}, "tightens"),
        ({"all": [A, B]}, {"any": [A, B]}, "loosens"),
        ({"any": [A, B]}, {"all": [A, B]}, "tightens"),
        (A, {"all": [A, B]}, "tightens"),
        (A, {"any": [A, B]}, "loosens"),
        ({"any": [A, B]}, {"all": [{"any": [A, B]}, C]}, "tightens"),
        ({"all": [A, B]}, {"all": [A, C]}, "changes"),
        (A, B, "changes"),
        ({"all": [A, B]}, {"all": [B, A]}, ""),
    ],
)
def test_what_a_change_does(before, after, found):
    assert effect(before, after) == Effect(found)


def test_what_is_said_is_true_of_every_lead():
    leaves = [A, B, C]
    inner = [{kind: list(pair)} for kind in ("all", "any") for pair in itertools.combinations(leaves, 2)]
    parts = [*leaves, *inner, *({"not": each} for each in inner)]
    found = [{kind: list(pair)} for kind in ("all", "any") for pair in itertools.combinations(parts, 2)] + leaves
    people = [
        {f"lead.{name}": "x" if known else None for name, known in zip(("email", "phone", "title"), each, strict=True)}
        for each in itertools.product((True, False), repeat=3)
    ]
    meet = [{number for number, one in enumerate(people) if trees.holds(tree, one, MONDAY)} for tree in found]
    for (before, old), (after, new) in itertools.product(zip(found, meet, strict=True), repeat=2):
        said = effect(before, after)
        if said == Effect.LOOSENS:
            assert old <= new, (before, after)
        elif said == Effect.TIGHTENS:
            assert old >= new, (before, after)
        elif said == Effect.NONE:
            assert old == new, (before, after)
