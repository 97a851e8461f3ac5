"""The addresses that get no marketing mail, with the reason, and lifting a suppression."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from dashboard.outbox import local_mail
from dashboard.shell.access import PageRequest, attempt, page
from leadflow import paging
from nurture import suppression


@page("outbox.view")
def suppressions(request: PageRequest) -> HttpResponse:
    """List the suppressed addresses, the newest first."""
    context = {
        "title": "Outbox",
        "tab": "suppressed",
        "page": paging.by_id(suppression.listed(request.workspace), after=request.GET.get("after", "")),
        "local": local_mail.is_kept(),
    }
    return render(request, "outbox/suppressed.html", context)


@require_POST
@page("nurture.edit")
def lift(request: PageRequest, pk: int) -> HttpResponse:
    """Lift the suppression of an address."""
    attempt(
        request,
        lambda: suppression.lift(request.workspace, pk, actor=request.actor),
        "The suppression is lifted. A lead that opted out still gets no mail until it opts in.",
    )
    return redirect("dashboard:suppressions")
