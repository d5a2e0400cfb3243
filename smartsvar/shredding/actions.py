"""Carry a claimed job out; take over one whose worker died."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.db.models import Q

from smartsvar.audit.actors import Acting, Actor
from smartsvar.audit.trail import record_many
from smartsvar.clock import database_now
from smartsvar.leases import LostLease, take
from smartsvar.shredding import ledger
from smartsvar.shredding.claims import LEASE, Row, claim_rows, delete_rows, doomed_by
from smartsvar.shredding.models import ErasedBatch, Receipt, Shreddable, ShredJob
from smartsvar.vault.destruction import customer_keys_of, shred_keys
from smartsvar.vault.storage import blob_store

VERBS: dict[str, str] = {
    ShredJob.Reason.RETENTION: "purged",
    ShredJob.Reason.REQUEST: "deleted",
    ShredJob.Reason.ABANDONED: "abandoned",
}

AWAY = 5  # failures in a row, with no success before, after which the storage is not asked more


def shred(
    rows: Sequence[Shreddable],
    *,
    by: Acting,
    reason: str = ShredJob.Reason.REQUEST,
    only: Q | None = None,
) -> int:
    """Destroy these rows of one model now; return how many went. Raises Held."""
    if not rows:
        return 0
    model, ids, at = type(rows[0]), [row.id for row in rows], database_now()
    job = claim_rows(model, ids, by=by, at=at, reason=reason, only=only)
    return carry_out(job) if job else 0


def _blob_names(model: type[Shreddable], rows: Sequence[Row]) -> list[str]:
    name = model.personal_data.blob
    return [getattr(model(id=row.id), name) for row in rows]


def carry_out(job: ShredJob) -> int:
    """Destroy what the job has claimed: ledger, keys, bytes, rows and receipts; return how many.

    Idempotent from any point. Raises LostLease when another worker holds the job by now, and
    OSError when ledger or storage fail: the job then waits for the next run.
    """
    for other in job.along:
        carry_out(other)
    model = cast(type[Shreddable], apps.get_model(job.model))
    rows = doomed_by(model, job)
    customer_keys = _customer_keys(model, rows)
    if job.state == ShredJob.State.CLAIMED:
        pairs = [(row.id, row.key_id) for row in rows]
        ledger.intend(job.id, job.model, job.reason, job.created_at, pairs, customer_keys)
        _advance(job, ShredJob.State.LEDGERED)
    shred_keys([row.key_id for row in rows], customer_keys, job=job.id)
    if model.personal_data.blob:
        _advance(job, ShredJob.State.KEYS_GONE)
        _delete_bytes(job, _blob_names(model, rows))
    _finish(model, job, rows)
    return len(rows)


def _customer_keys(model: type[Shreddable], rows: Sequence[Row]) -> list[UUID]:
    """Return the customers' keys that go with these rows: a customer's own, and no other's."""
    owners = [row.id for row in rows] if model.takes_keys else []
    return customer_keys_of(owners, model.takes_keys)


def _delete_bytes(job: ShredJob, names: list[str]) -> None:
    """Delete the rows' sealed objects, in rounds as long as the storage takes some of them.

    Raises OSError when a round begins with nothing but failures. A job that began anew with each
    failure would never end while the storage fails now and then.
    """
    left = [names[start : start + 100] for start in range(0, len(names), 100)]
    while left:
        left = _delete_some(job, left)
    _advance(job, ShredJob.State.BYTES_GONE)


def _delete_some(job: ShredJob, chunks: list[list[str]]) -> list[list[str]]:
    """Try each chunk once, holding on to the lease however slow the storage is; return the failed.

    At least one has gone then. Raises OSError when none has, after a few: the storage is away.
    """
    store, failed = blob_store(), []
    for tried, chunk in enumerate(chunks, 1):
        try:
            store.delete(chunk)
        except OSError:
            failed.append(chunk)
            if len(failed) == tried == min(AWAY, len(chunks)):
                raise
        _advance(job, ShredJob.State.KEYS_GONE)
    return failed


def _advance(job: ShredJob, state: str) -> None:
    job.hold_on(database_now() + LEASE, state=state)
    job.state = state


@transaction.atomic
def _finish(model: type[Shreddable], job: ShredJob, rows: Sequence[Row]) -> None:
    if not job.mine().select_for_update().exists():
        raise LostLease(job.id)
    at = database_now()
    if not job.doomed:
        delete_rows(model, [row.id for row in rows])
    counts = Counter(row.customer_id for row in rows)
    Receipt.objects.bulk_create(
        Receipt(
            job_id=job.id, customer_id=customer, model=job.model, reason=job.reason, count=n, at=at
        )
        for customer, n in counts.items()
    )
    verb = VERBS[job.reason]
    things = [(row.customer_id, row.id) for row in rows]
    actor = Actor(job.actor_kind, job.actor_id)
    record_many(f"{model._meta.model_name}.{verb}", job.model, things, by=actor, at=at)
    ErasedBatch.objects.get_or_create(job_id=job.id)
    ShredJob.objects.filter(id=job.id).delete()


def take_over(at: datetime) -> Iterator[ShredJob]:
    """Yield every job whose lease has run out, now held by the caller under a new fence."""
    left = ShredJob.objects.filter(lease_until__lt=at).order_by("created_at")
    for identity in list(left.values_list("id", flat=True)):
        if job := take(left, identity, until=at + LEASE):
            yield job
