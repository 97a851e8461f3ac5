"""Every event of the catalogue: a real action, a real delivery, and a body that its schema in OpenAPI describes."""

import json
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from leads.models import Lead
from tests.webhooks import stage
from tests.webhooks.conftest import Receiver
from tests.webhooks.stage import HOUR, MONDAY, Stage
from webhooks import catalogue, deliveries, endpoints
from workspaces.models import ApiKey

NOT_ABOUT_A_LEAD = {"agreement.activated"}
IDENTITY = {"id", "external_ids", "email", "name", "company", "owner", "state", "grade", "source"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture
def played(db: None) -> Stage:
    return stage.make()


def message_schema(document: dict[str, Any], event: str) -> dict[str, Any]:
    return document["webhooks"][event]["post"]["requestBody"]["content"]["application/json"]["schema"]


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def delivered(played: Stage, receiver: Receiver, event: str) -> list[dict[str, Any]]:
    """Do what the event is about, and return the bodies that arrive at an endpoint that wants it alone."""
    endpoints.create(played.workspace, actor=played.marketing, url=receiver.url, types=[event], at=MONDAY)
    stage.act(played, event)
    deliveries.fan_out(at=MONDAY + HOUR)
    deliveries.deliver_due(at=MONDAY + HOUR)
    return [json.loads(body) for _, body in receiver.got]


def test_every_event_of_the_catalogue_has_an_action():
    assert set(stage.ACTIONS) == set(catalogue.names())


@pytest.mark.parametrize("event", catalogue.names())
def test_what_arrives_is_what_the_document_describes(document, played, receiver, event):
    bodies = delivered(played, receiver, event)
    assert bodies
    schema = message_schema(document, event)
    validator = Draft202012Validator({**schema, "components": document["components"]})
    described = resolve(document, resolve(document, schema)["properties"]["data"])["properties"]
    for body in bodies:
        assert body["type"] == event
        assert [error.message for error in validator.iter_errors(body)] == []
        assert set(body["data"]) == set(described)
        validator_fails_without_its_members(validator, body)


def validator_fails_without_its_members(validator: Draft202012Validator, body: dict[str, Any]) -> None:
    """Demand that the schema is one that can refuse: no member of the data may be left out, nor be an empty object."""
    for name in body["data"]:
        less = {key: value for key, value in body["data"].items() if key != name}
        assert not validator.is_valid({**body, "data": less}), name
        assert not validator.is_valid({**body, "data": {**less, name: {}}}), name


@pytest.mark.parametrize("event", [name for name in catalogue.names() if name not in NOT_ABOUT_A_LEAD])
def test_every_payload_names_the_lead_in_the_terms_of_a_crm_and_who_did_it(played, receiver, event):
    for body in delivered(played, receiver, event):
        lead, actor = body["data"]["lead"], body["data"]["actor"]
        assert set(lead) >= IDENTITY
        known = Lead.everywhere.get(pk=lead["id"])
        pairs = known.external_ids.order_by("system").values_list("system", "value")
        assert lead["external_ids"] == [{"system": system, "value": value} for system, value in pairs] != []
        assert (lead["email"], lead["name"]) == (known.email, known.name)
        assert lead["company"] == known.account.name
        assert lead["url"].endswith(f"/leads/{known.pk}/")
        assert actor["kind"] in ("member", "key", "engine")
        assert (actor["id"] is None) == (actor["kind"] == "engine")
        assert body["data"]["sequence"] > 0


def test_the_owner_is_named_by_id_name_and_address(played, receiver):
    [body] = delivered(played, receiver, "lead.accepted")
    rep = played.rep
    owner = {"id": rep.pk, "name": "Rita Rep", "email": rep.user.email}
    assert body["data"]["lead"]["owner"] == body["data"]["handoff"]["owner"] == owner
    assert body["data"]["lead"]["state"] == "sal"


def test_a_hand_over_carries_its_evidence_in_short_with_a_link(played, receiver):
    [body] = delivered(played, receiver, "lead.qualified")
    evidence = body["data"]["evidence"]
    assert evidence["override"] == "Met at the fair"
    assert evidence["because"]
    assert evidence["url"] == body["data"]["lead"]["url"]
    assert body["data"]["handoff"]["pass_number"] == 1


def test_an_integration_recognises_its_own_echo(played, receiver):
    [body] = delivered(played, receiver, "lead.qualified")
    key = ApiKey.everywhere.get()
    assert body["data"]["actor"] == {"kind": "key", "id": key.pk, "name": "API key CRM"}


def test_a_promise_kept_names_who_kept_it_and_whether_in_time(played, receiver):
    [body] = delivered(played, receiver, "clock.met")
    assert body["data"]["actor"] == {"kind": "member", "id": played.rep.pk, "name": "Rita Rep"}
    assert (body["data"]["clock"]["kind"], body["data"]["in_time"]) == ("accept", True)


def test_every_webhook_is_a_component_with_each_property_typed(document):
    assert list(document["webhooks"]) == catalogue.names()
    for event in catalogue.names():
        assert set(message_schema(document, event)) == {"$ref"}
        check_typed(document, message_schema(document, event), event)


def check_typed(document: dict[str, Any], schema: dict[str, Any], place: str) -> None:
    """Demand of a schema that it leaves nothing open: no object without properties, no list of anything."""
    schema = resolve(document, schema)
    if "anyOf" in schema:
        for each in schema["anyOf"]:
            check_typed(document, each, place)
        return
    assert "type" in schema, place
    if schema["type"] == "object":
        assert schema["properties"], place
        assert set(schema["required"]) == set(schema["properties"]), place
        for name, each in schema["properties"].items():
            check_typed(document, each, f"{place}.{name}")
    elif schema["type"] == "array":
        check_typed(document, schema["items"], f"{place}[]")
