"""Look at a lead when its time has come: score it, hand it over when it meets the definition, revisit it.

The sweep claims rows (locked) and calls `evaluate`; whatever else wakes a lead only sets `next_at`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import prefetch_related_objects

from leadflow import db, sweeps
from leadflow.errors import DomainError
from leads import signals, summaries
from leads.conditions import fact_catalogue
from leads.lifecycle import moves, revisits
from leads.lifecycle.handover import Candidate
from leads.models import Handoff, Lead
from leads.models.lead import Grading
from leads.payloads import LeadGradeChanged
from leads.qualification import assessment, loop_guard
from leads.qualification.assessment import Assessment
from leads.qualification.criteria import Refusal
from leads.states import CLOSED_STATES, MARKETING_STATES
from leads.territories import territories
from webhooks import outbox
from webhooks.payloads import ActorSummary
from workspaces import actors

FADE_STEP = timedelta(days=1)  # how often scores are computed anew while nothing but time passes


def sweep(*, at: datetime | None = None, limit: int = 5000) -> int:
    """Evaluate every lead that is due; return how many. Safe to run any number of times at once."""
    return sweeps.run(Lead, lambda lead, at: evaluate([lead], at), together=evaluate, at=at, limit=limit)


def evaluate(leads: Sequence[Lead], at: datetime) -> None:
    """Bring leads up to date as of `at`, in sets. The caller has locked their rows, and commits.

    1. A lost lead whose revisit date has come is recycled; in nurture the date is cleared and an outbox event recorded.
    2. They are given their territories, and scored anew.
    3. Those are handed over that meet the active definition, if the loop guard allows it.
    4. `signals.evaluated` tells of them: programs take those that stay in marketing's care.
    5. `next_at` is set to the next moment at which the outcome can change by itself, or to nothing.

    Who activates other rules meanwhile waits for the leads, then wakes them again. Raise `formats.Unreadable` where
    the rules of a workspace cannot be read.
    """
    of_workspace: defaultdict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        of_workspace[lead.workspace_id].append(lead)
    for pk in sorted(of_workspace):  # in one order: handing over locks the pools of a workspace
        _evaluate(of_workspace[pk], at)


def _evaluate(due: Sequence[Lead], at: datetime) -> None:
    """Bring leads of one workspace up to date."""
    leads, revisited = revisits.act(due, at)
    # Read for the whole set at once: the number of statements does not grow with the leads.
    prefetch_related_objects(leads, *assessment.RELATIONS)
    # A hand-over reads its leads again, so what it routes by is written first.
    if placed := territories.place_on(leads, list(territories.of(leads[0].workspace_id))):
        db.update_many(placed, ["territory", "territory_why"])
    readings = assessment.read(leads, at)
    assessed = {lead.pk: assessment.assess(lead, at, reading=readings[lead.pk]) for lead in leads}
    refusals = {lead.pk: loop_guard.refusal(lead, assessed[lead.pk], at) for lead in leads}
    moved: dict[int, Lead] = {}
    if eligible := [lead for lead in _eligible(leads, assessed) if refusals[lead.pk] is None]:
        candidates = [Candidate(lead, at) for lead in eligible]
        for outcome in moves.qualify_many(candidates, actor=actors.engine("definition")):
            if isinstance(outcome, DomainError):
                raise outcome
            moved[outcome.lead_id] = outcome.lead
    # Handing over has re-read its leads: their newer instances take the places of ours.
    fields = {"next_at", "revisit_at"}
    rows = [moved.get(lead.pk, lead) for lead in leads]
    grades = {lead.pk: lead.grading for lead in rows}
    for lead in rows:
        fields |= set(assessed[lead.pk].put_on(lead))
        lead.next_at = _next_look(lead, assessed[lead.pk], refusals[lead.pk], at)
    graded = [lead for lead in rows if lead.grading != grades[lead.pk]]
    for lead in graded:  # a receiver orders what changes a lead by this number
        lead.sequence += 1
        fields.add("sequence")
    db.update_many(rows, sorted(fields))
    _record_grades(graded, grades, at)
    signals.evaluated.send(
        sender=Lead,
        workspace_id=rows[0].workspace_id,
        leads=rows,
        facts={lead.pk: assessed[lead.pk].facts for lead in rows},
        revisited=revisited,
        at=at,
    )


def _record_grades(leads: Sequence[Lead], previous: Mapping[int, Grading], at: datetime) -> None:
    """Record which leads of one workspace have another grade or readiness now. The hand-over records its own."""
    if not leads:
        return
    found, author = summaries.read([lead.pk for lead in leads]), ActorSummary.of(actors.engine("scoring"))
    changed = [LeadGradeChanged.of(lead, found[lead.pk], author, previous=previous[lead.pk]) for lead in leads]
    outbox.record_many(leads[0].workspace_id, [outbox.RecordedEvent(each, at) for each in changed])


def _eligible(leads: Sequence[Lead], assessed: Mapping[int, Assessment]) -> list[Lead]:
    """Return the leads that the engine should hand over, the loop guard apart.

    A lead that came back by any way (recalled and lost count too) needs evidence newer than that: what a person took
    back is not handed over again for the reasons it was handed over before.
    """
    ready = [lead for lead in leads if lead.state in MARKETING_STATES and assessed[lead.pk].verdict.passed]
    came_back = [lead.pk for lead in ready if lead.passes]
    closed: dict[int, datetime | None] = {}
    if came_back:
        passes = Handoff.everywhere.filter(lead__in=came_back).order_by("pass_number")
        closed = dict(passes.values_list("lead_id", "closed_at"))  # the last pass of each
    return [lead for lead in ready if _is_due_again(lead, assessed[lead.pk], closed.get(lead.pk))]


def _is_due_again(lead: Lead, assessed: Assessment, closed_at: datetime | None) -> bool:
    return closed_at is None or loop_guard.has_new_evidence(lead, assessed, closed_at)


def _next_look(lead: Lead, assessed: Assessment, refusal: Refusal | None, at: datetime) -> datetime | None:
    """Return when the outcome can change without anything happening: cool-off over, revisit date, faded scores."""
    moments = [lead.revisit_at]
    if lead.state in MARKETING_STATES and refusal is not None:
        moments.append(refusal.until)
    if lead.state not in CLOSED_STATES and _fades(assessed):
        moments.append(at + FADE_STEP)
    return min((moment for moment in moments if moment and moment > at), default=None)


def _fades(assessed: Assessment) -> bool:
    """Return whether time alone changes the scores or a fact."""
    if any(line.kind == "interest" for line in assessed.score.lines):
        return True
    return any(value and (row := fact_catalogue.find(name)) and row.fades for name, value in assessed.facts.items())
