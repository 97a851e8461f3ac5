"""Every stored document has a format, and every format that ever was is still read as it was meant.

A sample that fails here was written by some release and stands in somebody's database. Mend the reading or the upgrade
step, never the sample. See `leadflow.formats` for how a document is changed.
"""

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.db.models import JSONField

from leadflow.fields import Document
from leadflow.formats import NUMBER, Format
from tests.leads import documents as leads
from tests.nurture import documents as nurture
from tests.samples import TESTS, DocumentKind
from tests.sla import documents as sla

KINDS = [*leads.KINDS, *nurture.KINDS, *sla.KINDS]
SAMPLES = [(kind, number) for kind in KINDS for number in range(1, kind.format.current + 1)]
WRITTEN = [kind for kind in KINDS if kind.write]
WITH_CLASSES = [kind for kind in KINDS if kind.classes]

# Columns without a format, and why they need none.
LIST_OF_CODES = "a list of codes or words"
FREE = "what somebody sent or named; code reads none of its members by name"
SHORT = "it does not outlive a release"
SHOWN = "it is only shown"
PLAIN = {
    "api.IdempotentAnswer.headers": SHORT,
    "leads.Account.attributes": FREE,
    "leads.Answer.value": "one value, of the kind of its question",
    "leads.Event.properties": FREE,
    "leads.Event.topics": LIST_OF_CODES,
    "leads.Form.fields": LIST_OF_CODES,
    "leads.Form.questions": LIST_OF_CODES,
    "leads.Form.topics": LIST_OF_CODES,
    "leads.Handoff.sal_missing": LIST_OF_CODES,
    "leads.Import.header": LIST_OF_CODES,
    "leads.Import.mapping": SHORT,
    "leads.Import.options": SHORT,
    "leads.Lead.attributes": FREE,
    "leads.Lead.flags": LIST_OF_CODES,
    "leads.Lead.interests": "points by topic",
    "leads.Question.choices": LIST_OF_CODES,
    "leads.RejectedEvent.body": FREE,
    "leads.RowError.row": "the cells of a file",
    "leads.Territory.countries": LIST_OF_CODES,
    "leads.Territory.domains": LIST_OF_CODES,
    "leads.Territory.industries": LIST_OF_CODES,
    "leads.Territory.postal_ranges": LIST_OF_CODES,
    "leads.Territory.regions": LIST_OF_CODES,
    "nurture.Program.send_weekdays": LIST_OF_CODES,
    "sla.Agreement.terms": "it has one, and is read by hand: the hash is over what is stored",
    "webhooks.Delivery.log": SHOWN,
    "webhooks.Endpoint.types": LIST_OF_CODES,
    "webhooks.OutboxEvent.data": "the payload of an event, which has a version of its own",
    "workspaces.ApiKey.scopes": LIST_OF_CODES,
    "workspaces.AuditEntry.changes": SHOWN,
}


def by_name(value: Any) -> str:
    return value.format.name if isinstance(value, DocumentKind) else str(value)


def declared() -> set[Format]:
    """Return every format of the product."""
    found = set()
    for app in apps.get_app_configs():
        if (TESTS.parent / app.name / "documents.py").exists():
            found |= {
                value
                for value in vars(importlib.import_module(f"{app.name}.documents")).values()
                if isinstance(value, Format)
            }
    return found


@pytest.mark.parametrize(("kind", "number"), SAMPLES, ids=by_name)
def test_a_document_of_every_format_is_read_as_it_was_meant(kind, number):
    assert kind.meaning(number) == kind.meant[number]


@pytest.mark.parametrize("kind", WRITTEN, ids=by_name)
def test_what_is_written_now_is_the_sample_of_the_present_format(kind):
    """A member that was added, renamed or dropped needs the next format number."""
    number = kind.format.current
    assert kind.format.stamp(kind.write(kind.meant[number])) == kind.stored(number)


@pytest.mark.parametrize("kind", WITH_CLASSES, ids=by_name)
def test_the_members_are_those_of_the_present_format(kind):
    """A member whose type or place has changed needs the next format number."""
    assert kind.present_members() == kind.members(kind.format.current)


def test_every_format_has_a_frozen_sample_and_every_sample_a_format():
    assert {kind.format for kind in KINDS} == declared()
    assert len(declared()) == len({each.name for each in declared()})
    expected = {kind.path(number) for kind, number in SAMPLES}
    assert expected == set(TESTS.glob("*/samples/*.json"))
    for kind, number in SAMPLES:
        assert set(numbers(kind.stored(number))) >= {number}, kind.format.name


def test_every_column_of_json_has_a_format_or_a_reason_to_have_none():
    columns = {
        f"{model._meta.label}.{column.name}": column
        for model in apps.get_models()
        for column in model._meta.local_fields
        if isinstance(column, JSONField)
    }
    assert {name for name, column in columns.items() if not isinstance(column, Document)} == set(PLAIN)
    used = {column.format for column in columns.values() if isinstance(column, Document)}
    inside = {part for each in declared() for part in each.parts.values()}
    # the terms stand in a plain column
    assert {each.name for each in declared() - used - inside} == {"terms of an agreement"}


def numbers(stored: Any) -> list[int]:
    """List the numbers in a sample: its own, or those of what it lists."""
    if isinstance(stored, dict):
        return [stored[NUMBER]] if NUMBER in stored else [n for value in stored.values() for n in numbers(value)]
    return [n for item in stored for n in numbers(item)] if isinstance(stored, list) else []
