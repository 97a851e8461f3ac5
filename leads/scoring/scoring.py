"""Score fit, interest and readiness, with lines that explain the points and add up to them. Pure: no Django here.

Fit asks whether the person matches the ideal customer: conditions worth points, graded A (best) to D. Interest asks
what they did: events worth points that fade, in levels 1 (most interested) to 4. Together they are a grade: B2.
Readiness asks what they answered: conditions over the qualifying questions worth points, in levels ready, some, none.

Points are whole numbers. Each line is rounded by itself (halves away from zero) and the totals are sums of lines,
so that what a page shows always adds up. Only events of people count, and none that lie in the future.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from leadflow.formats import build
from leads.conditions import trees, values
from leads.conditions.checks import InvalidCondition, Problem
from leads.conditions.trees import Facts
from leads.scoring import checks
from leads.scoring.defaults import DEFAULT

__all__ = [
    "DEFAULT",
    "ConditionRule",
    "EventFact",
    "InterestRule",
    "Score",
    "ScoreLine",
    "ScoringRules",
    "horizon_days",
    "interests",
    "score",
    "validate",
]

ANY_TYPE = "*"
READINESS_LEVELS = ("ready", "some", "none")  # best first
NEGLIGIBLE = 0.005  # of its points: what an event has faded to when it stops counting
_HALF_LIVES_TO_NEGLIGIBLE = math.log2(1 / NEGLIGIBLE)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EventFact:
    """Hold what scoring needs of one event.

    `name` is what rules search, so a caller adds the page's path to it; `occurred_at` is aware; `human` is False
    for mail scanners and prefetchers.
    """

    type: str
    name: str
    topics: tuple[str, ...]
    occurred_at: datetime
    human: bool = True


@dataclass(frozen=True, slots=True)
class ConditionRule:
    """Give points, which may be negative, when a condition holds."""

    label: str
    points: int
    condition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class InterestRule:
    """Give points, which may be negative, for each event of a type (`*`: any), fading by half every half-life.

    `topics` (any of them), `name_contains` and `within_days` narrow it; `cap` bounds the sum either way.
    """

    label: str
    event_type: str
    points: int
    half_life_days: float | None = None
    cap: int | None = None
    topics: tuple[str, ...] = ()
    name_contains: str = ""
    within_days: float | None = None

    def horizon_days(self) -> float | None:
        """Give the age in days from which an event of this rule stops counting; None: never."""
        faded = None if self.half_life_days is None else self.half_life_days * _HALF_LIVES_TO_NEGLIGIBLE
        limits = [limit for limit in (faded, self.within_days) if limit is not None]
        return min(limits, default=None)

    def worth(self, event: EventFact, at: datetime) -> float | None:
        """Give the faded points of one event at `at`; None when this rule does not count it."""
        age = (at - event.occurred_at) / _DAY
        horizon = self.horizon_days()
        if age < 0 or (horizon is not None and age > horizon) or not self._matches(event):
            return None
        return self.points if self.half_life_days is None else self.points * 0.5 ** (age / self.half_life_days)

    def _matches(self, event: EventFact) -> bool:
        if not event.human or self.event_type not in (ANY_TYPE, event.type):
            return False
        if self.name_contains and self.name_contains.casefold() not in event.name.casefold():
            return False
        wanted = {topic.casefold() for topic in self.topics}
        return not wanted or any(topic.casefold() in wanted for topic in event.topics)


@dataclass(frozen=True, slots=True)
class ScoringRules:
    """Hold a workspace's rules for fit, interest and readiness, in one version.

    `grades` are the least points for A, B and C (else D); `levels` those for 1, 2 and 3 (else 4); `readiness_levels`
    those for ready and some (else none).
    """

    version: int
    fit: tuple[ConditionRule, ...]
    grades: tuple[int, int, int]
    interest: tuple[InterestRule, ...]
    levels: tuple[int, int, int]
    readiness: tuple[ConditionRule, ...]
    readiness_levels: tuple[int, int]

    def grade(self, points: int) -> str:
        """Give the fit grade, A to D, of a number of fit points."""
        return next((grade for grade, least in zip("ABC", self.grades, strict=True) if points >= least), "D")

    def level(self, points: int) -> int:
        """Give the interest level, 1 (most interested) to 4, of a number of interest points."""
        return next((level for level, least in enumerate(self.levels, 1) if points >= least), 4)

    def readiness_level(self, points: int) -> str:
        """Give the readiness level, one of `READINESS_LEVELS`, of a number of readiness points."""
        least = zip(READINESS_LEVELS, self.readiness_levels, strict=False)
        return next((level for level, enough in least if points >= enough), READINESS_LEVELS[-1])

    def to_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "fit": {
                "grades": dict(zip("ABC", self.grades, strict=True)),
                "rules": [_condition_rule_to_json(rule) for rule in self.fit],
            },
            "interest": {
                "levels": dict(zip("123", self.levels, strict=True)),
                "rules": [values.to_lists(asdict(rule)) for rule in self.interest],
            },
            "readiness": {
                "levels": dict(zip(READINESS_LEVELS, self.readiness_levels, strict=False)),
                "rules": [_condition_rule_to_json(rule) for rule in self.readiness],
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ScoringRules":
        """Check and read a scoring that somebody wrote. Raise `Invalid` with every problem."""
        if problems := validate(data):
            raise InvalidCondition(problems)
        return cls.from_stored(data)

    @classmethod
    def from_stored(cls, data: Mapping[str, Any]) -> "ScoringRules":
        """Read a scoring as it was stored, in its present form: it was checked before, by the limits of its day.

        Raise `leadflow.formats.Unreadable` for one that lacks a part.
        """
        return build(
            cls,
            {
                **data,
                "grades": data.get("fit"),
                "levels": data.get("interest"),
                "readiness_levels": data.get("readiness"),
            },
            fit=_condition_rules,
            grades=lambda fit: tuple(fit["grades"][grade] for grade in "ABC"),
            interest=lambda interest: tuple(build(InterestRule, rule, topics=tuple) for rule in interest["rules"]),
            levels=lambda interest: tuple(interest["levels"][level] for level in "123"),
            readiness=_condition_rules,
            readiness_levels=lambda readiness: tuple(readiness["levels"][level] for level in READINESS_LEVELS[:-1]),
        )


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """Explain some of the points: which rule gave them, why, and for interest how often and when last."""

    kind: str  # fit | interest | readiness
    label: str
    points: int
    detail: str
    count: int = 0
    last_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "last_at": self.last_at.isoformat() if self.last_at else None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ScoreLine":
        """Read a line as it was stored, in its present form."""
        return build(cls, data, last_at=lambda at: datetime.fromisoformat(at) if at else None)


@dataclass(frozen=True, slots=True)
class Score:
    """Hold fit, interest and readiness of one lead at one time; the points are the sums of the lines of their kind."""

    fit_points: int
    fit_grade: str
    interest_points: int
    interest_level: int
    readiness_points: int
    readiness: str  # one of READINESS_LEVELS
    grade: str  # fit and interest, as "B2"
    lines: tuple[ScoreLine, ...]
    version: int
    at: datetime

    @property
    def newest_evidence_at(self) -> datetime | None:
        """Give the time of the newest event that earned points: what the loop guard asks for."""
        times = [line.last_at for line in self.lines if line.points > 0 and line.last_at]
        return max(times, default=None)

    def facts(self) -> dict[str, Any]:
        """Give the score as facts for conditions."""
        return {
            "fit.points": self.fit_points,
            "fit.grade": self.fit_grade,
            "interest.points": self.interest_points,
            "interest.level": self.interest_level,
            "readiness": self.readiness,
        }

    def to_json(self) -> dict[str, Any]:
        lines = [line.to_json() for line in self.lines]
        return {**asdict(self), "lines": lines, "at": self.at.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Score":
        """Read a score as `to_json` writes it."""
        return build(
            cls, data, lines=lambda items: tuple(ScoreLine.from_json(item) for item in items), at=datetime.fromisoformat
        )


def validate(data: Any, known_facts: Iterable[str] | None = None) -> list[Problem]:
    """List what is wrong with a scoring that somebody wrote as JSON. Never raises on JSON."""
    return checks.check(data, known_facts)


def score(scoring: ScoringRules, facts: Facts, events: Iterable[EventFact], at: datetime) -> Score:
    """Score one lead as of `at` (aware) from its facts and events, in one pass over the events.

    Events older than `horizon_days(scoring)` change nothing, so a caller may leave them out.
    """
    lines = (
        *_condition_lines("fit", scoring.fit, facts, at),
        *_interest_lines(scoring, events, at),
        *_condition_lines("readiness", scoring.readiness, facts, at),
    )
    fit_points, interest_points, readiness_points = (
        sum(line.points for line in lines if line.kind == kind) for kind in ("fit", "interest", "readiness")
    )
    grade, level = scoring.grade(fit_points), scoring.level(interest_points)
    return Score(
        fit_points=fit_points,
        fit_grade=grade,
        interest_points=interest_points,
        interest_level=level,
        readiness_points=readiness_points,
        readiness=scoring.readiness_level(readiness_points),
        grade=f"{grade}{level}",
        lines=lines,
        version=scoring.version,
        at=at,
    )


def horizon_days(scoring: ScoringRules) -> int | None:
    """Give the age in whole days past which no event counts any more; None when some rule never forgets."""
    horizons = [rule.horizon_days() for rule in scoring.interest]
    limits = [horizon for horizon in horizons if horizon is not None]
    return math.ceil(max(limits, default=0)) if len(limits) == len(horizons) else None


def interests(scoring: ScoringRules, events: Iterable[EventFact], at: datetime) -> dict[str, float]:
    """Give the lead's interest per topic, strongest first, in faded points to one decimal, uncapped.

    An event gives each of its topics what the rules give for the event; topics that come to nothing are left out.
    """
    rules = _by_type(scoring)
    worths: defaultdict[str, list[float]] = defaultdict(list)
    for event in events:
        worth = math.fsum(rule.worth(event, at) or 0 for _, rule in _rules_for(rules, event))
        for topic in dict.fromkeys(event.topics):
            worths[topic].append(worth)
    points = {topic: round(math.fsum(each), 1) for topic, each in worths.items()}
    ranked = sorted(points.items(), key=lambda item: (-item[1], item[0]))
    return {topic: worth for topic, worth in ranked if worth > 0}


def _condition_rules(part: Mapping[str, Any]) -> tuple[ConditionRule, ...]:
    return tuple(build(ConditionRule, rule) for rule in part["rules"])


def _condition_rule_to_json(rule: ConditionRule) -> dict[str, Any]:
    return {**asdict(rule), "condition": dict(rule.condition)}


def _condition_lines(kind: str, rules: Iterable[ConditionRule], facts: Facts, at: datetime) -> Iterator[ScoreLine]:
    for rule in rules:
        if trees.holds(rule.condition, facts, at):  # few do, and the words take far longer
            because = trees.evaluate(rule.condition, facts, at).because
            yield ScoreLine(kind, rule.label, rule.points, "; ".join(because))


def _interest_lines(scoring: ScoringRules, events: Iterable[EventFact], at: datetime) -> Iterator[ScoreLine]:
    rules = _by_type(scoring)
    worths: defaultdict[int, list[float]] = defaultdict(list)
    last: dict[int, datetime] = {}
    for event in events:
        for index, rule in _rules_for(rules, event):
            worth = rule.worth(event, at)
            if worth is not None:
                worths[index].append(worth)
                last[index] = max(last.get(index, event.occurred_at), event.occurred_at)
    for index, rule in enumerate(scoring.interest):
        line = _interest_line(rule, worths[index], last.get(index))
        if line.points:  # a line worth nothing explains nothing
            yield line


def _interest_line(rule: InterestRule, worths: list[float], last_at: datetime | None) -> ScoreLine:
    total = _whole(math.fsum(worths))  # fsum: the same whatever order the events come in
    parts = [f"{len(worths)} {'time' if len(worths) == 1 else 'times'}"]
    if last_at:
        parts.append(f"last on {values.say_day(last_at)}")
    if rule.half_life_days is not None:
        parts.append(f"{rule.points} each, halved every {rule.half_life_days:g} days")
    if rule.cap is not None and abs(total) > rule.cap:
        total = int(math.copysign(rule.cap, total))
        parts.append(f"held at {total}")
    return ScoreLine("interest", rule.label, total, ", ".join(parts), len(worths), last_at)


def _by_type(scoring: ScoringRules) -> Mapping[str, list[tuple[int, InterestRule]]]:
    rules: defaultdict[str, list[tuple[int, InterestRule]]] = defaultdict(list)
    for index, rule in enumerate(scoring.interest):
        rules[rule.event_type].append((index, rule))
    return dict(rules)


def _rules_for(
    rules: Mapping[str, list[tuple[int, InterestRule]]], event: EventFact
) -> Iterator[tuple[int, InterestRule]]:
    yield from rules.get(event.type, ())
    yield from rules.get(ANY_TYPE, ())


def _whole(points: float) -> int:
    return int(math.copysign(math.floor(abs(points) + 0.5), points))
