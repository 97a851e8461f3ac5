"""Choose the program of a returned lead: by its reason, then by its interests."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from leads.conditions import trees
from leads.models import Lead, Reason
from leads.qualification import lead_facts
from nurture.models import Enrolment, Program
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class ProgramChoice:
    """The program chosen (None: no program takes the lead), and `why`: {"words", "reason", "topics", "points"}."""

    program: Program | None
    why: dict[str, Any] = field(default_factory=dict)


def choose_for_return(workspace: Workspace, lead: Lead, reason: Reason | None, *, at: datetime) -> ProgramChoice:
    """Choose among the active programs whose entry condition, where there is one, holds for the lead.

    1. Those that name the reason; of these the one with the most of the lead's interests.
    2. Else, of those that name no reason, the one whose topics have the most of the lead's interests.
    3. Else one that names neither reason nor topic.

    None for a reason that keeps its leads out of every program. Programs of manual enrolment are left out, and those
    that take each lead once and had this one; of equals the oldest is chosen. One statement, and those of
    `leads.qualification.lead_facts` when a program has a condition.
    """
    code = reason.code if reason else ""
    if reason is not None and reason.not_nurtured:
        words = f"No mail: no program takes leads returned as “{reason.label}”."
        return ProgramChoice(None, {"words": words, "reason": code})
    had = Enrolment.objects.of(workspace).filter(lead=lead, program=OuterRef("pk"))
    running = Program.objects.of(workspace).filter(status=Program.Status.ACTIVE)
    open_to_it = running.exclude(Q(reentry=Program.Reentry.NEVER) & Exists(had)).order_by("pk")
    programs = _admitting(lead, [each for each in open_to_it if not each.entry.get("manual")], at)
    named = [each for each in programs if code and code in each.entry.get("reasons", ())]
    if named:
        best = max(named, key=lambda each: (_points(lead, each), -each.pk))
        return _chosen(lead, best, code, f"It takes leads returned as “{reason.label if reason else code}”")
    free = [each for each in programs if not each.entry.get("reasons")]
    by_topic = [each for each in free if _points(lead, each) > 0]
    if by_topic:
        best = max(by_topic, key=lambda each: (_points(lead, each), -each.pk))
        return _chosen(lead, best, code, "No program is made for this reason; this one fits best")
    if rest := [each for each in free if not each.entry.get("topics")]:
        return _chosen(lead, rest[0], code, "No program is made for this reason or these interests; this one takes all")
    return ProgramChoice(None, {"words": "No active program takes this lead.", "reason": code})


def programs_by_reason(workspace: Workspace) -> dict[str, Program]:
    """Return the oldest active program that names each reason, by its code; under "" one that takes any. One statement.

    A lead's interests may choose another of several, and an entry condition may keep it out.
    """
    found: dict[str, Program] = {}
    for program in Program.objects.of(workspace).filter(status="active").order_by("pk"):
        codes = program.entry.get("reasons") or ([] if program.entry.get("topics") else [""])
        for code in [] if program.entry.get("manual") else codes:
            found.setdefault(code, program)
    return found


def _admitting(lead: Lead, programs: list[Program], at: datetime) -> list[Program]:
    """Keep the programs whose entry condition holds."""
    if not any(each.entry.get("condition") for each in programs):
        return programs
    known = lead_facts.of(lead, at)
    return [
        each
        for each in programs
        if not each.entry.get("condition") or trees.evaluate(each.entry["condition"], known, at).passed
    ]


def _points(lead: Lead, program: Program) -> float:
    points: float = sum(lead.interests.get(topic, 0) for topic in program.entry.get("topics", ()))
    return points


def _chosen(lead: Lead, program: Program, code: str, words: str) -> ProgramChoice:
    shared = [topic for topic in program.entry.get("topics", ()) if lead.interests.get(topic)]
    if shared:
        words += f", and the lead is interested in {', '.join(shared)}"
    why = {"words": f"{words}.", "reason": code, "topics": shared, "points": _points(lead, program)}
    return ProgramChoice(program, why)
