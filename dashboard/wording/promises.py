"""Put the terms of an agreement into plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.dateformat import format as date_format

from dashboard.wording import scoring
from leads.conditions import trees
from leads.conditions.trees import Statement
from leads.models import Question, Reason
from leads.models.reason import leads_to
from leads.qualification import criteria
from sla import information, kinds, targets
from sla.durations import Duration, Unit
from sla.kinds import Kind
from sla.models.clock import Escalation
from sla.sides import Side
from sla.terms import EscalationStep, Policy, Terms

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DEFINED = {
    "mql": ("MQL", "Marketing may hand a lead over when"),
    "sal": ("SAL", "Sales may expect of a lead that it accepts"),
    "sql": ("SQL", "Sales may promote a lead when"),
}


@dataclass(frozen=True)
class Promise:
    """Say one promise: what, and how much of it."""

    label: str
    words: str


@dataclass(frozen=True)
class TermRow:
    """Hold one commitment of sales, with its words for each tier."""

    label: str
    cells: tuple[tuple[str, str], ...]  # tier, words


@dataclass(frozen=True)
class Defined:
    """Hold one definition in words."""

    kind: str
    name: str
    lead: str
    version: int
    lines: tuple[Statement, ...]


@dataclass(frozen=True)
class Tier:
    """Hold one tier: by what a lead gets it. Without lines it takes every lead left."""

    name: str
    lines: tuple[Statement, ...]


@dataclass(frozen=True)
class AgreementWords:
    """Hold the whole of an agreement in words."""

    marketing: list[Promise]
    tiers: list[str]
    sales: list[TermRow]
    shared: list[Promise]
    escalation_steps: list[Promise]
    information: list[str]
    definitions: list[Defined]
    tier_rules: list[Tier]
    zone: str
    week: list[Promise]
    holidays: list[Mapping[str, Any]]
    reasons: list[tuple[str, list[Promise]]]
    questions: list[Promise]
    scoring: list[tuple[str, list[Promise]]]


def say(terms: Terms) -> AgreementWords:
    """Put terms that are complete (proposed, signed, or completed for reading) into words."""
    return AgreementWords(
        marketing=_marketing(terms),
        tiers=[policy.tier for policy in terms.sales],
        sales=_sales(terms),
        shared=_shared(terms),
        escalation_steps=[_escalation_step(step) for step in terms.escalation_steps],
        information=[information.LABELS[code] for code in terms.information],
        definitions=_definitions(terms),
        tier_rules=_tiers(terms),
        zone=terms.calendar.get("zone", ""),
        week=_week(terms),
        holidays=list(terms.calendar.get("holidays", ())),
        reasons=_reasons(terms),
        questions=[Promise(each["label"], question(each)) for each in terms.questions],
        scoring=_scoring(terms),
    )


def _marketing(terms: Terms) -> list[Promise]:
    promised = terms.marketing
    return [
        Promise("Leads handed over", f"{promised.mqls_per_month:,} a month"),
        Promise("With all the information promised", f"{promised.complete_percent}% of them"),
        *(Promise(kinds.of(kind).promise, _within(terms.target(kind, ""))) for kind in kinds.owed_by(Side.MARKETING)),
    ]


def _sales(terms: Terms) -> list[TermRow]:
    return [
        TermRow(kinds.of(kind).promise, tuple((policy.tier, _target(kind, policy, terms)) for policy in terms.sales))
        for kind in kinds.owed_by(Side.SALES)
        if targets.by_tier(kinds.of(kind).target)
    ]


def _target(kind: Kind, policy: Policy, terms: Terms) -> str:
    within = _within(terms.target(kind, policy.tier))
    return f"{policy.amount(kinds.of(kind).target)} {within}".lstrip()


def _shared(terms: Terms) -> list[Promise]:
    guard = terms.definitions.get("mql", {}).get("loop_guard") or criteria.DEFAULT_GUARD
    review = date_format(terms.review_on, "j F Y") if terms.review_on else "no date set"
    again = "starts again for the new owner" if terms.reassign_restarts_accept else "runs on for the new owner"
    return [
        Promise("A commitment is kept", f"when {terms.met_percent}% of its clocks are met in time"),
        Promise("The owner is warned", f"when {terms.warn_percent}% of the time is used"),
        Promise("A lead that is reassigned", f"its time to accept {again}"),
        Promise("Loop guard", f"one lead is handed over at most {guard['max_passes']} times"),
        Promise("Review", review),
    ]


def _escalation_step(step: EscalationStep) -> Promise:
    after = f"{step.after} after it" if step.after.amount else "At the breach"
    every = set(step.kinds) == set(Kind.values)
    kinds = "" if every else f", for: {', '.join(Kind(kind).label.lower() for kind in step.kinds)}"
    return Promise(after, f"{Escalation.Action(step.action).label}{kinds}")


def _definitions(terms: Terms) -> list[Defined]:
    return [
        Defined(kind, name, lead, terms.definitions[kind]["version"], lines(terms.definitions[kind]["condition"]))
        for kind, (name, lead) in DEFINED.items()
        if kind in terms.definitions
    ]


def _tiers(terms: Terms) -> list[Tier]:
    entries = terms.definitions.get("mql", {}).get("tiers", ())
    return [Tier(entry["tier"], lines(entry.get("condition"))) for entry in entries]


def _week(terms: Terms) -> list[Promise]:
    if not terms.calendar:
        return []
    return [
        Promise(day, ", ".join(str(window).split(" ", 1)[1].replace("-", " to ") for window in windows) or "closed")
        for day, windows in zip(DAYS, terms.hours.by_weekday, strict=True)
    ]


def _reasons(terms: Terms) -> list[tuple[str, list[Promise]]]:
    grouped = [
        (kind.label, [Promise(each["label"], leads_to(each)) for each in terms.reasons if each["kind"] == kind])
        for kind in Reason.Kind
    ]
    return [(label, promises) for label, promises in grouped if promises]


def question(copy: Mapping[str, Any]) -> str:
    """Say what kind of answer a question takes."""
    kind = Question.Kind(copy["kind"]).label
    return f"{kind}: {', '.join(copy['choices'])}" if copy["choices"] else kind


def _scoring(terms: Terms) -> list[tuple[str, list[Promise]]]:
    if not terms.scoring:
        return []
    fit, interest = terms.scoring["fit"], terms.scoring["interest"]
    return [
        (
            f"Fit: {scoring.fit_grades(terms.scoring)}",
            [Promise(rule["label"], f"{scoring.points(rule)}: {scoring.fit(rule)}") for rule in fit["rules"]],
        ),
        (
            f"Interest: {scoring.interest_levels(terms.scoring)}",
            [Promise(rule["label"], f"{scoring.points(rule)}: {scoring.interest(rule)}") for rule in interest["rules"]],
        ),
    ]


def _within(length: Duration) -> str:
    return f"within {length}" if length.unit is Unit.DAYS else f"within {length} of working time"


def lines(tree: Mapping[str, Any] | None) -> tuple[Statement, ...]:
    """Put a condition into words, line by line; none for a condition that is empty."""
    return trees.outline(tree) if tree else ()
