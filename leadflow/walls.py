"""Make the database itself refuse a row that points into another workspace (PostgreSQL).

For every foreign key between two tables that a workspace owns, a second one holds over the pair of workspace and
key. SQLite cannot add a foreign key to an existing table; there only the scoped managers and the services protect.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps.registry import Apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.utils import truncate_name
from django.db.migrations.operations.base import Operation

LONGEST_NAME = 63


@dataclass(frozen=True, order=True)
class Wall:
    """One foreign key that must not leave its workspace."""

    table: str
    column: str
    target: str
    target_column: str

    @property
    def name(self) -> str:
        """Return the name of the foreign key over the pair."""
        return truncate_name(f"{self.table}_{self.column}_same_workspace", LONGEST_NAME, 8)

    @property
    def key_name(self) -> str:
        """Return the name of the unique key of the pair on the target, which the foreign key needs."""
        return truncate_name(f"{self.target}_{self.target_column}_by_workspace", LONGEST_NAME, 8)


def walls(apps: Apps) -> list[Wall]:
    """List the walls that the models of a registry (the present one, or a migration's) call for."""
    return sorted(wall for model in apps.get_models() if _is_owned(model) for wall in _of(model))


def _is_owned(model: type[models.Model]) -> bool:
    try:
        field = model._meta.get_field("workspace")
    except FieldDoesNotExist:
        return False
    return isinstance(field, models.ForeignKey) and model._meta.managed and not model._meta.proxy


def _of(model: type[models.Model]) -> Iterator[Wall]:
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey) and _is_owned(target := field.remote_field.model):
            yield Wall(model._meta.db_table, field.attname, target._meta.db_table, field.target_field.attname)


class BuildWalls(Operation):
    """Put up the walls of all models that do not have theirs yet.

    A migration that adds a foreign key between owned tables is followed by one with this operation; a test says so
    when it is missing. Going back takes all walls down; going forward again puts all of them up.
    """

    reversible = True
    reduces_to_sql = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: Django's models know nothing of these keys."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Add the keys that are not there."""
        if schema_editor.connection.vendor != "postgresql":
            return
        quote, there = schema_editor.quote_name, existing_constraints(schema_editor.connection)
        for wall in walls(to_state.apps):
            if wall.key_name not in there:
                schema_editor.execute(
                    f"ALTER TABLE {quote(wall.target)} ADD CONSTRAINT {quote(wall.key_name)} "
                    f"UNIQUE (workspace_id, {quote(wall.target_column)})"
                )
            if wall.name not in there:
                # Checked at commit, as Django's own keys are; deleting sets the plain key to null first.
                schema_editor.execute(
                    f"ALTER TABLE {quote(wall.table)} ADD CONSTRAINT {quote(wall.name)} "
                    f"FOREIGN KEY (workspace_id, {quote(wall.column)}) "
                    f"REFERENCES {quote(wall.target)} (workspace_id, {quote(wall.target_column)}) "
                    "DEFERRABLE INITIALLY DEFERRED"
                )
            there |= {wall.key_name, wall.name}

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Drop the keys."""
        if schema_editor.connection.vendor != "postgresql":
            return
        quote = schema_editor.quote_name
        found = walls(from_state.apps)
        for table, name in [(wall.table, wall.name) for wall in found] + [
            (wall.target, wall.key_name) for wall in found
        ]:
            schema_editor.execute(f"ALTER TABLE {quote(table)} DROP CONSTRAINT IF EXISTS {quote(name)}")

    def describe(self) -> str:
        """Return the line that `migrate --plan` shows."""
        return "Put up the walls between workspaces (PostgreSQL)"


def existing_constraints(connection: Any) -> set[str]:
    """Return the names of the constraints that the database has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE connamespace = current_schema()::regnamespace")
        return {name for (name,) in cursor.fetchall()}
