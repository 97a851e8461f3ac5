"""Choose the program of leads: the first, in the workspace's order, that takes them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leads.conditions import trees
from leads.models import Lead, Reason
from leads.qualification import lead_facts
from leads.qualification.lead_facts import Facts
from nurture import mails_had
from nurture.mails_had import Outlook
from nurture.models import Enrolment, Program
from workspaces.models import Workspace

Occasion = Program.Occasion


@dataclass(frozen=True, slots=True)
class ProgramChoice:
    """The program chosen (None: no program takes the lead), and `why`: {"words", "reason", "topics", "points"}.

    `outlook`: what that program would do for the lead.
    """

    program: Program | None
    why: dict[str, Any] = field(default_factory=dict)
    outlook: Outlook = field(default_factory=lambda: Outlook(None))


@dataclass(frozen=True, slots=True)
class _Earlier:
    """An earlier pass of a lead through a program."""

    state: str
    ended_at: datetime | None


def choose_for_return(workspace: Workspace, lead: Lead, reason: Reason | None, *, at: datetime) -> ProgramChoice:
    """Choose for a lead that came back, by a return or recycling, for a reason."""
    return choose(workspace, [lead], Occasion.RETURN, reason=reason, at=at)[lead.pk]


def choose(
    workspace: Workspace | int,
    leads: Sequence[Lead],
    occasion: Occasion,
    *,
    reason: Reason | None = None,
    known: Mapping[int, Facts] | None = None,
    at: datetime,
) -> dict[int, ProgramChoice]:
    """Choose for each lead, by its id, among the active programs that take leads on this occasion.

    A program takes a lead when its entry condition holds, the lead is interested in one of its topics (where it names
    some), and it has a mail left for it. Those that name the reason of a return are asked before those that take any;
    else the order is the workspace's. On a revisit date those made for it come before those for leads in care.
    Programs that take each lead once and had this one are left out; leads in care also never enter again what they
    finished or left while they were in care.

    A fixed number of statements: one while no program is active, four with them, and those of
    `leads.qualification.lead_facts` when a program has a condition and `known` is not given.
    """
    running = Program.objects.of(workspace).filter(status=Program.Status.ACTIVE)
    programs = [each for each in running if occasions(each) & _asked(occasion)]
    code = reason.code if reason else ""
    ordered = sorted(programs, key=lambda each: _tier(each, occasion, code))  # stable: the workspace's order within
    if occasion is Occasion.RETURN:
        ordered = [each for each in ordered if code in _reasons(each) or not _reasons(each)]
    ids = [lead.pk for lead in leads]
    if reason is not None and not reason.nurtures:
        words = f"Leads with the reason “{reason.label}” enter no program by themselves: marketing decides."
        return {lead.pk: ProgramChoice(None, {"words": words, "reason": code}) for lead in leads}
    if ordered and known is None and any(each.entry.get("condition") for each in ordered):
        known = lead_facts.gather(leads, at)
    earlier = _earlier(ids, ordered) if ordered else {}
    outlooks = mails_had.outlooks(ids, ordered) if ordered else {}
    chosen = {}
    for lead in leads:
        takes = (
            program
            for program in ordered
            if _admits(program, lead, known, at)
            and _may_enter(program, lead, earlier.get((lead.pk, program.pk), ()), occasion)
            and not outlooks[lead.pk, program.pk].is_empty
        )
        program = next(takes, None)
        outlook = outlooks[lead.pk, program.pk] if program else Outlook(None)
        chosen[lead.pk] = ProgramChoice(program, _why(lead, program, reason, occasion), outlook)
    return chosen


def occasions(program: Program) -> set[str]:
    """Return the occasions on which a program takes leads by itself; none where only members enrol."""
    return set() if program.entry.get("manual") else set(program.entry.get("occasions", [Occasion.RETURN]))


def ahead_of(program: Program) -> dict[str, Program]:
    """Return which active program takes now what this one would, by what it is in words, where it comes before it.

    For each reason that it names, and for each other occasion. A rival with a condition or topics of its own asks
    first, and leaves the others. One statement, two when it names reasons.
    """
    rivals = Program.objects.of(program.workspace_id).filter(status=Program.Status.ACTIVE).exclude(pk=program.pk)
    before = [each for each in rivals if (each.position, each.pk) < (program.position, program.pk or 0)]
    found: dict[str, Program] = {}
    for occasion in sorted(occasions(program)):
        same = [each for each in before if occasion in occasions(each)]
        if occasion != Occasion.RETURN:
            if same:
                found[Occasion(occasion).label] = same[0]
            continue
        labels = dict(Reason.objects.of(program.workspace_id).values_list("code", "label")) if same else {}
        for code in _reasons(program) or [""]:
            for each in same:
                if (code in _reasons(each)) if code else not _reasons(each):
                    words = f"leads returned as “{labels.get(code, code)}”" if code else "leads returned for any reason"
                    found.setdefault(words, each)
    return found


def programs_by_reason(workspace: Workspace) -> dict[str, Program]:
    """Return the first active program that names each reason, by its code; under "" one that takes any. One statement.

    Topics and an entry condition may keep a lead out of it, and another program takes that.
    """
    found: dict[str, Program] = {}
    for program in Program.objects.of(workspace).filter(status=Program.Status.ACTIVE):
        if Occasion.RETURN in occasions(program):
            for code in _reasons(program) or ([] if program.entry.get("topics") else [""]):
                found.setdefault(code, program)
    return found


def _asked(occasion: Occasion) -> set[str]:
    return {Occasion.REVISIT, Occasion.CARE} if occasion is Occasion.REVISIT else {occasion}


def _tier(program: Program, occasion: Occasion, code: str) -> bool:
    if occasion is Occasion.RETURN:
        return code not in _reasons(program)
    return occasion not in occasions(program)


def _reasons(program: Program) -> list[str]:
    return list(program.entry.get("reasons", ()))


def _earlier(lead_ids: Collection[int], programs: Sequence[Program]) -> dict[tuple[int, int], list[_Earlier]]:
    rows = Enrolment.everywhere.filter(lead__in=lead_ids, program__in=programs)
    found: defaultdict[tuple[int, int], list[_Earlier]] = defaultdict(list)
    for lead, program, state, ended_at in rows.values_list("lead_id", "program_id", "state", "ended_at"):
        found[lead, program].append(_Earlier(state, ended_at))
    return found


def _may_enter(program: Program, lead: Lead, earlier: Sequence[_Earlier], occasion: Occasion) -> bool:
    if any(each.state == Enrolment.State.ACTIVE for each in earlier):
        return False
    if program.reentry == Program.Reentry.NEVER and earlier:
        return False
    if occasion is Occasion.RETURN:
        return True
    # Else who finished a program, or left it while in marketing's care, would enter it again the next moment.
    return not any(
        each.state == Enrolment.State.FINISHED or (each.ended_at and each.ended_at > lead.state_since)
        for each in earlier
    )


def _admits(program: Program, lead: Lead, known: Mapping[int, Facts] | None, at: datetime) -> bool:
    """Return whether topics and entry condition of a program hold for a lead."""
    topics, condition = program.entry.get("topics"), program.entry.get("condition")
    if topics and not any(lead.interests.get(topic) for topic in topics):
        return False
    return not condition or (known is not None and trees.holds(condition, known[lead.pk], at))


def _why(lead: Lead, program: Program | None, reason: Reason | None, occasion: Occasion) -> dict[str, Any]:
    code = reason.code if reason else ""
    if program is None:
        return {"words": "No active program takes this lead.", "reason": code}
    if occasion is Occasion.RETURN:
        named = bool(code) and code in _reasons(program)
        words = (
            f"It takes leads returned as “{reason.label if reason else code}”"
            if named
            else "No program before it is made for this reason; this one takes any"
        )
    elif occasion is Occasion.REVISIT:
        words = "The revisit date has come, and this program takes the lead"
    else:
        words = "It takes leads in marketing's care that are in no program"
    if program.entry.get("condition"):
        words += ", and its entry condition holds"
    shared = [topic for topic in program.entry.get("topics", ()) if lead.interests.get(topic)]
    if shared:
        words += f", and the lead is interested in {', '.join(shared)}"
    points = sum(lead.interests[topic] for topic in shared)
    return {"words": f"{words}.", "reason": code, "topics": shared, "points": points}
