"""Which territory a place lies in, and why."""

import pytest

from leads.models import Territory
from leads.territories import matching
from leads.territories.matching import Place


def territory(**fields) -> Territory:
    return Territory(name="T", position=1, **fields)


@pytest.mark.parametrize(
    ("fields", "place", "why"),
    [
        ({"countries": ["IE"]}, Place(country="IE"), "country is Ireland"),
        ({"countries": ["IE"]}, Place(country="DE"), ""),
        ({"countries": ["IE"]}, Place(), ""),
        ({"countries": ["US"], "regions": ["NY"]}, Place("US", "US-NY"), "country is United States, region is US-NY"),
        ({"countries": ["US"], "regions": ["NY"]}, Place("US", "CA"), ""),
        ({"industries": ["software"]}, Place(industry="Software"), "industry is Software"),
        ({"employees_from": 50, "employees_to": 99}, Place(employees=99), "company has 99 employees"),
        ({"employees_from": 50, "employees_to": 99}, Place(employees=100), ""),
        ({"employees_to": 99}, Place(), ""),
        ({"countries": ["DE"], "domains": ["big.test"]}, Place("US", domain="big.test"), "big.test is a named account"),
        ({"domains": ["big.test"]}, Place("US", domain="small.test"), ""),
        ({}, Place(), "it takes every lead that no other territory took"),
    ],
)
def test_every_list_that_is_filled_in_must_hold(fields, place, why):
    assert matching.reason(territory(**fields), place) == why


@pytest.mark.parametrize(
    ("code", "range", "holds"),
    [
        ("10115", "10000-19999", True),
        ("20095", "10000-19999", False),
        ("10001-1234", "10000-19999", True),
        ("1011 AB", "1000-1999", True),
        ("SW1A 1AA", "SW1", True),
        ("SW1 1AA", "SW1", True),
        ("SW12 9AB", "SW1", False),
        ("sw1a1aa", "SW1A", True),
        ("", "SW1", False),
        ("AB", "10-19", False),
    ],
)
def test_a_postal_code_lies_in_a_range_or_begins_so(code, range, holds):
    assert matching.in_range(code, range) is holds


@pytest.mark.parametrize("range", ["-", "10-9", "100-20", "A-B", "!"])
def test_a_range_that_makes_no_sense_is_refused_with_words(range):
    assert matching.range_problem(range)


def test_the_first_that_takes_it_wins():
    ireland, rest = territory(countries=["IE"]), territory()
    assert matching.first([ireland, rest], Place("IE"))[0] is ireland
    assert matching.first([rest, ireland], Place("IE"))[0] is rest
    assert matching.first([ireland], Place("DE")) == (None, "")
