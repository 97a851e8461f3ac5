"""Judge which leads of a set may be handed over, and make their handoffs: the decisions of `moves.qualify_many`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from leadflow.errors import DomainError, Missing, NotAllowed
from leads.lifecycle import guards
from leads.models import Handoff, Lead
from leads.qualification import assessment
from leads.qualification.assessment import Assessment, Reading
from leads.routing import assign
from workspaces.actors import Actor
from workspaces.models import Member


@dataclass(frozen=True)
class Candidate:
    """Name a lead to hand over, with when (aware; default now), the override and the owner as `qualify` takes them."""

    lead: Lead
    at: datetime | None = None
    override: str = ""
    owner: Member | None = None


@dataclass(frozen=True)
class Ready:
    """Hold a locked lead that may be handed over at `at`, its assessment, and the request to assign it."""

    lead: Lead
    at: datetime
    assessed: Assessment
    override: str
    request: assign.AssignmentRequest


def judge(
    candidates: Sequence[Candidate], leads: Mapping[int, Lead], *, now: datetime, actor: Actor
) -> list[Ready | DomainError]:
    """Say of each candidate, in order, that it is ready or why not. `leads` are the locked rows by their ids.

    Raise `ValueError` when one lead comes twice (the second judgement would have to see what the first one did), or
    when they are of several workspaces.
    """
    times = {candidate.lead.pk: candidate.at or now for candidate in candidates}
    if len(times) < len(candidates):
        raise ValueError("A set holds each lead once.")
    if len({lead.workspace_id for lead in leads.values()}) > 1:
        raise ValueError("A set is of one workspace.")
    # Everything the judgements need is read before the loop, which runs without a statement per lead.
    readings = _read(leads, times)
    returned = assign.returners(leads.values())
    judged: list[Ready | DomainError] = []
    for candidate in candidates:
        try:
            lead = leads.get(candidate.lead.pk)
            if lead is None:
                raise Missing("There is no such lead in this workspace.")
            judged.append(_judge(candidate, lead, times[lead.pk], readings[lead.pk], returned[lead.pk], actor))
        except DomainError as error:
            judged.append(error)
    return judged


def _judge(
    candidate: Candidate, lead: Lead, at: datetime, reading: Reading, returned: Mapping[int, str], actor: Actor
) -> Ready:
    """Check one candidate; raise the error that `qualify` documents."""
    guards.check_move(lead, "qualify")
    assessed = assessment.assess(lead, at, reading=reading)
    if not candidate.override.strip():
        guards.check_met(lead, assessed.verdict, "MQL", "Give a reason to hand it over all the same.")
    if refusal := assessment.loop_guard(lead, assessed, at):
        raise NotAllowed(refusal.words, code=refusal.code, **guards.state_of(lead))
    chosen = None
    if candidate.owner is not None:
        guards.check_taker(candidate.owner, lead, field="owner", returned=returned)
        chosen = assign.Choice(member=candidate.owner, why={"words": f"Chosen by {actor.name}"})
    request = assign.AssignmentRequest(lead, assessed.facts, at, chosen=chosen)
    return Ready(lead, at, assessed, candidate.override, request)


def _read(leads: Mapping[int, Lead], times: Mapping[int, datetime]) -> dict[int, Reading]:
    """Read what assessing the leads needs, once for all that are assessed at one time."""
    groups: defaultdict[datetime, list[Lead]] = defaultdict(list)
    for pk, lead in leads.items():
        groups[times[pk]].append(lead)
    rules = assessment.rules(next(iter(leads.values())).workspace_id) if leads else None
    readings: dict[int, Reading] = {}
    for at, group in groups.items():
        readings |= assessment.read(group, at, by=rules)
    return readings


def handoff(ready: Ready, choice: assign.Choice) -> Handoff:
    """Make the handoff of a lead whose pass was just counted, unsaved, with its evidence frozen."""
    lead, assessed = ready.lead, ready.assessed
    return Handoff(
        workspace_id=lead.workspace_id,
        lead=lead,
        pass_number=lead.passes,
        definition=assessed.definition,
        evidence=assessed.evidence(override=ready.override),
        grade=assessed.grade,
        readiness=assessed.score.readiness,
        tier=assessed.tier,
        source=lead.source,
        campaign_id=lead.campaign_id,
        owner=choice.member,
        routing=choice.why,
        pool_id=choice.pool_id,
        offered_at=ready.at,
    )
