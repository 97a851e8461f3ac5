"""The home page, the workspace switch, the appearance, and the profile."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from dashboard.shell import editing
from dashboard.shell.access import SESSION_KEY, PageRequest, current_user, page
from dashboard.shell.forms import NewWorkspaceForm, ProfileForm
from leadflow.errors import DomainError, Missing
from leadflow.paging import read_id
from workspaces import access
from workspaces.roles import Role

YEAR = 365 * 24 * 3600
THEMES = ("", "light", "dark")


@page("leads.view")
def home(request: PageRequest) -> HttpResponse:
    """Redirect to the inbox or the overview, by role."""
    sales = request.member.role in (Role.SALES, Role.SALES_MANAGER)
    return redirect("dashboard:inbox" if sales else "dashboard:overview")


@page("leads.view")
def counts(request: PageRequest) -> HttpResponse:
    """Render the side bar with the current counts."""
    return render(request, "shell/counts.html")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keep the appearance in a cookie, and with the user where one is logged in."""
    chosen = request.POST.get("theme", "")
    chosen = chosen if chosen in THEMES else ""
    if request.user.is_authenticated and request.user.theme != chosen:
        request.user.theme = chosen
        request.user.save(update_fields=["theme"])
    return _with_theme(redirect(_local(request.POST.get("next", ""))), chosen)


@require_POST
@login_required
def workspace_switch(request: HttpRequest) -> HttpResponse:
    """Go to another workspace of the user."""
    asked = request.POST.get("workspace", "")
    try:
        known = read_id(asked)
        member = access.membership(current_user(request), asked if known is None else known)
    except Missing as error:
        messages.error(request, error.message)
        return redirect("dashboard:home")
    request.session[SESSION_KEY] = member.workspace_id
    return redirect("dashboard:home")


@login_required
def workspace_new(request: HttpRequest) -> HttpResponse:
    """Add a workspace: the second step of signing up."""
    form = NewWorkspaceForm(editing.posted(request))
    if form.is_valid():
        facts = form.cleaned_data
        try:
            made = access.create_workspace(facts["name"], owner=current_user(request), time_zone=facts["time_zone"])
        except DomainError as error:
            editing.refuse(form, error)
        else:
            request.session[SESSION_KEY] = made.pk
            messages.success(request, f"The workspace {made.name} is ready.")
            return redirect("dashboard:home")
    first = not access.workspaces_of(current_user(request)).exists()
    context = {"title": "Name your workspace", "form": form, "first": first}
    return render(request, "shell/workspace_new.html", context, status=422 if form.errors else 200)


@page("leads.view")
def profile(request: PageRequest) -> HttpResponse:
    """Let a user change their name, zone and appearance."""
    form = ProfileForm(editing.posted(request), instance=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, "Your account is saved.")
        return _with_theme(redirect("dashboard:profile"), request.user.theme)
    context = {"title": "Your account", "form": form}
    return render(request, "shell/profile.html", context, status=422 if form.errors else 200)


def _with_theme(response: HttpResponse, chosen: str) -> HttpResponse:
    response.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax")
    return response


def _local(url: str) -> str:
    return url if url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None) else "/"
