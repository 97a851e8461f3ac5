"""Accept an invitation: log in with the invited address, or sign up with it."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from dashboard.settings.forms import JoinForm
from dashboard.shell import editing
from dashboard.shell.access import SESSION_KEY
from dashboard.shell.editing import refuse
from leadflow.errors import DomainError
from workspaces import invitations
from workspaces.models import Invitation, Member, User


@never_cache
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation; accept it on POST."""
    try:
        invitation = invitations.find(token)
    except DomainError as error:
        context = {"title": "This invitation is not valid", "error": error}
        return render(request, "settings/join_closed.html", context, status=error.status)
    form = JoinForm(editing.posted(request))
    if request.method == "POST":
        try:
            member = _join(request, token, form)
        except DomainError as error:
            refuse(form, error)
        else:
            if member is not None:
                return _enter(request, member)
    return _page(request, invitation, form)


def _join(request: HttpRequest, token: str, form: JoinForm) -> Member | None:
    """Accept for whoever is logged in, else sign up; None while the form is not complete."""
    if request.user.is_authenticated:
        form.is_valid()
        form.errors.clear()
        return invitations.accept(token, user=request.user)
    if not form.is_valid():
        return None
    return invitations.sign_up(token, **form.cleaned_data)


def _enter(request: HttpRequest, member: Member) -> HttpResponse:
    if not request.user.is_authenticated:
        login(request, member.user)
    request.session[SESSION_KEY] = member.workspace_id
    messages.success(request, f"You are a member of {member.workspace} now.")
    return redirect("dashboard:home")


def _page(request: HttpRequest, invitation: Invitation, form: JoinForm) -> HttpResponse:
    known = User.objects.filter(email=invitation.email).exists()
    fits = request.user.is_authenticated and request.user.email.lower() == invitation.email
    context = {
        "title": f"Join {invitation.workspace}",
        "invitation": invitation,
        "form": form,
        "known": known,
        "fits": fits,
        "stranger": request.user.is_authenticated and not fits,
    }
    return render(request, "settings/join.html", context, status=422 if form.errors else 200)
