"""Keys destroyed, and what makes that final.

The deletion of a wrapped key is the deletion of all that it seals, in every copy and backup.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connections, transaction

from smartsvar.vault.keys import forget_customer, forget_records
from smartsvar.vault.models import CustomerKey, DestroyedBatch, RecordKey


class NotFinal(OSError):
    """The keys are deleted, but a copy still lies in the write-ahead log: to be tried again."""


def shred_keys(ids: Iterable[UUID], *, job: UUID | None = None) -> int:
    """Destroy record keys; return how many there were. What they sealed is gone with them.

    `job` notes the ledger's batch as destroyed in this database, in the same transaction. Raises
    NotFinal when a reader held the write-ahead log open for too long (SQLite).
    """
    names = list(ids)
    forget_records(names)
    with transaction.atomic("keys"):
        gone = RecordKey.objects.filter(id__among=names)._raw_delete("keys") if names else 0
        if job is not None:
            DestroyedBatch.objects.get_or_create(job_id=job)
    empty_write_ahead_log()
    return int(gone)


def shred_customer_keys(ids: Iterable[UUID], *, job: UUID | None = None) -> int:
    """Destroy customer keys, and with each all record keys under it; return how many there were."""
    names = list(ids)
    with transaction.atomic("keys"):
        keys = CustomerKey.objects.filter(id__in=names)
        owners = set(keys.values_list("customer_id", flat=True))
        RecordKey.objects.filter(customer_key_id__in=names)._raw_delete("keys")
        gone = keys._raw_delete("keys")
        if job is not None:
            DestroyedBatch.objects.get_or_create(job_id=job)
    for owner in owners:
        forget_customer(owner)
    empty_write_ahead_log()
    return int(gone)


def empty_write_ahead_log() -> None:
    """On SQLite: bring the log into the file, where `secure_delete` left zeroes, and cut it to 0.

    Waits for readers as long as the connection's time-out says. Raises NotFinal. On PostgreSQL a
    deletion is final after vacuum, recycled WAL and the last key backup (docs/cryptography.md).
    """
    connection = connections["keys"]
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = cursor.fetchone()
    if busy:
        raise NotFinal("The key store's write-ahead log is being read.")
