"""What all views of the API share: access, times, idempotency, pages of rows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from api import idempotency
from api.permissions import demand_history
from leadflow.errors import Invalid, Missing

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
SKEW = timedelta(minutes=1)  # a caller's clock may run ahead so far


class Resource(GenericAPIView):
    """A view of one workspace. `capabilities` names, per method, what the actor needs.

    `in_one`: with an Idempotency-Key, the work and the kept answer are one transaction (false for batches).
    """

    capabilities: dict[str, str] = {}
    in_one = True
    queryset: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Admit the caller, then act, once per Idempotency-Key."""
        self.args, self.kwargs = args, kwargs
        self.request = asked = self.initialize_request(request, *args, **kwargs)
        self.headers: dict[str, str] = self.default_response_headers
        key = ""
        try:
            self.initial(asked, *args, **kwargs)
            if asked.method in ("POST", "PATCH") and (key := idempotency.read_key(asked)):
                row, answered = idempotency.claim(asked, key)
        except Exception as error:  # noqa: BLE001  the handler tells the foreseen from the rest
            return self._finish(self.handle_exception(error))
        if not key:
            return self._act()
        if answered:
            return idempotency.replay(row)
        return idempotency.perform(row, self._act, in_one=self.in_one)

    def _act(self) -> HttpResponse:
        method = (self.request.method or "").lower()
        try:
            handler: Callable[..., Response] = getattr(self, method, self.http_method_not_allowed)
            response = handler(self.request, *self.args, **self.kwargs)
        except Exception as error:  # noqa: BLE001
            response = self.handle_exception(error)
        return self._finish(response)

    def _finish(self, response: Response) -> HttpResponse:
        self.response = self.finalize_response(self.request, response, *self.args, **self.kwargs)
        return self.response.render()

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Answer with the header `Allow` alone; what the address takes is in the OpenAPI document."""
        return Response(status=204)

    def read(self, serializer: type[BaseSerializer], data: Any = None) -> dict[str, Any]:
        """Return the body (or `data`) as a serializer shapes it. Raise `ValidationError`."""
        given = self.request.data if data is None else data
        if isinstance(given, dict):
            return _ready(serializer).run_validation(given)
        shaped = serializer(data=given)
        shaped.is_valid(raise_exception=True)  # says what a body is that is no object
        return shaped.validated_data

    def paged(self, rows: models.QuerySet, serializer: type[BaseSerializer]) -> Response:
        """Answer with one page of rows."""
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(serializer(page, many=True).data)

    def find(self, rows: models.QuerySet, pk: int, noun: str) -> Any:
        """Return one row of the workspace's rows. Raise `Missing`."""
        found = rows.filter(pk=pk).first()
        if found is None:
            raise Missing(f"There is no such {noun} in this workspace.")
        return found


def shown(serializer: type[BaseSerializer], row: Any) -> Any:
    """Return one row as a serializer shows it."""
    return _ready(serializer).to_representation(row)


def _ready(serializer: type[BaseSerializer]) -> BaseSerializer:
    """Make a serializer once: building its fields costs more than using them. It keeps nothing of what it shapes."""
    if serializer not in _made:
        _made[serializer] = serializer()
    return _made[serializer]


_made: dict[Any, BaseSerializer] = {}


def told_at(request: Request, moment: datetime | None) -> datetime | None:
    """Return the time at which the caller says something happened.

    Raise `Forbidden` when the caller may not say so, `Invalid` when it lies ahead, or before anybody kept such records.
    """
    if moment is None:
        return None
    demand_history(request.actor)  # type: ignore[attr-defined]
    if moment > timezone.now() + SKEW:
        raise Invalid("This time lies in the future. Only what has happened is recorded.", field="occurred_at")
    if moment < EARLIEST:
        raise Invalid(f"This time lies before {EARLIEST.year}: check how it was written.", field="occurred_at")
    return moment
