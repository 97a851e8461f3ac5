"""Every address of the installation, and who may use it: the table that the test of access goes by.

A new address fails the test until it stands here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from leads.move_catalogue import MOVES

ANYBODY = ""  # no log-in: the address itself is the proof, or it tells nothing
USER = "user"  # whoever is logged in


@dataclass(frozen=True)
class Address:
    """Say who may read and who may write; `ids` maps the parts of the address to the names of `worlds.World.ids`.

    `read` None: it takes POST alone. `write` None: it takes no POST.
    """

    read: str | None = None
    write: str | None = None
    ids: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)


def both(capability: str, *, write: str | None = None, pk: str = "", **fixed: str) -> Address:
    """Describe a page that reads and writes."""
    return Address(capability, write or capability, {"pk": pk} if pk else {}, fixed)


def look(capability: str, pk: str = "", **fixed: str) -> Address:
    """Describe a page that only reads."""
    return Address(capability, None, {"pk": pk} if pk else {}, fixed)


def act(capability: str, pk: str = "", **fixed: str) -> Address:
    """Describe an address that takes POST alone."""
    return Address(None, capability, {"pk": pk} if pk else {}, fixed)


def walk(patterns: list[Any] | None = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every route of the URL conf with its view."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from walk(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield route, each.callback


# Log-in, sign-up and passwords are allauth's own, tested there; they show nothing of a workspace.
OF_OTHERS = ("account/",)

TRACKING = r"v1/^(?P<kind>batch|identify|track|page|screen|group|alias|[itpsga])$"

PUBLIC = {
    "healthz",
    "api/schema/",
    "api/docs/",
    "api/problems/",
    "api/problems/<slug:code>/",
    TRACKING,
    "u/<str:token>/",
    "c/<str:token>/",
    "o/<str:token>.gif",
    "f/<str:token>/",
    "theme/",
    "invitations/<str:token>/",
    "invitations/<str:token>",
}

PAGES: dict[str, Address] = {
    # around every page
    "": look("leads.view"),
    "shell/counts/": look("leads.view"),
    "workspace/": act(USER),
    "workspace/new/": both(USER),
    "profile/": both("leads.view"),
    "notices/": look("leads.view"),
    "notices/read/": act("leads.view"),
    "notices/<int:pk>/": both("leads.view", pk="handoff"),  # a notice of nobody leads to the list
    "search/": look("leads.view"),
    # sales
    "inbox/": look("handoffs.work"),
    "inbox/accept/": act("handoffs.work"),
    "inbox/csv/": look("leads.export"),
    "inbox/figures/": look("handoffs.work_any"),
    "queue/": look("handoffs.claim"),
    "leads/add/": both("leads.edit"),
    "leads/<int:pk>/": look("leads.view", "lead"),
    "leads/<int:pk>/timeline/": look("leads.view", "lead"),
    "leads/<int:pk>/edit/": both("leads.edit", pk="lead"),
    "leads/<int:pk>/answers/<int:question_pk>/": Address(
        "leads.edit", "leads.edit", {"pk": "lead", "question_pk": "question"}
    ),
    "follow-ups/<int:pk>/done/": both("handoffs.work", pk="follow_up"),
    "handoffs/<int:pk>/why/": look("leads.view", "handoff"),
    **{f"{move.of}s/<int:pk>/{move.name}/": both(move.capability, pk=move.of) for move in MOVES.values()},
    "handoffs/<int:pk>/claim/": both("handoffs.claim", pk="handoff"),
    "handoffs/<int:pk>/rate/": both("handoffs.work", pk="handoff"),
    "leads/<int:pk>/touch/": both("handoffs.work", pk="lead"),
    "leads/<int:pk>/follow-up/": both("handoffs.work", pk="lead"),
    # marketing
    "overview/": look("reports.view"),
    "handoffs/": look("reports.view"),
    "handoffs/csv/": look("leads.export"),
    "reports/handoffs/": look("reports.view"),
    "reports/handoffs/csv/": look("reports.view"),
    "reports/funnel/": look("reports.view"),
    "reports/funnel/csv/": look("reports.view"),
    "leads/": look("leads.view"),
    "leads/csv/": look("leads.export"),
    "leads/many/": act("leads.many"),
    "imports/": look("leads.import"),
    "imports/new/": both("leads.import"),
    "imports/<int:pk>/": both("leads.import", pk="import"),
    "imports/<int:pk>/progress/": look("leads.import", "import"),
    "imports/<int:pk>/errors/": look("leads.import", "import"),
    "returns/": look("returns.view"),
    "returns/answers/": look("answers.view"),
    "returns/<int:pk>/answer/": both("returns.answer", pk="returned"),
    "returns/<int:pk>/object/": both("returns.object", pk="returned"),
    "returns/<int:pk>/decide/": both("returns.decide", pk="returned"),
    "programs/": look("nurture.view"),
    "programs/new/": both("nurture.edit"),
    "programs/<int:pk>/": look("nurture.view", "program"),
    "programs/<int:pk>/edit/": both("nurture.edit", pk="program"),
    "programs/<int:pk>/order/": act("nurture.edit", "program"),
    "programs/<int:pk>/turn/": act("nurture.edit", "program"),
    # a test mail needs nurture.edit; without it POST only shows the page
    "programs/<int:pk>/steps/<int:step_pk>/": Address(
        "nurture.view", "nurture.view", {"pk": "program", "step_pk": "step"}
    ),
    "content/": look("nurture.view"),
    "content/new/": both("nurture.edit"),
    "content/<int:pk>/": both("nurture.edit", pk="content"),
    "campaigns/": look("reports.view"),
    "campaigns/new/": both("leads.import"),
    "campaigns/<int:pk>/": both("leads.import", pk="campaign"),
    "forms/": look("nurture.view"),
    "forms/new/": both("nurture.edit"),
    "forms/<int:pk>/": both("nurture.edit", pk="form"),
    # both sides
    "agreement/": look("agreement.view"),
    "agreement/versions/": look("agreement.view"),
    "agreement/draft/": act("agreement.edit"),
    "agreement/definitions/<str:kind>/": both("agreement.edit", kind="mql"),
    "agreement/<int:number>/": Address("agreement.view", None, {"number": "version"}),
    "agreement/<int:number>/edit/": Address("agreement.edit", "agreement.edit", {"number": "version"}),
    "agreement/<int:number>/propose/": Address(None, "agreement.edit", {"number": "version"}),
    "agreement/<int:number>/withdraw/": Address(None, "agreement.edit", {"number": "version"}),
    "agreement/<int:number>/sign/": Address(None, "agreement.sign", {"number": "version"}),
    "scoreboard/": look("reports.view"),
    "scoreboard/rows/": look("reports.view"),
    "scoreboard/rows.csv": look("leads.export"),
    "outbox/": look("outbox.view"),
    "outbox/mail/": look("outbox.view"),
    "outbox/mail/<str:name>/": Address("outbox.view", None, {"name": "mail"}),
    "outbox/mail/<str:name>/preview/": Address("outbox.view", None, {"name": "mail"}),
    "outbox/set-aside/": look("outbox.view"),
    "outbox/set-aside/<str:kind>/<int:pk>/retry/": Address(None, "outbox.retry", {"pk": "send"}, {"kind": "send"}),
    "outbox/suppressed/": look("outbox.view"),
    "outbox/suppressed/<int:pk>/lift/": act("nurture.edit", "suppression"),
    "outbox/<int:pk>/": look("outbox.view", "send"),
    "outbox/<int:pk>/preview/": look("outbox.view", "send"),
    "outbox/<int:pk>/resend/": act("nurture.edit", "send"),
    # settings
    "settings/": look("settings.view"),
    "settings/workspace/": both("settings.rules"),
    "settings/members/": both("settings.view", write="members.manage"),
    "settings/members/<int:pk>/": both("members.manage", pk="member"),
    "settings/members/<int:pk>/hand-on/": both("handoffs.reassign", pk="member"),
    "settings/members/<int:pk>/activate/": act("members.manage", "member"),
    "settings/invitations/<int:pk>/revoke/": act("members.manage", "invitation"),
    "settings/keys/": both("keys.manage"),
    "settings/keys/<int:pk>/revoke/": act("keys.manage", "key"),
    "settings/calendar/": both("settings.view", write="settings.rules"),
    "settings/calendar/holidays/add/": act("settings.rules"),
    "settings/calendar/holidays/remove/": act("settings.rules"),
    "settings/calendar/holidays/country/": act("settings.rules"),
    "settings/routing/": look("settings.view"),
    "settings/routing/rules/add/": both("settings.rules"),
    "settings/routing/rules/<int:pk>/": both("settings.rules", pk="rule"),
    "settings/routing/rules/<int:pk>/move/": act("settings.rules", "rule"),
    "settings/routing/rules/<int:pk>/remove/": act("settings.rules", "rule"),
    "settings/routing/pools/add/": both("settings.rules"),
    "settings/routing/pools/<int:pk>/": both("settings.rules", pk="pool"),
    "settings/routing/pools/<int:pk>/remove/": act("settings.rules", "pool"),
    "settings/routing/pools/<int:pk>/members/add/": both("settings.rules", pk="pool"),
    "settings/routing/members/<int:pk>/": both("settings.rules", pk="place"),
    "settings/routing/members/<int:pk>/remove/": act("settings.rules", "place"),
    "settings/territories/": look("settings.view"),
    "settings/territories/add/": both("settings.rules"),
    "settings/territories/<int:pk>/": both("settings.rules", pk="territory"),
    "settings/territories/<int:pk>/move/": act("settings.rules", "territory"),
    "settings/territories/<int:pk>/remove/": act("settings.rules", "territory"),
    "settings/scoring/": both("settings.view", write="settings.rules"),
    "settings/reasons/": look("settings.view"),
    "settings/reasons/add/": both("settings.rules"),
    "settings/reasons/<int:pk>/": both("settings.rules", pk="reason"),
    "settings/questions/": look("settings.view"),
    "settings/questions/add/": both("settings.rules"),
    "settings/questions/<int:pk>/": both("settings.rules", pk="question"),
    "settings/words/": look("settings.view"),
    "settings/words/topics/add/": both("settings.rules"),
    "settings/words/topics/<int:pk>/": both("settings.rules", pk="topic"),
    "settings/words/personas/add/": both("settings.rules"),
    "settings/words/personas/<int:pk>/": both("settings.rules", pk="persona"),
    "settings/words/attributes/add/": both("settings.rules"),
    "settings/words/attributes/<int:pk>/": both("settings.rules", pk="attribute"),
    "settings/webhooks/": both("webhooks.manage"),
    "settings/webhooks/<int:pk>/": both("webhooks.manage", pk="endpoint"),
    "settings/webhooks/<int:pk>/running/": act("webhooks.manage", "endpoint"),
    "settings/webhooks/<int:pk>/rotate/": act("webhooks.manage", "endpoint"),
    "settings/webhooks/<int:pk>/remove/": act("webhooks.manage", "endpoint"),
    "settings/webhooks/<int:pk>/replay/": act("webhooks.manage", "endpoint"),
    "settings/webhooks/deliveries/<int:pk>/": look("webhooks.manage", "delivery"),
    "settings/webhooks/deliveries/<int:pk>/replay/": act("webhooks.manage", "delivery"),
    "settings/rejected/": look("audit.view"),
    "settings/audit/": look("audit.view"),
    "settings/audit.csv": look("audit.view"),
}

API: dict[str, Address] = {
    "me": look(USER),
    "leads": both("leads.view", write="leads.edit"),
    "leads/<int:pk>": look("leads.view", "lead"),
    **{f"{move.of}s/<int:pk>/{move.name}": act(move.capability, move.of) for move in MOVES.values()},
    "leads/<int:pk>/events": both("leads.view", write="leads.edit", pk="lead"),
    "leads/<int:pk>/touches": both("leads.view", write="handoffs.work", pk="lead"),
    "leads/<int:pk>/follow-ups": both("leads.view", write="handoffs.work", pk="lead"),
    "leads/<int:pk>/answers": both("leads.view", write="leads.edit", pk="lead"),
    "leads/<int:pk>/moves": look("leads.view", "lead"),
    "leads/<int:pk>/timeline": look("leads.view", "lead"),
    "leads/<int:pk>/why-not-yet": look("leads.view", "lead"),
    "follow-ups/<int:pk>/finish": act("handoffs.work", "follow_up"),
    "events": act("leads.edit"),
    "moves": act(USER),  # each move of the batch asks for its own capability
    "handoffs": look("leads.view"),
    "handoffs/<int:pk>": look("leads.view", "handoff"),
    "handoffs/<int:pk>/rate": act("handoffs.work", "handoff"),
    "handoffs/<int:pk>/claim": act("handoffs.claim", "handoff"),
    "handoffs/<int:pk>/answer": act("returns.answer", "returned"),
    "handoffs/<int:pk>/object": act("returns.object", "returned"),
    "handoffs/<int:pk>/decide": act("returns.decide", "returned"),
    "return-answers": look("answers.view"),
    "agreement": look("agreement.view"),
    "clocks": look("leads.view"),
    "programs": look("nurture.view"),
    "enrolments": both("nurture.view", write="nurture.edit"),
    "enrolments/<int:pk>/exit": act("nurture.edit", "enrolment"),
    "sends": look("nurture.view"),
    "reports/funnel": look("reports.view"),
    "reports/handoffs": look("reports.view"),
    "reasons": look("leads.view"),
    "questions": look("leads.view"),
    "topics": look("leads.view"),
    "campaigns": both("leads.view", write="leads.import"),
    "territories": both("leads.view", write="settings.rules"),
}
