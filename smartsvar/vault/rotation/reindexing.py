"""Blind indexes computed again under the newest key of class `index`.

A row is changed only if its index is still what was read, so a save at the same time is not undone.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import models

from smartsvar.vault.errors import Place, Unreadable
from smartsvar.vault.handles import WrappingKey
from smartsvar.vault.index import index_under
from smartsvar.vault.rotation.pace import breathe
from smartsvar.vault.rotation.swap import swap
from smartsvar.vault.rows import BlindIndex, SealedModel

BATCH = 1000


class Pass(NamedTuple):
    """One walk over a customer's rows: how many indexes were old, and which rows cannot be read.

    An old one may still be old afterwards: when somebody saved or held its row at the same time.
    """

    old: int
    unreadable: set[Place]


def reindex(customer_id: UUID, key: WrappingKey, say: Callable[[str], None]) -> Pass:
    """Compute every index of the customer's rows under this key. Raises RootUnreachable."""
    old, unreadable = 0, set[Place]()
    for model in apps.get_models():
        if not (issubclass(model, SealedModel) and model.indexes()):
            continue
        for rows in _batches(model, customer_id):
            for field in model.indexes():
                old += _compute(model, field, rows, key, unreadable)
            say(f"{model._meta.label}: {old:,} indexes computed")
            breathe()
    return Pass(old, unreadable)


def _batches(model: type[SealedModel], customer_id: UUID) -> Iterator[list[Any]]:
    """Yield the customer's rows that carry an index, in steps of BATCH."""
    carried = models.Q()
    for field in model.indexes():
        carried |= models.Q(**{f"{field.attname}__isnull": False})
    owner = "customer_id" if _has_customer(model) else "id"
    rows = model._base_manager.filter(carried, **{owner: customer_id})
    ids = list(rows.values_list("id", flat=True))
    for start in range(0, len(ids), BATCH):
        yield list(model._base_manager.filter(id__among=ids[start : start + BATCH]))


def _has_customer(model: type[models.Model]) -> bool:
    return any(field.name == "customer" for field in model._meta.fields)


def _compute(
    model: type[SealedModel],
    field: BlindIndex,
    rows: list[Any],
    key: WrappingKey,
    unreadable: set[Place],
) -> int:
    swaps = []
    for row in rows:
        stored = getattr(row, field.attname)
        try:
            value = getattr(row, field.of)
        except Unreadable:
            unreadable.add(row.place)
            continue
        if stored is None or not value:
            continue
        index = index_under(key, field.of, field.written(value))
        if bytes(stored) != index:
            swaps.append((row.pk, bytes(stored), index))
    column = str(field.column)
    swap(model, column, [column], swaps)
    return len(swaps)


def marks_remain(customer_id: UUID, before: datetime) -> bool:
    """Tell whether rows made before then hold marks under the index key that nobody can recompute.

    A model says so by `index_marks_since`, the name of its date field: what was hashed is not kept.
    """
    for model in apps.get_models():
        since = getattr(model, "index_marks_since", "")
        if since:
            old = model._base_manager.filter(
                **{"customer_id": customer_id, f"{since}__lte": before}
            )
            if old.exists():
                return True
    return False
