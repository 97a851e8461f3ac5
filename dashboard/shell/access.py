"""Admit members to pages by capability, and determine their workspace."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from leadflow.errors import DomainError, Forbidden, Missing
from workspaces import access
from workspaces.actors import Actor
from workspaces.models import Member, User, Workspace
from workspaces.roles import CAPABILITIES

SESSION_KEY = "workspace"


class PageRequest(HttpRequest):
    """A request of a member: what `page` adds to it."""

    user: User
    member: Member
    workspace: Workspace
    actor: Actor
    htmx: Any


View = Callable[..., HttpResponseBase]


def page(capability: str) -> Callable[[View], View]:
    """Admit members whose role has the capability; give the view `request.workspace`, `.member` and `.actor`.

    Redirect to the log-in page without a log-in, and to adding a workspace without one; answer 403 without the
    capability. A `Missing` of the view is 404 and a `Forbidden` 403. Views show other errors beside the field; any
    other is shown on a page of its own, with the error's status.
    """
    if capability not in CAPABILITIES:
        raise KeyError(capability)

    def wrap(view: View) -> View:
        @wraps(view)
        @login_required
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            member = current_member(request)
            if member is None:
                return redirect("dashboard:workspace_new")
            asked = cast(PageRequest, request)
            asked.member, asked.workspace, asked.actor = member, member.workspace, Actor(member=member)
            if not asked.actor.can(capability):
                raise PermissionDenied(f"Your role ({member.get_role_display()}) has no access to this page.")
            try:
                with timezone.override(_zone(member)):
                    return view(asked, *args, **kwargs)
            except Missing as error:
                raise Http404(error.message) from error
            except Forbidden as error:
                raise PermissionDenied(error.message) from error
            except DomainError as error:
                status = error.status if error.status in (422, 429) else 409
                return render(request, "errors/refused.html", {"words": error.message}, status=status)

        inner.capability = capability  # type: ignore[attr-defined]  # the permission test reads it
        return inner

    return wrap


def _zone(member: Member) -> str:
    """Return the zone in which a member reads times: their own, else the workspace's."""
    known = (zone for zone in (member.user.time_zone, member.workspace.time_zone) if zone in access.time_zones())
    return next(known, "UTC")


def current_user(request: HttpRequest) -> User:
    """Return the user who is logged in; call it behind a log-in only."""
    assert isinstance(request.user, User)
    return request.user


def current_member(request: HttpRequest) -> Member | None:
    """Return the user's membership in the workspace chosen last, else in any. Only active memberships count."""
    user = current_user(request)
    memberships = Member.everywhere.filter(user=user, active=True).select_related("workspace", "user")
    chosen = request.session.get(SESSION_KEY)
    member = memberships.filter(workspace_id=chosen).first() if chosen else None
    return member or memberships.order_by("pk").first()


def attempt(request: HttpRequest, act: Callable[[], object], done: str | Callable[[Any], str]) -> Any:
    """Call `act` for a button without a form; show `done` or the refusal as a message. Return the result of `act`,
    None when it was refused.

    `Missing` and `Forbidden` pass on to `page`.
    """
    try:
        result = act()
    except (Missing, Forbidden):
        raise
    except DomainError as error:
        messages.error(request, error.message)
        return None
    messages.success(request, done(result) if callable(done) else done)
    return result
