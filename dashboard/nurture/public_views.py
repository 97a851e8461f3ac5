"""Public pages: unsubscribing from marketing mail, and the links and the pixel in it."""

from base64 import b64decode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from leadflow.errors import Missing
from nurture import tracking, unsubscribe
from nurture.scanners import Hit

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@never_cache
@csrf_exempt  # a mail program posts without a cookie (RFC 8058); the token is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the unsubscribe page; unsubscribe on POST, at once, without a redirect, idempotently."""
    try:
        if request.method == "POST":
            target = unsubscribe.by_link(token, at=timezone.now())
        else:
            target = unsubscribe.read(token)
    except Missing as error:
        return render(request, "nurture/unsubscribe_bad.html", {"title": "Link not valid", "error": error}, status=404)
    done = target.lead is not None and (request.method == "POST" or target.has_left)
    context = {"title": "You are unsubscribed" if done else "Unsubscribe", "target": target, "done": done}
    return render(request, "nurture/unsubscribe.html", context)


@never_cache
@require_safe
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Count a click and lead on."""
    try:
        return HttpResponseRedirect(tracking.click(token, _hit(request)))
    except Missing as error:
        raise Http404(error.message) from error


@never_cache
@require_safe
def pixel(request: HttpRequest, token: str) -> HttpResponse:
    """Count an open and give an invisible picture."""
    try:
        tracking.opened(token, _hit(request))
    except Missing as error:
        raise Http404(error.message) from error
    return HttpResponse(PIXEL, content_type="image/gif")


def _hit(request: HttpRequest) -> Hit:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Hit(request.method or "", headers, timezone.now())
