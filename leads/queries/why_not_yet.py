"""Say why a lead in marketing's care is not handed over yet: each criterion, met or not, and what would close it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from leads.conditions import fact_catalogue, trees, values
from leads.models import Lead, Question
from leads.qualification import assessment
from leads.qualification.assessment import Assessment, Reading
from leads.qualification.criteria import Criterion
from leads.scoring.scoring import READINESS_LEVELS, ScoringRules

ANSWER = "readiness."  # before a question's code: the name of the fact that its answer is


@dataclass(frozen=True)
class Standing:
    """Hold one criterion as it stands, and what would close it: nothing where it is met, or another makes up for it."""

    label: str
    passed: bool
    one_of: str  # the group of alternatives that it belongs to, if any
    remedy: str


@dataclass(frozen=True)
class WhyNotYet:
    """Hold what stands between a lead and its hand-over. `held` is why the loop guard waits, and until when."""

    definition_version: int
    passed: bool
    in_the_way: tuple[str, ...]
    criteria: tuple[Standing, ...]
    held: str
    held_until: datetime | None


def why_not_yet(lead: Lead, at: datetime) -> WhyNotYet:
    """Judge a lead by the active MQL definition as of `at`, in seven statements (eight without its account)."""
    reading = assessment.read([lead], at)[lead.pk]
    assessed = assessment.assess(lead, at, reading=reading)
    refusal = assessment.loop_guard(lead, assessed, at)
    questions = list(Question.objects.of(lead.workspace_id).filter(active=True).order_by("position", "pk"))
    remedies = _Remedies(assessed, reading, questions)
    return WhyNotYet(
        definition_version=assessed.verdict.definition_version,
        passed=assessed.verdict.passed,
        in_the_way=assessed.verdict.in_the_way,
        criteria=tuple(
            Standing(
                each.label, each.passed, each.one_of, remedies.of(each) if _stands_in_the_way(each, assessed) else ""
            )
            for each in assessed.verdict.criteria
        ),
        held=refusal.words if refusal else "",
        held_until=refusal.until if refusal else None,
    )


def _stands_in_the_way(criterion: Criterion, assessed: Assessment) -> bool:
    """Return whether a criterion is among those that decided against the lead."""
    return not assessed.verdict.passed and not criterion.passed and criterion.label in assessed.verdict.because


class _Remedies:
    """Say what would close a criterion of one lead."""

    def __init__(self, assessed: Assessment, reading: Reading, questions: Sequence[Question]) -> None:
        self.assessed, self.facts, self.rules = assessed, assessed.facts, reading.rules.scoring
        self.questions = questions

    def of(self, criterion: Criterion) -> str:
        """Return what would close a criterion that is not met, by the fact that it asks for."""
        condition = self.assessed.definition.condition if self.assessed.definition else None
        if condition is None:
            return "Let both sides sign an agreement; until then a person can hand it over with a reason."
        leaf = trees.leaf_at(condition, criterion.pointer)
        name = leaf["fact"]
        score, wanted = self.assessed.score, str(leaf.get("value") or "")
        if name == "fit.grade":
            return self._points(score.fit_points, _least_of_grade(self.rules, wanted), "fit", self._unknown())
        if name == "interest.level":
            more = "send it content, or invite it"
            return self._points(score.interest_points, _least_of_level(self.rules, wanted), "interest", more)
        if name == "readiness":
            least = _least_of_readiness(self.rules, wanted)
            return self._points(score.readiness_points, least, "readiness", self._unasked())
        if name.startswith(ANSWER) and name in fact_catalogue.KNOWN:
            return _sentence(self._unasked())
        if name.startswith(ANSWER):
            return self._ask(name.removeprefix(ANSWER))
        if name.startswith("events."):
            return "It has to do this itself: send it content that leads there."
        if name == "consent.marketing":
            return "Only the lead can agree to marketing mail: ask it, or send it a form."
        if name == "data.complete":
            asked = (*fact_catalogue.REQUIRED, fact_catalogue.REACHED_BY[0])
            missing = [each for each in asked if not values.is_known(self.facts.get(each))]
            return f"Fill in: {_list(missing)}."
        known = values.is_known(self.facts.get(name))
        noun = fact_catalogue.say(name).lower()
        return f"Correct the {noun} if it is wrong." if known else f"Fill in the {noun}."

    def _points(self, points: int, least: int | None, part: str, how: str) -> str:
        if least is None or points >= least:
            return _sentence(how)
        missing = least - points
        subject = "1 point" if missing == 1 else f"{missing} points"
        return f"{subject} of {part} {'is' if missing == 1 else 'are'} missing: {how}."

    def _ask(self, code: str) -> str:
        asked = next((question.label for question in self.questions if question.code == code), code)
        given = self.facts.get(f"{ANSWER}{code}")
        return f"Ask again: {asked}" if values.is_known(given) else f"Ask: {asked}"

    def _unasked(self) -> str:
        codes = [each.code for each in self.questions if not values.is_known(self.facts.get(f"{ANSWER}{each.code}"))]
        if not codes:
            return "ask again, when its answers may have changed"
        asked = [each.label for each in self.questions if each.code in codes]
        return f"ask: {' '.join(asked)}".rstrip("?")

    def _unknown(self) -> str:
        """Name what the rules of fit ask for and nobody knows."""
        asked = dict.fromkeys(name for rule in self.rules.fit for name in sorted(trees.facts_used(rule.condition)))
        missing = [name for name in asked if not values.is_known(self.facts.get(name))]
        return f"fill in {_list(missing)}" if missing else "it does not match the ideal customer better"


def _least_of_grade(rules: ScoringRules, grade: str) -> int | None:
    return dict(zip("ABC", rules.grades, strict=True)).get(grade.upper())


def _least_of_level(rules: ScoringRules, level: str) -> int | None:
    return dict(zip("123", rules.levels, strict=True)).get(level)


def _least_of_readiness(rules: ScoringRules, level: str) -> int | None:
    return dict(zip(READINESS_LEVELS, rules.readiness_levels, strict=False)).get(level.lower())


def _list(names: Iterable[str]) -> str:
    return ", ".join(fact_catalogue.say(name).lower() for name in names)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
