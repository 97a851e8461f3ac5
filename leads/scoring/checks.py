"""Check a scoring that somebody wrote as JSON, naming every place that has to be corrected."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from leads.conditions import checks, trees
from leads.conditions.checks import Problem, is_count

MAX_RULES = 100
MAX_POINTS = 1000
MAX_DAYS = 3650
MAX_LABEL = 120

_CONDITION_MEMBERS = {"label", "points", "condition"}
_INTEREST_MEMBERS = {
    "label",
    "event_type",
    "points",
    "half_life_days",
    "cap",
    "topics",
    "name_contains",
    "within_days",
}


# what the least points of each part are called, and the marks that they give, best first
_PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "fit": ("grades", ("A", "B", "C")),
    "interest": ("levels", ("1", "2", "3")),
    "readiness": ("levels", ("ready", "some")),
}


def check(data: Any, known_facts: Iterable[str] | None) -> list[Problem]:
    """List what is wrong with a scoring; see `scoring.validate`."""
    if not isinstance(data, Mapping):
        return [Problem("", 'A scoring is an object with "version", "fit", "interest" and "readiness".')]
    known = None if known_facts is None else tuple(known_facts)
    problems = []
    if not is_count(data.get("version")):
        problems.append(Problem("/version", "The version is a whole number from 1."))
    for name, (thresholds, marks) in _PARTS.items():
        part = data.get(name)
        if not isinstance(part, Mapping):
            problems.append(Problem(f"/{name}", f'Give an object with "{thresholds}" and "rules".'))
            continue
        problems += _check_thresholds(part.get(thresholds), marks, f"/{name}/{thresholds}")
        problems += _check_rules(part.get("rules"), name, known)
    return problems


def _check_thresholds(thresholds: Any, marks: tuple[str, ...], pointer: str) -> list[Problem]:
    if not isinstance(thresholds, Mapping) or set(thresholds) != set(marks):
        return [Problem(pointer, f"Give the least points for {', '.join(marks)}.")]
    least = [thresholds[mark] for mark in marks]
    if not all(_is_points(points) for points in least):
        return [Problem(pointer, f"Points are whole numbers between -{MAX_POINTS} and {MAX_POINTS}.")]
    if not all(better > worse for better, worse in pairwise(least)):
        return [Problem(pointer, f"The better mark needs more points: {' > '.join(marks)}.")]
    return []


def _check_rules(rules: Any, name: str, known: tuple[str, ...] | None) -> list[Problem]:
    pointer = f"/{name}/rules"
    if not isinstance(rules, list) or len(rules) > MAX_RULES:
        return [Problem(pointer, f"Give a list of at most {MAX_RULES} rules.")]
    problems = []
    for index, rule in enumerate(rules):
        place = f"{pointer}/{index}"
        if not isinstance(rule, Mapping):
            problems.append(Problem(place, 'A rule is an object with a "label" and "points".'))
            continue
        problems += _check_rule(rule, _INTEREST_MEMBERS if name == "interest" else _CONDITION_MEMBERS, place)
        problems += _check_interest(rule, place) if name == "interest" else _check_condition(rule, name, place, known)
    return problems


def _check_rule(rule: Mapping[str, Any], members: set[str], pointer: str) -> Iterable[Problem]:
    for name in rule:
        if name not in members:
            place = str(name).replace("~", "~0").replace("/", "~1")
            yield Problem(f"{pointer}/{place}", f"A rule has no such member; it has {', '.join(sorted(members))}.")
    if not _is_text(rule.get("label")):
        yield Problem(f"{pointer}/label", f"Say in at most {MAX_LABEL} characters what earns the points.")
    if not _is_points(rule.get("points")) or rule["points"] == 0:
        message = f"Points are a whole number other than 0, between -{MAX_POINTS} and {MAX_POINTS}."
        yield Problem(f"{pointer}/points", message)


def _check_condition(
    rule: Mapping[str, Any], part: str, pointer: str, known: tuple[str, ...] | None
) -> Iterable[Problem]:
    place = f"{pointer}/condition"
    problems = checks.validate(rule.get("condition"), known, pointer=place)
    yield from problems
    if not problems:
        for name in sorted(trees.facts_used(rule["condition"])):
            if name == "readiness" or name.startswith(("fit.", "interest.")):
                yield Problem(place, f'"{name}" is what scoring finds out, so no rule of it can ask for it.')
            elif part == "readiness" and not name.startswith("readiness."):
                yield Problem(
                    place, f'"{name}" is no answer; readiness comes from answers alone, as "readiness.budget".'
                )


def _check_interest(rule: Mapping[str, Any], pointer: str) -> Iterable[Problem]:
    if not _is_text(rule.get("event_type")):
        yield Problem(f"{pointer}/event_type", 'Name the type of event, or "*" for any.')
    for name in ("half_life_days", "within_days"):
        if rule.get(name) is not None and not _is_days(rule[name]):
            message = f"Give a number of days, above 0 and at most {MAX_DAYS}, or leave it out."
            yield Problem(f"{pointer}/{name}", message)
    if rule.get("cap") is not None and not is_count(rule["cap"]):
        yield Problem(f"{pointer}/cap", "The cap is a whole number from 1, or left out.")
    topics = rule.get("topics", [])
    if not isinstance(topics, list) or not all(map(_is_text, topics)):
        yield Problem(f"{pointer}/topics", "Give a list of topics, or leave it out.")
    name_contains = rule.get("name_contains", "")
    if not isinstance(name_contains, str) or len(name_contains) > MAX_LABEL:
        yield Problem(f"{pointer}/name_contains", f"Give a text of at most {MAX_LABEL} characters.")


def _is_points(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_POINTS


def _is_days(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.01 <= value <= MAX_DAYS


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != "" and len(value) <= MAX_LABEL
