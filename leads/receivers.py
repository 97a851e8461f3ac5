"""Set the defaults of new workspaces."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from leads import defaults
from workspaces import signals
from workspaces.models import Workspace


@receiver(signals.created, dispatch_uid="leads.defaults")
def set_defaults_up(*, workspace: Workspace, at: datetime, **_: Any) -> None:
    """Give a new workspace its defaults."""
    defaults.set_up(workspace, at=at)
