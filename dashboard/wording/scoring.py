"""Put the rules of fit and interest into words."""

from collections.abc import Mapping
from typing import Any

from leads.conditions import trees


def fit_grades(rules: Mapping[str, Any]) -> str:
    """Say from how many points which grade of fit is given."""
    grades = rules["fit"]["grades"]
    return f"A from {grades['A']}, B from {grades['B']}, C from {grades['C']} points, else D"


def interest_levels(rules: Mapping[str, Any]) -> str:
    """Say from how many points which level of interest is given."""
    levels = rules["interest"]["levels"]
    return f"1 from {levels['1']}, 2 from {levels['2']}, 3 from {levels['3']} points, else 4"


def fit(rule: Mapping[str, Any]) -> str:
    """Say when a rule of fit counts."""
    said = [line.words for line in trees.outline(rule["condition"])]
    return " ".join(words if words.endswith(":") or last else f"{words};" for words, last in _with_last(said))


def points(rule: Mapping[str, Any]) -> str:
    """Say how many points a rule is worth."""
    return f"{rule['points']:+d} points"


def interest(rule: Mapping[str, Any]) -> str:
    """Say what an interest rule counts, and how it fades."""
    event = "any event" if rule["event_type"] == "*" else f"each {rule['event_type'].replace('_', ' ')}"
    said = [event]
    if rule.get("name_contains"):
        said.append(f"with “{rule['name_contains']}” in its name or page")
    if rule.get("topics"):
        said.append(f"on {', '.join(rule['topics'])}")
    if rule.get("within_days"):
        said.append(f"in the last {rule['within_days']} days")
    words = " ".join(said)
    more = []
    if rule.get("half_life_days"):
        more.append(f"half as much after {rule['half_life_days']} days")
    if rule.get("cap"):
        more.append(f"{rule['cap']} points at most")
    return "; ".join([words[0].upper() + words[1:], *more])


def _with_last(said: list[str]) -> list[tuple[str, bool]]:
    return [(words, number == len(said)) for number, words in enumerate(said, 1)]
