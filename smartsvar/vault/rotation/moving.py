"""Record keys moved from one epoch of their customer's key to another."""

import time
from collections.abc import Callable
from uuid import UUID

from django.db import IntegrityError

from smartsvar.vault.epochs import open_customer_key
from smartsvar.vault.errors import Tampered
from smartsvar.vault.handles import WrappingKey
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.rotation.pace import Pace
from smartsvar.vault.rotation.swap import swap

BLOCK = 50_000  # ids in memory at once
BATCH = 1000  # keys per statement
HELD = 0.2  # seconds to leave rows alone that others hold


def move(old: CustomerKey, new: CustomerKey, say: Callable[[str], None]) -> set[UUID]:
    """Rewrap every record key under `old`; return the ids of those that do not open.

    A key that is shredded meanwhile stays gone. Raises RootUnreachable.
    """
    source, target = open_customer_key(old), open_customer_key(new)
    under = RecordKey.objects.filter(customer_key_id=old.id)
    pace = Pace(f"record keys of {old.customer_id} ({old.key_class})", under.count(), say)
    damaged: set[UUID] = set()
    while ids := [x for x in under.values_list("id", flat=True)[:BLOCK] if x not in damaged]:
        moved = 0
        for start in range(0, len(ids), BATCH):
            try:
                count = _move_batch(ids[start : start + BATCH], source, target, damaged)
            except IntegrityError:  # the customer was erased, and the new epoch with it
                return damaged
            pace.step(count)
            moved += count
        if not moved:
            time.sleep(HELD)
    return damaged


def _move_batch(
    ids: list[UUID], source: WrappingKey, target: WrappingKey, damaged: set[UUID]
) -> int:
    rows = RecordKey.objects.filter(id__among=ids, customer_key_id=source.id)
    stored = rows.values_list("id", "model", "object_id", "wrapped")
    swaps = []
    for key_id, model, object_id, wrapped in stored:
        try:
            secret = source.unwrap(bytes(wrapped), model, object_id, key_id)
        except Tampered:
            damaged.add(key_id)
            continue
        rewrapped = target.wrap(secret, model, object_id, key_id)
        swaps.append((key_id, source.id, target.id, rewrapped))
    return swap(RecordKey, "customer_key_id", ["customer_key_id", "wrapped"], swaps)
