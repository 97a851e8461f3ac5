"""List what a version of the agreement changes against another, point by point and in words."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.wording import promises, scoring
from leads.conditions.comparison import Effect, effect
from leads.conditions.trees import Statement
from leads.models import Reason
from leads.models.reason import leads_to
from sla.terms import Terms

_EFFECTS = {
    Effect.LOOSENS: "This loosens the definition: leads meet it that did not before.",
    Effect.TIGHTENS: "This tightens the definition: leads that met it may not meet it any more.",
    Effect.CHANGES: "Some leads may meet it that did not before, and some not any more.",
    Effect.NONE: "",
}


@dataclass(frozen=True)
class TermChange:
    """Hold one change: the lines that go and those that come, and what that does. An empty side: added, or removed."""

    label: str
    before: str
    after: str
    effect: str = ""


@dataclass(frozen=True)
class _Point:
    """Hold one point of the terms. Points of two versions belong together by their `key`, whatever they are called."""

    key: tuple[str, ...]
    label: str
    words: str


def between(before: Terms | None, after: Terms) -> list[TermChange]:
    """List in which points terms differ, in the order of the agreement. Against nothing, there is nothing to list."""
    if before is None:
        return []
    old, new = {each.key: each for each in _points(before)}, {each.key: each for each in _points(after)}
    keys = [*new, *(key for key in old if key not in new)]
    changed = [_change(old.get(key), new.get(key), before, after) for key in keys if old.get(key) != new.get(key)]
    return changed + _orders(before, after)


def _change(old: _Point | None, new: _Point | None, before: Terms, after: Terms) -> TermChange:
    """Say one change, of lines only those that differ."""
    point = new or old
    assert point is not None  # a key comes from one of both
    if old is None or new is None:
        return TermChange(point.label, old.words if old else "", new.words if new else "")
    gone, come = _lines(old.words, new.words)
    if old.label != new.label:  # it has another name now
        gone, come = [old.label, *gone], [new.label, *come]
    return TermChange(point.label, "\n".join(gone), "\n".join(come), _effect(point.key, before, after))


def _lines(old: str, new: str) -> tuple[list[str], list[str]]:
    """Return the lines that go and those that come."""
    found = list(difflib.ndiff(old.split("\n"), new.split("\n")))
    return [line[2:] for line in found if line[0] == "-"], [line[2:] for line in found if line[0] == "+"]


def _effect(key: tuple[str, ...], before: Terms, after: Terms) -> str:
    if key[0] != "definition":
        return ""
    return _EFFECTS[effect(before.definitions[key[1]]["condition"], after.definitions[key[1]]["condition"])]


def _orders(before: Terms, after: Terms) -> list[TermChange]:
    """Say where reasons or questions are offered in another order."""
    found = []
    for label, old, new in (
        ("Order of the reasons", before.reasons, after.reasons),
        ("Order of the questions", before.questions, after.questions),
    ):
        places = [{(each.get("kind"), each["code"]): each["label"] for each in copies} for copies in (old, new)]
        kept = [[key for key in one if key in other] for one, other in (places, places[::-1])]
        if kept[0] != kept[1]:
            said = ["\n".join(names[key] for key in keys) for names, keys in zip(places, kept, strict=True)]
            found.append(TermChange(label, *said))
    return found


def _points(terms: Terms) -> Iterator[_Point]:
    """Yield every point of the terms with its words, under a key of its own."""
    said = promises.say(terms)
    for promise in said.marketing:
        yield _plain(f"Marketing: {promise.label}", promise.words)
    yield _plain("Information with every lead", "\n".join(said.information))
    for row in said.sales:
        for name, words in row.cells:
            yield _plain(f"Sales, {name}: {row.label}", words)
    for promise in said.shared:
        yield _plain(promise.label, promise.words)
    yield _plain("Escalation steps", "\n".join(f"{step.label}: {step.words}" for step in said.escalation_steps))
    for defined in said.definitions:
        yield _Point(("definition", defined.kind), f"Definition of {defined.name}", _text(defined.lines))
    for tier in said.tier_rules:
        yield _plain(f"Tier {tier.name}", _text(tier.lines) or "Every lead left")
    yield from _scoring_points(terms)
    yield _plain("Business hours", "\n".join([said.zone, *(f"{day.label} {day.words}" for day in said.week)]))
    yield _plain("Holidays", "\n".join(f"{each['date']} {each.get('name', '')}".strip() for each in said.holidays))
    for copy in terms.reasons:
        label = f"{Reason.Kind(copy['kind']).label}: {copy['label']}"
        yield _Point(("reason", copy["kind"], copy["code"]), label, leads_to(copy))
    for copy in terms.questions:
        yield _Point(("question", copy["code"]), f"Question: {copy['label']}", promises.question(copy))


def _scoring_points(terms: Terms) -> Iterator[_Point]:
    """Yield the scales of the scoring and its rules; those of one name count as one point."""
    if not terms.scoring:
        return
    yield _plain("Grades of fit", scoring.fit_grades(terms.scoring))
    yield _plain("Levels of interest", scoring.interest_levels(terms.scoring))
    for axis, say in (("fit", scoring.fit), ("interest", scoring.interest)):
        named: dict[str, list[str]] = {}
        for rule in terms.scoring[axis]["rules"]:
            named.setdefault(rule["label"], []).append(f"{scoring.points(rule)}: {say(rule)}")
        for label, lines in named.items():
            yield _plain(f"Points of {axis}: {label}", "\n".join(lines))


def _plain(label: str, words: str) -> _Point:
    return _Point((label,), label, words)


def _text(lines: Sequence[Statement]) -> str:
    return "\n".join(f"{'· ' * line.depth}{line.words}" for line in lines)
