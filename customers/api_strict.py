"""Bodies of the API hold what is documented, and nothing else: a misspelt name loses a fact."""

import re
from collections.abc import Iterable
from typing import Any, Literal

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from customers.problems import Problem

# A name that may be said back: short and plain, so that it is hardly anybody's data.
_NAME = re.compile(r"[a-z][a-z_]{0,23}")


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses names that it does not know. What an answer adds may be sent back, unheeded."""

    def to_internal_value(self, data: Any) -> Any:
        """Check the names, then the values. Raises Problem, ValidationError."""
        if isinstance(data, dict):
            refuse_unknown(set(data) - set(self.fields))
        return super().to_internal_value(data)


def refuse_unknown(names: Iterable[str]) -> None:
    """Say that there is no field of this name, if there are such. Raises Problem."""
    if unknown := set(names):
        named = sorted(name for name in unknown if _NAME.fullmatch(name))
        detail = "There is no field of this name." if named else "There is an unknown field."
        raise Problem(400, "unknown_field", detail, field=next(iter(named), ""))


class StrictSchema(OpenApiSerializerExtension):
    """Says in the OpenAPI document that a body holds nothing else."""

    target_class = "customers.api_strict.StrictSerializer"
    match_subclasses = True

    def map_serializer(
        self, auto_schema: AutoSchema, direction: Literal["request", "response"]
    ) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        return schema | ({"additionalProperties": False} if direction == "request" else {})
