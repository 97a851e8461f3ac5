"""Format the frozen evidence of a handoff for pages: one line for a list, a panel beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leads.models import Handoff, Lead
from leads.routing import assign

BAR = 100  # points at which the bars of the parts are full
PARTS = ("fit", "interest", "readiness")


@dataclass(frozen=True)
class ScorePart:
    """Hold one part of the score: its grade, its points, and the lines that add up to them."""

    name: str
    grade: str
    points: int
    lines: list[Mapping[str, Any]]
    of: int = BAR


@dataclass(frozen=True)
class EvidencePanel:
    """Hold why a lead was handed over: criteria of the definition, the parts of the score, tier and routing."""

    handoff: Handoff
    parts: list[ScorePart]
    criteria: list[Mapping[str, Any]]
    override: str
    tier_why: str
    routed: str


def headline(evidence: Mapping[str, Any]) -> str:
    """Summarize the evidence in one line: a person's reason, else the top activities, else the fit."""
    if override := evidence.get("override"):
        return str(override)
    lines = [line for line in evidence.get("score_lines", ()) if line["points"] > 0]
    activities = sorted((line for line in lines if line["kind"] == "interest"), key=lambda line: -line["points"])
    fits = sorted((line for line in lines if line["kind"] == "fit"), key=lambda line: -line["points"])
    said = [
        f"{line['label']}, {line['count']} times" if line["count"] > 1 else line["label"] for line in activities[:2]
    ]
    return "; ".join(said or [line["label"] for line in fits[:2]])


def panel(handoff: Handoff) -> EvidencePanel:
    """Build the panel of a handoff from its frozen evidence. No statement."""
    evidence = handoff.evidence
    verdict = evidence.get("verdict") or {}
    return EvidencePanel(
        handoff=handoff,
        parts=parts(evidence.get("score_lines", ()), **{name: evidence.get(name, {}) for name in PARTS}),
        criteria=list(verdict.get("criteria", ())),
        override=evidence.get("override") or "",
        tier_why=evidence.get("tier_why") or "",
        routed=handoff.routing.get("words", "") if handoff.owner_id else assign.why_queued(handoff),
    )


def parts_of(lead: Lead) -> list[ScorePart]:
    """Split the score of a lead as it stands."""
    return parts(
        lead.score_lines,
        fit={"grade": lead.fit_grade},
        interest={"level": lead.interest_level},
        readiness={"level": lead.readiness},
    )


def parts(
    lines: Any, *, fit: Mapping[str, Any], interest: Mapping[str, Any], readiness: Mapping[str, Any]
) -> list[ScorePart]:
    """Split score lines into fit, interest and readiness; the lines of each add up to its points."""
    found = list(lines)
    marks = {"fit": fit.get("grade"), "interest": interest.get("level"), "readiness": readiness.get("level")}
    return [
        ScorePart(
            name=kind.capitalize(),
            grade=str(grade or ""),
            points=sum(line["points"] for line in found if line["kind"] == kind),
            lines=sorted((line for line in found if line["kind"] == kind), key=lambda line: -line["points"]),
        )
        for kind, grade in marks.items()
    ]
