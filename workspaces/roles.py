"""Roles and what each may do: the one table. The caller of a service checks capabilities, never the service itself."""

from typing import Protocol

from django.db import models

from leadflow.errors import Forbidden


class Role(models.TextChoices):
    ADMIN = "admin", "Admin"
    MARKETING = "marketing", "Marketing"
    MARKETING_MANAGER = "marketing_manager", "Marketing manager"
    SALES = "sales", "Sales"
    SALES_MANAGER = "sales_manager", "Sales manager"
    VIEWER = "viewer", "Viewer"


_A, _M, _MM, _S, _SM, _V = Role.values
_MARKETING = {_A, _M, _MM}
_SALES = {_A, _S, _SM}
_EVERYONE = set(Role.values)

# capability → the roles that have it
CAPABILITIES: dict[str, set[str]] = {
    "leads.view": _EVERYONE,
    "leads.edit": _MARKETING | _SALES,
    "leads.import": _MARKETING,
    "leads.export": {_A, _MM, _SM},
    "handoffs.qualify": _MARKETING,  # manually, with a reason
    "handoffs.recall": _MARKETING,
    "handoffs.work": _SALES,  # accept, return, touch, promote, win, lose: one's own
    "handoffs.work_any": {_A, _SM},  # the same for anybody's
    "handoffs.reassign": {_A, _SM},
    "handoffs.claim": _SALES,
    "leads.disqualify": _MARKETING,
    "leads.reopen": _MARKETING | {_SM},
    "returns.view": _MARKETING | {_SM, _V},
    "reports.view": _EVERYONE,
    "nurture.view": _EVERYONE,
    "nurture.edit": _MARKETING,
    "agreement.view": _EVERYONE,
    "agreement.edit": {_A, _MM, _SM},
    "agreement.sign_marketing": {_MM},
    "agreement.sign_sales": {_SM},
    "settings.view": {_A, _MM, _SM},
    "settings.rules": {_A, _MM, _SM},  # calendar, routing, reasons, questions
    "members.manage": {_A},
    "keys.manage": {_A},
    "webhooks.manage": {_A},
    "audit.view": {_A},
    "outbox.view": _MARKETING | {_SM},
}

# scope of an API key → the capabilities it carries
SCOPES: dict[str, set[str]] = {
    "read": {name for name in CAPABILITIES if name.endswith(".view") and not name.startswith(("audit", "settings"))},
    "write": {
        "leads.edit",
        "leads.import",
        "handoffs.qualify",
        "handoffs.recall",
        "handoffs.claim",
        "handoffs.work",
        "handoffs.work_any",
        "handoffs.reassign",
        "leads.disqualify",
        "leads.reopen",
        "nurture.edit",
    },
    "history": {"history.write"},  # moves and events may carry the time at which they happened
    "track": {"events.track"},  # a write key: safe to publish on a site, it can only add events
}


def can(role: str, capability: str) -> bool:
    """Return whether a role has a capability. Raise `KeyError` on a capability that is not in the table."""
    return role in CAPABILITIES[capability]


class Capable(Protocol):
    """Whoever acts: see `workspaces.actors.Actor`."""

    def can(self, capability: str) -> bool:
        """Return whether the actor has a capability."""


def check(actor: Capable, capability: str) -> None:
    """Raise `Forbidden` unless the actor has the capability."""
    if not actor.can(capability):
        raise Forbidden(f"Your role does not allow this ({capability}). Ask an admin of the workspace.")
