"""The published JSON Schema of an export's JSON, made from the declarations and the tables."""

import json
from typing import Any

from django.db import models

from privacy.exports.facts import names_of
from smartsvar.personal_data import PersonalData, declared
from smartsvar.vault.rows import SealedField, SealedModel

NAME = "schema.json"
Schema = dict[str, Any]


def schema() -> Schema:
    """Return the schema (draft 2020-12): one file holds records of one model."""
    kinds = sorted(((m, said) for m, said in declared() if said.export), key=_label)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:smartsvar:export:1",
        "title": "Smartsvar export",
        "description": "A file of an export: records of one model. `mention`: they are about "
        "somebody else, and only what names the person is given. Times are in UTC.",
        "type": "object",
        "required": ["export", "model", "mention", "records"],
        "oneOf": [_file(model) for model, _ in kinds],
        "$defs": {model._meta.label: _record(model, said) for model, said in kinds},
    }


def document() -> str:
    """Return the schema as it is written: in docs/, and in every archive."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def _label(kind: tuple[type[models.Model], PersonalData]) -> str:
    return kind[0]._meta.label


def _file(model: type[models.Model]) -> Schema:
    record = {"$ref": f"#/$defs/{model._meta.label}"}
    return {
        "properties": {
            "export": {"type": "string", "format": "uuid"},
            "model": {"const": model._meta.label},
            "mention": {"type": "boolean"},
            "records": {"type": "array", "items": record},
        },
        "additionalProperties": False,
    }


def _record(model: type[models.Model], said: PersonalData) -> Schema:
    names = [*names_of(model, said, mention=False), *said.for_owner]
    properties = {name: _field(model, name) for name in names}
    if said.blob:
        properties["audio"] = {"type": ["string", "null"]}
    return {
        "type": "object",
        "description": f"{said.category.capitalize()}: {said.role}; {said.basis}.",
        "properties": properties,
        # What only mentions a person comes without what is sealed.
        "required": names_of(model, said, mention=True),
        "additionalProperties": False,
    }


def _field(model: type[models.Model], name: str) -> Schema:
    sealed = model.sealed_fields() if issubclass(model, SealedModel) else {}
    if name in sealed:
        return _sealed(sealed[name])
    field: Any = model._meta.get_field(name)
    kind = _kind(field.target_field if isinstance(field, models.ForeignKey) else field)
    if field.null:
        kind = kind | {"type": [kind["type"], "null"]}
    choices = [value for value, _ in field.flatchoices]
    empty = ([None] if field.null else []) + ([""] if field.blank and "" not in choices else [])
    return kind | ({"enum": [*choices, *empty]} if choices else {})


def _sealed(field: SealedField[Any]) -> Schema:
    if isinstance(field.default, list):
        return {"type": "array"}
    return {"type": "string"} if isinstance(field.default, str) else {}


def _kind(field: Any) -> Schema:
    if isinstance(field, models.DateTimeField):
        return {"type": "string", "format": "date-time"}
    if isinstance(field, models.DateField):
        return {"type": "string", "format": "date"}
    if isinstance(field, models.UUIDField):
        return {"type": "string", "format": "uuid"}
    if isinstance(field, models.BooleanField):
        return {"type": "boolean"}
    return {"type": "integer"} if isinstance(field, models.IntegerField) else {"type": "string"}
