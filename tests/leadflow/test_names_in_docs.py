"""What docstrings and documents name in back-quotes is there."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

APPS = ("leadflow", "workspaces", "webhooks", "leads", "sla", "nurture", "api", "dashboard")
DOTTED = re.compile(rf"`((?:{'|'.join(APPS)})(?:\.\w+)+)`")
PATH = re.compile(rf"`((?:{'|'.join((*APPS, 'templates', 'static', 'tests', 'docs', 'bin', 'deploy'))})/[\w/.-]*)`")
# capabilities are written alike, and so are the names of commands of the API
OTHER = re.compile(r"(leads|nurture|settings|handoffs)\.(view|edit|import|export|disqualify|reopen)")


def texts() -> Iterator[tuple[str, str]]:
    """Yield the docstrings of each module, its classes and functions, and the documents."""
    root = settings.BASE_DIR
    for app in APPS:
        for path in (root / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
                    yield str(path.relative_to(root)), text
    for path in (*root.glob("*.md"), *(root / "docs").rglob("*.md")):
        yield str(path.relative_to(root)), path.read_text(encoding="utf-8")


def exists(name: str) -> bool:
    """Return whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            # a member of a dataclass without a default is in its annotations alone
            if not hasattr(found, part):
                return part in getattr(found, "__annotations__", {})
            found = getattr(found, part)
        return True
    return False


def test_names_in_docstrings_and_documents_are_there():
    wrong = {(where, name) for where, text in texts() for name in DOTTED.findall(text) if not OTHER.fullmatch(name)}
    assert {(where, name) for where, name in wrong if not exists(name)} == set()


def test_paths_in_docstrings_and_documents_are_there():
    named = {(where, path) for where, text in texts() for path in PATH.findall(text)}
    assert {(where, path) for where, path in named if not (settings.BASE_DIR / Path(path)).exists()} == set()


@pytest.mark.parametrize("name", ["leads.facts", "leads.lifecycle.moves.give_back"])
def test_a_name_that_went_is_found(name):
    assert not exists(name)
