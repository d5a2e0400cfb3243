"""Claim rows: the point of no return, after which they are destroyed whatever happens."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import CASCADE, SET_NULL, ForeignObjectRel, Q

from smartsvar.audit.actors import SYSTEM, Acting, Actor
from smartsvar.ids import new_id
from smartsvar.personal_data import Erase, PersonalData, declaration_of
from smartsvar.shredding.belongings import forget_belongings
from smartsvar.shredding.followers import followers, kept_along
from smartsvar.shredding.models import Held, Shreddable, ShreddableQuerySet, ShredJob

LEASE = timedelta(minutes=5)
BATCH = 2000


class Row(NamedTuple):
    """A row to destroy: all that is needed for it, and nothing to read it by."""

    id: UUID
    key_id: UUID
    customer_id: UUID


class Position(NamedTuple):
    """Where the last batch ended, so that the next one does not start at the index's head."""

    due_at: datetime
    id: UUID


def _locked(rows: ShreddableQuerySet[Any]) -> ShreddableQuerySet[Any]:
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


def claim_due(
    model: type[Shreddable], at: datetime, *, after: Position | None = None, limit: int = BATCH
) -> tuple[ShredJob | None, Position | None]:
    """Claim the next batch of rows that are due at `at`; return the job and where the batch ended.

    The date is derived again under the lock: a row whose stored date is stale is put right and
    spared. (None, None) means that nothing more is due.
    """
    while True:
        try:
            return _claim_due(model, at, after, limit)
        except Held:  # a hold came in between, on what goes with a row: look again, without it
            continue


@transaction.atomic
def _claim_due(
    model: type[Shreddable], at: datetime, after: Position | None, limit: int
) -> tuple[ShredJob | None, Position | None]:
    keep = model.personal_data.keep
    due = cast(ShreddableQuerySet[Any], model._base_manager.all()).due(at)
    due = due.exclude(model.holding())  # else every run would go through all that a customer holds
    if after is not None:
        due = due.filter(Q(due_at__gt=after.due_at) | Q(due_at=after.due_at, id__gt=after.id))
    paths = keep.paths()
    columns = [path.replace(".", "__") for path in paths]
    batch = list(_locked(due).values_list(*_identity(model), *columns)[:limit])
    if not batch:
        return None, None
    # Only the last row's date is read: a moment is dearer to load than a row's three ids.
    last = model._base_manager.values_list("due_at", "id").get(id=batch[-1][0])
    end = Position(*cast(tuple[datetime, UUID], last))
    ripe: list[Row] = []
    for row, key, owner, *facts in batch:
        truly = keep.derive(dict(zip(paths, facts, strict=True)).__getitem__)
        if truly is not None and truly <= at:
            ripe.append(Row(row, key, owner))
        else:
            model._base_manager.filter(id=row).update(due_at=truly)
    spared = model.still_needed([row.id for row in ripe])
    spared |= kept_along(model, [row.id for row in ripe])
    holders = model.owners_holding({row.customer_id for row in ripe})
    ripe = [row for row in ripe if row.id not in spared and row.customer_id not in holders]
    job = _take_out(model, ripe, at) if ripe else None
    return job, end


def _identity(model: type[Shreddable]) -> tuple[str, str, str]:
    """Return the columns that say which row it is, which key it has and whose it is."""
    owned = any(field.attname == "customer_id" for field in model._meta.fields)
    return "id", "key_id", "customer_id" if owned else "id"


def _take_out(model: type[Shreddable], rows: list[Row], at: datetime) -> ShredJob:
    """Claim rows whose time is up, and take them out of the database in the same transaction.

    They are invisible already, so nothing needs them but the job, which keeps their ids: one
    deletion instead of an update that touches every index and a deletion afterwards.
    """
    ids = [row.id for row in rows]
    along = _claim_along(model, ids, ShredJob.Reason.RETENTION, SYSTEM.actor, at)
    job = _new_job(model, ShredJob.Reason.RETENTION, SYSTEM.actor, at)
    job.along = along
    job.doomed = b"".join(part.bytes for row in rows for part in row)
    job.save(force_insert=True)
    job.noted = rows
    delete_rows(model, ids)
    return job


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
    if kept := held_among(model, found) | kept_along(model, found):
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
    along = _claim_along(model, ids, reason, by, at)
    job = _new_job(model, reason, by, at)
    job.along = along
    job.save(force_insert=True)
    model._base_manager.filter(id__among=ids).update(shred_job_id=job.id)
    return job


def _claim_along(
    model: type[Shreddable], ids: list[UUID], reason: str, by: Actor, at: datetime
) -> list[ShredJob]:
    """Claim what goes with these rows, as jobs of their own: whoever has the job carries them out.

    If its worker dies, each is taken over like any other. Raises Held when a hold keeps one.
    """
    jobs = []
    for child, field in followers(model):
        rows = child._base_manager.filter(**{f"{field}__id__among": ids}, shred_job_id=None)
        if found := list(rows.select_for_update(of=("self",)).values_list("id", flat=True)):
            if kept := held_among(child, found):
                raise Held(child._meta.label, kept)
            jobs.append(_claim(child, found, reason, by, at))
    return jobs


def _new_job(model: type[Shreddable], reason: str, by: Actor, at: datetime) -> ShredJob:
    return ShredJob(
        id=new_id(at),  # by the database's clock: the ledger is held against it
        model=model._meta.label,
        reason=reason,
        actor_kind=by.kind,
        actor_id=by.id,
        lease_until=at + LEASE,
        created_at=at,
    )


def doomed_by(model: type[Shreddable], job: ShredJob) -> Sequence[Row]:
    """Return what the job destroys: as it noted it, or the rows that carry its claim."""
    if job.noted:
        return job.noted
    if job.doomed:
        return taken_out(job)
    claimed = model._base_manager.filter(shred_job_id=job.id)
    return [Row(*each) for each in claimed.values_list(*_identity(model))]


def taken_out(job: ShredJob) -> list[Row]:
    """Return the rows that were taken out of the database as they were claimed, as noted then."""
    noted = bytes(job.doomed)
    ids = [UUID(bytes=noted[start : start + 16]) for start in range(0, len(noted), 16)]
    return [Row(*ids[start : start + 3]) for start in range(0, len(ids), 3)]


def being_purged(labels: Collection[str], customer_id: UUID) -> bool:
    """Whether a purge has taken out rows of this customer and these models, and is not done."""
    jobs = ShredJob.objects.filter(model__in=list(labels)).exclude(doomed=b"")
    return any(row.customer_id == customer_id for job in jobs for row in taken_out(job))


def delete_rows(model: type[Shreddable], ids: list[UUID]) -> None:
    """Delete rows with what hangs on them, and let go of what only points at them.

    What is theirs in rows that stay is emptied first. Raises RootUnreachable, WrongRoot.
    """
    forget_belongings(model, ids)
    for child, field in related_tables(model, SET_NULL):
        child._base_manager.filter(**{f"{field}__id__among": ids}).update(**{field: None})
    for child, field in related_tables(model, CASCADE):
        child._base_manager.filter(**{f"{field}__id__among": ids})._raw_delete("default")
    model._base_manager.filter(id__among=ids)._raw_delete("default")


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
