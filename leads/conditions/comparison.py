"""Tell what a changed condition does to who meets it. Pure."""

from enum import StrEnum
from typing import Any

from leads.conditions.trees import Tree


class Effect(StrEnum):
    """What a change does: more meet the condition, fewer, or some more and some fewer."""

    NONE = ""
    LOOSENS = "loosens"
    TIGHTENS = "tightens"
    CHANGES = "changes"


_OPPOSITE = {Effect.LOOSENS: Effect.TIGHTENS, Effect.TIGHTENS: Effect.LOOSENS}


def effect(before: Tree, after: Tree) -> Effect:
    """Compare two validated trees by their structure.

    One more criterion under "all" tightens and one more under "any" loosens, however deep it stands; under "not" it is
    the other way round. Whatever is not plainly one of the two is `CHANGES`.
    """
    if before == after:
        return Effect.NONE
    if "not" in before and "not" in after:
        inner = effect(before["not"], after["not"])
        return _OPPOSITE.get(inner, inner)
    if _kind(before) and _kind(after) and _kind(before) != _kind(after) and _parts(before) == _parts(after):
        return Effect.TIGHTENS if _kind(after) == "all" else Effect.LOOSENS
    kind = _kind(after) or _kind(before)
    return _of_groups(kind, _as_group(before, kind), _as_group(after, kind)) if kind else Effect.CHANGES


def _of_groups(kind: str, before: list[Any], after: list[Any]) -> Effect:
    """Compare the parts of two groups of one kind."""
    gone, new = [part for part in before if part not in after], [part for part in after if part not in before]
    if not gone and not new:
        return Effect.NONE  # in another order, or said twice
    if gone and new:
        paired = len(gone) == len(new) == 1 and not {"fact"} & (gone[0].keys() | new[0].keys())
        return effect(gone[0], new[0]) if paired else Effect.CHANGES
    return Effect.TIGHTENS if bool(new) == (kind == "all") else Effect.LOOSENS


def _kind(tree: Tree) -> str:
    return next((name for name in ("all", "any") if name in tree), "")


def _parts(tree: Tree) -> list[Any]:
    return list(tree.get(_kind(tree), ()))


def _as_group(tree: Tree, kind: str) -> list[Any]:
    """Return the parts of a tree as a group of a kind: any other tree is the one part of it."""
    return list(tree[kind]) if kind in tree else [tree]
