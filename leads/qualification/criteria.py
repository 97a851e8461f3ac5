"""Decide whether a lead meets a definition, may be handed over again, and in which tier. Pure: no Django here.

Every answer carries its reasons: criteria with the facts that decided them, refusals and tiers with words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from leadflow.formats import build
from leads.conditions import checks, trees, values
from leads.conditions.checks import Problem, is_count
from leads.conditions.trees import ConditionResult, Facts
from leads.conditions.values import Plain

KINDS = ("mql", "sal", "sql")
MOST_PASSES = 50
MOST_TIERS = 20


@dataclass(frozen=True, slots=True)
class DefinitionRules:
    """Hold the agreed condition for MQL, SAL or SQL, in one version."""

    kind: str  # one of KINDS
    version: int
    condition: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "DefinitionRules":
        """Check and read a definition that somebody wrote. Raise `checks.Invalid` with every problem."""
        if problems := validate(data):
            raise checks.InvalidCondition(problems)
        return cls(kind=data["kind"], version=data["version"], condition=data["condition"])


@dataclass(frozen=True, slots=True)
class Criterion:
    """Say of one leaf of a definition whether it was met, and by what.

    `pointer` is its place in the condition. Criteria that share a `one_of` are alternatives: the group at that place
    (`/`: the whole condition) is met when one branch of it is. An empty `one_of` means that the criterion is required.
    """

    label: str
    passed: bool
    observed: Plain
    expected: Plain
    pointer: str
    one_of: str = ""

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = values.to_lists(asdict(self))
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Criterion":
        """Read a criterion as it was stored, in its present form."""
        return build(cls, data, observed=values.to_tuples, expected=values.to_tuples)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hold the result of a definition on a lead at a time: every criterion, and the words of those that decided."""

    kind: str
    definition_version: int
    passed: bool
    criteria: tuple[Criterion, ...]
    because: tuple[str, ...]
    at: datetime

    @property
    def in_the_way(self) -> tuple[str, ...]:
        """List what stands in the way of passing, in words: each required criterion that failed, and each group of
        alternatives none of which passed, as one line ("E-mail is not known or Phone is not known"). Empty when it
        passed. What another alternative makes up for is not listed.
        """
        if self.passed:
            return ()
        lines: dict[str, dict[str, list[str]]] = {}  # place of the group, or of the criterion → branch → words
        for each in self.criteria:
            if each.passed or each.label not in self.because:
                continue
            branch = each.pointer.removeprefix(each.one_of.rstrip("/")).split("/")[1:3] if each.one_of else []
            lines.setdefault(each.one_of or each.pointer, {}).setdefault("/".join(branch), []).append(each.label)
        return tuple(" or ".join(" and ".join(words) for words in branches.values()) for branches in lines.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "definition_version": self.definition_version,
            "passed": self.passed,
            "criteria": [criterion.to_json() for criterion in self.criteria],
            "because": list(self.because),
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Verdict":
        """Read a verdict as it was stored, in its present form."""
        return build(
            cls,
            data,
            criteria=lambda items: tuple(Criterion.from_json(item) for item in items),
            because=tuple,
            at=datetime.fromisoformat,
        )


@dataclass(frozen=True, slots=True)
class LoopGuard:
    """Hold how often the agreement lets one lead be handed over, the first time included."""

    max_passes: int = 3

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "LoopGuard":
        """Check and read a loop guard that somebody wrote; what is left out takes its default.

        Raise `checks.Invalid` with every problem.
        """
        if problems := validate_guard(data):
            raise checks.InvalidCondition(problems)
        return cls.from_stored(data)

    @classmethod
    def from_stored(cls, data: Mapping[str, Any]) -> "LoopGuard":
        """Read a loop guard as it was stored, in its present form."""
        return build(cls, data, max_passes=int)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Say why a lead may not be handed over (again): a stable code, words, and until when, where time lifts it."""

    code: str  # too_many_passes | cooling_off | no_new_evidence
    words: str
    until: datetime | None = None


class TierChoice(NamedTuple):
    """Name the tier of a handoff, and say why."""

    tier: str
    why: str


def verdict(definition: DefinitionRules, facts: Facts, at: datetime) -> Verdict:
    """Judge facts by a definition as of `at` (aware)."""
    result = trees.evaluate(definition.condition, facts, at)
    return Verdict(
        kind=definition.kind,
        definition_version=definition.version,
        passed=result.passed,
        criteria=tuple(_criteria(result, one_of="")),
        because=result.because,
        at=at,
    )


def may_hand_over(
    guard: LoopGuard,
    *,
    returned_at: datetime | None,
    cool_off_until: datetime | None,
    newest_evidence_at: datetime | None,
    passes: int,
    at: datetime,
) -> Refusal | None:
    """Say why the loop guard refuses to hand a lead over, or None when it allows it.

    `passes` counts the handoffs so far; `newest_evidence_at` is `Score.newest_evidence_at`. A lead that was never
    returned needs no new evidence. The refusal that lasts longest is given first.
    """
    if passes >= guard.max_passes:
        times = "once" if passes == 1 else f"{passes} times"
        words = f"It has been handed over {times} already, and the agreement allows no more than {guard.max_passes}."
        return Refusal("too_many_passes", words)
    if cool_off_until is not None and at < cool_off_until:
        words = f"The reason of its return asks to wait until {values.say_time(cool_off_until)}."
        return Refusal("cooling_off", words, until=cool_off_until)
    if returned_at is not None and (newest_evidence_at is None or newest_evidence_at <= returned_at):
        words = f"Nothing new has spoken for it since it was returned on {values.say_time(returned_at)}."
        return Refusal("no_new_evidence", words)
    return None


def tier(tiers: Sequence[Mapping[str, Any]], facts: Facts, at: datetime) -> TierChoice:
    """Choose the first tier whose condition holds as of `at`, else the last, which has none."""
    for entry in tiers:
        if not entry.get("condition"):
            return TierChoice(entry["tier"], "No other tier applies.")
        result = trees.evaluate(entry["condition"], facts, at)
        if result.passed:
            return TierChoice(entry["tier"], "; ".join(result.because))
    return TierChoice(tiers[-1]["tier"], "No other tier applies.")


def asking(codes: Iterable[str]) -> dict[str, Any]:
    """Build the condition that every one of these qualifying questions is answered."""
    return {"all": [{"fact": f"readiness.{code}", "op": "known"} for code in codes]}


def validate(data: Any, known_facts: Iterable[str] | None = None) -> list[Problem]:
    """List what is wrong with a definition that somebody wrote as JSON. Never raises on JSON."""
    if not isinstance(data, Mapping):
        return [Problem("", 'A definition is an object with "kind", "version" and "condition".')]
    problems = []
    if data.get("kind") not in KINDS:
        problems.append(Problem("/kind", f"The kind is one of {', '.join(KINDS)}."))
    if not is_count(data.get("version")):
        problems.append(Problem("/version", "The version is a whole number from 1."))
    return problems + checks.validate(data.get("condition"), known_facts, pointer="/condition")


def validate_guard(data: Any) -> list[Problem]:
    """List what is wrong with a loop guard that somebody wrote as JSON."""
    if not isinstance(data, Mapping) or set(data) - {"max_passes"}:
        return [Problem("", 'A loop guard is an object with "max_passes".')]
    if not is_count(data.get("max_passes", 1)) or data.get("max_passes", 1) > MOST_PASSES:
        return [Problem("/max_passes", f"Give a whole number from 1 to {MOST_PASSES}.")]
    return []


def validate_tiers(data: Any, known_facts: Iterable[str] | None = None) -> list[Problem]:
    """List what is wrong with tiers that somebody wrote as JSON; the last one must have no condition."""
    if not isinstance(data, list) or not 0 < len(data) <= MOST_TIERS:
        return [Problem("", f"Give a list of 1 to {MOST_TIERS} tiers, in the order in which they are tried.")]
    known = None if known_facts is None else tuple(known_facts)
    problems: list[Problem] = []
    names: set[str] = set()
    for index, entry in enumerate(data):
        problems += _check_tier(entry, f"/{index}", names, known, last=index == len(data) - 1)
    return problems


def _check_tier(entry: Any, pointer: str, names: set[str], known: Iterable[str] | None, *, last: bool) -> list[Problem]:
    if not isinstance(entry, Mapping) or set(entry) - {"tier", "condition"}:
        return [Problem(pointer, 'A tier is an object with "tier" and "condition".')]
    problems = []
    name = entry.get("tier")
    if not isinstance(name, str) or not name.strip() or len(name) > 40 or name in names:
        problems.append(Problem(f"{pointer}/tier", "Give each tier a name of its own, at most 40 characters long."))
    else:
        names.add(name)
    condition = entry.get("condition")
    if not last:
        problems += checks.validate(condition, known, pointer=f"{pointer}/condition")
    elif condition:
        message = "The last tier takes every lead that is left, so it has no condition."
        problems.append(Problem(f"{pointer}/condition", message))
    return problems


def _criteria(result: ConditionResult, one_of: str) -> Iterable[Criterion]:
    if result.kind == "leaf":
        yield Criterion(
            label=result.words,
            passed=result.passed,
            observed=result.observed,
            expected=result.expected,
            pointer=result.pointer,
            one_of=one_of,
        )
        return
    if result.kind == "any" and len(result.parts) > 1 and not one_of:
        one_of = result.pointer or "/"
    for part in result.parts:
        yield from _criteria(part, one_of)


_REACHABLE = {
    "any": [
        {"fact": "lead.email", "op": "known"},
        {"fact": "lead.phone", "op": "known"},
        {"fact": "lead.external_ids", "op": "known"},
    ]
}

_FITS = {"fact": "fit.grade", "op": "at_least", "value": "B"}
_ASKED = {"fact": "events.demo_request.count_30d", "op": "at_least", "value": 1}
_READY = {"fact": "readiness", "op": "is", "value": "ready"}

# Who fits, and asked for a demo, or is interested and not without readiness, or is ready. Interest alone is nurtured.
DEFAULT_MQL: dict[str, Any] = {
    "kind": "mql",
    "version": 1,
    "condition": {
        "all": [
            _REACHABLE,
            {"fact": "consent.marketing", "op": "is_not", "value": "opted_out"},
            _FITS,
            {
                "any": [
                    _ASKED,
                    {
                        "all": [
                            {"fact": "interest.level", "op": "at_least", "value": 2},
                            {"fact": "readiness", "op": "at_least", "value": "some"},
                        ]
                    },
                    _READY,
                ]
            },
        ]
    },
}
# Sales can reach the person; whether to accept is the rep's own judgement, with a reason when not.
DEFAULT_SAL: dict[str, Any] = {"kind": "sal", "version": 1, "condition": _REACHABLE}
DEFAULT_SQL: dict[str, Any] = {
    "kind": "sql",
    "version": 1,
    "condition": asking(("budget", "authority", "need", "timeline")),
}
DEFAULT_GUARD: dict[str, Any] = LoopGuard().to_json()
DEFAULT_TIERS: list[dict[str, Any]] = [
    {
        "tier": "hot",
        "condition": {
            "all": [_FITS, {"any": [_ASKED, _READY]}],
        },
    },
    {"tier": "standard"},
]
