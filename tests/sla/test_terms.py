"""The terms: their JSON, what is refused in it, and the hash that is signed."""

import copy
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from leadflow.errors import Invalid
from sla import durations, terms
from sla.terms import EscalationStep

FULL = replace(
    terms.default(),
    review_on=date(2026, 12, 1),
    calendar={
        "zone": "Europe/Berlin",
        "windows": [{"weekday": 0, "start": "09:00", "end": "17:00"}],
        "holidays": [{"date": "2026-12-25", "name": "Christmas Day"}],
    },
    definitions={"mql": {"version": 1, "condition": {"fact": "lead.email", "op": "known"}, "tiers": [{"tier": "hot"}]}},
    reasons=({"kind": "return", "code": "bad-data", "cool_off_days": 3},),
)


def places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Walk to every value that is no container."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, key))
    else:
        yield path


def changed(data: dict, path: tuple) -> dict:
    """Copy JSON with one value changed."""
    data = copy.deepcopy(data)
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    value = inner[path[-1]]
    inner[path[-1]] = (
        not value if isinstance(value, bool) else f"{value}x" if isinstance(value, str) else (value or 0) + 1
    )
    return data


def test_terms_come_back_from_their_json_as_they_were():
    assert terms.from_json(FULL.to_json()) == FULL


def test_the_hash_changes_when_anything_in_the_terms_changes():
    data = FULL.to_json()
    paths = list(places(data))
    digests = {terms.digest(changed(data, path)) for path in paths}

    assert len(paths) > 50
    assert len(digests | {terms.digest(data)}) == len(paths) + 1


def test_the_hash_does_not_depend_on_the_order_of_keys_nor_on_how_a_database_writes_whole_numbers():
    data = FULL.to_json()
    turned = dict(reversed(list(data.items())))
    turned["warn_percent"] = float(data["warn_percent"])

    assert terms.digest(turned) == terms.digest(data)


def test_the_hash_is_that_of_the_published_canonical_form():
    text = b'{"a":[1,{"b":"\xc3\xa4"}],"c":null}'
    assert terms.canonical({"c": None, "a": [1.0, {"b": "ä"}]}) == text
    assert terms.digest({"c": None, "a": (1, {"b": "ä"})}) == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize(
    ("path", "value", "field", "words"),
    [
        (("sales", 0, "accept_within", "amount"), 0, "sales[0].accept_within", "whole number from 1"),
        (("sales", 0, "accept_within", "amount"), "60", "sales[0].accept_within", "whole number"),
        (("sales", 0, "accept_within", "amount"), True, "sales[0].accept_within", "whole number"),
        (("sales", 0, "accept_within", "amount"), 9000, "sales[0].accept_within", "from 1 to 8784"),
        (("sales", 0, "decide_within", "amount"), 367, "sales[0].decide_within", "from 1 to 366"),
        (("sales", 0, "accept_within", "unit"), "weeks", "sales[0].accept_within", "minutes, hours, days"),
        (("sales", 0, "accept_within"), 60, "sales[0].accept_within", "Give an object with amount, unit"),
        (("marketing", "triage_within"), None, "marketing.triage_within", "Give an object"),
        (("escalation_steps", 0, "after", "amount"), -1, "escalation_steps[0].after", "from 0"),
        (("sales", 0, "tier"), "standard", "sales", "each tier once"),
        (("sales", 0, "tier"), " ", "sales[0].tier", "Name the tier"),
        (("sales", 1, "channels"), 5, "sales[1].channels", "from 1 to 4"),
        (("sales",), [], "sales", "at least one tier"),
        (("marketing", "complete_percent"), 101, "marketing.complete_percent", "from 0 to 100"),
        (("marketing", "mqls"), 5, "marketing", "not known here"),
        (("marketing",), None, "marketing", "Give an object"),
        (("information",), ["shoe_size"], "information", "'shoe_size' is not known"),
        (("warn_percent",), 100, "warn_percent", "from 1 to 99"),
        (("escalation_steps", 0, "action"), "shout", "escalation_steps[0].action", "Choose one of remind"),
        (("escalation_steps", 0, "kinds"), [], "escalation_steps[0].kinds", "Name the clocks"),
        (
            ("escalation_steps", 2, "kinds"),
            ["accept", "triage"],
            "escalation_steps[2].kinds",
            "does not change hands over triage",
        ),
        (("reassign_restarts_accept",), "yes", "reassign_restarts_accept", "true or false"),
        (("review_on",), "soon", "review_on", "2026-12-25"),
        (("calendar",), {"zone": "Mars/Olympus", "windows": []}, "calendar", "not a known time zone"),
    ],
)
def test_terms_that_make_no_sense_are_refused_with_the_place_and_what_is_wanted(path, value, field, words):
    data = FULL.to_json()
    inner: Any = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value

    with pytest.raises(Invalid) as refused:
        terms.from_json(data)

    assert refused.value.field == field
    assert words in refused.value.message


def test_a_tier_that_the_agreement_does_not_know_gets_the_targets_of_the_last_one():
    assert FULL.policy("hot").accept_within == durations.hours(1)
    assert FULL.policy("platinum").tier == "standard"


def test_the_escalation_steps_of_a_clock_are_without_those_of_other_kinds():
    reassign = EscalationStep("reassign", durations.hours(4), ("accept",))
    read = replace(FULL, escalation_steps=(reassign, EscalationStep("remind", durations.minutes(0))))

    assert [step.action for step in read.steps_after_breach("accept")] == ["reassign", "remind"]
    assert [step.action for step in read.steps_after_breach("decide")] == ["remind"]


def test_a_promise_keeps_its_unit_in_what_is_signed():
    read = terms.from_stored(FULL.to_stored())

    assert read.policy("hot").decide_within == durations.days(10)
    assert FULL.to_json()["sales"][0]["decide_within"] == {"amount": 10, "unit": "days"}
    assert FULL.to_json()["sales"][0]["accept_within"] == {"amount": 1, "unit": "hours"}
