"""What most tests of leads begin with."""

import pytest

from tests import builders
from workspaces.models import Workspace


@pytest.fixture
def workspace(db: None) -> Workspace:
    """Make a workspace whose agreed definitions run."""
    return builders.workspace()
