"""What most tests of pages begin with: a workspace with a signed agreement and members, and their browsers."""

import pytest
from django.test import Client

from tests.dashboard.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def rep(desk: Desk) -> Client:
    """Log the rep in."""
    return desk.browser(desk.rep)


@pytest.fixture
def browser(desk: Desk) -> Client:
    """Log the marketer in."""
    return desk.browser(desk.marketer)
