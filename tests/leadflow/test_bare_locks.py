"""Rows are locked through `leadflow.db` alone, whose lock lets others refer to them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

# the second locks in full by itself
BARE = {"select_for_update", "update_or_create", "aupdate_or_create"}
LOCKS = Path("leadflow/db.py")


def bare_locks(source: str) -> Iterator[int]:
    """Yield the lines of a module that name a method of BARE."""
    return (
        node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute) and node.attr in BARE
    )


def modules() -> Iterator[Path]:
    """Yield all modules of this project, tests too, by their paths in it."""
    for folder in settings.BASE_DIR.glob("*/"):
        if (folder / "__init__.py").exists():
            yield from (path.relative_to(settings.BASE_DIR) for path in folder.rglob("*.py"))


def test_no_module_locks_rows_but_through_the_one_that_knows_how():
    found = [f"{path}:{line}" for path in modules() for line in bare_locks((settings.BASE_DIR / path).read_text())]
    elsewhere = [place for place in found if not place.startswith(f"{LOCKS}:")]
    assert elsewhere == [], "use lock, locked, lock_for_delete or upsert of leadflow.db, which say why"
    assert len(found) == 3, f"{LOCKS} has its three, or the check sees nothing"


@pytest.mark.parametrize(
    "source",
    [
        "row = Lead.objects.of(1).select_for_update().get(pk=1)",
        "rows = (\n    leads\n    .select_for_update(skip_locked=True)\n)",
        "act = Lead.everywhere.select_for_update",
        "def put(): Campaign.everywhere.update_or_create(code='fair')",
    ],
)
def test_a_bare_lock_is_found(source):
    assert len(list(bare_locks(source))) == 1


def test_words_about_locks_are_not_locks():
    assert not list(bare_locks('"""Say select_for_update()."""\n# select_for_update()\nlock(rows, 1)'))
