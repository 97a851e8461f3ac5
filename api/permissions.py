"""Permission of callers: each view names a capability per method, which is checked here, once."""

from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission

from leadflow.errors import Forbidden
from workspaces.actors import Actor
from workspaces.roles import SCOPES


class HasCapability(BasePermission):
    """Ask the actor for the capability that the view names for the method."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Raise `NotAuthenticated` or `Forbidden`; a view that names no capability is open to every caller."""
        if not request.user or not request.user.is_authenticated:
            raise NotAuthenticated("Send a key: Authorization: Bearer lf_….")
        method = "GET" if request.method == "HEAD" else request.method
        capability = view.capabilities.get(method)
        if capability:
            check_capability(request.actor, capability)
        return True


def check_capability(actor: Actor, capability: str) -> None:
    """Raise `Forbidden`, with the scope or role that is missing, unless the actor has the capability."""
    if actor.can(capability):
        return
    if actor.key:
        fitting = " or ".join(scope for scope, capabilities in SCOPES.items() if capability in capabilities)
        remedy = f"Use a key with the scope {fitting}." if fitting else "No key may do it: log in as a member who may."
        raise Forbidden(
            f"The scopes of this key ({', '.join(actor.key.scopes)}) do not allow this ({capability}). {remedy}"
        )
    raise Forbidden(f"Your role does not allow this ({capability}). Ask an admin of the workspace.")


def check_history(actor: Actor) -> None:
    """Raise `Forbidden` unless the caller is a key that may say when a thing happened."""
    if actor.key is None or not actor.can("history.write"):
        raise Forbidden(
            "Only a key with the scope history may give the time at which something happened. Leave it out, or use"
            " such a key."
        )
