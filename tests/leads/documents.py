"""What the frozen samples of this app mean."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from dashboard.wording import evidence
from leads import documents
from leads.conditions import trees
from leads.lifecycle import log
from leads.models import Handoff, Transition
from leads.qualification import criteria
from leads.qualification.criteria import Criterion, LoopGuard, Verdict
from leads.routing import assign
from leads.scoring.scoring import ConditionRule, InterestRule, ScoreLine, ScoringRules
from tests.samples import DocumentKind

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
EMAIL = {"fact": "lead.email", "op": "known"}
FACTS = {
    "lead.email": "priya@northwind.example",
    "lead.phone": "",
    "lead.country": "DE",
    "lead.title": "Head of Sales",
    "lead.topics": ["pricing"],
    "lead.first_contact_at": datetime(2026, 10, 20, tzinfo=UTC),
    "account.employees": 120,
    "interest.level": 2,
    "fit.grade": "B",
}

LINES = [
    ScoreLine("fit", "Seniority", 20, "Title contains Head"),
    ScoreLine(
        "interest", "Visit to pricing", 15, "2 times, last on 1 November", 2, datetime(2026, 11, 1, 8, tzinfo=UTC)
    ),
]
VERDICT = Verdict(
    kind="mql",
    definition_version=2,
    passed=True,
    criteria=(
        Criterion("E-mail is known", True, "priya@northwind.example", True, "/all/0"),
        Criterion("Country is one of DE, AT", True, "DE", ("DE", "AT"), "/all/1/any/0", one_of="/all/1"),
    ),
    because=("E-mail is known", "Country is one of DE, AT"),
    at=AT,
)
SCORING = ScoringRules(
    version=3,
    fit=(ConditionRule("Reachable", 10, EMAIL),),
    grades=(60, 40, 20),
    interest=(
        InterestRule("Pricing", "page", 8, 14.0, 40, ("pricing",), "/pricing", 90.0),
        InterestRule("Anything", "*", 1),
    ),
    levels=(60, 30, 10),
    readiness=(ConditionRule("Has a budget", 20, {"fact": "readiness.budget", "op": "known"}),),
    readiness_levels=(50, 20),
)


def decided(tree: dict[str, Any]) -> tuple[bool, list[tuple[str, bool]]]:
    """Return what a condition comes to on the facts above, with each of its leaves."""
    result = trees.evaluate(tree, FACTS, AT)
    return result.passed, [(leaf.pointer, leaf.passed) for leaf in result.leaves]


def replayed(moves: list[dict[str, Any]]) -> log.Replayed:
    """Play a log that is written as [{"move", "from", "to", "facts"}], its facts as they are stored."""
    return log.replay(
        Transition(
            sequence=number,
            move=each["move"],
            from_state=each["from"],
            to_state=each["to"],
            at=AT,
            facts=documents.MOVE_FACTS.read(each["facts"]),
        )
        for number, each in enumerate(moves, 1)
    )


def shown(frozen: dict[str, Any]) -> dict[str, Any]:
    """Return what the page of a lead makes of evidence."""
    panel = evidence.panel(Handoff(evidence=frozen))
    return {
        "headline": evidence.headline(frozen),
        "parts": [(part.name, part.grade, part.points, len(part.lines)) for part in panel.parts],
        "verdict": Verdict.from_json(frozen["verdict"]),
        "tier_why": panel.tier_why,
        "override": panel.override,
        "members": sorted(frozen),
    }


KINDS = [
    DocumentKind(
        "leads",
        documents.CONDITION,
        {
            # every operator once, and every kind of group
            1: (
                True,
                [
                    *((f"/all/{number}", True) for number in range(14)),
                    ("/all/14/any/0", False),
                    ("/all/14/any/1/not", True),
                ],
            )
        },
        read=decided,
    ),
    DocumentKind(
        "leads",
        documents.TIERS,
        {1: "hot"},
        read=lambda tiers: criteria.tier(tiers, FACTS, AT).tier,
    ),
    DocumentKind(
        "leads",
        documents.LOOP_GUARD,
        {1: LoopGuard(max_passes=4)},
        read=LoopGuard.from_stored,
        write=LoopGuard.to_json,
        classes=(LoopGuard,),
    ),
    DocumentKind(
        "leads",
        documents.SCORING,
        {1: SCORING},
        read=ScoringRules.from_stored,
        write=ScoringRules.to_json,
        classes=(ScoringRules, ConditionRule, InterestRule),
    ),
    DocumentKind(
        "leads",
        documents.SCORE_LINES,
        {1: LINES},
        read=lambda items: [ScoreLine.from_json(item) for item in items],
        write=lambda lines: [line.to_json() for line in lines],
        classes=(ScoreLine,),
    ),
    DocumentKind(
        "leads",
        documents.VERDICT,
        {1: VERDICT},
        read=Verdict.from_json,
        write=Verdict.to_json,
        classes=(Verdict, Criterion),
    ),
    DocumentKind(
        "leads",
        documents.ROUTING,
        {1: "nobody in the pool Inbound is available (Rita Rep away until 9 November 2026)"},
        read=lambda why: assign.why_queued(Handoff(routing=why)),
    ),
    DocumentKind(
        "leads",
        documents.EVIDENCE,
        {
            1: {
                "headline": "Visit to pricing, 2 times",
                "parts": [("Fit", "B", 20, 1), ("Interest", "2", 15, 1), ("Readiness", "some", 20, 1)],
                "verdict": VERDICT,
                "tier_why": "No other tier applies.",
                "override": "",
                "members": [
                    "fit",
                    "grade",
                    "interest",
                    "interests",
                    "override",
                    "readiness",
                    "score_lines",
                    "scoring_version",
                    "tier_why",
                    "verdict",
                ],
            }
        },
        read=shown,
    ),
]
# The facts of a move differ by move: the sample is the log of a lead, each row with its facts as they were stored.
LOG = DocumentKind(
    "leads",
    documents.MOVE_FACTS,
    {
        1: log.Replayed(
            state="won",
            state_since=AT,
            passes=2,
            owner_id=8,
            returned_at=AT,
            cool_off_until=datetime(2026, 12, 1, tzinfo=UTC),
            won_at=AT,
            amount=Decimal("1200.50"),
        )
    },
    read=replayed,
    plain_column=True,
)
KINDS.append(LOG)
