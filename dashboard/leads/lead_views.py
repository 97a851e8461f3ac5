"""One lead: the brief, its timeline, its fields."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from dashboard.leads import move_buttons
from dashboard.leads.lead_forms import LeadAddForm, LeadEditForm
from dashboard.shell import editing
from dashboard.shell.access import PageRequest, page
from dashboard.wording import evidence, outcomes
from leadflow.errors import DomainError
from leads.intake import upsert
from leads.lifecycle import guards
from leads.models import Definition, HandoffState, Lead
from leads.people import zones
from leads.qualification import assessment
from leads.qualification.criteria import Verdict
from leads.queries import lead_page, lookups, why_not_yet
from leads.queries.timeline import timeline
from leads.queries.why_not_yet import WhyNotYet
from leads.states import MARKETING_STATES
from nurture import selectors as nurture
from sla import attempts
from sla import selectors as clocks
from sla.attempts import Attempts
from workspaces.roles import Role


@page("leads.view")
def lead(request: PageRequest, pk: int) -> HttpResponse:
    """Show a lead in full, with the actions open to the member."""
    now = timezone.now()
    known = lead_page.lead_page(request.workspace, pk)
    actions = move_buttons.open_to(request.actor, known.lead, known.handoff)
    of = clocks.clocks_of(known.handoffs)
    context = {
        "title": known.lead.name,
        "known": known,
        "lead": known.lead,
        "handoff": known.handoff,
        "their": zones.explain(known.lead),
        "now": now,
        "panel": evidence.panel(known.handoff) if known.handoff else None,
        "why": evidence.headline(known.handoff.evidence) if known.handoff else "",
        "parts": evidence.parts_of(known.lead),
        "clocks": [each for each in of.get(known.handoff.pk, ()) if each.state == "running"] if known.handoff else [],
        "handoffs": [(each, outcomes.not_kept(of.get(each.pk, ()), now)) for each in known.handoffs],
        "attempts": _attempts(known),
        "sal": _sal(known, now),
        "not_yet": _not_yet(known, now),
        "nurture": nurture.of_lead(known.lead, at=now),
        "timeline": timeline(known.lead, also=[nurture.sends]),
        "actions": actions[: move_buttons.SHOWN],
        "more": actions[move_buttons.SHOWN :],
        "may_answer": move_buttons.may_answer(request.actor, known.handoff),
        "came_back": _came_back(known),
        "may_object": known.handoff is not None
        and request.actor.can("returns.object")
        and guards.may_work(request.actor, known.handoff),
        "marketing_first": request.member.role in (Role.MARKETING, Role.MARKETING_MANAGER, Role.VIEWER),
    }
    return render(request, "leads/lead.html", context)


@page("leads.view")
def lead_timeline(request: PageRequest, pk: int) -> HttpResponse:
    """Show the older part of a lead's story: a part of the page, or a page of its own."""
    found = lookups.get_lead(request.workspace, pk)
    story = timeline(found, before=request.GET.get("before", ""), also=[nurture.sends])
    context = {"title": f"Timeline of {found.name}", "lead": found, "timeline": story}
    return render(request, "leads/timeline_part.html" if request.htmx else "leads/timeline.html", context)


@page("leads.edit")
def lead_add(request: PageRequest) -> HttpResponse:
    """Add a person, or add new values to a known one."""
    form = LeadAddForm(editing.posted(request), workspace=request.workspace)
    taken = _take(request, form)
    if taken is not None:
        name = taken.lead.name
        words = f"{name} is added." if taken.created else f"{name} was already known; the new values were added."
        messages.success(request, words)
        return redirect("dashboard:lead", taken.lead.pk)
    context = {"title": "Add lead", "form": form}
    return render(request, "leads/lead_form.html", context, status=422 if form.errors else 200)


@page("leads.edit")
def lead_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change the fields of a lead."""
    found = lookups.get_lead(request.workspace, pk)
    form = LeadEditForm(editing.posted(request), lead=found)
    taken = _take(request, form)
    if taken is not None:
        messages.success(request, f"{taken.lead.name} is saved." if taken.changed else "Nothing was changed.")
        return redirect("dashboard:lead", pk)
    context = {"title": f"Edit {found.name}", "form": form, "lead": found}
    return render(request, "leads/lead_form.html", context, status=422 if form.errors else 200)


def _take(request: PageRequest, form: LeadAddForm | LeadEditForm) -> upsert.UpsertResult | None:
    """Take in what a form says, by the one path; a refusal stands beside the field, and None is returned."""
    if not form.is_valid():
        return None
    try:
        if isinstance(form, LeadEditForm):
            return upsert.edit(form.lead, form.person(), actor=request.actor)
        return upsert.upsert(request.workspace, form.person(), actor=request.actor)
    except DomainError as error:
        editing.refuse(form, error)
        return None


def _attempts(known: lead_page.LeadPage) -> Attempts | None:
    """Return the attempts made and promised on a lead that is accepted and not decided, where some are promised."""
    handoff = known.open_handoff
    if handoff is None or handoff.accepted_at is None or handoff.promoted_at is not None:
        return None
    return attempts.of([handoff]).get(handoff.pk)


def _sal(known: lead_page.LeadPage, at: datetime) -> Verdict | None:
    """Judge an offered lead by the definition of SAL: what accepting it asks. Four statements, none for others."""
    if known.handoff is None or known.handoff.state != HandoffState.OFFERED:
        return None
    return assessment.verdict(Definition.Kind.SAL, known.lead, at)


def _not_yet(known: lead_page.LeadPage, at: datetime) -> WhyNotYet | None:
    """Say what stands between a lead in marketing's care and its hand-over. No statement for others."""
    return why_not_yet.why_not_yet(known.lead, at) if known.lead.state in MARKETING_STATES else None


def _came_back(known: lead_page.LeadPage) -> Lead | None:
    """Return the lead when its last handoff was returned and it is not out again: the page then says where it went."""
    returned = known.handoff is not None and known.handoff.state == "returned"
    return known.lead if returned and known.open_handoff is None else None
