"""No module, template or form beside the catalogue of clocks names a kind, so that a new one has one place to go."""

import ast
import re
from pathlib import Path

import pytest

from sla.kinds import Kind

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "dashboard", "leadflow", "leads", "nurture", "sla", "webhooks", "workspaces")
CODES = set(Kind.values)
LENGTHS = {f"{code}_within" for code in CODES}  # the members of the terms


def _last(node: ast.AST) -> str:
    """Return the last name of an expression: `kind` of `clock.kind`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _codes(node: ast.AST | None) -> set[str]:
    """Return the codes of kinds that stand as text in an expression."""
    found = ast.walk(node) if node is not None else ()
    return {each.value for each in found if isinstance(each, ast.Constant) and each.value in CODES}


def knows_kinds(source: str, *, of_terms: bool = False) -> list[str]:
    """List where a module names a kind of clock: a member of `Kind`, a code as a kind's, several codes, a length."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name, value=value) if name.lstrip("_") in Kind.__members__:
                named = _last(value) in ("Kind", "kinds")
            case ast.ImportFrom(module="sla.kinds", names=names):
                named = any(each.name.lstrip("_") in Kind.__members__ for each in names)
            case ast.Compare(left=left, comparators=others):
                named = any(_last(each).endswith("kind") for each in (left, *others)) and bool(_codes(node))
            case ast.Match(subject=subject, cases=cases):
                named = _last(subject).endswith("kind") and any(_codes(each.pattern) for each in cases)
            case ast.keyword(arg=name, value=value):
                named = (name or "").split("__")[0].endswith("kind") and bool(_codes(value))
            case ast.Dict(keys=keys):
                named = len(set().union(*map(_codes, keys))) > 1
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                named = len(set().union(*map(_codes, parts))) > 1
            case _:
                named = False
        name = node.value if isinstance(node, ast.Constant) else _last(node)
        if named or (name in LENGTHS and not of_terms):
            found.append(f"{getattr(node, 'lineno', '?')}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize(
    "source",
    [
        "if clock.kind == Kind.TRIAGE: pass",
        "found.filter(kind='accept')",
        "found.filter(kind__in=['triage'])",
        "if clock.kind == 'triage': pass",
        "WORDS = {'accept': 'Accept', 'decide': 'Decide'}",
        "SALES = ('first_touch', 'attempts')",
        "match clock.kind:\n    case 'decide': pass",
        "from sla.kinds import _ACCEPT",
        "kinds._ACCEPT.side",
        "policy.accept_within",
        "field('triage_within')",
    ],
)
def test_the_check_of_the_one_place_finds_what_it_should(source):
    assert knows_kinds(source)


def test_the_check_of_the_one_place_leaves_moves_alone():
    assert not knows_kinds("if move == 'accept': pass\nReason.Kind.RETURN\nLOOKS = {'follow_up': 1}\nrow.attempts = 0")


def test_no_module_beside_the_catalogue_names_a_kind_of_clock():
    found = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if "/migrations/" in name or name == "sla/kinds.py":
                continue
            if places := knows_kinds(path.read_text(), of_terms=name == "sla/terms.py"):
                found[name] = places
    assert found == {}


def test_no_template_names_a_kind_of_clock():
    lengths = re.compile("|".join(rf"\b{name}\b" for name in LENGTHS))
    compared = re.compile(rf"kind\s*[!=]=\s*[\"']({'|'.join(CODES)})[\"']")
    found = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "templates").rglob("*.html")
        if lengths.search(path.read_text()) or compared.search(path.read_text())
    ]
    assert found == []
