"""API keys: made with scopes, shown once, revoked."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dashboard.settings.forms import KeyForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, attempt, page
from dashboard.shell.editing import submit
from workspaces import keys as doors
from workspaces.models import ApiKey


@never_cache
@page("keys.manage")
def keys(request: PageRequest) -> HttpResponse:
    """List the keys; make one. Its secret is in the answer to the form, and nowhere after."""
    form = KeyForm(editing.posted(request))
    made = submit(request, form, lambda: doors.create(request.workspace, actor=request.actor, **form.cleaned_data), "")
    found = ApiKey.objects.of(request.workspace).select_related("created_by__user")
    context = {
        "title": "API keys",
        "rows": list(found.order_by("revoked_at", "-pk")),
        "form": KeyForm() if made else form,
        "made": made,
    }
    return render(request, "settings/keys.html", context, status=422 if form.errors else 200)


@require_POST
@page("keys.manage")
def revoke(request: PageRequest, pk: int) -> HttpResponse:
    """Make a key unusable."""
    found = doors.get(request.workspace, pk)
    attempt(request, lambda: doors.revoke(found, actor=request.actor), f"The key {found} opens nothing now.")
    return redirect("dashboard:keys")
