"""Keys destroyed, and what makes that final.

The deletion of a wrapped key is the deletion of all that it seals, in every copy and backup.
"""

import time
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Q

from smartsvar.vault import finality
from smartsvar.vault.keys import forget_customer, forget_records
from smartsvar.vault.models import CustomerKey, DestroyedBatch, RecordKey

PATIENCE = 5.0  # seconds, with another process that is writing the log into the file
PAUSE = 0.02  # seconds


class NotFinal(OSError):
    """The keys are deleted, but a copy still lies in the write-ahead log: to be tried again."""


def shred_keys(
    ids: Iterable[UUID], customer_keys: Iterable[UUID] = (), *, job: UUID | None = None
) -> int:
    """Destroy record keys, and customer keys with every record key under them.

    Returns how many record keys there were; what they sealed is gone with them. `job` notes the
    ledger's batch as destroyed in this database, in the same transaction. Raises NotFinal when a
    reader held the write-ahead log open for too long (SQLite).
    """
    names, whole = list(ids), list(customer_keys)
    forget_records(names)
    with transaction.atomic("keys"):
        gone = RecordKey.objects.filter(id__among=names)._raw_delete("keys") if names else 0
        gone += _shred_customer_keys(whole) if whole else 0
        if job is not None:
            DestroyedBatch.objects.get_or_create(job_id=job)
        if gone or whole:
            finality.note_shredded()
    empty_write_ahead_log()
    return int(gone)


def _shred_customer_keys(ids: list[UUID]) -> int:
    """Destroy these keys and every other epoch of them: a rotation may just have begun one."""
    named = CustomerKey.objects.select_for_update().filter(id__in=ids)
    every = Q(pk=None)
    for owner, kind in set(named.values_list("customer_id", "key_class")):
        forget_customer(owner)
        every |= Q(customer_id=owner, key_class=kind)
    whole = list(CustomerKey.objects.filter(every).values_list("id", flat=True))
    if not whole:
        return 0
    gone = RecordKey.objects.filter(customer_key_id__in=whole)._raw_delete("keys")
    CustomerKey.objects.filter(id__in=whole)._raw_delete("keys")
    return int(gone)


def customer_keys_of(owners: Collection[UUID], classes: Collection[str]) -> list[UUID]:
    """Return the ids of these customers' keys of these classes, of every epoch."""
    if not owners or not classes:
        return []
    keys = CustomerKey.objects.filter(customer_id__in=owners, key_class__in=classes)
    return list(keys.values_list("id", flat=True))


def empty_write_ahead_log() -> None:
    """On SQLite: bring the log into the file, where `secure_delete` left zeroes, and cut it to 0.

    Waits for readers as long as the connection's time-out says, and for another process that does
    the same: SQLite turns the second one away at once. Raises NotFinal. On PostgreSQL a deletion is
    final after vacuum, recycled WAL and the last key backup (docs/cryptography.md).
    """
    connection = connections["keys"]
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    deadline = time.monotonic() + PATIENCE
    while not _log_is_empty(connection):
        if time.monotonic() > deadline:
            raise NotFinal("The key store's write-ahead log is being read.")
        time.sleep(PAUSE)


def _log_is_empty(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = cursor.fetchone()
    return not busy
