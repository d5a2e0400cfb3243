"""What a row hands over: the fields that its declaration exports, as plain values."""

import hashlib
import json
from collections.abc import Collection
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import ForeignKey, Model

from smartsvar.personal_data import PersonalData
from smartsvar.vault.rows import SealedModel

Facts = dict[str, Any]
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def names_of(
    model: type[Model], said: PersonalData, *, mention: bool, without: Collection[str] = ()
) -> list[str]:
    """Return the fields that are handed over, but `without`; of a row about another none sealed."""
    sealed = set(model.sealed_fields()) if issubclass(model, SealedModel) else set()
    own = [] if "id" in said.withhold else ["id"]
    left_out = set(without) | (sealed if mention else set())
    return own + [name for name in said.export if name not in left_out]


def facts_of(row: Model, said: PersonalData, names: list[str]) -> Facts:
    """Return what the row says, by field. Raises Unreadable for what does not open."""
    model = type(row)
    opens = said.for_owner
    return {
        name: _plain(getattr(row, opens.get(name) or _attribute(model, name))) for name in names
    }


def digest_of(record: str) -> str:
    """Return SHA-256, in hexadecimal, of a record as it is `written`."""
    return hashlib.sha256(record.encode()).hexdigest()


def written(facts: Facts) -> str:
    """Return the facts as JSON, always in the same form."""
    return _ENCODER.encode(facts)


@cache
def _attribute(model: type[Model], name: str) -> str:
    """A person that is named is named by id: the name stands in that person's own record."""
    if issubclass(model, SealedModel) and name in model.sealed_fields():
        return name
    field = model._meta.get_field(name)
    return field.attname if isinstance(field, ForeignKey) else name


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
