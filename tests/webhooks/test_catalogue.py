"""The catalogue of event types, and what is made from it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from leads.payloads import LeadAccepted
from leads.summaries import ExternalIdSummary
from webhooks import catalogue, schemas
from webhooks.payloads import Payload, to_json


def test_names_are_noun_and_verb_and_fit_the_column():
    names = catalogue.names()
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", name) and len(name) <= 60 for name in names)


def test_a_name_is_entered_once():
    before = catalogue.names()
    with pytest.raises(ValueError, match=r"two event types called lead\.accepted"):

        @catalogue.event("lead.accepted", group=catalogue.Group.LEADS, help="Again.")
        @dataclass(frozen=True, kw_only=True)
        class Again(Payload):
            pass

    assert catalogue.names() == before
    assert LeadAccepted.event.name == "lead.accepted"


def test_a_payload_without_a_member_cannot_be_made():
    with pytest.raises(TypeError, match="handoff"):
        LeadAccepted(lead=None, actor=None)  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (datetime(2026, 3, 2, 12, tzinfo=UTC), "2026-03-02T12:00:00Z"),
        (Decimal("1200.50"), "1200.50"),
        (catalogue.Group.LEADS, "Leads"),
        ([ExternalIdSummary(system="crm", value="7")], [{"system": "crm", "value": "7"}]),
        (None, None),
    ],
)
def test_values_become_json(value, sent):
    assert to_json(value) == sent


def test_a_type_without_a_schema_is_an_error_and_no_hole_in_the_document():
    @dataclass(frozen=True, kw_only=True)
    class Open(Payload):
        anything: dict

    event = catalogue.EventType("x.y", Open, "", catalogue.Group.LEADS, 1)
    with pytest.raises(TypeError, match="No schema"):
        schemas.components([event], lambda enumeration: enumeration.__name__)


def test_the_reference_is_up_to_date():
    call_command("webhook_reference", check=True)


def test_a_reference_that_is_not_is_found(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    with pytest.raises(CommandError, match="out of date"):
        call_command("webhook_reference", check=True)
    call_command("webhook_reference")
    call_command("webhook_reference", check=True)
