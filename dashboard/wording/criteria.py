"""The rows of a condition: its criteria one by one, for every editor that has a condition."""

import copy
from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import QueryDict

from leads.conditions import operators
from leads.conditions.fact_catalogue import KNOWN

OPERATORS = [(name, operator.words) for name, operator in operators.OPERATORS.items()]
FACTS = [(name, fact.label) for name, fact in KNOWN.items() if fact.part is None]
NEW = 2  # blank rows for criteria to be added


class CriterionForm(forms.Form):
    """One criterion of a tree."""

    fact = forms.CharField(
        label="Fact", max_length=200, required=False, widget=forms.TextInput(attrs={"list": "facts"})
    )
    op = forms.ChoiceField(label="Is", choices=OPERATORS, required=False)
    value = forms.CharField(label="Value", required=False)
    remove = forms.BooleanField(label="Remove", required=False)


class Criteria:
    """Edit the leaves of a tree in place, whatever groups they stand in; new ones join the outermost group."""

    def __init__(self, tree: dict[str, Any], data: QueryDict | None = None, *, prefix: str = "") -> None:
        self.tree = tree or {"all": []}
        tree = self.tree
        leaves = list(_leaves(tree, ""))
        self.rows = [
            (pointer, depth, CriterionForm(data, prefix=f"{prefix}c{index}", initial=_initial(leaf)))
            for index, (pointer, depth, leaf) in enumerate(leaves)
        ]
        self.new = [CriterionForm(data, prefix=f"{prefix}n{index}") for index in range(NEW)]

    def built(self) -> dict[str, Any]:
        """Return the tree with the input applied. Call it on bound forms."""
        tree = copy.deepcopy(self.tree)
        places = {pointer: leaf for pointer, _, leaf in _leaves(tree, "")}
        for pointer, _, form in self.rows:
            form.full_clean()
            leaf = places[pointer]
            if form.cleaned_data.get("remove"):
                leaf["_gone"] = True
            elif form.has_changed():
                _write(leaf, form.cleaned_data)
        tree = _prune(tree) or {"all": []}
        for form in self.new:
            form.full_clean()
            if form.cleaned_data.get("fact"):
                leaf = {}
                _write(leaf, form.cleaned_data)
                tree = _join(tree, leaf)
        return tree

    def condition(self) -> dict[str, Any]:
        """Return the tree as `built` makes it, or nothing where no criterion is left."""
        tree = self.built()
        return {} if tree == {"all": []} else tree

    def show(self, pointer: str, message: str) -> bool:
        """Show a problem beside the criterion that a pointer into the tree names; return whether one is found."""
        new = [form for form in self.new if form.cleaned_data.get("fact")]
        for place, _, form in self.rows:
            if place and pointer.startswith(place):
                form.add_error(_member(pointer), message)
                return True
        if new:
            new[0].add_error(_member(pointer), message)
        return bool(new)


def _member(pointer: str) -> str | None:
    name = pointer.rpartition("/")[2]
    return name if name in ("fact", "op", "value") else "fact"


def _leaves(tree: dict[str, Any], pointer: str, depth: int = 0) -> Iterator[tuple[str, int, dict[str, Any]]]:
    if "fact" in tree:
        yield pointer, depth, tree
    elif "not" in tree:
        yield from _leaves(tree["not"], f"{pointer}/not", depth)
    else:
        name = "all" if "all" in tree else "any"
        for index, part in enumerate(tree.get(name, ())):
            yield from _leaves(part, f"{pointer}/{name}/{index}", depth + 1)


def _initial(leaf: dict[str, Any]) -> dict[str, Any]:
    return {"fact": leaf["fact"], "op": leaf["op"], "value": _say(leaf.get("value"))}


def _say(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _write(leaf: dict[str, Any], typed: dict[str, Any]) -> None:
    """Write the input into a leaf; the operator determines the type of the value."""
    before = leaf.get("value")
    leaf["fact"], leaf["op"] = typed["fact"].strip(), typed["op"]
    takes = operators.OPERATORS[typed["op"]].takes if typed["op"] in operators.OPERATORS else "scalar"
    leaf.pop("value", None)
    if takes != "nothing":
        leaf["value"] = _read(typed["value"].strip(), takes, before)


def _read(text: str, takes: str, before: Any) -> Any:
    if takes == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if text.lower() in ("yes", "no", "true", "false") and takes == "scalar":
        return text.lower() in ("yes", "true")
    if takes in ("order", "days") or (isinstance(before, int | float) and not isinstance(before, bool)):
        for kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                continue
    return text


def _prune(tree: dict[str, Any]) -> dict[str, Any] | None:
    """Take out the leaves that were removed, and the groups that are empty without them."""
    if "fact" in tree:
        return None if tree.get("_gone") else tree
    if "not" in tree:
        inner = _prune(tree["not"])
        return None if inner is None else {"not": inner}
    name = "all" if "all" in tree else "any"
    parts = [kept for part in tree[name] if (kept := _prune(part)) is not None]
    return {name: parts} if parts else None


def _join(tree: dict[str, Any], leaf: dict[str, Any]) -> dict[str, Any]:
    for name in ("all", "any"):
        if name in tree:
            return {name: [*tree[name], leaf]}
    return {"all": [tree, leaf]}
