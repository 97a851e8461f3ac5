"""Columns of our own."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models.fields.json import KeyTransform

from leadflow.formats import Format


class Document(models.JSONField):
    """A JSON column of one `Format`: numbered when it is written, in its present form when it is read.

    Code sees documents without their numbers. Migrations see plain JSON, as the database does.
    """

    def __init__(self, format: Format, *args: Any, **kwargs: Any) -> None:
        self.format = format
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        """Describe the column to migrations, which need not change with the format."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def clone(self) -> "Document":
        """Copy the column without the model it is bound to."""
        _, _, args, kwargs = self.deconstruct()
        return type(self)(self.format, *args, **kwargs)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Return what is stored: the document with its number."""
        if isinstance(value, Mapping | list | tuple):
            value = self.format.stamp(value)
        return super().get_db_prep_save(value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return the document in its present form; a member that a query picked out is returned as it is stored."""
        stored = super().from_db_value(value, expression, connection)
        return stored if isinstance(expression, KeyTransform) else self.format.read(stored)
