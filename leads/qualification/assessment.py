"""Assess one lead at one time: facts, scores, the verdict of the active definition, the tier. Reads, never writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leads.conditions import trees
from leads.conditions.fact_catalogue import COUNT_DAYS
from leads.models import Definition, Lead
from leads.qualification import criteria, definitions, lead_facts
from leads.qualification.criteria import Criterion, Verdict
from leads.qualification.lead_facts import Facts
from leads.scoring import scoring
from leads.scoring.scoring import EventFact, Score

NO_DEFINITION = "An agreement is active"
RELATIONS = (
    "account",
    "campaign",
    "persona",
    "territory",
)  # of a lead: read for a set before it is assessed, they cost once


@dataclass(frozen=True)
class Rules:
    """Hold what a workspace assesses by now: its scoring, and its MQL definition if one is agreed."""

    scoring: scoring.ScoringRules
    definition: Definition | None


@dataclass(frozen=True)
class Reading:
    """Hold what assessing a lead takes: the rules that are active, its facts, its events within their horizon."""

    rules: Rules
    facts: Facts
    events: Sequence[EventFact]


@dataclass(frozen=True)
class Assessment:
    """Hold the assessment of a lead at `at`. Without an active agreement, `definition` is None, the verdict fails."""

    at: datetime
    facts: Facts
    score: Score
    interests: dict[str, float]  # topic code → points, strongest first
    verdict: Verdict
    definition: Definition | None
    tier: str
    tier_why: str
    reading: Reading  # what it rests on

    @property
    def grade(self) -> str:
        """Return fit and interest together, as "B2"."""
        return self.score.grade

    def evidence(self, *, override: str = "") -> dict[str, Any]:
        """Return what a handoff freezes (JSON); `override` is why a person decided against the verdict."""
        return {
            "verdict": self.verdict.to_json(),
            "score_lines": [line.to_json() for line in self.score.lines],
            "fit": {"points": self.score.fit_points, "grade": self.score.fit_grade},
            "interest": {"points": self.score.interest_points, "level": self.score.interest_level},
            "readiness": {"points": self.score.readiness_points, "level": self.score.readiness},
            "interests": self.interests,
            "grade": self.grade,
            "tier_why": self.tier_why,
            "scoring_version": self.score.version,
            "override": override.strip() or None,
        }

    def put_on(self, lead: Lead) -> tuple[str, ...]:
        """Set the scores on a lead, without saving; return the names of the fields that were set."""
        fields = {
            "fit_points": self.score.fit_points,
            "fit_grade": self.score.fit_grade,
            "interest_points": self.score.interest_points,
            "interest_level": self.score.interest_level,
            "readiness_points": self.score.readiness_points,
            "readiness": self.score.readiness,
            "grade": self.grade,
            "score_lines": [line.to_json() for line in self.score.lines],
            "interests": self.interests,
            "scored_at": self.at,
        }
        for name, value in fields.items():
            setattr(lead, name, value)
        return tuple(fields)


def assess(lead: Lead, at: datetime, *, reading: Reading | None = None) -> Assessment:
    """Score a lead and judge it by the active MQL definition as of `at` (aware).

    What it needs is read in six statements (seven when its account is not loaded), unless it was by `read`.
    """
    reading = reading or read([lead], at)[lead.pk]
    known, rules, definition = reading.facts, reading.rules.scoring, reading.rules.definition
    score = scoring.score(rules, known, reading.events, at)
    interests = scoring.interests(rules, reading.events, at)
    known.update(score.facts())
    known["lead.topics"] = list(interests)
    choice = _tier(definition, known, at)
    known["tier"] = choice.tier
    return Assessment(
        at=at,
        facts=known,
        score=score,
        interests=interests,
        verdict=_verdict(definition, known, at) if definition else _no_definition("mql", at, passed=False),
        definition=definition,
        tier=choice.tier,
        tier_why=choice.why,
        reading=reading,
    )


def rules(workspace_id: int) -> Rules:
    """Read what a workspace assesses by, in two statements. Raise `formats.Unreadable` when it cannot be read."""
    return Rules(definitions.active_rules(workspace_id), definitions.active(workspace_id, Definition.Kind.MQL))


def read(leads: Sequence[Lead], at: datetime, *, by: Rules | None = None) -> dict[int, Reading]:
    """Read what assessing leads of one workspace takes, by their ids, in four statements however many they are.

    The rules take two more, unless they are given. Raise `formats.Unreadable` when these cannot be read.
    """
    by = by or rules(leads[0].workspace_id)
    gathered = lead_facts.gather(leads, at)
    horizon = scoring.horizon_days(by.scoring)  # of the scores; the loop guard counts the events of 30 days anew
    events = lead_facts.events_of(leads, at, horizon_days=None if horizon is None else max(horizon, COUNT_DAYS))
    return {lead.pk: Reading(by, gathered[lead.pk], events[lead.pk]) for lead in leads}


def verdicts(kind: str, leads: Sequence[Lead], at: datetime) -> dict[int, Verdict]:
    """Judge leads of one workspace by the active definition of SAL or SQL, by their ids; four statements at most.

    While there is none, nothing is asked for and every verdict passes. Fit and interest are those stored on the leads.
    """
    definition = definitions.active(leads[0].workspace_id, kind) if leads else None
    if definition is None:
        return {lead.pk: _no_definition(kind, at, passed=True) for lead in leads}
    gathered = lead_facts.gather(leads, at, asked=trees.facts_used(definition.condition))
    return {pk: _verdict(definition, facts, at) for pk, facts in gathered.items()}


def verdict(kind: str, lead: Lead, at: datetime) -> Verdict:
    """Judge one lead by the active definition of SAL or SQL, as `verdicts` does."""
    return verdicts(kind, [lead], at)[lead.pk]


def _verdict(definition: Definition, known: Facts, at: datetime) -> Verdict:
    agreed = criteria.DefinitionRules(definition.kind, definition.version, definition.condition)
    return criteria.verdict(agreed, known, at)


def _no_definition(kind: str, at: datetime, *, passed: bool) -> Verdict:
    """Give the verdict while no agreement is active: version 0."""
    if passed:
        words = f"No definition of {kind.upper()} is active, so it asks for nothing"
        return Verdict(kind, 0, True, (), (words,), at)
    criterion = Criterion(label=NO_DEFINITION, passed=False, observed=False, expected=True, pointer="")
    return Verdict(kind, 0, False, (criterion,), (NO_DEFINITION,), at)


def _tier(definition: Definition | None, known: Facts, at: datetime) -> criteria.TierChoice:
    tiers = definition.tiers if definition and definition.tiers else criteria.DEFAULT_TIERS
    return criteria.tier(tiers, known, at)
