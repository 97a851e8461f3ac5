"""The request as the views of the API see it."""

from rest_framework.request import Request

from workspaces.actors import Actor
from workspaces.models import Workspace


class ApiRequest(Request):
    """A request with its workspace and its actor; the authentication sets both, so no view runs without them."""

    workspace: Workspace
    actor: Actor
