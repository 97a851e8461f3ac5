"""Say why a lead that came back may not be handed over again yet, and what counts as new evidence. Reads nothing."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from leads.conditions import trees
from leads.conditions.fact_catalogue import COUNT_DAYS
from leads.conditions.trees import ConditionResult
from leads.models import Lead
from leads.qualification import criteria
from leads.qualification.assessment import Assessment
from leads.qualification.criteria import Refusal
from leads.qualification.lead_facts import Facts
from leads.scoring import scoring
from leads.scoring.scoring import EventFact

EVENTS, INTEREST, TOPICS = "events.", "interest.", "lead.topics"  # the facts that what a lead did decides
LAST = ".last_at"


def refusal(lead: Lead, assessed: Assessment, at: datetime) -> Refusal | None:
    """Say why the agreement forbids to hand this lead over (again) at `at`, or None. No statement."""
    limits = assessed.definition.loop_guard if assessed.definition else {}
    return criteria.may_hand_over(
        criteria.LoopGuard.from_stored(limits),
        returned_at=lead.returned_at,
        cool_off_until=lead.cool_off_until,
        held_for=lead.held_for,
        new_evidence=lead.returned_at is not None and has_new_evidence(lead, assessed, lead.returned_at),
        passes=lead.passes,
        at=at,
    )


def has_new_evidence(lead: Lead, assessed: Assessment, since: datetime) -> bool:
    """Return whether something of a kind that the definition asks for is newer than `since`.

    A changed title or company, or a new answer, is. What the lead did is, where it meets the definition by itself:
    with nothing but what was done since `since`, a criterion about events or interest is met, and so is the whole (but
    for a lead that a person hands over against the verdict). One more page view beside an old interest is not. While
    no definition is active, whatever earns points of interest is.
    """
    if any(when is not None and when > since for when in (lead.profile_changed_at, assessed.facts.answered_at)):
        return True
    events = [event for event in assessed.reading.events if event.occurred_at > since]
    if not events:
        return False
    known = _since(assessed, events, since)
    if assessed.definition is None:
        return bool(known["interest.points"] > 0)
    result = trees.evaluate(assessed.definition.condition, known, assessed.at)
    speaks = any(leaf.passed and _is_done(leaf, known) for leaf in result.leaves)
    return speaks and (result.passed or not assessed.verdict.passed)


def _since(assessed: Assessment, events: Sequence[EventFact], since: datetime) -> Facts:
    """Return the facts as they would be had the lead done nothing before."""
    rules, at = assessed.reading.rules.scoring, assessed.at
    known = Facts({name: value for name, value in assessed.facts.items() if not name.startswith(EVENTS)})
    known.update(scoring.score(rules, known, events, at).facts())
    known[TOPICS] = list(scoring.interests(rules, events, at))
    counts = Counter(event.type for event in events if event.occurred_at > at - timedelta(days=COUNT_DAYS))
    for name, value in assessed.facts.items():
        kind = name.removeprefix(EVENTS).removesuffix(LAST)
        if name == f"{EVENTS}{kind}{LAST}" and value is not None and value > since:
            known |= {name: value, f"{EVENTS}{kind}.count_{COUNT_DAYS}d": counts[kind]}
    return known


def _is_done(leaf: ConditionResult, known: Facts) -> bool:
    """Return whether a criterion asks about what the lead did, and it did something of the kind."""
    if leaf.fact.startswith(INTEREST):
        return bool(known["interest.points"] > 0)
    return (leaf.fact.startswith(EVENTS) or leaf.fact == TOPICS) and bool(leaf.observed)
