"""Decide who may get marketing mail and enter programs."""

from dataclasses import dataclass

from leads.models import Lead
from leads.models.lead import ConsentState
from leads.states import MARKETING_STATES, State
from nurture.models import Enrolment, Program, Suppression


@dataclass(frozen=True, slots=True)
class Ineligibility:
    """The reason why a lead may not enter a program or get a mail."""

    code: str
    message: str


def of_lead(lead: Lead, *, suppressed: bool) -> Ineligibility | None:
    """Return why the lead may get no marketing mail, or None. No statement."""
    if lead.state == State.DISQUALIFIED:
        return Ineligibility("disqualified", "The lead is disqualified. Reopen it first.")
    if lead.state not in MARKETING_STATES:
        return Ineligibility("handed_over", f"The lead is with sales or closed ({lead.get_state_display()}).")
    if not lead.email:
        return Ineligibility("no_email", "The lead has no e-mail address.")
    if lead.consent == ConsentState.OPTED_OUT:
        return Ineligibility("opted_out", "The lead has opted out of marketing mail.")
    if suppressed:
        return Ineligibility("suppressed", f"The address {lead.email} is suppressed.")
    return None


def to_get_mail(lead: Lead) -> Ineligibility | None:
    """Return why the lead may get no marketing mail now, or None. One statement."""
    return of_lead(lead, suppressed=Suppression.objects.of(lead.workspace_id).filter(email=lead.email).exists())


def to_enter(lead: Lead, program: Program) -> Ineligibility | None:
    """Return why the lead may not enter the program, or None. Two statements."""
    if refusal := to_get_mail(lead):
        return refusal
    earlier = Enrolment.objects.of(lead.workspace_id).filter(lead=lead, program=program)
    states = set(earlier.values_list("state", flat=True))
    if Enrolment.State.ACTIVE in states:
        return Ineligibility("already_enrolled", f"The lead is in the program “{program.name}” already.")
    if states and program.reentry == Program.Reentry.NEVER:
        return Ineligibility("no_reentry", f"The lead was in the program “{program.name}”, which takes each lead once.")
    return None
