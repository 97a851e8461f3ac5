"""Put the evidence that a handoff froze into what pages show: one line for a list, a panel beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leads.models import Handoff
from leads.routing import assign

BAR = 100  # points at which the bars of fit and interest are full


@dataclass(frozen=True)
class Part:
    """Hold one half of the score: its grade, its points, and the lines that add up to them."""

    name: str
    grade: str
    points: int
    lines: list[Mapping[str, Any]]
    of: int = BAR


@dataclass(frozen=True)
class Panel:
    """Hold why a lead was handed over: criteria of the definition, both halves of the score, tier and routing."""

    handoff: Handoff
    parts: list[Part]
    criteria: list[Mapping[str, Any]]
    override: str
    tier_why: str
    routed: str


def headline(evidence: Mapping[str, Any]) -> str:
    """Say in one line what speaks most for a lead: a person's reason, else what it did, else how it fits."""
    if override := evidence.get("override"):
        return str(override)
    lines = [line for line in evidence.get("score_lines", ()) if line["points"] > 0]
    activities = sorted((line for line in lines if line["kind"] == "interest"), key=lambda line: -line["points"])
    fits = sorted((line for line in lines if line["kind"] == "fit"), key=lambda line: -line["points"])
    said = [
        f"{line['label']}, {line['count']} times" if line["count"] > 1 else line["label"] for line in activities[:2]
    ]
    return "; ".join(said or [line["label"] for line in fits[:2]])


def panel(handoff: Handoff) -> Panel:
    """Build the panel of a handoff from what it froze. No statement."""
    evidence = handoff.evidence
    verdict = evidence.get("verdict") or {}
    return Panel(
        handoff=handoff,
        parts=parts(evidence.get("score_lines", ()), evidence.get("fit", {}), evidence.get("interest", {})),
        criteria=list(verdict.get("criteria", ())),
        override=evidence.get("override") or "",
        tier_why=evidence.get("tier_why") or "",
        routed=handoff.routing.get("words", "") if handoff.owner_id else assign.why_queued(handoff),
    )


def parts(lines: Any, fit: Mapping[str, Any], interest: Mapping[str, Any]) -> list[Part]:
    """Split score lines into fit and interest; the lines of each add up to its points."""
    found = list(lines)
    halves = (("Fit", "fit", fit.get("grade")), ("Interest", "interest", interest.get("level")))
    return [
        Part(
            name=name,
            grade=str(grade or ""),
            points=sum(line["points"] for line in found if line["kind"] == kind),
            lines=sorted((line for line in found if line["kind"] == kind), key=lambda line: -line["points"]),
        )
        for name, kind, grade in halves
    ]
