"""The second wall of tenancy, on PostgreSQL: foreign keys that cannot cross workspaces."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader

from leadflow.walls import BuildWalls, existing_constraints, walls
from tests.workspaces.conftest import NOON, make_member
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import AuditEntry, Member, Notice

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


def owned_models() -> list[type[models.Model]]:
    ours = {"workspaces", "webhooks", "leads", "sla", "nurture", "api"}
    return [m for m in apps.get_models() if m._meta.app_label in ours and hasattr(m, "workspace")]


def test_every_foreign_key_between_owned_tables_has_its_wall():
    wanted = walls(apps)
    missing = [wall.name for wall in wanted if wall.name not in existing_constraints(connection)]
    assert not missing, "Add a migration with leadflow.walls.BuildWalls()."
    assert len(wanted) > 40


def test_no_owned_table_is_overlooked():
    fields = [
        (model._meta.db_table, field.column)
        for model in owned_models()
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and hasattr(field.remote_field.model, "workspace")
    ]
    assert sorted(fields) == [(wall.table, wall.column) for wall in walls(apps)]


def test_no_names_collide():
    found = walls(apps)
    assert len({wall.name for wall in found}) == len(found)
    assert len({wall.key_name for wall in found}) == len({(wall.target, wall.target_column) for wall in found})


def test_the_database_refuses_a_row_that_points_into_another_workspace(workspace, foreign):
    stranger = make_member(foreign, "rep@southwind.example")
    with pytest.raises(IntegrityError, match="same_workspace"), transaction.atomic():
        Notice.everywhere.create(workspace=workspace, member=stranger, kind="x", text="x", key="x")
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert not Notice.everywhere.exists()


def test_the_database_refuses_to_move_a_row_to_another_workspace(workspace, foreign, admin):
    audit.record(workspace, actor=Actor(member=admin), action="workspace.changed", at=NOON)
    with pytest.raises(IntegrityError, match="same_workspace"), transaction.atomic():
        Member.everywhere.filter(pk=admin.pk).update(workspace=foreign)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert Member.everywhere.get(pk=admin.pk).workspace_id == workspace.pk


def test_a_member_who_goes_leaves_the_log_in_its_workspace(workspace, actor):
    rep = make_member(workspace, "rep@northwind.example")
    audit.record(workspace, actor=Actor(member=rep), action="workspace.changed", at=NOON)
    rep.delete()
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    entry = AuditEntry.objects.of(workspace).get()
    assert (entry.actor_member, entry.actor_name) == (None, "rep@northwind.example")


def test_the_walls_can_be_taken_down_and_put_up_again():
    state = MigrationLoader(connection).project_state()
    names = {name for wall in walls(state.apps) for name in (wall.name, wall.key_name)}
    for go, there in [("database_backwards", set()), ("database_forwards", names), ("database_forwards", names)]:
        with connection.schema_editor(atomic=False) as editor:
            getattr(BuildWalls(), go)("leadflow", editor, state, state)
        assert names & existing_constraints(connection) == there
