import json

import pytest

from api import parsing
from api.errors import Malformed
from leads.models import Event, Lead
from tests import builders
from tests.api.conftest import check_problem

DEEP = b'{"attributes": ' + b"[" * 64 + b"]" * 64 + b"}"
REFUSED = {
    "depth": (DEEP, "line 1, column 79"),
    "endless depth": (b"[" * 100_000, "line 1, column 65"),
    "NUL": (b'{"last_name": "a\\u0000b"}', "/last_name"),
    "NUL in a key": (b'{"a\\u0000": 1}', "/a"),
    "lone surrogate": (b'{"attributes": {"x": ["\\ud83d"]}}', "/attributes/x/0"),
    "surrogates the wrong way round": (b'{"title": "\\ude00\\ud83d"}', "/title"),
    "key twice": (b'{"attributes": {"x": 1, "x": 2}}', "/attributes"),
    "NaN": (b'{"employees": NaN}', "/employees"),
    "infinity": (b'{"employees": -Infinity}', "/employees"),
    "1e400": (b'{"employees": 1e400}', "/employees"),
    "5,000 digits": (b'{"employees": ' + b"9" * 5000 + b"}", "/employees"),
    "NaN behind a key given twice": (b'{"x": NaN, "x": 1}', "at the top"),
    "raw NUL": (b'{"last_name": "a\x00b"}', "line 1, column"),
    "Latin-1": ('{"last_name": "Müller"}'.encode("latin-1"), "byte 16"),
    "cut off": (b'{"email": "a', "line 1, column"),
    "two values": (b"{} {}", "line 1, column 4"),
    "nothing but blanks": (b"   ", "line 1"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "This is not JSON"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_json_that_parsers_could_understand_differently_is_refused_with_its_place(api, workspace, name):
    body, place = REFUSED[name]
    problem = check_problem(api("POST", "/api/v1/leads", raw=body), 400, "malformed")
    assert place in problem["detail"]
    assert not Lead.objects.of(workspace).exists()


def test_64_levels_are_taken():
    body = b"[" * 64 + b"]" * 64
    assert parsing.loads(body) == json.loads(body)


def test_brackets_inside_of_text_are_not_depth():
    assert parsing.loads(json.dumps({"a": "[{" * 100 + '"\\'}).encode()) == {"a": "[{" * 100 + '"\\'}


def test_numbers_up_to_40_digits_are_taken():
    assert parsing.loads(b"9" * 40) == 10**40 - 1
    with pytest.raises(Malformed):
        parsing.loads(b"9" * 41)


def test_emoji_right_to_left_and_combining_text_come_back_as_they_were(api):
    words = {"first_name": "👩‍👩‍👧 e\u0301", "last_name": "שלום ‏مرحبا", "title": "\u202eabc 𝔘𝔫𝔦"}
    made = json.loads(api.post("/api/v1/leads", {"email": "a@b.test", **words}).content)
    got = json.loads(api.get(f"/api/v1/leads/{made['id']}").content)
    assert {name: got[name] for name in words} == words


def test_an_escaped_pair_of_surrogates_is_one_character(api):
    made = json.loads(api("POST", "/api/v1/leads", raw=b'{"email":"a@b.test","title":"\\ud83d\\ude00"}').content)
    assert made["title"] == "😀"


@pytest.mark.parametrize("number", [2**63, 10**40 - 1])
def test_an_id_that_no_database_can_hold_is_not_valid(api, workspace, number):
    event = {"lead": {"id": number}, "type": "form", "name": "x"}
    for path, body in {
        "events": {"events": [event]},
        "moves": {"moves": [{"lead": {"id": number}, "move": "accept"}]},
    }.items():
        answer = api.post(f"/api/v1/{path}", body)
        assert answer.status_code == 200, (path, answer.content)
        assert [each["status"] for each in json.loads(answer.content)["results"]] == [422], path
    check_problem(api.post("/api/v1/enrolments", {"program": number, "lead": {"id": 1}}), 422, "invalid")
    check_problem(api.post("/api/v1/enrolments", {"program": 1, "lead": {"id": number}}), 422, "invalid")
    check_problem(api.get(f"/api/v1/leads/{number}"), 404)
    assert not Event.objects.of(workspace).exists()


@pytest.mark.parametrize("number", ["9" * 19, "9" * 60, "-1", "0", "1.5", "²", "NaN"])
def test_a_filter_by_what_is_no_id_names_the_parameter(api, number):
    for rows in ("handoffs?lead", "clocks?handoff", "enrolments?program", "enrolments?lead", "sends?enrolment"):
        problem = check_problem(api.get(f"/api/v1/{rows}={number}"), 422, "invalid")
        assert [entry["pointer"] for entry in problem["errors"]] == ["/" + rows.partition("?")[2]]


def test_a_filter_by_an_id_narrows_the_list(api, workspace):
    wanted, _ = builders.handoff(workspace), builders.handoff(workspace)
    found = json.loads(api.get(f"/api/v1/handoffs?lead={wanted.lead_id}").content)["results"]
    assert [each["id"] for each in found] == [wanted.pk]
