"""Follow moves: leads handed over or disqualified leave nurture, returned ones enter the program chosen for them.

Receive consents as well: who opts in again may get mail again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from leadflow.errors import Conflict
from leads.backdating import is_history
from leads.models import Consent, Handoff, Lead, Transition
from leads.models.lead import ConsentState
from leads.qualification.lead_facts import Facts
from leads.signals import consented, evaluated, moved
from leads.states import MARKETING_STATES, State
from nurture import (  # noqa: F401  (two connect themselves)
    bounces,
    care,
    choosing,
    defaults,
    eligibility,
    enrolments,
    suppression,
)
from nurture.models import Program
from workspaces.actors import Actor
from workspaces.models import Workspace

# the words of `Enrolment.end_reason`; reports count the first
BECAME_MQL = "Became an MQL"
ENDS = {
    State.MQL: BECAME_MQL,
    State.SAL: "Accepted by sales",
    State.SQL: "Qualified by sales",
    State.WON: "Won",
    State.LOST: "Lost",
    State.DISQUALIFIED: "Disqualified",
}


@receiver(moved)
def follow(move: str, transitions: Sequence[Transition], actor: Actor, now: datetime, **_: Any) -> None:
    """Keep enrolments in step with a move, in its transaction; the leads are locked."""
    if move in ("create", "reassign"):
        return
    leaving: defaultdict[State, dict[int, datetime]] = defaultdict(dict)
    for row in transitions:
        if row.lead.state not in MARKETING_STATES:
            leaving[State(row.lead.state)][row.lead_id] = row.at
        elif move == "nurture" and not row.facts.get("enrols"):
            _take(row.lead, actor, row.at)
        elif move in ("return", "recycle") and not is_history(row.at, now):
            _enrol(row, row.lead, row.handoff, actor, row.at)
    for state, leads in leaving.items():
        enrolments.exit_all(leads, reason=ENDS.get(state, f"Became {state.label}"), actor=actor)


def _take(lead: Lead, actor: Actor, at: datetime) -> None:
    """Enrol a lead that a member takes into nurture. Raise `Conflict` when no program takes it or it gets no mail."""
    if refusal := eligibility.to_get_mail(lead):
        raise Conflict(refusal.message, code=refusal.code)
    choice = choosing.choose(lead.workspace, [lead], Program.Occasion.CARE, at=at)[lead.pk]
    if choice.program is None:
        words = (
            "No active program takes this lead. Activate one for leads in marketing's care, or enrol it in a program."
        )
        raise Conflict(words, code="no_program")
    enrolments.enrol(lead, choice.program, actor=actor, why=choice.why, at=at)


@receiver(evaluated)
def look_after(
    workspace_id: int, leads: Sequence[Lead], facts: Mapping[int, Facts], revisited: set[int], at: datetime, **_: Any
) -> None:
    """Let programs take leads that were just judged, in the transaction of the batch."""
    care.look_after(workspace_id, leads, facts, revisited=revisited, at=at)


def _enrol(transition: Transition, lead: Lead, handoff: Handoff | None, actor: Actor, at: datetime) -> None:
    """Enrol by reason and interests. A lead that may not get mail stays in nurture without a program."""
    reason = transition.reason if transition.move == "return" else lead.lost_reason
    choice = choosing.choose_for_return(lead.workspace, lead, reason, at=at)
    if choice.program is None or eligibility.to_enter(lead, choice.program):
        return
    enrolments.enrol(lead, choice.program, actor=actor, why=choice.why, at=at, handoff=handoff)


@receiver(consented)
def forgive(workspace: Workspace, consents: list[Consent], actor: Actor, at: datetime, **_: Any) -> None:
    """Lift the suppressions of who unsubscribed and has opted in since, by a wording that a colleague vouches for.

    What anybody can send, a form or a tracking key, lifts nothing: it may be a stranger's. One statement, three when
    there is something to lift.
    """
    if actor.kind == "engine" or not actor.can("leads.edit"):
        return
    emails = {row.lead.email for row in consents if row.state == ConsentState.OPTED_IN and row.wording}
    if emails - {""}:
        suppression.forgive(workspace, emails - {""}, actor=actor, at=at)
