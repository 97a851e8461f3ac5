"""One production installation for each module that asks for it, and a company that uses it."""

from collections.abc import Iterator

import pytest

from tests.torture import company as companies
from tests.torture.company import Company
from tests.torture.production import Production, fresh_database, lacking


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    if missing := lacking():
        pytest.skip(missing)
    with fresh_database() as database, Production(tmp_path_factory.mktemp("production"), database) as running:
        yield running


@pytest.fixture(scope="module")
def company(production: Production) -> Iterator[Company]:
    made = companies.found(production)
    yield made
    # A web process that is told to end waits for connections that are kept open.
    for client in (made.program, *made.people.values()):
        client.close()
