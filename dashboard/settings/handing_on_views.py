"""Hand on what a member holds, on the way out or afterwards: one page with a preview."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from dashboard.settings.handing_on_forms import HandOnForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, attempt, page
from leadflow.errors import DomainError
from leads.lifecycle import handing_on, holdings
from leads.lifecycle.handing_on import Division
from leads.lifecycle.holdings import Holdings, Kind
from workspaces import access, roles
from workspaces import members as memberships
from workspaces.actors import Actor
from workspaces.models import Member
from workspaces.roles import Role


@dataclass(frozen=True)
class Departure:
    """Hold what the page does to the member besides: shut them out, give them another role, or nothing (no code)."""

    code: str = ""  # as the address names it: "deactivate", or a role
    title: str = "Hand on what {member} has"
    button: str = "Hand on"
    done: str = "{member} has handed on"
    make: Callable[[Member, Actor], Member] = lambda member, actor: member

    @property
    def query(self) -> str:
        """Return the code as the query of an address."""
        return f"?{urlencode({'change': self.code})}" if self.code else ""


@dataclass(frozen=True)
class PreviewRow:
    """Say of one kind in the preview who gets how many."""

    kind: str
    shares: list[tuple[str, int]]


def departure(member: Member, code: str) -> Departure:
    """Return what a code of the address means for a member; nothing for one that changes nothing."""
    if code == "deactivate" and member.active:
        return Departure(
            code,
            "Deactivate {member}",
            "Hand on and deactivate",
            "{member} is deactivated",
            lambda member, actor: memberships.deactivate(member, actor=actor),
        )
    if code in Role.values and code != member.role:
        label = Role(code).label
        return Departure(
            code,
            f"Make {{member}} {label.lower()}",
            "Hand on and change the role",
            f"{{member}} is {label.lower()} now",
            lambda member, actor: memberships.change_role(member, actor=actor, role=code),
        )
    return Departure()


def address(member: Member, change: str = "") -> str:
    """Return the address of the page for a member, with the change that is to be made."""
    return reverse("dashboard:hand_on", args=[member.pk]) + Departure(change).query


def must_ask(member: Member, role: str) -> bool:
    """Return whether a member who gets this role works leads no longer, and holds some."""
    ends = roles.can(member.role, "handoffs.work") and not roles.can(role, "handoffs.work")
    return ends and bool(holdings.of(member))


@page("handoffs.reassign")
def hand_on(request: PageRequest, pk: int) -> HttpResponse:
    """Show what a member holds and to whom each kind would go; hand it on, with the change that made it necessary."""
    found = access.member(request.workspace, pk)
    sent = request.POST if request.method == "POST" else request.GET
    change = departure(found, sent.get("change", ""))
    if change.code:
        roles.check(request.actor, "members.manage")
    held, do = holdings.of(found), request.POST.get("do", "")
    if do == "leave" and change.code:
        return _leave(request, found, change)
    if do == "preview":
        form = HandOnForm(None, member=found, held=held, initial=HandOnForm.read(request.POST))
    else:
        form = HandOnForm(editing.posted(request), member=found, held=held)
        division = editing.submit(request, form, lambda: _apply(request, found, change, form), "")
        if division is not None:
            messages.success(request, _told(found, change, division))
            return redirect(_back(request))
        if form.is_bound:
            held, form = _ask_anew(found, held, form)
    rows, staying = _preview(found, form)
    context = {
        "title": change.title.format(member=found),
        "leaver": found,
        "change": change,
        "held": held,
        "form": form,
        "rows": rows,
        "staying": staying,
        "gone": holdings.why_gone(found),
        "back": _back(request),
    }
    return render(request, "settings/hand_on.html", context, status=422 if form.is_bound and form.errors else 200)


@transaction.atomic
def _apply(request: PageRequest, found: Member, change: Departure, form: HandOnForm) -> Division:
    """Make the change and hand on in one transaction: what is refused leaves both as they were."""
    changed = change.make(found, request.actor)
    facts = form.cleaned_data
    division = handing_on.hand_on(
        changed,
        form.chosen(),
        actor=request.actor,
        note=facts["note"],
        leave_pools=facts.get("leave_pools", False),
    )
    if division.staying:
        handing_on.notify_left(changed, actor=request.actor, url=address(changed))
    return division


def _leave(request: PageRequest, found: Member, change: Departure) -> HttpResponse:
    """Make the change alone: what the member holds waits for a sales manager, who is told."""

    @transaction.atomic
    def leave() -> Member:
        changed = change.make(found, request.actor)
        handing_on.notify_left(changed, actor=request.actor, url=address(changed))
        return changed

    done = f"{change.done.format(member=found)}. What is left is listed in the inbox of sales managers."
    attempt(request, leave, done)
    return redirect("dashboard:members")


def _ask_anew(found: Member, held: Holdings, form: HandOnForm) -> tuple[Holdings, HandOnForm]:
    """Return a refused form as it stands, or where the member holds other kinds by now, one that asks for those."""
    now = holdings.of(found)
    if now.counts.keys() == held.counts.keys():
        return held, form
    again = HandOnForm(form.data, member=found, held=now)
    again.add_error(None, f"What {found} holds has changed meanwhile. Look again, then confirm.")
    return now, again


def _preview(found: Member, form: HandOnForm) -> tuple[list[PreviewRow], list[handing_on.Staying]]:
    """Return who would get how many; nothing where a destination is refused, which the form says."""
    try:
        division = handing_on.preview(found, form.chosen())
    except DomainError as error:
        if form.is_bound and not form.errors:
            editing.refuse(form, error)
        return [], []
    rows = []
    for kind in form.kinds:
        share = division.shares.get(kind)
        if not share:
            continue
        nobody = "The queue" if kind is Kind.OFFERS else "Nobody"
        rows.append(
            PreviewRow(
                kind.counted(sum(share.values())),
                [(str(to or nobody), number) for to, number in share.most_common()],
            )
        )
    return rows, division.staying


def _told(found: Member, change: Departure, division: Division) -> str:
    """Say what was done, and what was not."""
    numbers = [kind.counted(sum(share.values())) for kind, share in division.shares.items()]
    words = f"{change.done.format(member=found)}"
    if change.code:
        words += f"; handed on: {holdings.say(numbers)}" if numbers else ""
    else:
        words += f" {holdings.say(numbers) or 'nothing'}"
    if division.staying:
        number = len(division.staying)
        words += f". {number} lead{' stays' if number == 1 else 's stay'}: {division.staying[0].why}"
    return f"{words}."


def _back(request: PageRequest) -> str:
    """Return where the page came from: the members for who manages them, else the inbox."""
    return reverse("dashboard:members" if request.actor.can("members.manage") else "dashboard:inbox")
