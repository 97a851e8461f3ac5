"""Problem details for what never reaches a view of the API."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from api import errors

PREFIXES = ("/api/", "/v1/")
DETAILS = {
    400: "The request cannot be read. Look at its headers and address.",
    403: "This is not allowed.",
    404: "There is no such address. The documentation is at /api/docs/.",
    405: "This address does not accept that method; the header Allow names those it accepts.",
    413: errors.TooLarge.default_detail,
    500: "Something broke on our side; it is logged. The request may be sent again.",
    503: "The service is not available now. Ask again in a while.",
}


class ProblemMiddleware:
    """Turn every 4xx and 5xx under the API's addresses into a problem, Django's own pages included.

    Stands first, so that it sees the answers that the other middleware and the error views give.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < 400 or not request.path_info.startswith(PREFIXES):
            return response
        if response.headers.get("Content-Type", "").startswith((errors.MEDIA_TYPE, "application/json")):
            return response
        detail = DETAILS.get(response.status_code, response.reason_phrase)
        problem = errors.problem(request, response.status_code, detail)
        response.content = problem.content
        response.headers["Content-Type"] = errors.MEDIA_TYPE
        if response.has_header("Content-Length"):
            response.headers["Content-Length"] = str(len(problem.content))
        return response
