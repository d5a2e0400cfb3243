"""Write the trail, and read whether something was said lately."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, models, transaction
from django.utils import timezone

from smartsvar.audit.actors import Acting, Actor
from smartsvar.audit.models import AuditEntry
from smartsvar.ids import new_id


def record(
    verb: str,
    thing: models.Model,
    *,
    by: Acting,
    customer_id: UUID | None,
    at: datetime | None = None,
) -> AuditEntry:
    """Write one fact, in the caller's transaction: no names, no free text."""
    kind, identity = by.actor
    return AuditEntry.objects.create(
        customer_id=customer_id,
        actor_kind=kind,
        actor_id=identity,
        verb=verb,
        object_model=thing._meta.label,
        object_id=thing.pk,
        at=at or timezone.now(),
    )


def record_many(
    verb: str, label: str, things: Sequence[tuple[UUID, UUID]], *, by: Actor, at: datetime
) -> None:
    """Write the same fact of many objects, given as (customer id, object id), in one statement."""
    if not things:
        return
    if connection.vendor == "postgresql":
        _insert_arrays(verb, label, things, by, at)
        return
    AuditEntry.objects.bulk_create(
        AuditEntry(
            customer_id=customer, actor_kind=by.kind, actor_id=by.id,
            verb=verb, object_model=label, object_id=thing, at=at,
        )
        for customer, thing in things
    )  # fmt: skip


def _insert_arrays(
    verb: str, label: str, things: Sequence[tuple[UUID, UUID]], by: Actor, at: datetime
) -> None:
    """Three arrays instead of a row of parameters per entry: a purge writes thousands at once."""
    columns = zip(*((new_id(), customer, thing) for customer, thing in things), strict=True)
    arrays = ["{" + ",".join(key.hex for key in column) + "}" for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditentry"
            " (id, customer_id, object_id, actor_kind, actor_id, verb, object_model, at, hash)"
            " SELECT *, %s, %s::uuid, %s, %s, %s, ''"
            " FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[])",
            [by.kind, by.id, verb, label, at, *arrays],
        )


def record_once(
    verb: str,
    thing: models.Model,
    *,
    by: Acting,
    customer_id: UUID | None,
    at: datetime,
    within: timedelta,
) -> bool:
    """Write a fact unless this actor has it on record for this object within that time.

    Requests that come side by side (a player's ranges) write it once. Returns whether it was new.
    """
    if recorded_since(verb, thing, by=by, since=at - within):
        return False
    with transaction.atomic():
        _wait_for_others(f"{verb} {thing.pk} {by.actor}")
        if recorded_since(verb, thing, by=by, since=at - within):
            return False
        record(verb, thing, by=by, customer_id=customer_id, at=at)
    return True


def _wait_for_others(name: str) -> None:
    """Hold a lock of this name until the transaction ends; SQLite's writers are one at a time."""
    if connection.vendor == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def recorded_since(verb: str, thing: models.Model, *, by: Acting, since: datetime) -> bool:
    """Tell whether this actor has this fact about this object on record since then."""
    kind, identity = by.actor
    return AuditEntry.objects.filter(
        object_id=thing.pk, verb=verb, actor_kind=kind, actor_id=identity, at__gte=since
    ).exists()
