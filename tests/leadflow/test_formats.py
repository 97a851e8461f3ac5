"""Stored documents: numbers, the steps between them, and the column that applies both."""

import copy
import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection

from leadflow.fields import Document
from leadflow.formats import Format, Unreadable, build
from leads.models import Lead
from tests import builders


def rename(data: dict[str, Any]) -> dict[str, Any]:
    data["minutes"] = data.pop("length")
    return data


def in_hours(data: dict[str, Any]) -> dict[str, Any]:
    return {"hours": data["minutes"] / 60, **{name: value for name, value in data.items() if name != "minutes"}}


def with_default(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "note": "none"}


WAIT = Format("wait", (rename, in_hours, with_default))
PLAN = Format("plan", parts={"wait": WAIT})
LIST = Format("list", (lambda items: [{"code": item} for item in items],))


@dataclass(frozen=True)
class Wait:
    hours: float
    note: str = ""


def test_a_document_is_written_with_the_number_of_its_present_format_and_read_without():
    stored = WAIT.stamp({"hours": 2.0, "note": ""})
    assert stored == {"format": 4, "hours": 2.0, "note": ""}
    assert WAIT.read(stored) == {"hours": 2.0, "note": ""}
    assert WAIT.stamp({**stored, "format": 1})["format"] == 4


@pytest.mark.parametrize(
    "stored",
    [
        {"length": 120},
        {"format": 1, "length": 120},
        {"format": 2, "minutes": 120},
        {"format": 3, "hours": 2.0},
        {"format": 4, "hours": 2.0, "note": "none"},
    ],
)
def test_older_formats_are_upgraded_step_by_step_and_one_without_a_number_is_the_first(stored):
    before = copy.deepcopy(stored)
    assert WAIT.read(stored) == {"hours": 2.0, "note": "none"}
    assert stored == before  # the hash of what was signed is over what is stored


def test_an_upgrade_cannot_change_what_is_stored_however_deep():
    stored = {"length": 60, "inner": {"words": ["a"]}}
    deep = Format("deep", (lambda data: data["inner"]["words"].append("b") or data,))
    assert deep.read(stored)["inner"]["words"] == ["a", "b"]
    assert stored["inner"]["words"] == ["a"]


@pytest.mark.parametrize("number", [5, 0, -1, "4", None, True, 1.0])
def test_a_number_that_this_release_does_not_know_is_refused_with_the_document_and_the_number(number):
    with pytest.raises(Unreadable, match=rf"^wait: stored in format {number}, and this release reads up to 4"):
        WAIT.read({"format": number, "hours": 2.0})


def test_a_document_that_is_a_list_is_numbered_too():
    assert LIST.stamp([{"code": "a"}]) == {"format": 2, "items": [{"code": "a"}]}
    assert LIST.read({"format": 2, "items": [{"code": "a"}]}) == [{"code": "a"}]
    assert LIST.read(["a"]) == LIST.read({"format": 1, "items": ["a"]}) == [{"code": "a"}]


def test_an_object_that_would_be_read_as_a_list_is_refused():
    with pytest.raises(ValueError, match="only member is items"):
        Format("thing").stamp({"items": 1})
    assert Format("thing").read(Format("thing").stamp({"items": 1, "name": "x"})) == {"items": 1, "name": "x"}


@pytest.mark.parametrize("empty", [{}, []])
def test_an_empty_document_stays_empty(empty):
    assert WAIT.stamp(empty) == WAIT.read(empty) == empty


def test_a_part_goes_by_its_own_number():
    assert PLAN.stamp({"wait": {"hours": 1.0}}) == {"format": 1, "wait": {"format": 4, "hours": 1.0}}
    assert PLAN.read({"format": 1, "wait": {"format": 2, "minutes": 60}}) == {"wait": {"hours": 1.0, "note": "none"}}
    assert PLAN.read({"format": 1, "other": 1}) == {"other": 1}
    with pytest.raises(Unreadable, match=r"^wait: stored in format 9"):
        PLAN.read({"format": 1, "wait": {"format": 9, "hours": 1.0}})


def test_a_stored_object_may_have_members_that_are_not_known_and_lack_those_with_a_default():
    assert build(Wait, {"hours": 1.0, "later": True}) == Wait(1.0)
    assert build(Wait, {"hours": "1.5"}, hours=float) == Wait(1.5)


@pytest.mark.parametrize(
    ("data", "words"),
    [({"note": "x"}, "A stored Wait lacks hours"), ({"hours": "soon"}, "hours of a stored Wait cannot be read")],
)
def test_a_stored_object_that_cannot_be_read_names_the_member(data, words):
    with pytest.raises(Unreadable, match=words):
        build(Wait, data, hours=float)


def test_the_column_stands_in_migrations_as_plain_json():
    column = Lead._meta.get_field("score_lines")
    assert isinstance(column, Document)
    assert column.deconstruct()[1] == "django.db.models.JSONField"
    assert column.clone().format is column.format


@pytest.mark.django_db
def test_the_column_writes_the_number_and_reads_the_present_form():
    lead = builders.lead(builders.workspace(), score_lines=[{"kind": "fit", "points": 5}])
    for write in (
        lambda lines: Lead.everywhere.filter(pk=lead.pk).update(score_lines=lines),
        lambda lines: Lead.everywhere.bulk_update([_with(lead, lines)], ["score_lines"]),
        lambda lines: _with(lead, lines).save(update_fields=["score_lines"]),
    ):
        write([{"kind": "fit", "points": 7}])
        assert stored(lead) == {"format": 1, "items": [{"kind": "fit", "points": 7}]}
        assert Lead.everywhere.get(pk=lead.pk).score_lines == [{"kind": "fit", "points": 7}]
        assert list(Lead.everywhere.filter(pk=lead.pk).values_list("score_lines", flat=True)) == [
            [{"kind": "fit", "points": 7}]
        ]
        write([])


@pytest.mark.django_db
def test_the_column_refuses_what_a_newer_release_wrote():
    lead = builders.lead(builders.workspace())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE leads_lead SET score_lines = %s WHERE id = %s",
            [json.dumps({"format": 99, "items": [{"kind": "fit"}]}), lead.pk],
        )
    with pytest.raises(Unreadable, match=r"^score lines: stored in format 99"):
        Lead.everywhere.get(pk=lead.pk)


def _with(lead: Lead, lines: list[dict[str, Any]]) -> Lead:
    lead.score_lines = lines
    return lead


def stored(lead: Lead) -> Any:
    """Return the column as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT score_lines FROM leads_lead WHERE id = %s", [lead.pk])
        (value,) = cursor.fetchone()
    return json.loads(value) if isinstance(value, str) else value
