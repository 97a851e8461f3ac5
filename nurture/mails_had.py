"""What each person has had already, so that a program goes on where the lead left and sends no mail twice.

The send ledger is the one record of it, over all programs, passes and re-entries; the database refuses a second mail of
the same words to the same person, unless a program repeats its mails openly.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from leadflow.errors import Conflict
from nurture.models import Program, Send, Step
from nurture.steps import catalogue
from nurture.steps.base import StepKind
from nurture.steps.mails import MailKind

HAD = (Send.State.PLANNED, Send.State.SENDING, Send.State.SENT, Send.State.UNKNOWN, Send.State.TRAPPED)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a program would do for a lead that enters it: where it begins, which mails it leaves out or repeats."""

    first: Step | None
    skipped: list[Step] = field(default_factory=list)
    repeated: list[Step] = field(default_factory=list)
    is_empty: bool = False  # it has mails, and none of them is left for this lead

    @property
    def words(self) -> str:
        """Say what is left out or repeated, by the names of the mails; empty: nothing is."""
        if self.repeated:
            return f"It gets again: {_names(self.repeated)}."
        return f"It had these mails, which are left out: {_names(self.skipped)}." if self.skipped else ""


@dataclass(frozen=True, slots=True)
class MailsHad:
    """Which mails leads had, by the steps that sent them and by their words; kept up while more are planned."""

    steps: defaultdict[int, set[int | None]]
    digests: defaultdict[int, set[str]]

    def has(self, lead_id: int, step: Step, kind: MailKind) -> bool:
        """Return whether a person had the mail of a step, from this step or in the same words from another."""
        return bool(kind.mail) and (step.pk in self.steps[lead_id] or kind.mail in self.digests[lead_id])

    def note(self, lead_id: int, step: Step, digest: str) -> None:
        """Take in that the mail of a step was planned for a person; `digest` is empty where the content counts."""
        self.steps[lead_id].add(step.pk)
        if digest:
            self.digests[lead_id].add(digest)


def outlooks(lead_ids: Collection[int], programs: Iterable[Program]) -> dict[tuple[int, int], Outlook]:
    """Return what each program would do for each lead, by both their ids, in two statements at most."""
    programs = list(programs)
    steps_of: defaultdict[int, list[Step]] = defaultdict(list)
    for step in Step.everywhere.filter(program__in=programs).order_by("position"):
        steps_of[step.program_id].append(step)
    every = [step for steps in steps_of.values() for step in steps]
    mails = {step.pk: kind for step in every if isinstance(kind := _kind(step), MailKind)}
    had = _had(lead_ids, mails.keys(), {kind.mail for kind in mails.values()})
    return {
        (lead, program.pk): _outlook(program, steps_of[program.pk], mails, had.steps[lead], had.digests[lead])
        for lead in lead_ids
        for program in programs
    }


def read(lead_ids: Collection[int], steps: Iterable[Step]) -> MailsHad:
    """Read which of the mails of these steps leads had. One statement; none where no step sends a written mail."""
    mails = {step.pk: kind.mail for step in steps if isinstance(kind := _kind(step), MailKind) and kind.mail}
    return _had(lead_ids, mails.keys(), set(mails.values()))


def forecast(lead_ids: Collection[int], programs: Iterable[Program]) -> list[str]:
    """Say in words, for each program, which mails some of the leads had and would get again or not. Two statements.

    A program that none of them had a mail of is not named.
    """
    programs, said = list(programs), []
    found = outlooks(lead_ids, programs)
    for program in programs:
        each = [found[lead, program.pk] for lead in lead_ids]
        words = Counter(outlook.words for outlook in each if outlook.words and not outlook.is_empty)
        parts = [f"{_leads(count)}: {text}" for text, count in words.most_common()]
        if done := sum(outlook.is_empty for outlook in each):
            parts.append(f"{_leads(done)}: all its mails were had, so it is not entered.")
        if parts:
            said.append(f"“{program.name}”, {' '.join(parts)}")
    return said


def repeats(program: Program) -> str:
    """Name the mails of a program that somebody had and would get again on entering once more; empty: none."""
    if program.reentry != Program.Reentry.REPEAT:
        return ""
    steps = list(Step.everywhere.filter(program=program).order_by("position"))
    mails = {step.pk: kind.mail for step in steps if isinstance(kind := _kind(step), MailKind) and kind.mail}
    sends = Send.everywhere.filter(workspace_id=program.workspace_id, state__in=HAD)
    sends = sends.filter(Q(step__in=list(mails)) | Q(mail__in=list(mails.values())))
    had = set(sends.order_by().values_list("step_id", "mail").distinct())
    seen, words = {step for step, _ in had}, {mail for _, mail in had}
    return _names(step for step in steps if step.pk in mails and (step.pk in seen or mails[step.pk] in words))


def _leads(count: int) -> str:
    return f"{count:,} lead" if count == 1 else f"{count:,} leads"


def _kind(step: Step) -> StepKind | None:
    """Read a step; one that cannot be read stops its program when a lead comes to it, not before."""
    try:
        return catalogue.load(step)
    except Conflict:
        return None


def _had(lead_ids: Collection[int], step_ids: Collection[int], digests: Collection[str]) -> MailsHad:
    """Return which of these mails leads had. One statement; none where there is nobody or nothing to ask for."""
    had = MailsHad(defaultdict(set), defaultdict(set))
    if not lead_ids or not step_ids:
        return had
    wanted = Q(step__in=list(step_ids)) | Q(mail__in=[each for each in digests if each])
    sends = Send.everywhere.filter(wanted, lead__in=list(lead_ids), state__in=HAD)
    for lead, step, mail in sends.values_list("lead_id", "step_id", "mail"):
        had.steps[lead].add(step)
        if mail:
            had.digests[lead].add(mail)
    return had


def _outlook(
    program: Program, steps: list[Step], mails: dict[int, MailKind], had: set[int | None], digests: set[str]
) -> Outlook:
    seen = [step for step in steps if step.pk in mails and (step.pk in had or mails[step.pk].mail in digests - {""})]
    written = [step for step in seen if mails[step.pk].mail]
    if program.reentry == Program.Reentry.REPEAT:
        return Outlook(steps[0] if steps else None, repeated=written)
    begin = 0
    if program.reentry != Program.Reentry.UNSEEN:
        begin = max((index for index, step in enumerate(steps, start=1) if step.pk in had), default=0)
    rest = [step for step in steps[begin:] if step.pk in mails]
    is_empty = any(step.pk in mails for step in steps) and all(step in written for step in rest)
    return Outlook(steps[begin] if begin < len(steps) else None, written, is_empty=is_empty)


def _names(steps: Iterable[Step]) -> str:
    return ", ".join(f"step {step.position} ({catalogue.load(step).describe()})" for step in steps)
