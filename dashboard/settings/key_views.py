"""API keys: made with scopes, shown once, revoked."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dashboard.settings.forms import KeyForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, attempt, page
from dashboard.shell.editing import submit
from workspaces import keys as api_keys
from workspaces.models import ApiKey


@never_cache
@page("keys.manage")
def keys(request: PageRequest) -> HttpResponse:
    """List the keys; add one. Its secret is shown once, in the response to the form."""
    form = KeyForm(editing.posted(request))
    made = submit(
        request, form, lambda: api_keys.create(request.workspace, actor=request.actor, **form.cleaned_data), ""
    )
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
    """Revoke a key."""
    found = api_keys.get(request.workspace, pk)
    attempt(request, lambda: api_keys.revoke(found, actor=request.actor), f"The key {found} is revoked.")
    return redirect("dashboard:keys")
