import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from leads.vocabulary import words
from tests.workspaces.conftest import NOON
from workspaces import audit
from workspaces.actors import engine
from workspaces.models import AuditEntry


@pytest.fixture
def entry(workspace):
    changes = {"time_zone": ["UTC", "Europe/Berlin"]}
    return audit.record(
        workspace, actor=engine("demo"), action="workspace.changed", object_name="x" * 300, changes=changes, at=NOON
    )


def test_an_entry_says_who_what_and_when(entry, workspace):
    kept = AuditEntry.objects.of(workspace).get()
    assert (kept.actor_kind, kept.actor_name, kept.action) == ("engine", "Leadflow (demo)", "workspace.changed")
    assert (kept.created_at, len(kept.object_name)) == (NOON, 200)


def recorded_nouns():
    """Read from the source what actions are about: every text `noun.verbed` given as an action, every `noun=`."""
    rooms = ("workspaces", "webhooks", "leads", "sla", "nurture", "api", "dashboard")
    for path in (path for room in rooms for path in (settings.BASE_DIR / room).rglob("*.py")):
        for node in ast.walk(ast.parse(Path(path).read_text())):
            if not isinstance(node, ast.Call):
                continue
            given = {word.arg: word.value for word in node.keywords}
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            texts = [given.get("action"), *(node.args if called == "_audit" else ())]
            for text in texts:
                first = text.values[0] if isinstance(text, ast.JoinedStr) else text
                if isinstance(first, ast.Constant) and "." in str(first.value):
                    yield str(first.value).split(".")[0]
            if called in ("write", "remove") and isinstance(given.get("noun"), ast.Constant):
                yield given["noun"].value


def test_whatever_is_recorded_can_be_filtered_by():
    nouns = set(recorded_nouns())
    assert {"key", "program", "campaign", "scoring", "agreement", "pool_member"} <= nouns  # the source was read
    nouns |= {model._meta.model_name for model in apps.get_models() if hasattr(model, "dead_reason")}
    nouns |= {kind._meta.model_name for kind in words.FIXED}
    assert nouns - audit.NOUNS.keys() == set()


def test_an_entry_is_neither_changed_nor_deleted(entry, workspace):
    entry.action = "nothing.happened"
    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        entry.delete()
    assert AuditEntry.objects.of(workspace).get().action == "workspace.changed"
