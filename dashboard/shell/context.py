"""The frame of every page of a member: the side bar, the counts, the member's menu."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse

from leads.models import Handoff, HandoffState
from workspaces.actors import Actor
from workspaces.models import Member, Notice
from workspaces.roles import Role


@dataclass(frozen=True)
class NavItem:
    """One line of the side bar; `key` is the letter after `g`, `waiting` the count that it shows."""

    label: str
    url_name: str
    icon: str
    capability: str
    key: str = ""
    waiting: str = ""


SALES = (
    NavItem("Inbox", "inbox", "inbox", "handoffs.work", "i", "inbox"),
    NavItem("Queue", "queue", "list-todo", "handoffs.claim", "q", "queue"),
)
MARKETING = (
    NavItem("Overview", "overview", "layout-dashboard", "reports.view", "o"),
    NavItem("Leads", "leads", "users", "leads.view", "l"),
    NavItem("Import", "imports", "upload", "leads.import", "m"),
    NavItem("Returns", "returns", "undo-2", "returns.view", "r"),
    NavItem("Programs", "programs", "workflow", "nurture.view", "p"),
    NavItem("Content", "content", "library", "nurture.view", "c"),
)
BOTH = (
    NavItem("Scoreboard", "scoreboard", "gauge", "reports.view", "s"),
    NavItem("Agreement", "agreement", "handshake", "agreement.view", "a"),
    NavItem("Outbox", "outbox", "send", "outbox.view", "x"),
    NavItem("Settings", "settings", "settings", "settings.view", "e"),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return what `base_app.html` needs; nothing for a page without a member (log-in, hosted form)."""
    member: Member | None = getattr(request, "member", None)
    if member is None:
        return {"theme": request.COOKIES.get("theme", "")}
    counts = _waiting(member)
    sales_first = member.role in (Role.SALES, Role.SALES_MANAGER)
    groups = [("Sales", SALES), ("Marketing", MARKETING)]
    groups = groups if sales_first else groups[::-1]
    nav = [
        {"label": label, "items": items}
        for label, entries in [*groups, ("Together", BOTH)]
        if (items := [_item(entry, request, counts) for entry in entries if request.actor.can(entry.capability)])  # type: ignore[attr-defined]  # the middleware sets it
    ]
    others = (
        Member.everywhere.filter(user=member.user, active=True).select_related("workspace").order_by("workspace__name")
    )
    return {
        "nav": nav,
        "workspace": member.workspace,
        "member": {
            "name": str(member.user),
            "email": member.user.email,
            "role": member.get_role_display(),
            "pk": member.pk,
        },
        "can": _Can(request.actor),  # type: ignore[attr-defined]  # the middleware sets it
        "workspaces": [
            {"name": other.workspace.name, "id": other.workspace_id, "current": other.pk == member.pk}
            for other in others
        ],
        "notices_count": counts["notices"],
        "theme": request.COOKIES.get("theme", ""),
        "shell_urls": {
            name: reverse(f"dashboard:{target}")
            for name, target in {
                "home": "home",
                "search": "search",
                "notices": "notices",
                "add_lead": "lead_add",
                "theme": "theme",
                "switch": "workspace_switch",
                "profile": "profile",
                "counts": "counts",
            }.items()
        },
    }


def _item(entry: NavItem, request: HttpRequest, counts: dict[str, int]) -> dict[str, Any]:
    url, path = reverse(f"dashboard:{entry.url_name}"), _path(request)
    return {
        "label": entry.label,
        "url": url,
        "icon": entry.icon,
        "key": entry.key,
        "active": path == url or (url != "/" and path.startswith(url)),
        "count": counts.get(entry.waiting, 0),
    }


def _path(request: HttpRequest) -> str:
    """Return the path of the page that is open, also when htmx asks for a part of it."""
    htmx = getattr(request, "htmx", None)
    return urlsplit(htmx.current_url_abs_path or request.path).path if htmx else request.path


def _waiting(member: Member) -> dict[str, int]:
    """Count the offers, the queue and the unread notices of the member. Each count reads its own index."""
    offered = Handoff.objects.of(member.workspace_id).filter(state=HandoffState.OFFERED)
    return {
        "inbox": offered.filter(owner=member).count(),
        "queue": offered.filter(owner=None).count(),
        "notices": Notice.objects.of(member.workspace_id).filter(member=member, read_at=None).count(),
    }


class _Can:
    """Let a template ask `{% if can.leads_edit %}`; the dot of the capability is an underscore, the first one."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def __getitem__(self, name: str) -> bool:
        return self.actor.can(name.replace("_", ".", 1))
