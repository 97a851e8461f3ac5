"""Follow moves: leads handed over or disqualified leave nurture, returned ones enter the program chosen for them.

Receive consents as well: who opts in again may get mail again.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from leads.backdating import is_history
from leads.models import Consent, Handoff, Lead, Transition
from leads.models.lead import ConsentState
from leads.signals import consented, moved
from leads.states import MARKETING_STATES, State
from nurture import (  # noqa: F401  (two connect themselves)
    bounces,
    choosing,
    defaults,
    eligibility,
    enrolments,
    suppression,
)
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
        elif move in ("return", "recycle") and not is_history(row.at, now):
            _enrol(row, row.lead, row.handoff, actor, row.at)
    for state, leads in leaving.items():
        enrolments.exit_all(leads, reason=ENDS.get(state, f"Became {state.label}"), actor=actor)


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
