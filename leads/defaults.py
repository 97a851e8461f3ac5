"""Set up what a new workspace begins with: reasons, questions, scoring, draft definitions, an empty pool.

The definitions stay drafts until both sides have signed the agreement that names them; nothing is handed over by the
engine before.
"""

from datetime import datetime
from typing import Any

from leads.models import Definition, Persona, Pool, Question, Reason, RoutingRule, Scoring
from leads.models.definition import Version
from leads.qualification import criteria
from leads.scoring import scoring
from workspaces.models import Workspace

_DATA, _DEFINITION = Reason.Blame.DATA, Reason.Blame.DEFINITION

# code, label, and what follows. A return for a reason that blames data or definition asks marketing for an answer; one
# that only talking to the lead, or trying to, can give needs the attempts that sales promised.
RETURN_REASONS: list[dict[str, Any]] = [
    {
        "code": "not-ready",
        "label": "Interested, but not ready to buy",
        "needs_revisit": True,
        "revisit_days": 90,
        "cool_off_days": 14,
        "needs_attempts": True,
        "same_rep": True,
    },
    {
        "code": "no-budget",
        "label": "No budget for now",
        "needs_revisit": True,
        "revisit_days": 180,
        "cool_off_days": 30,
        "needs_attempts": True,
        "same_rep": True,
    },
    {
        "code": "no-authority",
        "label": "Cannot decide, and knows nobody who can",
        "cool_off_days": 30,
        "needs_attempts": True,
    },
    {
        "code": "no-need",
        "label": "No need that we answer",
        "needs_note": True,
        "cool_off_days": 60,
        "needs_attempts": True,
    },
    {
        "code": "no-response",
        "label": "Never answered",
        "cool_off_days": 30,
        "revisit_days": 60,
        "needs_attempts": True,
    },
    {"code": "wrong-contact", "label": "Wrong person in the company", "needs_note": True, "blames": _DATA},
    {"code": "bad-data", "label": "Wrong or missing contact data", "needs_note": True, "blames": _DATA},
    {
        "code": "duplicate",
        "label": "A duplicate of another lead",
        "needs_note": True,
        "blames": _DATA,
        "cool_off_days": 30,
    },
    {"code": "wrong-territory", "label": "Not in our territory", "needs_note": True, "blames": _DEFINITION},
    {
        "code": "not-our-customer",
        "label": "Does not fit our ideal customer",
        "needs_note": True,
        "blames": _DEFINITION,
        "cool_off_days": 30,
    },
    {"code": "too-small", "label": "Too small for us, for good", "disqualifies": True},
    {"code": "competitor", "label": "Works for a competitor", "disqualifies": True},
    {"code": "not-a-buyer", "label": "Student, job seeker or seller", "disqualifies": True},
]
LOSS_REASONS: list[dict[str, Any]] = [
    {"code": "price", "label": "Price", "revisit_days": 180},
    {"code": "competitor-won", "label": "Chose a competitor", "needs_note": True, "revisit_days": 365},
    {"code": "no-decision", "label": "Decided to do nothing", "revisit_days": 180},
    {"code": "timing", "label": "Put off to a later date", "needs_revisit": True, "revisit_days": 90},
    {"code": "missing-feature", "label": "We lack something they need", "needs_note": True, "revisit_days": 180},
    {"code": "went-silent", "label": "Went silent", "revisit_days": 120, "needs_attempts": True},
    {"code": "other", "label": "Another reason", "needs_note": True},
]
DISQUALIFY_REASONS: list[dict[str, Any]] = [
    {"code": "competitor", "label": "Works for a competitor"},
    {"code": "not-a-company", "label": "Not a company"},
    {"code": "spam", "label": "Spam or a made-up address"},
    {"code": "left-company", "label": "Has left the company"},
    {"code": "asked-not-to", "label": "Asked not to be contacted"},
    {"code": "other", "label": "Another reason", "needs_note": True},
]
QUESTIONS: list[dict[str, Any]] = [
    {
        "code": "budget",
        "label": "What budget is there?",
        "kind": Question.Kind.CHOICE,
        "choices": ["Approved", "Planned", "Being asked for", "None"],
    },
    {
        "code": "authority",
        "label": "What part does this person have in the decision?",
        "kind": Question.Kind.CHOICE,
        "choices": ["Decides", "Recommends", "Uses it", "No part"],
    },
    {"code": "need", "label": "What do they need it for?", "kind": Question.Kind.TEXT},
    {
        "code": "timeline",
        "label": "When do they want to decide?",
        "kind": Question.Kind.CHOICE,
        "choices": ["Within 3 months", "Within 6 months", "Within a year", "Later"],
    },
]
PERSONAS = {
    "decision-maker": "Decision maker",
    "champion": "Champion",
    "user": "User",
    "technical-buyer": "Technical buyer",
    "finance": "Finance",
}
REASONS = {
    Reason.Kind.RETURN: RETURN_REASONS,
    Reason.Kind.LOSE: LOSS_REASONS,
    Reason.Kind.DISQUALIFY: DISQUALIFY_REASONS,
}


def set_up(workspace: Workspace, *, at: datetime) -> None:
    """Write the defaults of a new workspace, in the transaction that makes it."""
    Reason.everywhere.bulk_create(
        Reason(workspace=workspace, kind=kind, position=position, created_at=at, **reason)
        for kind, reasons in REASONS.items()
        for position, reason in enumerate(reasons)
    )
    Question.everywhere.bulk_create(
        Question(workspace=workspace, position=position, created_at=at, **question)
        for position, question in enumerate(QUESTIONS)
    )
    Persona.everywhere.bulk_create(
        Persona(workspace=workspace, code=code, label=label, created_at=at) for code, label in PERSONAS.items()
    )
    Scoring(
        workspace=workspace, version=1, rules=scoring.DEFAULT, status=Version.ACTIVE, activated_at=at, created_at=at
    ).save(force_insert=True)
    Definition.everywhere.bulk_create(_drafts(workspace, at))
    pool = Pool(workspace=workspace, name="Sales", created_at=at)
    pool.save(force_insert=True)
    RoutingRule(workspace=workspace, position=100, name="Every lead", pool=pool, created_at=at).save(force_insert=True)


def _drafts(workspace: Workspace, at: datetime) -> list[Definition]:
    mql, sal, sql = (
        Definition(
            workspace=workspace,
            kind=default["kind"],
            version=default["version"],
            condition=default["condition"],
            created_at=at,
        )
        for default in (criteria.DEFAULT_MQL, criteria.DEFAULT_SAL, criteria.DEFAULT_SQL)
    )
    mql.tiers, mql.loop_guard = criteria.DEFAULT_TIERS, criteria.DEFAULT_GUARD
    return [mql, sal, sql]
