"""The inbox of sales and the queue: waiting, in work and done, each lead with the reason of its handoff."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.inbox import performance
from dashboard.leads.move_forms import SALES_ROLES
from dashboard.shell.access import PageRequest, page
from dashboard.shell.responses import done, next_url, refused
from dashboard.wording import evidence
from leadflow import paging
from leadflow.errors import DomainError
from leads.lifecycle import moves
from leads.models import Definition, Handoff, HandoffState
from leads.qualification import assessment
from leads.qualification.criteria import Verdict
from leads.queries import lookups
from leads.routing import assign, pools
from sla import attempts, kinds
from sla import inbox as queries
from sla import selectors as clocks
from sla.attempts import Attempts
from sla.models import Clock
from sla.sides import Side
from workspaces import access
from workspaces.models import Member

TABS = ("waiting", "in_work", "done", "accepted", "promises")
BY_TIME = {"done": "closed_at", "accepted": "accepted_at", "promises": "started_at"}  # tab → its order
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class InboxRow:
    """Hold one row: a handoff, the clock that is due first, the reason of the handoff and its main topic."""

    handoff: Handoff
    clock: Clock | None
    why: str
    topic: str
    action: str
    took: float | None = None  # minutes of work time from the offer to the acceptance
    attempts: Attempts | None = None  # of a lead in work, where some are promised
    sal: Verdict | None = None  # what accepting asks, of an offered lead


@page("handoffs.work")
def inbox(request: PageRequest) -> HttpResponse:
    """Show a rep's own leads, or to a sales manager everybody's or one member's."""
    now = timezone.now()
    tab = tab_of(request)
    member, members = whose(request)
    found = _page(request, tab, listed(request, tab, member, now))
    listed_rows = _rows(request, found.rows) if tab != "promises" else []
    own = member is not None and member.pk == request.member.pk
    query = f"&member={request.GET['member']}" if members and request.GET.get("member") else ""
    counts = queries.counts(request.workspace, member, at=now)
    # Over all members the figures are the slowest part: the page loads them afterwards.
    later = member is None and not request.htmx and "figures" not in request.GET
    measured = None if later else queries.performance(request.workspace, member, at=now)
    targets = queries.waiting_targets(request.workspace, member)
    context = {
        "title": "Inbox",
        "tab": tab,
        "rows": found.rows if tab == "promises" else listed_rows,
        "page": found,
        "counts": counts,
        "sentence": performance.sentence(counts, targets, own=own),
        "figures": performance.figures(counts, measured, own=own, query=query),
        "later": later,
        "members": members,
        "whose": member,
        "own": own,
        "query": query,
        **_focused(request, listed_rows if tab in ("waiting", "in_work") else []),
        "no_pool": own and tab == "waiting" and not listed_rows and not pools.has_place(request.member),
    }
    return render(request, "inbox/inbox.html", context)


@page("handoffs.work_any")
def figures(request: PageRequest) -> HttpResponse:
    """Show the figures over everybody, for a page of the inbox that is open already."""
    if not request.htmx:
        return redirect(f"{reverse('dashboard:inbox')}?figures=1")
    now = timezone.now()
    measured = queries.performance(request.workspace, None, at=now)
    counts = queries.counts(request.workspace, None, at=now)
    shown = performance.figures(counts, measured, own=False, query="")
    return render(request, "components/figures.html", {"figures": shown})


@page("handoffs.claim")
def queue(request: PageRequest) -> HttpResponse:
    """Show the leads without an owner, each with the reason why routing found none."""
    found = queries.page_by_due(queries.queue(request.workspace), after=request.GET.get("after", ""))
    rows = _rows(request, found.rows)
    context = {"title": "Queue", "rows": rows, "page": found, **_focused(request, rows)}
    return render(request, "inbox/queue.html", context)


@page("leads.view")
def why(request: PageRequest, pk: int) -> HttpResponse:
    """Show why a lead was handed over, beside the list."""
    handoff = lookups.get_handoff(request.workspace, pk)
    if not request.htmx:
        return redirect(reverse("dashboard:lead", args=[handoff.lead_id]))
    sal = assessment.verdict(Definition.Kind.SAL, handoff.lead, timezone.now()) if handoff.accepted_at is None else None
    return render(request, "inbox/why.html", {"panel": evidence.panel(handoff), "sal": sal})


@require_POST
@page("handoffs.work")
def accept_many(request: PageRequest) -> HttpResponse:
    """Accept the ticked rows one by one; list those that somebody else accepted first."""
    asked = [pk for pk in map(paging.read_id, request.POST.getlist("handoff")[:MOST_AT_ONCE]) if pk is not None]
    accepted, refusals = 0, []
    for handoff in lookups.list_handoffs(request.workspace).filter(pk__in=asked).order_by("pk"):
        try:
            moves.accept(handoff, actor=request.actor)
            accepted += 1
        except DomainError as error:
            refusals.append(f"{handoff.lead.name}: {error.message}")
    if not accepted:
        return _none_accepted(request, refusals)
    words = f"{accepted} {'lead is' if accepted == 1 else 'leads are'} yours."
    return done(request, " ".join([words, *refusals[:3]]))


def _none_accepted(request: PageRequest, refusals: list[str]) -> HttpResponse:
    words = " ".join(refusals[:3]) or "Tick the leads to accept first."
    if request.htmx:
        return refused(words, 409)
    messages.error(request, words)
    return redirect(next_url(request))


def whose(request: PageRequest) -> tuple[Member | None, list[Member]]:
    """Return the member whose inbox is shown (None: all members) and, for managers, the members to choose from."""
    if not request.actor.can("handoffs.work_any"):
        return request.member, []
    members = list(access.members_of(request.workspace, roles=SALES_ROLES))
    chosen = request.GET.get("member", "")
    return next((member for member in members if str(member.pk) == chosen), None), members


def tab_of(request: PageRequest) -> str:
    """Return the tab that is asked for, else the first."""
    asked = request.GET.get("tab", "")
    return asked if asked in TABS else TABS[0]


def listed(request: PageRequest, tab: str, member: Member | None, now: datetime) -> QuerySet[Any]:
    """Return all rows of a tab: handoffs, or clocks where it lists promises."""
    dated = {"done": queries.done, "accepted": queries.accepted, "promises": queries.promises}
    if tab in dated:
        return dated[tab](request.workspace, member, at=now)
    return (queries.in_work if tab == "in_work" else queries.waiting)(request.workspace, member)


def _page(request: PageRequest, tab: str, found: QuerySet[Any]) -> paging.Page[Any]:
    after = request.GET.get("after", "")
    if tab in BY_TIME:
        return paging.by_time(found, BY_TIME[tab], after=after, size=queries.PAGE)
    return queries.page_by_due(found, after=after)


def _rows(request: PageRequest, handoffs: list[Handoff]) -> list[InboxRow]:
    """Add clocks, attempts, reason in one line, topic, and what accepting asks to handoffs. Ten statements at most."""
    offered = [each.lead for each in handoffs if each.state == HandoffState.OFFERED]
    sal = assessment.verdicts(Definition.Kind.SAL, offered, timezone.now())
    of = clocks.clocks_of(handoffs)
    made = attempts.of([each for each in handoffs if each.state == HandoffState.ACCEPTED])
    topics = lookups.get_topic_labels(request.workspace)
    own, rows = kinds.owed_by(Side.SALES), []
    for handoff in handoffs:
        running = [each for each in of.get(handoff.pk, ()) if each.state == "running" and each.kind in own]
        clock = min(running, key=lambda each: each.due_at or queries.NEVER, default=None)
        topic = lookups.get_main_topic(handoff.lead.interests or handoff.evidence.get("interests"))
        rows.append(
            InboxRow(
                handoff,
                clock,
                _why(handoff),
                topics.get(topic, topic),
                _next_action(handoff, clock),
                _took(handoff, of.get(handoff.pk, ())),
                made.get(handoff.pk) if handoff.promoted_at is None else None,
                sal.get(handoff.lead_id),
            )
        )
    return rows


def _took(handoff: Handoff, clocks: Iterable[Clock]) -> float | None:
    """Return the minutes from the offer to the acceptance; None where no time was agreed by then."""
    began = queries.first_accept(handoff, clocks) if handoff.accepted_at else None
    if began is None:
        return None
    began.handoff = handoff
    return queries.took(began)


def _why(handoff: Handoff) -> str:
    """Return one line: for a queued lead why routing found no owner, else why it is qualified."""
    queued = handoff.state == HandoffState.OFFERED and handoff.owner_id is None
    return (assign.why_queued(handoff) if queued else "") or evidence.headline(handoff.evidence)


def _next_action(handoff: Handoff, clock: Clock | None) -> str:
    if clock is not None:
        return kinds.of(clock.kind).action
    if handoff.state != HandoffState.ACCEPTED:
        return ""
    return "Win or lose" if handoff.promoted_at else "Promote or return"


def _focused(request: PageRequest, rows: Sequence[InboxRow]) -> dict[str, Any]:
    """Return what the panel shows of the row asked for, else of the first: the evidence, and what accepting asks."""
    asked = request.GET.get("why", "")
    chosen = next((each for each in rows if str(each.handoff.pk) == asked), rows[0] if rows else None)
    return {"panel": evidence.panel(chosen.handoff) if chosen else None, "sal": chosen.sal if chosen else None}
