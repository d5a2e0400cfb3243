"""Claim rows, carry a job out, take over a job whose worker died."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import CASCADE, SET_NULL, ForeignObjectRel, Q

from smartsvar.audit.actors import SYSTEM, Acting, Actor
from smartsvar.audit.trail import record_many
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.personal_data import Erase, PersonalData, declaration_of
from smartsvar.shredding import ledger
from smartsvar.shredding.models import (
    ErasedBatch,
    Held,
    Receipt,
    Shreddable,
    ShreddableQuerySet,
    ShredJob,
)
from smartsvar.vault.destruction import customer_keys_of, shred_keys
from smartsvar.vault.storage import blob_store

LEASE = timedelta(minutes=5)
BATCH = 1000
VERBS: dict[str, str] = {
    ShredJob.Reason.RETENTION: "purged",
    ShredJob.Reason.REQUEST: "deleted",
    ShredJob.Reason.ABANDONED: "abandoned",
}


class LostLease(Exception):
    """Another worker has taken this job over; it will finish it."""


class Doomed(NamedTuple):
    """A claimed row: all that is needed to destroy it, and nothing to read it by."""

    id: UUID
    key_id: UUID
    customer_id: UUID
    blob: str


class Position(NamedTuple):
    """Where the last batch ended, so that the next one does not start at the index's head."""

    due_at: datetime
    id: UUID


def _locked(rows: ShreddableQuerySet[Any]) -> ShreddableQuerySet[Any]:
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


@transaction.atomic
def claim_due(
    model: type[Shreddable], at: datetime, *, after: Position | None = None, limit: int = BATCH
) -> tuple[ShredJob | None, Position | None]:
    """Claim the next batch of rows that are due at `at`; return the job and where the batch ended.

    The date is derived again under the lock: a row whose stored date is stale is put right and
    spared. (None, None) means that nothing more is due.
    """
    keep = model.personal_data.keep
    due = cast(ShreddableQuerySet[Any], model._base_manager.all()).due(at)
    if after is not None:
        due = due.filter(Q(due_at__gt=after.due_at) | Q(due_at=after.due_at, id__gt=after.id))
    paths = keep.paths()
    columns = [path.replace(".", "__") for path in paths]
    batch = list(_locked(due).values_list("due_at", "id", *columns)[:limit])
    if not batch:
        return None, None
    ripe = []
    for _, row, *facts in batch:
        truly = keep.derive(dict(zip(paths, facts, strict=True)).__getitem__)
        if truly is not None and truly <= at:
            ripe.append(row)
        else:
            model._base_manager.filter(id=row).update(due_at=truly)
    spared = model.still_needed(ripe) | held_among(model, ripe)
    ripe = [row for row in ripe if row not in spared]
    job = _claim(model, ripe, ShredJob.Reason.RETENTION, SYSTEM.actor, at) if ripe else None
    return job, Position(*batch[-1][:2])


@transaction.atomic
def claim_rows(
    model: type[Shreddable],
    ids: Sequence[UUID],
    *,
    by: Acting,
    at: datetime,
    reason: str = ShredJob.Reason.REQUEST,
    only: Q | None = None,
) -> ShredJob | None:
    """Claim these rows because somebody entitled asked for it; None when others already have.

    Waits for whoever is writing one of them: what was asked for is not passed over. `only` narrows
    to the rows for which it still holds under the lock. Raises Held, claiming nothing, when a hold
    keeps one of them.
    """
    rows = model._base_manager.filter(only or Q(), id__among=ids, shred_job_id=None)
    found = list(rows.select_for_update(of=("self",)).values_list("id", flat=True))
    if kept := held_among(model, found):
        raise Held(model._meta.label, kept)
    needed = model.still_needed(found)
    free = [row for row in found if row not in needed]
    return _claim(model, free, reason, by.actor, at) if free else None


def held_among(model: type[Shreddable], ids: Sequence[UUID]) -> set[UUID]:
    """Return which of these rows a hold keeps."""
    if not ids:
        return set()
    rows = model._base_manager.filter(model.holding(), id__among=list(ids))
    return set(rows.values_list("id", flat=True))


def _claim(
    model: type[Shreddable], ids: list[UUID], reason: str, by: Actor, at: datetime
) -> ShredJob:
    job = ShredJob.objects.create(
        id=new_id(at),  # by the database's clock: the ledger is held against it
        model=model._meta.label,
        reason=reason,
        actor_kind=by.kind,
        actor_id=by.id,
        lease_until=at + LEASE,
        created_at=at,
    )
    model._base_manager.filter(id__among=ids).update(shred_job_id=job.id)
    return job


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


def _doomed(model: type[Shreddable], job: ShredJob) -> list[Doomed]:
    owned = any(field.name == "customer" for field in model._meta.fields)
    columns = ("id", "key_id", "customer_id" if owned else "id")
    name = model.personal_data.blob
    claimed = model._base_manager.filter(shred_job_id=job.id).values_list(*columns)
    return [
        Doomed(row, key, customer, getattr(model(id=row), name) if name else "")
        for row, key, customer in claimed
    ]


def carry_out(job: ShredJob) -> int:
    """Destroy what the job has claimed: ledger, keys, bytes, rows and receipts; return how many.

    Idempotent from any point. Raises LostLease when another worker holds the job by now, and
    OSError when ledger or storage fail: the job then waits for the next run.
    """
    model = cast(type[Shreddable], apps.get_model(job.model))
    rows = _doomed(model, job)
    customer_keys = _customer_keys(model, rows)
    if job.state == ShredJob.State.CLAIMED:
        pairs = [(row.id, row.key_id) for row in rows]
        ledger.intend(job.id, job.model, job.reason, job.created_at, pairs, customer_keys)
        _advance(job, ShredJob.State.LEDGERED)
    shred_keys([row.key_id for row in rows], customer_keys, job=job.id)
    if model.personal_data.blob:
        _advance(job, ShredJob.State.KEYS_GONE)
        _delete_bytes(job, rows)
    _finish(model, job, rows)
    return len(rows)


def _customer_keys(model: type[Shreddable], rows: list[Doomed]) -> list[UUID]:
    """Return the customers' keys that go with these rows: a customer's own, and no other's."""
    owners = [row.id for row in rows] if model.takes_keys else []
    return customer_keys_of(owners, model.takes_keys)


def _delete_bytes(job: ShredJob, rows: list[Doomed]) -> None:
    """Delete the rows' sealed objects, holding on to the lease however slow the storage is."""
    store = blob_store()
    for start in range(0, len(rows), 100):
        store.delete([row.blob for row in rows[start : start + 100]])
        _advance(job, ShredJob.State.KEYS_GONE)
    _advance(job, ShredJob.State.BYTES_GONE)


def _advance(job: ShredJob, state: str) -> None:
    mine = ShredJob.objects.filter(id=job.id, fence=job.fence)
    if not mine.update(state=state, lease_until=database_now() + LEASE):
        raise LostLease(job.id)
    job.state = state


@transaction.atomic
def _finish(model: type[Shreddable], job: ShredJob, rows: list[Doomed]) -> None:
    if not ShredJob.objects.select_for_update().filter(id=job.id, fence=job.fence).exists():
        raise LostLease(job.id)
    at = database_now()
    ids = [row.id for row in rows]
    for child, field in related_tables(model, SET_NULL):
        child._base_manager.filter(**{f"{field}__id__among": ids}).update(**{field: None})
    for child, field in related_tables(model, CASCADE):
        child._base_manager.filter(**{f"{field}__id__among": ids})._raw_delete("default")
    model._base_manager.filter(id__among=ids)._raw_delete("default")
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


def related_tables(
    model: type[models.Model], on_delete: Callable[..., Any]
) -> Iterator[tuple[type[models.Model], str]]:
    """Yield (table, foreign key) for what points at `model` and cascades, or is set to null.

    What is shredded itself never cascades: it has a key of its own to destroy first.
    """
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel):
            continue
        child = relation.related_model
        declaration = declaration_of(child)
        own_key = isinstance(declaration, PersonalData) and declaration.erase is Erase.SHRED
        if relation.on_delete is on_delete and not (on_delete is CASCADE and own_key):
            yield child, relation.field.name


def take_over(at: datetime) -> Iterator[ShredJob]:
    """Yield every job whose lease has run out, now held by the caller under a new fence."""
    for job in ShredJob.objects.filter(lease_until__lt=at).order_by("created_at"):
        mine = ShredJob.objects.filter(id=job.id, fence=job.fence)
        if mine.update(fence=job.fence + 1, lease_until=at + LEASE):
            job.refresh_from_db()
            yield job
