"""The index of the settings, and the settings of the workspace."""

from django.http import HttpResponse
from django.shortcuts import render

from dashboard.settings.forms import WorkspaceForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from workspaces import access

# group, then (url name, label, description, icon, capability)
ENTRIES = (
    (
        "Workspace",
        (
            ("workspace", "Workspace", "Name, zone, currency, sender and mail caps", "building-2", "settings.rules"),
            ("members", "Members", "Members, their roles, and invitations", "users", "settings.view"),
            ("audit", "Audit log", "Every change of settings, and by whom", "scroll-text", "audit.view"),
        ),
    ),
    (
        "Working leads",
        (
            (
                "calendar",
                "Calendar",
                "Business hours and holidays that clocks count in",
                "calendar-days",
                "settings.view",
            ),
            ("territories", "Territories", "Parts of the market, and which leads belong there", "map", "settings.view"),
            ("routing", "Routing", "Rules, pools, weights and capacity", "route", "settings.view"),
            ("scoring", "Scoring", "What earns points for fit, interest and readiness", "target", "settings.view"),
            ("reasons", "Reasons", "Reasons for returning, losing and disqualifying leads", "undo-2", "settings.view"),
            ("questions", "Questions", "What a rep asks before a lead is promoted", "circle-help", "settings.view"),
            ("words", "Topics, personas and attributes", "Vocabulary of this workspace", "tags", "settings.view"),
        ),
    ),
    (
        "Other systems",
        (
            ("keys", "API keys", "Let other systems read and write", "key-round", "keys.manage"),
            (
                "webhooks",
                "Webhooks",
                "Send events to other systems, and the log of deliveries",
                "webhook",
                "webhooks.manage",
            ),
            ("rejected", "Rejected events", "Events that were refused, and why", "circle-x", "audit.view"),
        ),
    ),
)


@page("settings.view")
def settings(request: PageRequest) -> HttpResponse:
    """List the settings that the member may open."""
    groups = [(label, [each for each in entries if request.actor.can(each[4])]) for label, entries in ENTRIES]
    context = {"title": "Settings", "groups": [group for group in groups if group[1]]}
    return render(request, "settings/index.html", context)


@page("settings.rules")
def workspace(request: PageRequest) -> HttpResponse:
    """Change the settings of the workspace."""
    form = WorkspaceForm(editing.posted(request), instance=request.workspace)
    return editing.edit(
        request,
        form,
        lambda: access.change_workspace(request.workspace, actor=request.actor, **form.cleaned_data),
        title="Workspace",
        sentence="These settings apply to the whole workspace. Every change is recorded in the audit log.",
        done="The workspace is saved.",
        back="dashboard:settings",
    )
