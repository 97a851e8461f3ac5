"""The problem types of the API: their meaning and their remedy, on the pages that `type` leads to."""

from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from api import domain_problems
from api.problem_types import ProblemType

TYPES = {
    problem.code: problem
    for problem in (
        ProblemType(
            "malformed",
            400,
            "The request cannot be read",
            "The body is not JSON as this API accepts it: UTF-8, at most 4 MiB, at most 64 levels deep, no key"
            " twice in one object, no NUL, no lone surrogates, no NaN or infinity, integers of up to 40 digits."
            " `detail` names the place.",
        ),
        ProblemType(
            "idempotency_key_malformed",
            400,
            "The Idempotency-Key cannot be used",
            "Send 1 to 200 visible ASCII characters, bare or in double quotes; a UUID will do.",
        ),
        ProblemType(
            "not_authenticated",
            401,
            "The caller is not known",
            "Send `Authorization: Bearer <key>` with a key that is neither mistyped nor revoked. An admin makes"
            " keys under Settings, API keys.",
        ),
        ProblemType(
            "forbidden",
            403,
            "The caller may not do this",
            "The key's scopes, or the member's role, do not cover it. `detail` names the capability that is"
            " missing. To give the time at which something happened, a key needs the scope `history`.",
        ),
        ProblemType(
            "not_found",
            404,
            "There is nothing here",
            "The address is wrong, or the thing is not in this workspace. Another workspace's things cannot be"
            " distinguished from things that do not exist.",
        ),
        ProblemType(
            "method_not_allowed",
            405,
            "The method is not allowed",
            "The header `Allow` names the methods of this address.",
        ),
        ProblemType("not_acceptable", 406, "No such format", "Ask for `application/json`."),
        ProblemType(
            "conflict",
            409,
            "The present state does not allow it",
            "Somebody changed the thing meanwhile, or it is not ready. Read it again and decide anew; `detail`"
            " says what stands in the way.",
        ),
        ProblemType(
            "move_not_allowed",
            409,
            "The lead does not allow this move",
            "`state` is the state the lead is in, `allowed` are the moves that it allows, and `winner` is who"
            " moved it first, if another member did.",
        ),
        ProblemType(
            "already_accepted",
            409,
            "Somebody has accepted the lead already",
            "`winner` is the member who did, `state` the lead's state and `allowed` the moves from there.",
        ),
        ProblemType(
            "already_claimed",
            409,
            "Somebody has claimed the lead already",
            "`winner` is the member who did, `state` the lead's state and `allowed` the moves from there.",
        ),
        ProblemType(
            "definition_not_met",
            409,
            "The lead does not meet the definition",
            "`verdict` lists every criterion with the facts that decided it, `state` and `allowed` say what the"
            " lead allows. Answer what is open, or, for a hand-over, give a `reason`.",
        ),
        ProblemType(
            "returned_before",
            409,
            "The member returned this lead",
            "A lead does not go back to the rep who returned it, where the reason of the return says so. Name"
            " another member. `state` and `allowed` say what the lead allows.",
        ),
        ProblemType(
            "program_not_active",
            409,
            "The program is not active",
            "Leads enter an active program only. Activate it on its page, or name another.",
        ),
        ProblemType(
            "not_eligible",
            409,
            "The lead cannot enter the program",
            "`code` says why: `disqualified`, `handed_over` (it is with sales, or closed), `no_email`,"
            " `opted_out`, `suppressed`, `already_enrolled`, or `no_reentry` (the program takes each lead"
            " once).",
        ),
        ProblemType(
            "busy", 409, "Others write the same people just now", "Nothing of the request was kept. Send it again."
        ),
        ProblemType(
            "identity_conflict",
            409,
            "The ids belong to two leads",
            "The e-mail and the external ids of the request lead to different leads. Send those of one.",
        ),
        ProblemType(
            "idempotency_in_progress",
            409,
            "The first request is still running",
            "A request with this Idempotency-Key is under way. Ask again in a moment for its answer.",
        ),
        ProblemType("too_large", 413, "The body is too large", "Send at most 4 MiB; split a batch.", also=(400,)),
        ProblemType(
            "unsupported_media_type",
            415,
            "The body is in another format",
            "Send JSON, with `Content-Type: application/json`.",
        ),
        ProblemType(
            "invalid",
            422,
            "Some values are not valid",
            "`errors` lists each of them with a JSON Pointer into the body, or the name of the query"
            " parameter, and what is expected there. Nothing was changed.",
        ),
        ProblemType(
            "idempotency_key_reused",
            422,
            "The Idempotency-Key belongs to another request",
            "The key was used with another method, address or body. Use a new key for a new request.",
        ),
        ProblemType("too_many", 429, "Too many requests", "Wait for the seconds that `Retry-After` gives."),
        ProblemType(
            "internal",
            500,
            "Something broke on our side",
            "The fault is logged. Nothing of the request was kept; it may be sent again.",
        ),
        ProblemType("unavailable", 503, "Not available now", "Wait for the seconds that `Retry-After` gives."),
        *domain_problems.TYPES,
    )
}

BY_STATUS = {
    400: "malformed",
    401: "not_authenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many",
    500: "internal",
    503: "unavailable",
}


# Codes that share a page.
SHARED = dict.fromkeys(
    ("disqualified", "handed_over", "no_email", "opted_out", "suppressed", "already_enrolled", "no_reentry"),
    "not_eligible",
)


def find(code: str, status: int) -> ProblemType:
    """Return the type of a code; a code without a page of its own has that of its status."""
    known = TYPES.get(SHARED.get(code, code))
    if known is not None and status in (known.status, *known.also):
        return known
    return TYPES[BY_STATUS.get(status, "malformed" if status < 500 else "internal")]


def document(request: HttpRequest | None, status: int, detail: str, *, code: str = "", **facts: Any) -> dict[str, Any]:
    """Build the problem details (RFC 9457) of one refusal; `facts` become extension members."""
    kind = find(code, status)
    address = reverse("api:problem", args=[kind.code])
    return {
        "type": request.build_absolute_uri(address) if request is not None and _trusted(request) else address,
        "title": kind.title,
        "status": status,
        "detail": detail,
        "instance": request.path if request is not None else "",
        "code": code or kind.code,
        "message": detail,
        **facts,
    }


def page(request: HttpRequest, code: str) -> HttpResponse:
    """Describe one problem type."""
    if code not in TYPES:
        raise Http404("There is no such problem type.")
    return render(request, "api/problem.html", {"problem": TYPES[code], "words": _words(TYPES[code].words)})


def index(request: HttpRequest) -> HttpResponse:
    """List all problem types."""
    return render(request, "api/problems.html", {"problems": TYPES.values()})


def _words(words: str) -> str:
    """Return words with their `code` marked up."""
    pieces = words.split("`")
    return format_html_join(
        "", "{}", [(format_html("<code>{}</code>", piece) if n % 2 else piece,) for n, piece in enumerate(pieces)]
    )


def _trusted(request: HttpRequest) -> bool:
    """Return whether the host that the caller named is one of ours, so that it may stand in an answer."""
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True
