"""What most tests of leads begin with."""

import pytest

from leads.models import Definition
from tests import builders
from workspaces.models import Workspace


@pytest.fixture
def workspace(db: None) -> Workspace:
    """Make a workspace whose agreed definitions run."""
    return builders.workspace()


@pytest.fixture
def open_workspace(workspace: Workspace) -> Workspace:
    """Return the workspace with a definition of SQL that asks for an e-mail alone, so that every lead can move on."""
    Definition.objects.of(workspace).filter(kind="sql").update(condition={"fact": "lead.email", "op": "known"})
    return workspace
