"""Lost keys: living rows whose key is not in the key store.

A shredded row is gone with its key, and the ledger names it. A row that lives without one means
that the key store lost something: it is kept, for a later backup of the keys may open it again.
"""

from collections.abc import Iterator
from uuid import UUID

from django.apps import apps
from django.db.models import Q

from smartsvar.shredding.models import Shreddable
from smartsvar.vault.models import RecordKey
from smartsvar.vault.rows import SealedModel

BATCH = 1000


def lost_keys() -> dict[str, list[UUID]]:
    """Return, by model, the living rows without a key. Empty when all is well."""
    found = {}
    for model in apps.get_models():
        if issubclass(model, SealedModel):
            rows = [row for batch in _batches(model) for row in _lost(model, batch)]
            if rows:
                found[model._meta.label] = rows
    return found


def _batches(model: type[SealedModel]) -> Iterator[dict[UUID, UUID]]:
    """Yield row ids by key id, in steps of BATCH."""
    rows = model._base_manager.order_by("id").values_list("id", "key_id")
    last: UUID | None = None
    while batch := list((rows if last is None else rows.filter(id__gt=last))[:BATCH]):
        yield dict(batch)
        last = batch[-1][0]


def _lost(model: type[SealedModel], keys: dict[UUID, UUID]) -> list[UUID]:
    there = RecordKey.objects.filter(id__among=list(set(keys.values())))
    have = set(there.values_list("id", flat=True))
    suspects = [row for row, key in keys.items() if key not in have]
    if not suspects:
        return []
    rows = model._base_manager.filter(living(model), id__in=suspects)  # not shredded meanwhile
    return list(rows.values_list("id", flat=True))


def living(model: type[SealedModel]) -> Q:
    """Which rows of this model nobody has begun to destroy."""
    unclaimed = Q(shred_job_id=None) if issubclass(model, Shreddable) else Q()
    if model.sealed_under:  # it goes with its parent, whose job may stand between key and row
        unclaimed &= Q(**{f"{model.sealed_under}__shred_job_id": None})
    return unclaimed
