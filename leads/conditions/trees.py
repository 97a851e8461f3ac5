"""Evaluate and describe condition trees."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from leads.conditions import fact_catalogue, operators, values
from leads.conditions.values import Plain

Tree = Mapping[str, Any]
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """Hold the result of a tree, or of a part of it.

    `not` does not appear: it is applied to the parts under it (none of these: all of their opposites), so
    that `passed` and `words` of every leaf speak for the tree as a whole. `pointer` is the place in the tree as
    written.
    """

    kind: str  # all | any | leaf
    pointer: str
    passed: bool
    words: str = ""
    fact: str = ""
    op: str = ""
    expected: Plain = None
    observed: Plain = None
    parts: tuple["ConditionResult", ...] = ()

    @property
    def leaves(self) -> tuple["ConditionResult", ...]:
        """List every leaf in the order of the tree."""
        return (self,) if self.kind == "leaf" else tuple(leaf for part in self.parts for leaf in part.leaves)

    @property
    def because(self) -> tuple[str, ...]:
        """List the words of the leaves that decided: those that agree with the result."""
        if self.kind == "leaf":
            return (self.words,)
        return tuple(words for part in self.parts if part.passed == self.passed for words in part.because)

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = values.to_lists(asdict(self))
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ConditionResult":
        plain = {name: values.to_tuples(value) for name, value in data.items() if name != "parts"}
        return cls(**plain, parts=tuple(cls.from_json(part) for part in data["parts"]))


@dataclass(frozen=True, slots=True)
class Statement:
    """Say one line of a described tree; `depth` counts the groups around it."""

    depth: int
    words: str


def evaluate(tree: Tree, facts: Facts, at: datetime, *, pointer: str = "") -> ConditionResult:
    """Evaluate every leaf of a validated tree over facts as of `at` (aware). Never raises."""
    return _evaluate(tree, facts, at, pointer, negated=False)


def holds(tree: Tree, facts: Facts, at: datetime) -> bool:
    """Return whether a validated tree holds over facts as of `at` (aware), without the words of `evaluate`."""
    if "fact" in tree:
        name = tree["fact"]
        return operators.holds(
            tree["op"], facts.get(name), tree.get("value"), at=at, ranks=fact_catalogue.RANKED.get(name)
        )
    if "not" in tree:
        return not holds(tree["not"], facts, at)
    return (all if "all" in tree else any)(holds(part, facts, at) for _, part in _parts(tree, ""))


def describe(tree: Tree) -> str:
    """Put a validated tree into plain English, one line per group or leaf, two spaces per depth."""
    return "\n".join(f"{'  ' * line.depth}{line.words}" for line in outline(tree))


def outline(tree: Tree) -> tuple[Statement, ...]:
    """Put a validated tree into plain English as lines with depth, for pages that indent themselves."""
    return tuple(_outline(tree, depth=0, negated=False))


def facts_used(tree: Tree) -> set[str]:
    """List the names of the facts that a validated tree asks for, so that a caller gathers only those."""
    if "fact" in tree:
        return {tree["fact"]}
    return {name for _, part in _parts(tree, "") for name in facts_used(part)}


def leaf_at(tree: Tree, pointer: str) -> Tree:
    """Return the leaf at a place in a tree, as `ConditionResult.pointer` names it."""
    found: Any = tree
    for part in pointer.split("/")[1:]:
        found = found[int(part)] if part.isdigit() else found[part]
    leaf: Tree = found
    return leaf


def _evaluate(tree: Tree, facts: Facts, at: datetime, pointer: str, *, negated: bool) -> ConditionResult:
    if "fact" in tree:
        return _evaluate_leaf(tree, facts, at, pointer, negated=negated)
    if "not" in tree:
        return _evaluate(tree["not"], facts, at, f"{pointer}/not", negated=not negated)
    parts = tuple(_evaluate(part, facts, at, place, negated=negated) for place, part in _parts(tree, pointer))
    kind = _kind(tree, negated=negated)
    passed = (all if kind == "all" else any)(part.passed for part in parts)
    return ConditionResult(kind=kind, pointer=pointer, passed=passed, parts=parts)


def _evaluate_leaf(leaf: Tree, facts: Facts, at: datetime, pointer: str, *, negated: bool) -> ConditionResult:
    fact, op, value = leaf["fact"], leaf["op"], leaf.get("value")
    given = facts.get(fact)
    observed = values.plain(given)
    holds = operators.holds(op, given, value, at=at, ranks=fact_catalogue.RANKED.get(fact))
    statement = _statement(leaf, negated=negated)
    words = f"{statement}: {values.say(given)}"
    if observed is None and op in ("known", "unknown") and not leaf.get("label"):
        words = f"{fact_catalogue.say(fact)} {operators.OPERATORS['unknown'].words}"  # "is known: not known" is none
    elif observed is None and op == "unknown":
        words = statement
    expected = values.plain(value)
    return ConditionResult("leaf", pointer, holds != negated, words, fact, op, expected, observed)


def _statement(leaf: Tree, *, negated: bool) -> str:
    if label := leaf.get("label"):
        return f"Not so: {label}" if negated else label
    fact, op, value = leaf["fact"], leaf["op"], leaf.get("value")
    subject, operator = fact_catalogue.say(fact), operators.OPERATORS[op]
    if fact in fact_catalogue.RANKED and op in operators.RANKED_WORDS:
        return f"{subject} {operators.RANKED_WORDS[op][negated].format(fact_catalogue.say_rank(fact, value))}"
    verb = operator.opposite if negated else operator.words
    if operator.takes == "nothing":
        return f"{subject} {verb}"
    if operator.takes == "days":
        return f"{subject} {verb} {value} {'day' if value == 1 else 'days'}"
    return f"{subject} {verb} {values.say(value)}"


def _outline(tree: Tree, *, depth: int, negated: bool) -> Iterable[Statement]:
    if "fact" in tree:
        yield Statement(depth, _statement(tree, negated=negated))
    elif "not" in tree:
        yield from _outline(tree["not"], depth=depth, negated=not negated)
    else:
        heading = "All of these:" if _kind(tree, negated=negated) == "all" else "At least one of these:"
        yield Statement(depth, heading)
        for _, part in _parts(tree, ""):
            yield from _outline(part, depth=depth + 1, negated=negated)


def _kind(tree: Tree, *, negated: bool) -> str:
    return "all" if ("all" in tree) != negated else "any"


def _parts(tree: Tree, pointer: str) -> list[tuple[str, Tree]]:
    if "not" in tree:
        return [(f"{pointer}/not", tree["not"])]
    name = "all" if "all" in tree else "any"
    return [(f"{pointer}/{name}/{index}", part) for index, part in enumerate(tree[name])]
