"""Every page that somebody can look at: who looks, and at which row of the demo. New addresses must be added here.

The routes and the capability that each asks for are in `tests.dashboard.addresses`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.dashboard.addresses import OF_OTHERS, PAGES, PUBLIC, walk
from workspaces.roles import Role

PART = re.compile(r"\^|\$|\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>")
NOBODY = ""
REP, MANAGER, ADMIN = Role.SALES, Role.SALES_MANAGER, Role.ADMIN
MARKETER, HEAD = Role.MARKETING, Role.MARKETING_MANAGER

# addresses that answer a GET with something that is no page
NO_PAGE: dict[str, str] = {
    "healthz": "for machines",
    "api/schema/": "for machines",
    "shell/counts/": "a part, for htmx",
    "imports/<int:pk>/progress/": "a part, for htmx",
    "inbox/figures/": "a part, for htmx",
    "leads/csv/": "a file",
    "inbox/csv/": "a file",
    "imports/<int:pk>/errors/": "a file",
    "reports/funnel/csv/": "a file",
    "reports/handoffs/csv/": "a file",
    "handoffs/csv/": "a file",
    "scoreboard/rows.csv": "a file",
    "settings/audit.csv": "a file",
    "outbox/<int:pk>/preview/": "a mail, shown in a frame",
    "outbox/mail/<str:name>/preview/": "a mail, shown in a frame",
    "": "leads on",
    "theme/": "POST alone",
    "returns/<int:pk>/answer/": "leads on: the answer is given in the list",
    "notices/<int:pk>/": "leads on",
    "c/<str:token>/": "leads on",
    "o/<str:token>.gif": "an image",
    "invitations/<str:token>": "the same, written without the slash",
    "account/login/code/confirm/": "needs a log-in by code, which is off",
    "account/reauthenticate/": "leads on: nothing asks for it",
    "account/password/set/": "leads on: everybody has a password",
}

# route → who looks, where the capability alone does not say it
WHO: dict[str, str] = {
    "leads/<int:pk>/": REP,
    "leads/<int:pk>/timeline/": REP,
    "handoffs/<int:pk>/why/": REP,
    "handoffs/<int:pk>/claim/": REP,
    "handoffs/<int:pk>/promote/": REP,
    "handoffs/<int:pk>/win/": ADMIN,
    "handoffs/<int:pk>/lose/": ADMIN,
    "handoffs/<int:pk>/rate/": REP,
    "notices/": REP,
    "account/logout/": REP,
    "account/email/": REP,
    "account/password/change/": REP,
}
ROLE_OF = {
    "handoffs.work": REP,
    "handoffs.claim": REP,
    "leads.view": REP,
    "handoffs.reassign": MANAGER,
    "returns.object": REP,
    "returns.decide": MANAGER,
    "answers.view": REP,
    "leads.edit": REP,
    "settings.view": ADMIN,
    "settings.rules": ADMIN,
    "members.manage": ADMIN,
    "keys.manage": ADMIN,
    "webhooks.manage": ADMIN,
    "audit.view": ADMIN,
    "agreement.view": HEAD,
    "agreement.edit": HEAD,
    "reports.view": HEAD,
    "user": MARKETER,
}

# route → the names in the seed's `ids`, part by part, where it is not that of the table of addresses
IDS: dict[str, dict[str, str]] = {
    **{f"handoffs/<int:pk>/{move}/": {"pk": "offered"} for move in ("why", "accept", "return", "recall", "reassign")},
    "handoffs/<int:pk>/claim/": {"pk": "queued"},
    "handoffs/<int:pk>/promote/": {"pk": "accepted"},
    "handoffs/<int:pk>/rate/": {"pk": "accepted"},
    "handoffs/<int:pk>/win/": {"pk": "qualified"},
    "handoffs/<int:pk>/lose/": {"pk": "qualified"},
    "leads/<int:pk>/qualify/": {"pk": "new_lead"},
    "leads/<int:pk>/disqualify/": {"pk": "new_lead"},
    "leads/<int:pk>/reopen/": {"pk": "disqualified_lead"},
    "leads/<int:pk>/recycle/": {"pk": "lost_lead"},
    "agreement/<int:number>/": {"number": "active_version"},
    "agreement/<int:number>/edit/": {"number": "draft_version"},
    "u/<str:token>/": {"token": "unsubscribe"},
    "f/<str:token>/": {"token": "form_token"},
    "invitations/<str:token>/": {"token": "invitation"},
    "account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": {"uidb36": "reset_uid", "key": "reset_key"},
}
FIXED = {"kind": "mql", "code": "conflict", "key": "no-such-key"}
QUERY = {"search/": "?q=ca"}
# no route leads to these
MORE = {
    "error-404": ("no/such/page/", REP, 404),
    "error-403": ("settings/members/", REP, 403),
    "error-404-stranger": ("u/forged/", NOBODY, 404),
    "inbox-in-work": ("inbox/?tab=in_work", REP, 200),
    "inbox-promises": ("inbox/?tab=promises", REP, 200),
    "inbox-done": ("inbox/?tab=done", REP, 200),
    "inbox-of-all": ("inbox/", MANAGER, 200),
    "leads-of-the-rep": ("leads/", REP, 200),
    "overview-of-a-viewer": ("overview/", Role.VIEWER, 200),
    "settings-of-a-manager": ("settings/", HEAD, 200),
}


@dataclass(frozen=True)
class Look:
    """One page: its name, which the screenshot bears, who looks at it, and what it must answer."""

    name: str
    route: str
    role: str
    status: int = 200

    def path(self, ids: dict[str, Any]) -> str:
        """Return the address, with the rows of this site."""
        names = _names(self.route)
        path = PART.sub(lambda found: _value(found[1] or found[2], names, ids), self.route)
        return "/" + path + QUERY.get(self.route, "")


def _names(route: str) -> dict[str, str]:
    address = PAGES.get(route)
    return {**(address.ids if address else {}), **IDS.get(route, {})}


def _value(part: str | None, names: dict[str, str], ids: dict[str, Any]) -> str:
    if part is None:
        return ""
    if part in names:
        return str(ids[names[part]])
    return FIXED[part]


def every() -> list[Look]:
    """Return every page, that of each route once; an address that is new comes in by itself."""
    return [*_of_routes(), *(Look(name, *rest) for name, rest in MORE.items())]


def _of_routes() -> Iterator[Look]:
    for route in dict.fromkeys(route for route, _ in walk()):
        if route in NO_PAGE or route.startswith(("api/v1/", "v1/")):
            continue
        address = PAGES.get(route)
        if address is None and route not in PUBLIC and not route.startswith(OF_OTHERS):
            continue  # tests/dashboard/shell/test_access.py fails until it stands in the table
        if address is not None and address.read is None:
            continue
        name = "-".join(re.findall(r"[a-z]+", PART.sub(lambda part: "one" if part[1] or part[2] else "", route)))
        asked = address.read if address else None
        yield Look(name, route, WHO.get(route, ROLE_OF.get(asked, MARKETER) if asked else NOBODY))
