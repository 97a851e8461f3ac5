"""Check condition trees that somebody wrote, naming every place that has to be corrected."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from leads.conditions import fact_catalogue, values
from leads.conditions.fact_types import FactType
from leads.conditions.operators import OPERATORS, fitting

MAX_DEPTH = 8
MAX_NODES = 200
MAX_LIST = 200
MAX_TEXT = 300
MAX_NUMBER = 10**15
MAX_DAYS = 36_500

_GROUPS = ("all", "any", "not")
_LEAF_MEMBERS = {"fact", "op", "value", "label"}
_NAME = re.compile(r"[a-z][a-z_]*(\.[\w -]{1,80}){0,4}")


@dataclass(frozen=True, slots=True)
class Problem:
    """Point at one thing that is wrong in a document (JSON Pointer) and say how to correct it."""

    pointer: str
    message: str

    def to_json(self) -> dict[str, str]:
        """Give the shape of one entry of the API's `errors`."""
        return {"detail": self.message, "pointer": self.pointer}


class InvalidCondition(ValueError):
    """Refuse JSON that does not validate; `problems` says where and why."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{each.pointer or '/'}: {each.message}" for each in self.problems))


def validate(tree: Any, known_facts: Iterable[str] | None = None, *, pointer: str = "") -> list[Problem]:
    """List what is wrong with a tree that somebody wrote; without problems it may be stored and evaluated.

    `known_facts` are names or patterns as in `fact_catalogue.KNOWN`, and the operators then have to fit the types of
    the facts; without it, as for what is stored, any well-formed name will do.
    Pointers begin with `pointer`, the tree's place in the document around it. Never raises on JSON.
    """
    checker = _Checker(None if known_facts is None else tuple(known_facts))
    checker.check_node(tree, pointer, depth=1)
    return checker.problems


def is_count(value: Any) -> bool:
    """Return whether a value is a whole number from 1, and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


class _Checker:
    def __init__(self, known: tuple[str, ...] | None) -> None:
        self.known = known
        self.problems: list[Problem] = []
        self.nodes = 0

    def report(self, pointer: str, message: str) -> None:
        self.problems.append(Problem(pointer, message))

    def check_node(self, node: Any, pointer: str, *, depth: int) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            if self.nodes == MAX_NODES + 1:
                self.report(pointer, f"A condition may have at most {MAX_NODES} parts; split it up.")
            return
        if depth > MAX_DEPTH:
            self.report(pointer, f"Groups may be nested at most {MAX_DEPTH} deep; take one level out.")
            return
        if not isinstance(node, Mapping):
            self.report(pointer, 'A condition is an object with "all", "any", "not" or "fact" in it.')
            return
        forms = [name for name in (*_GROUPS, "fact") if name in node]
        if len(forms) != 1:
            self.report(pointer, 'A condition has exactly one of "all", "any", "not" and "fact".')
        elif forms == ["fact"]:
            self.check_leaf(node, pointer)
        else:
            self.check_group(node, forms[0], pointer, depth=depth)

    def check_group(self, node: Mapping[str, Any], name: str, pointer: str, *, depth: int) -> None:
        self.check_members(node, {name}, pointer)
        if name == "not":
            self.check_node(node[name], f"{pointer}/not", depth=depth + 1)
        elif not isinstance(node[name], list) or not node[name]:
            self.report(f"{pointer}/{name}", f'"{name}" takes a list with at least one condition in it.')
        else:
            for index, part in enumerate(node[name][: MAX_NODES + 1]):
                self.check_node(part, f"{pointer}/{name}/{index}", depth=depth + 1)

    def check_leaf(self, leaf: Mapping[str, Any], pointer: str) -> None:
        self.check_members(leaf, _LEAF_MEMBERS, pointer)
        label = leaf.get("label", "")
        if not isinstance(label, str) or len(label) > MAX_TEXT:
            self.report(f"{pointer}/label", f"A label is text of at most {MAX_TEXT} characters.")
        self.check_fact(leaf["fact"], f"{pointer}/fact")
        op = leaf.get("op")
        if not isinstance(op, str) or op not in OPERATORS:
            self.report(f"{pointer}/op", f"The operator is one of {', '.join(OPERATORS)}.")
        elif message := self.misfit(leaf["fact"], op):
            self.report(f"{pointer}/op", message)
        elif OPERATORS[op].takes == "nothing":
            if leaf.get("value") is not None:
                self.report(f"{pointer}/value", f'"{op}" takes no value; leave it out.')
        elif message := self.wrong_value(leaf["fact"], OPERATORS[op].takes, leaf.get("value")):
            self.report(f"{pointer}/value", message)

    def check_members(self, node: Mapping[str, Any], allowed: set[str], pointer: str) -> None:
        for name in node:
            if name not in allowed:
                place = str(name).replace("~", "~0").replace("/", "~1")
                self.report(f"{pointer}/{place}", f"This member has no meaning beside {_either(allowed)}.")

    def check_fact(self, name: Any, pointer: str) -> None:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self.report(pointer, 'A fact is a dotted name such as "account.employees".')
        elif self.known is not None and not fact_catalogue.is_known(name, self.known):
            meant = fact_catalogue.nearest(name, self.known)
            hint = f' Did you mean "{meant}"?' if meant else ""
            self.report(pointer, f'There is no fact "{name}".{hint}')

    def type_of(self, fact: Any) -> FactType | None:
        """Return the type of a fact that somebody writes a condition about; None for what is only read again."""
        row = fact_catalogue.find(fact) if self.known is not None and isinstance(fact, str) else None
        return row.type if row else None

    def misfit(self, fact: Any, op: str) -> str | None:
        """Say why an operator can never hold for a fact, or None."""
        type = self.type_of(fact)
        if type is None or type in OPERATORS[op].fits:
            return None
        said = f'"{op}" never holds for {fact_catalogue.say(fact)}, which is {_TYPES[type]}'
        return f"{said}: choose {', '.join(fitting(type))}."

    def wrong_value(self, fact: Any, takes: str, value: Any) -> str | None:
        """Say what is wrong with a leaf's value, or None."""
        if takes == "list":
            right = isinstance(value, list) and 0 < len(value) <= MAX_LIST and all(map(_is_scalar, value))
            return None if right else f"Give a list of 1 to {MAX_LIST} texts or numbers."
        if takes == "days":
            right = _is_number(value) and 0 < value <= MAX_DAYS
            return None if right else f"Give a number of days, above 0 and at most {MAX_DAYS}."
        if takes == "text":
            return None if _is_text(value) else f"Give a text of 1 to {MAX_TEXT} characters."
        if takes == "scalar":
            return None if _is_scalar(value) else "Give a text, a number, true or false."
        if isinstance(fact, str) and (ranks := fact_catalogue.RANKED.get(fact)):
            right = not isinstance(value, bool) and str(value).strip().casefold() in {rank.casefold() for rank in ranks}
            return None if right else f"Give one of {', '.join(ranks)} (best first)."
        return self.wrong_order(self.type_of(fact), value)

    def wrong_order(self, type: FactType | None, value: Any) -> str | None:
        """Say what is wrong with a value to be compared by size, or None."""
        is_date = isinstance(value, str) and values.moment(value) is not None
        if type is FactType.NUMBER:
            return None if _is_number(value) else "Give a number."
        if type in (FactType.DATE, FactType.TIME):
            return None if is_date else 'Give a date such as "2026-03-31".'
        return None if is_date or _is_number(value) else 'Give a number, or a date such as "2026-03-31".'


_TYPES: Mapping[FactType, str] = {
    FactType.TEXT: "a text",
    FactType.NUMBER: "a number",
    FactType.BOOLEAN: "yes or no",
    FactType.DATE: "a date",
    FactType.TIME: "a time",
    FactType.LIST: "a list",
    FactType.RANK: "a rank",
    FactType.OWN: "an own field",
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != "" and len(value) <= MAX_TEXT


def _is_scalar(value: Any) -> bool:
    return isinstance(value, bool) or _is_number(value) or _is_text(value)


def _either(names: set[str]) -> str:
    return " and ".join(f'"{name}"' for name in sorted(names))
