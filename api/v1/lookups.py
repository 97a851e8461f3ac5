"""Find what a request names, always from the workspace of the caller."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet

from leadflow.errors import Invalid, Missing
from leads import identity
from leads.models import Answer, Handoff, Lead, Question, Reason
from leads.models.handoff import OPEN
from workspaces import access
from workspaces.models import Member, Workspace


def leads(workspace: Workspace) -> QuerySet[Lead]:
    """Return the leads of a workspace with all that their shape shows, in two statements."""
    related = ("account", "campaign", "persona", "owner__user", "lost_reason")
    return Lead.objects.of(workspace).select_related(*related).prefetch_related("external_ids")


def lead_details(workspace: Workspace) -> QuerySet[Lead]:
    """Return the same with answers and the open handoff, in two more."""
    answers = Answer.everywhere.select_related("question").order_by("question__position", "pk")
    opened = Handoff.everywhere.filter(state__in=OPEN).only("pk", "lead_id", "state")
    return leads(workspace).prefetch_related(
        Prefetch("answers", answers), Prefetch("handoffs", opened, to_attr="open_handoffs")
    )


def lead(workspace: Workspace, pk: int) -> Lead:
    """Return one lead, bare. Raise `Missing`."""
    found = Lead.objects.of(workspace).filter(pk=pk).first()
    if found is None:
        raise Missing("There is no such lead in this workspace.")
    return found


def lead_of(workspace: Workspace, named: Mapping[str, Any]) -> Lead:
    """Return the lead that a `LeadKey` names, bare: every door reads it afresh. Raise `Missing`."""
    if "id" in named:
        return lead(workspace, named["id"])
    if "email" in named:
        found = identity.find(workspace, email=named["email"])
    else:
        pair = named["external_id"]
        ids = {"external_ids__system": pair["system"], "external_ids__value": pair["value"]}
        found = Lead.objects.of(workspace).filter(**ids).only("pk", "workspace").first()
    if found is None:
        raise Missing("No lead of this workspace has this id.")
    return found


def handoffs(workspace: Workspace) -> QuerySet[Handoff]:
    """Return the handoffs of a workspace with all that their shape shows, in one statement."""
    related = ("lead", "definition", "campaign", "owner__user", "accepted_by__user", "reason")
    return Handoff.objects.of(workspace).select_related(*related)


def handoff(workspace: Workspace, pk: int) -> Handoff:
    """Return one handoff, bare. Raise `Missing`."""
    found = Handoff.objects.of(workspace).filter(pk=pk).first()
    if found is None:
        raise Missing("There is no such handoff in this workspace.")
    return found


def newest_handoff(found: Lead) -> Handoff:
    """Return the handoff that a move of this lead is about: its last pass. Raise `Missing` when it had none."""
    last = Handoff.everywhere.filter(lead_id=found.pk).order_by("-pass_number").first()
    if last is None:
        raise Missing("This lead was never handed over: qualify it first.")
    return last


def reason(workspace: Workspace, kind: str, code: str) -> Reason:
    """Return the active reason of a code. Raise `Invalid`, which names the codes there are."""
    known = {row.code: row for row in Reason.objects.of(workspace).filter(kind=kind, active=True).order_by("position")}
    if code not in known:
        raise Invalid(f"Give the code of one of the reasons: {', '.join(known) or 'there are none'}.", field="reason")
    return known[code]


def member(workspace: Workspace, email: str, field: str = "owner") -> Member:
    """Return the active member of an e-mail. Raise `Invalid`."""
    found = access.members_of(workspace).filter(user__email=email.strip().lower()).first()
    if found is None:
        raise Invalid("No active member of this workspace has this e-mail.", field=field)
    return found


def question(workspace: Workspace, code: str, field: str = "question") -> Question:
    """Return the active question of a code. Raise `Invalid`, which names the codes there are."""
    known = {row.code: row for row in Question.objects.of(workspace).filter(active=True).order_by("position")}
    if code not in known:
        raise Invalid(f"Give the code of one of the questions: {', '.join(known) or 'there are none'}.", field=field)
    return known[code]
