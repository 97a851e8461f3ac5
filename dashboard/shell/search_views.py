"""Search leads, accounts and campaigns from any page."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from dashboard.shell.access import PageRequest, page
from leads.queries import search as finder


@page("leads.view")
def search(request: PageRequest) -> HttpResponse:
    """List what matches the text; the only hit, if it is a lead, opens at once."""
    text = request.GET.get("q", "").strip()
    found = finder.search(request.workspace, text)
    if found.count == 1 and found.leads and not request.htmx:
        return redirect("dashboard:lead", found.leads[0].pk)
    context = {"title": "Search", "text": text, "found": found, "shortest": finder.SHORTEST}
    return render(request, "shell/search.html", context)
