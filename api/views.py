"""The base views of the API: one resource, one list, one write; access, idempotency and times are handled here."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from api import idempotency
from api.permissions import check_history
from api.requests import ApiRequest
from leadflow.errors import Invalid

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
SKEW = timedelta(minutes=1)  # a caller's clock may run ahead so far


class Resource(GenericAPIView[Any]):
    """A view of one workspace. `capabilities` names, per method, what the actor needs.

    `in_one`: with an Idempotency-Key, the work and the kept answer are one transaction (false for batches).
    """

    capabilities: dict[str, str] = {}
    in_one = True
    queryset: Any = None
    filter_backends: Any = []  # a list that can be narrowed names its own
    request: ApiRequest

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> ApiRequest:
        """Wrap the request of the server."""
        return ApiRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

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
        except Exception as error:  # noqa: BLE001  the handler describes it, or logs it
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
        rendered: HttpResponse = self.response.render()
        return rendered

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Answer with the header `Allow` alone; the OpenAPI document describes the address."""
        return Response(status=204)

    def read(self, serializer: type[BaseSerializer[Any]], data: Any = None) -> dict[str, Any]:
        """Return the body (or `data`) as a serializer shapes it. Raise `ValidationError`."""
        given = self.request.data if data is None else data
        if isinstance(given, dict):
            values: dict[str, Any] = _ready(serializer).run_validation(given)
            return values
        shaped = serializer(data=given)
        shaped.is_valid(raise_exception=True)  # names the type of a body that is no object
        values = shaped.validated_data
        return values


class ListResource(Resource):
    """A list of the workspace's rows, newest first unless `rows` says otherwise; `lists` describes it."""

    capabilities = {"GET": "leads.view"}

    def load(self) -> None:
        """Read what the address names, before anything else. Raise `Missing`."""

    def rows(self) -> QuerySet[Any]:
        """Return all rows, with what their serializer shows."""
        raise NotImplementedError

    def get(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Answer with one page of the rows that the filters leave."""
        self.load()
        page = self.paginate_queryset(self.filter_queryset(self.rows()))
        return self.get_paginated_response(self.get_serializer_class()(page, many=True).data)


class WritableList(ListResource):
    """A list whose POST creates a row, or creates or updates the row that the body names; `writes` describes it."""

    input_class: type[BaseSerializer[Any]]
    output_class: type[BaseSerializer[Any]] | None = None  # the list's, unless named
    located = False  # a new row has an address of its own: answer with `Location`

    def write(self, data: dict[str, Any]) -> tuple[Any, bool]:
        """Return the row and whether it is new. Raise `DomainError`; nothing is changed then."""
        raise NotImplementedError

    def post(self, request: ApiRequest, **kwargs: Any) -> Response:
        """Write, and answer 201 with a new row, 200 with one that was known."""
        self.load()
        row, created = self.write(self.read(self.input_class))
        headers = {"Location": f"{request.path}/{row.pk}"} if created and self.located else None
        body = represent(self.output_class or self.get_serializer_class(), row)
        return Response(body, status=201 if created else 200, headers=headers)


Listed = TypeVar("Listed", bound=ListResource)
Written = TypeVar("Written", bound=WritableList)


def lists(operation_id: str, summary: str, description: str = "") -> Callable[[type[Listed]], type[Listed]]:
    """Describe the GET of a list in the OpenAPI document."""

    def describe(view: type[Listed]) -> type[Listed]:
        rows = view.serializer_class(many=True)  # type: ignore[misc]  # each list names its serializer
        words = extend_schema(
            operation_id=operation_id, summary=summary, description=description or f"{summary}.", responses=rows
        )
        return extend_schema_view(get=words)(view)

    return describe


def writes(
    operation_id: str, summary: str, description: str, *, known: str = "", new: str = ""
) -> Callable[[type[Written]], type[Written]]:
    """Describe the POST of a list; with `known` and `new`, the words of 200 and 201, it updates as well."""

    def describe(view: type[Written]) -> type[Written]:
        shape: Any = view.output_class or view.serializer_class
        answers: dict[int, Any] = {201: shape}
        if known:
            answers = {
                200: OpenApiResponse(shape, description=known),
                201: OpenApiResponse(shape, description=new),
            }
        words = extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=description,
            request=view.input_class,
            responses=answers,
        )
        return extend_schema_view(post=words)(view)

    return describe


def represent(serializer: type[BaseSerializer[Any]], row: Any) -> Any:
    """Return one row as a serializer shows it."""
    return _ready(serializer).to_representation(row)


def _ready(serializer: type[BaseSerializer[Any]]) -> BaseSerializer[Any]:
    """Make a serializer once: building its fields costs more than using them. It keeps nothing of what it shapes."""
    if serializer not in _made:
        _made[serializer] = serializer()
    return _made[serializer]


_made: dict[Any, BaseSerializer[Any]] = {}


def reported_at(request: ApiRequest, moment: datetime | None) -> datetime | None:
    """Return the time that the caller reports for something.

    Raise `Forbidden` when the caller may not say so, `Invalid` when it lies ahead, or before anybody kept such records.
    """
    if moment is None:
        return None
    check_history(request.actor)
    if moment > timezone.now() + SKEW:
        raise Invalid("This time lies in the future. Only what has happened is recorded.", field="occurred_at")
    if moment < EARLIEST:
        raise Invalid(f"This time lies before {EARLIEST.year}: check how it was written.", field="occurred_at")
    return moment
