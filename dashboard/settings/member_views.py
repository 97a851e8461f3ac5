"""Members, their roles, and open invitations."""

from functools import partial

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.views.decorators.http import require_POST

from dashboard.settings import handing_on_views
from dashboard.settings.forms import InviteForm, MemberForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, attempt, page
from dashboard.shell.editing import submit
from leadflow.errors import Invalid
from workspaces import access, invitations, roles
from workspaces import members as memberships
from workspaces.models import Member
from workspaces.roles import Role

MEANINGS = {
    Role.ADMIN: "everything, except signing the agreement",
    Role.MARKETING: "leads, programs and content",
    Role.MARKETING_MANAGER: "the same, rules, export, and signing for marketing",
    Role.SALES: "its own leads and the queue",
    Role.SALES_MANAGER: "every lead in sales, rules, export, and signing for sales",
    Role.VIEWER: "reads everything, changes nothing",
}


@page("settings.view")
def members(request: PageRequest) -> HttpResponse:
    """List members and open invitations; invite somebody."""
    form = InviteForm(editing.posted(request))
    if form.is_bound and _invite(request, form):
        return redirect("dashboard:members")
    found = Member.objects.of(request.workspace).select_related("user").order_by("-active", "user__name", "pk")
    context = {
        "title": "Members",
        "rows": list(found),
        "pending": list(invitations.pending(request.workspace).select_related("invited_by__user")),
        "form": form,
        "meanings": [(Role(role).label, words) for role, words in MEANINGS.items()],
    }
    return render(request, "settings/members.html", context, status=422 if form.errors else 200)


@page("members.manage")
def member(request: PageRequest, pk: int) -> HttpResponse:
    """Change a member's role, and until when they are away. A role that works no leads asks first who gets them."""
    found = access.member(request.workspace, pk)
    since = date_format(timezone.localtime(found.created_at), "j F Y")
    form = MemberForm(editing.posted(request), initial={"role": found.role, "away_until": found.away_until})
    if form.is_valid() and handing_on_views.must_ask(found, form.cleaned_data["role"]):
        return redirect(handing_on_views.address(found, form.cleaned_data["role"]))
    return editing.edit(
        request,
        form,
        lambda: _change(request, found, form),
        title=str(found),
        sentence=f"{found.user.email}, {found.get_role_display().lower()} since {since}.",
        done=f"{found} is saved.",
        back="dashboard:members",
        section="Members",
    )


@require_POST
@page("members.manage")
def activate(request: PageRequest, pk: int) -> HttpResponse:
    """Reactivate a member: nothing comes back that others have now. To deactivate is `handing_on_views.hand_on`."""
    found = access.member(request.workspace, pk)
    attempt(request, lambda: memberships.activate(found, actor=request.actor), f"{found} is active again.")
    return redirect("dashboard:members")


@require_POST
@page("members.manage")
def revoke(request: PageRequest, pk: int) -> HttpResponse:
    """Revoke an invitation."""
    found = invitations.get(request.workspace, pk)
    done = f"The invitation of {found.email} is revoked."
    attempt(request, lambda: invitations.revoke(found, actor=request.actor), done)
    return redirect("dashboard:members")


def _invite(request: PageRequest, form: InviteForm) -> bool:
    roles.check(request.actor, "members.manage")
    done = f"An invitation is being sent to {form.data.get('email', '')}."
    invite = partial(invitations.invite, request.workspace, actor=request.actor)
    return bool(submit(request, form, lambda: invite(**form.cleaned_data), done))


@transaction.atomic
def _change(request: PageRequest, found: Member, form: MemberForm) -> None:
    """Change role and absence in one request; unchanged values are not written."""
    facts = form.cleaned_data
    changed = memberships.change_role(found, actor=request.actor, role=facts["role"])
    if changed.away_until != facts["away_until"]:
        try:
            memberships.set_away(changed, actor=request.actor, until=facts["away_until"])
        except Invalid as error:
            raise Invalid(error.message, field="away_until") from error
