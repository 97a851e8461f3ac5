"""Requests that a machine makes up from the OpenAPI document: none may break the server or leave the document."""

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from leadflow.wsgi import application
from tests import builders
from tests.api.conftest import caller

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLES = 5  # per operation
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


def test_no_made_up_request_breaks_the_server_or_leaves_the_document():
    workspace = builders.workspace()
    builders.handoff(workspace)
    secret = caller(workspace).secret
    document = Client().get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    frugal = settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    failures = []
    for result in schema.get_all_operations():
        operation = result.ok()

        def try_out(case):
            case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, checks=CHECKS)

        try:
            frugal(given(case=operation.as_strategy())(try_out))()
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001  all operations are tried before the test fails
            failures.append(f"{operation.label}: {error}")
    assert not failures, "\n\n".join(failures)
