"""Look-ups of what a request names, always in the workspace of the caller."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet

from leadflow.errors import Invalid, Missing
from leadflow.models import get_row
from leads.models import Answer, Handoff, Lead, Question, Reason
from leads.models.handoff import OPEN
from leads.people import identity
from workspaces import access
from workspaces.models import Member, Workspace


def list_leads(workspace: Workspace) -> QuerySet[Lead]:
    """Return the leads of a workspace with all that their shape shows, in two statements."""
    related = ("account", "campaign", "persona", "owner__user", "lost_reason")
    return Lead.objects.of(workspace).select_related(*related).prefetch_related("external_ids")


def list_lead_details(workspace: Workspace) -> QuerySet[Lead]:
    """Return the same with answers and the open handoff, in two more."""
    answers = Answer.everywhere.select_related("question").order_by("question__position", "pk")
    opened = Handoff.everywhere.filter(state__in=OPEN).only("pk", "lead_id", "state")
    return list_leads(workspace).prefetch_related(
        Prefetch("answers", answers), Prefetch("handoffs", opened, to_attr="open_handoffs")
    )


def get_lead(workspace: Workspace, pk: int) -> Lead:
    """Return one lead, bare. Raise `Missing`."""
    return get_row(Lead.objects.of(workspace), pk, "lead")


def match_leads(workspace: Workspace, named: Sequence[Mapping[str, Any]]) -> list[Lead | None]:
    """Return the lead that each `LeadKey` names, bare, or None: two statements at most."""
    return [match.lead for match in identity.match(workspace, [_ids(key) for key in named])]


def _ids(key: Mapping[str, Any]) -> identity.Ids:
    pair = key.get("external_id")
    return identity.Ids(
        lead=key.get("id"),
        email=key.get("email", ""),
        external_ids=((pair["system"], pair["value"]),) if pair else (),
    )


def get_lead_by_key(workspace: Workspace, named: Mapping[str, Any]) -> Lead:
    """Return the lead that a `LeadKey` names, bare. Raise `Missing`."""
    [found] = match_leads(workspace, [named])
    if found is None:
        raise unknown_lead()
    return found


def unknown_lead() -> Missing:
    """Return the error of a `LeadKey` that names nobody."""
    return Missing("No lead of this workspace has this id.")


def list_handoffs(workspace: Workspace) -> QuerySet[Handoff]:
    """Return the handoffs of a workspace with all that their shape shows, in one statement."""
    related = ("lead", "definition", "campaign", "owner__user", "accepted_by__user", "reason")
    return Handoff.objects.of(workspace).select_related(*related)


def get_handoff(workspace: Workspace, pk: int) -> Handoff:
    """Return one handoff, bare. Raise `Missing`."""
    return get_row(Handoff.objects.of(workspace), pk, "handoff")


def get_newest_handoff(found: Lead) -> Handoff:
    """Return the handoff that a move of this lead is about: its last pass. Raise `Missing` when it had none."""
    last = Handoff.everywhere.filter(lead_id=found.pk).order_by("-pass_number").first()
    if last is None:
        raise Missing("This lead was never handed over: qualify it first.")
    last.lead, last.workspace = found, found.workspace
    return last


def get_reason(workspace: Workspace, kind: str, code: str) -> Reason:
    """Return the active reason of a code. Raise `Invalid`, which names the codes there are."""
    known = {row.code: row for row in Reason.objects.of(workspace).filter(kind=kind, active=True).order_by("position")}
    if code not in known:
        raise Invalid(f"Give the code of one of the reasons: {', '.join(known) or 'there are none'}.", field="reason")
    return known[code]


def get_member(workspace: Workspace, email: str, field: str = "owner") -> Member:
    """Return the active member of an e-mail. Raise `Invalid`."""
    found = access.members_of(workspace).filter(user__email=email.strip().lower()).first()
    if found is None:
        raise Invalid("No active member of this workspace has this e-mail.", field=field)
    return found


def get_question(workspace: Workspace, code: str, field: str = "question") -> Question:
    """Return the active question of a code. Raise `Invalid`, which names the codes there are."""
    known = {row.code: row for row in Question.objects.of(workspace).filter(active=True).order_by("position")}
    if code not in known:
        raise Invalid(f"Give the code of one of the questions: {', '.join(known) or 'there are none'}.", field=field)
    return known[code]
