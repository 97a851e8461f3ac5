"""Authentication of callers: a key in the header, or the session of a member."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from workspaces import keys
from workspaces.actors import Actor
from workspaces.models import ApiKey, Member, Workspace

SESSION_KEY = "workspace"  # the session's choice among several workspaces; the pages write it


@dataclass(frozen=True)
class Caller:
    """The user, as the framework calls it: the actor and its workspace."""

    actor: Actor
    workspace: Workspace
    is_authenticated: bool = True

    @property
    def name(self) -> str:
        """Return a name unique to this caller, for rates and idempotency keys."""
        if self.actor.key:
            return f"key-{self.actor.key.pk}"
        return f"member-{self.actor.member.pk if self.actor.member else 0}"


class KeyAuthentication(BaseAuthentication):
    """Authenticate by `Authorization: Bearer <key>`, with one statement."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        """Return the caller; None when the header is missing. Raise `AuthenticationFailed` when the key is not good."""
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer":
            raise AuthenticationFailed("Send the key as: Authorization: Bearer lf_….")
        key = keys.check(secret.strip())
        if key is None:
            raise AuthenticationFailed("This key is unknown or was revoked. An admin of the workspace makes new ones.")
        return _admit(request, Actor(key=key), key.workspace), key

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return 'Bearer realm="leadflow"'


class MemberAuthentication(SessionAuthentication):
    """Authenticate by the session of a member, for the page that tries the API out. Writes need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        """Return the caller in the workspace that was chosen last, else in the first; None without a session."""
        user = getattr(request._request, "user", None) or AnonymousUser()
        if not user.is_authenticated or not user.is_active:
            return None
        self.enforce_csrf(request)
        member = _membership(user, request._request.session.get(SESSION_KEY))
        if member is None:
            raise AuthenticationFailed("You are not a member of any workspace.")
        return _admit(request, Actor(member=member), member.workspace), None


def _membership(user: Any, chosen: int | None) -> Member | None:
    memberships = Member.everywhere.filter(user_id=user.pk, active=True).select_related("workspace", "user")
    found = memberships.filter(workspace_id=chosen).first() if chosen else None
    return found or memberships.order_by("pk").first()


def _admit(request: Any, actor: Actor, workspace: Workspace) -> Caller:
    request.actor, request.workspace = actor, workspace
    return Caller(actor, workspace)


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers by an untyped hook
    """Describe the key in the OpenAPI document."""

    target_class = "api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "A key of the workspace, `lf_…`."}


class MemberScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers by an untyped hook
    """Describe the session in the OpenAPI document."""

    target_class = "api.authentication.MemberAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "leadflow_session",
            "description": "The log-in of a member; writes need the CSRF token as well.",
        }
