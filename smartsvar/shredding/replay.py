"""After a restore from backup: destroy once more what the erasure ledger says was destroyed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from django.apps import apps
from django.db import IntegrityError, transaction

from smartsvar.audit.actors import SYSTEM
from smartsvar.shredding import ledger
from smartsvar.shredding.actions import carry_out
from smartsvar.shredding.marks import Marks, set_keys, set_main
from smartsvar.shredding.models import ErasedBatch, Shreddable, ShredJob
from smartsvar.shredding.standing import Standing
from smartsvar.vault.destruction import customer_keys_of, shred_keys


def verified() -> list[ledger.BatchName]:
    """Read the whole ledger and check every link; return its batches' names.

    Raises BrokenLedger before anything is destroyed on its word. Raises OSError.
    """
    names, _ = ledger.listed()
    for _ in ledger.read(names):
        pass
    return names


def replay(names: list[ledger.BatchName], found: Standing, at: datetime) -> Iterator[ledger.Batch]:
    """Destroy again what the databases have forgotten; yield each batch once it is done.

    A customer's own batch may come before its records' (chains have no order among them): what a
    foreign key still needs is tried again after the others. Idempotent: it may stop anywhere and be
    started again. Raises OSError, and IntegrityError when nothing goes on.
    """
    waiting = sorted({name.job: name for name in names if name.job in found.behind}.values())
    while waiting:
        again: list[ledger.BatchName] = []
        for name in waiting:
            (batch,) = ledger.read([name])
            try:
                erase_again(batch, at)
            except IntegrityError:
                again.append(name)
                if len(again) == len(waiting):
                    raise
            else:
                yield batch
        waiting = again


def erase_again(batch: ledger.Batch, at: datetime) -> None:
    """Destroy one batch's keys, and whatever of its rows came back, under the job it had."""
    keys = [key for _, key in batch.rows]
    try:
        model = cast(type[Shreddable], apps.get_model(batch.model))
    except LookupError:  # a model that is no more has no rows
        shred_keys(keys, batch.customer_keys, job=batch.job)
        ErasedBatch.objects.get_or_create(job_id=batch.job)
        return
    # Of every epoch: a key store from before a rotation has others than those the ledger names.
    whole = customer_keys_of([row for row, _ in batch.rows], model.takes_keys)
    shred_keys(keys, {*whole, *batch.customer_keys}, job=batch.job)
    if not ErasedBatch.objects.filter(job_id=batch.job).exists():
        carry_out(_claim_again(batch, at))


@transaction.atomic
def _claim_again(batch: ledger.Batch, at: datetime) -> ShredJob:
    """Claim the batch's rows, as far as no restored job holds them, under the batch's own job."""
    job, _ = ShredJob.objects.get_or_create(
        id=batch.job,
        defaults={
            "model": batch.model,
            "reason": batch.reason,
            "actor_kind": SYSTEM.actor.kind,
            "actor_id": SYSTEM.actor.id,
            "state": ShredJob.State.LEDGERED,  # the intent stands in the ledger already
            "lease_until": at,  # free to be taken over: only this replay is at work
            "created_at": batch.at,
        },
    )
    model = cast(type[Shreddable], apps.get_model(batch.model))
    rows: Any = model._base_manager.filter(id__among=[row for row, _ in batch.rows])
    rows.filter(shred_job_id=None).update(shred_job_id=job.id)
    return job


def accept(marks: Marks, at: datetime) -> None:
    """Take the databases as they are: what was written after the backup is given up for lost.

    From here on keys and bytes that no row needs are swept as usual.
    """
    number = max(marks.ledger.number, marks.main.number, marks.keys.number)
    set_main(number, at)
    set_keys(number, at)
