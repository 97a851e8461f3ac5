"""What most tests of the settings begin with."""

import pytest

from tests.dashboard.desk import Desk
from workspaces.models import Member
from workspaces.roles import Role


@pytest.fixture
def admin(desk: Desk) -> Member:
    """Return the admin of the workspace."""
    return Member.objects.of(desk.workspace).get(role=Role.ADMIN)
