"""The steps of a program, with a component of the OpenAPI document for each kind, made from the kind's class."""

import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nurture.models import Step
from nurture.steps import catalogue
from nurture.steps.base import StepKind

TYPES: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    list: {"type": "array", "items": {}},
    Mapping: {"type": "object", "additionalProperties": True},
}


class StepShape(serializers.ModelSerializer[Step]):
    """One element of a program."""

    config = serializers.DictField()

    class Meta:
        model = Step
        fields = ["id", "position", "kind", "config"]


class StepSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # registers by an untyped hook
    """Describe a step as one of its kinds, by the discriminator `kind`."""

    target_class = StepShape

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Return the schema of a step; each kind becomes a component of its own."""
        parts = {
            code: auto_schema.resolve_serializer(_shape(kind), direction).ref["$ref"]
            for code, kind in catalogue.KINDS.items()
        }
        return {
            "oneOf": [{"$ref": ref} for ref in parts.values()],
            "discriminator": {"propertyName": "kind", "mapping": parts},
        }


def config_schema(kind: type[StepKind]) -> dict[str, Any]:
    """Return the JSON Schema of a kind's stored configuration: its dataclass fields with their metadata."""
    hints = typing.get_type_hints(kind)
    required = [each.name for each in fields(kind) if each.default is MISSING]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {each.name: {**_type(hints[each.name]), **each.metadata} for each in fields(kind)},
        **({"required": required} if required else {}),
    }


def _type(hint: Any) -> dict[str, Any]:
    """Return the schema of a type; `T | None` is T that may be left out."""
    if isinstance(hint, types.UnionType):
        hint = next(each for each in typing.get_args(hint) if each is not type(None))
    return TYPES[typing.get_origin(hint) or hint]


def _shape(kind: type[StepKind]) -> type[serializers.Serializer[Any]]:
    """Make the serializer of one kind: the code alone as `kind`, its parameters as `config`."""
    name = f"{kind.__name__}StepShape"
    code = type("Code", (serializers.CharField,), {})
    config = type("Config", (serializers.DictField,), {})
    members = {
        "__doc__": inspect.getdoc(kind),
        "kind": extend_schema_field({"type": "string", "enum": [kind.code]})(code)(),
        "config": extend_schema_field(config_schema(kind))(config)(),
        "Meta": StepShape.Meta,
    }
    return type(name, (serializers.ModelSerializer,), members)
