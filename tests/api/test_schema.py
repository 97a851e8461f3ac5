import json

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from api.v1.urls import RESOURCES
from leads.queries.lead_filters import FILTERS


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    path = tmp_path_factory.mktemp("schema") / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(path))
    return yaml.safe_load(path.read_text())


def test_the_document_is_valid_without_a_warning(schema):
    assert schema["info"]["title"] == "Leadflow API"


def test_every_address_is_in_the_document(schema):
    assert {f"/api/v1/{address.replace('<int:pk>', '{id}')}" for address in RESOURCES} == set(schema["paths"])


def test_every_operation_names_its_refusals_and_writes_take_an_idempotency_key(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert {"401", "403", "422", "429", "500"} <= set(operation["responses"]), path
            headers = [each["name"] for each in operation.get("parameters", []) if each["in"] == "header"]
            assert headers == (["Idempotency-Key"] if method in ("post", "patch") else []), path
            assert operation["summary"], path


def test_a_key_is_a_bearer_token(schema):
    assert schema["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert all(
        {"key": []} in operation["security"] for methods in schema["paths"].values() for operation in methods.values()
    )


def test_a_problem_has_an_example(schema):
    content = schema["components"]["responses"]["Problem409"]["content"]["application/problem+json"]
    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert set(content["example"]) >= {"winner", "allowed", "state"}


def test_states_are_enumerations_with_names(schema):
    assert schema["components"]["schemas"]["LeadState"]["enum"][0] == "new"
    assert schema["components"]["schemas"]["HandoffState"]["enum"][0] == "offered"


def test_the_document_and_the_page_are_served_to_everybody(db):
    client = Client()
    served = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert json.loads(served.content)["openapi"].startswith("3.")
    page = client.get("/api/docs/").content.decode()
    assert "<style" not in page
    assert '<a class="link" href="/">Back to Leadflow</a>' in page
    assert page.count("<script") == page.count("<script src=")
    script = client.get("/api/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.content.decode().encode().decode("unicode_escape")


def test_lists_name_their_filters_and_pages(schema):
    operation = schema["paths"]["/api/v1/leads"]["get"]
    names = {each["name"] for each in operation["parameters"]}
    assert names == {*FILTERS, "cursor", "page_size"}
    assert {"q", "state", "external_id", "program", "since", "until"} <= names
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/PaginatedLeadList"}
    lists = [
        path
        for path, methods in schema["paths"].items()
        if methods.get("get", {}).get("operationId", "").endswith("_list")
    ]
    assert len(lists) == 17
    for path in lists:
        assert "cursor" in {each["name"] for each in schema["paths"][path]["get"]["parameters"]}, path


def test_every_parameter_has_a_type(schema):
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            assert all(each["schema"] for each in operation.get("parameters", [])), path
