"""Look at a lead when its time has come: score it, hand it over when it meets the definition, revisit it.

The sweep claims the lead's row (locked) and calls `evaluate`; whatever else wakes a lead only sets `next_at`.
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from leadflow import db
from leads import assessment, conditions, lifecycle
from leads.assessment import Assessment, Reading
from leads.models import Handoff, Lead
from leads.qualification import Refusal
from leads.states import MARKETING_STATES, State
from webhooks import outbox
from workspaces import actors

FADE_STEP = timedelta(days=1)  # how often scores are taken anew while nothing but time passes
FINAL_STATES = (State.WON, State.LOST, State.DISQUALIFIED)


def sweep(*, at: datetime | None = None, limit: int = 5000) -> int:
    """Evaluate every lead that is due; return how many. Safe to run any number of times at once."""
    readings: dict[int, Reading] = {}

    def read(leads: Sequence[Lead], at: datetime) -> None:
        readings.clear()
        readings.update(_read(leads, at))

    def act(lead: Lead, at: datetime) -> None:
        evaluate(lead, at, reading=readings.get(lead.pk))

    return db.sweep(Lead, act, at=at, limit=limit, narrow=_with_relations, prepare=read)


def evaluate(lead: Lead, at: datetime, *, reading: Reading | None = None) -> None:
    """Bring one lead up to date as of `at`. The caller has locked its row, and commits.

    `reading` is what was read for it since the lock, if anything was.

    1. A lost lead whose revisit date has come is recycled; in nurture the date is cleared and the outside is told.
    2. It is scored anew.
    3. It is handed over when the active definition is met and the loop guard allows it.
    4. `next_at` is set to the next moment at which the outcome can change by itself, or to nothing.
    """
    if lead.revisit_at and lead.revisit_at <= at:
        lead, reading = _revisit(lead, at), None
    assessed = assessment.assess(lead, at, reading=reading)
    refusal = assessment.loop_guard(lead, assessed, at)
    if _is_ripe(lead, assessed) and refusal is None:
        lead = lifecycle.qualify(lead, actor=actors.engine("definition"), at=at).lead
    lead.next_at = _next_look(lead, assessed, refusal, at)
    lead.save(update_fields=["next_at", "revisit_at", *assessed.put_on(lead)])


def _revisit(lead: Lead, at: datetime) -> Lead:
    """Act on a revisit date that has come; return the lead as it is then."""
    if lead.state == State.LOST:
        return lifecycle.recycle(lead, actor=actors.engine("revisit"), note="The revisit date has come", at=at)
    if lead.state in MARKETING_STATES:
        data = {
            "lead": {"id": lead.pk, "email": lead.email, "state": lead.state, "grade": lead.grade},
            "revisit_at": lead.revisit_at.isoformat() if lead.revisit_at else None,
        }
        lead.sequence += 1
        lead.save(update_fields=["sequence"])
        outbox.record(lead.workspace_id, "lead.revisit_due", at=at, data=data, lead_id=lead.pk, sequence=lead.sequence)
    lead.revisit_at = None
    return lead


def _is_ripe(lead: Lead, assessed: Assessment) -> bool:
    """Tell whether the engine should hand the lead over, the loop guard apart.

    A lead that came back by any way (recalled and lost count too) needs evidence newer than that: what a person took
    back is not handed over again for the reasons it was handed over before.
    """
    if lead.state not in MARKETING_STATES or not assessed.verdict.passed:
        return False
    if not lead.passes:
        return True
    last = Handoff.everywhere.filter(lead_id=lead.pk).order_by("-pass_number").first()
    if last is None or last.closed_at is None:
        return True
    return assessed.newest_evidence_at is not None and assessed.newest_evidence_at > last.closed_at


def _next_look(lead: Lead, assessed: Assessment, refusal: Refusal | None, at: datetime) -> datetime | None:
    """Return when the outcome can change without anything happening: cool-off over, revisit date, faded scores."""
    moments = [lead.revisit_at]
    if lead.state in MARKETING_STATES and refusal is not None:
        moments.append(refusal.until)
    if lead.state not in FINAL_STATES and _fades(assessed):
        moments.append(at + FADE_STEP)
    return min((moment for moment in moments if moment and moment > at), default=None)


def _fades(assessed: Assessment) -> bool:
    """Tell whether time alone changes the scores or the counts of events."""
    if any(line.kind == "interest" for line in assessed.score.lines):
        return True
    return any(value for name, value in assessed.facts.items() if name.startswith("events.") and "count" in name)


def _read(leads: Sequence[Lead], at: datetime) -> dict[int, Reading]:
    """Read what a batch needs, workspace by workspace.

    The leads are locked: who activates other rules meanwhile waits for them, then wakes them again. Where the rules
    cannot be read, each lead meets that by itself and keeps the reason.
    """
    of_workspace: defaultdict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        of_workspace[lead.workspace_id].append(lead)
    readings: dict[int, Reading] = {}
    for group in of_workspace.values():
        with suppress(conditions.Invalid):
            readings.update(assessment.read(group, at))
    return readings


def _with_relations(leads: Any) -> Any:
    return leads.select_related("account", "campaign", "persona")
