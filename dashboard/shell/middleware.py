"""Refuse requests to pages before the view runs."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse


class NoNul:
    """Answer 400 to a page's address, query or form that holds a NUL, which PostgreSQL can neither keep nor seek.

    The API, accounts and other addresses judge their input themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        """Check address, query and form. Raise `BadRequest`."""
        if request.resolver_match is None or request.resolver_match.app_name != "dashboard":
            return
        sent = [values for given in (request.GET, request.POST) for _, values in given.lists()]
        if "\0" in request.path or any("\0" in value for values in sent for value in values):
            raise BadRequest("The request holds a NUL.")
