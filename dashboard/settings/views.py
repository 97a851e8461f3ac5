"""The settings: what there is, and the workspace itself."""

from django.http import HttpResponse
from django.shortcuts import render

from dashboard.settings.forms import WorkspaceForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from workspaces import access

# group, then (url name, words, what it is for, icon, capability)
ENTRIES = (
    (
        "Workspace",
        (
            ("workspace", "Workspace", "Name, zone, currency, sender and mail caps", "building-2", "settings.rules"),
            ("members", "Members", "Who is here, what they may do, and invitations", "users", "settings.view"),
            ("audit", "Audit log", "Every change of settings, and by whom", "scroll-text", "audit.view"),
        ),
    ),
    (
        "How leads are worked",
        (
            (
                "calendar",
                "Calendar",
                "Business hours and holidays that clocks count in",
                "calendar-days",
                "settings.view",
            ),
            ("routing", "Routing", "Rules, pools, weights and capacity", "route", "settings.view"),
            ("scoring", "Scoring", "What earns points for fit and interest", "target", "settings.view"),
            ("reasons", "Reasons", "Why leads come back, are lost or disqualified", "undo-2", "settings.view"),
            ("questions", "Questions", "What a rep asks before a lead is promoted", "circle-help", "settings.view"),
            ("words", "Topics, personas and attributes", "The workspace's own words", "tags", "settings.view"),
        ),
    ),
    (
        "Other systems",
        (
            ("keys", "API keys", "Let other systems read and write", "key-round", "keys.manage"),
            ("webhooks", "Webhooks", "Tell other systems what happened, and the log", "webhook", "webhooks.manage"),
            ("rejected", "Rejected events", "What could not be taken, and why", "circle-x", "audit.view"),
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
    """Change what holds for the whole workspace."""
    form = WorkspaceForm(editing.posted(request), instance=request.workspace)
    return editing.edit(
        request,
        form,
        lambda: access.change_workspace(request.workspace, actor=request.actor, **form.cleaned_data),
        title="Workspace",
        sentence="These hold in every part of the workspace. Each change is in the audit log.",
        done="The workspace is saved.",
        back="dashboard:settings",
    )
