"""Sweeps: keys and bytes that no row needs, and uploads that nobody writes to any more.

Nothing is swept while anything points to a restore: a row that a later backup brings back needs its
key and its bytes.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import structlog
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db import models

from customers.models import Customer
from privacy.purging.lost_keys import lost_keys
from smartsvar.personal_data import Keep, declared
from smartsvar.shredding.models import ShredJob
from smartsvar.shredding.standing import standing
from smartsvar.vault.destruction import customer_keys_of, shred_keys
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.rows import SealedModel
from smartsvar.vault.second_factor import HOUSE, PEOPLE
from smartsvar.vault.storage import blob_store

log = structlog.get_logger(__name__)

AGE = timedelta(hours=24)
BATCH = 1000


def sweep(at: datetime) -> dict[str, int]:
    """Remove what no row needs and is older than a day; return how many of each.

    A missing key that the ledger does not name is an alarm, and then nothing is swept. Raises
    OSError.
    """
    found = standing()
    if not found.sound:
        log.error("nothing swept: databases and ledger disagree", count=len(found.behind))
        return {}
    if lost := lost_keys():
        for model, rows in lost.items():
            log.error("keys lost, nothing swept", model=model, count=len(rows))
        return {}
    return {
        "keys": sweep_keys(at),
        "customer keys": sweep_customer_keys(at),
        "blobs": sweep_blobs(at),
        "spools": sweep_spools(at),
        "unfinished uploads": blob_store().abort_unfinished(at - AGE),
    }


def sweep_keys(at: datetime) -> int:
    """Destroy record keys older than a day whose row does not exist; return how many.

    A key is made before its row, so a crash between leaves one. Nothing is swept while a job is
    under way: a purge takes its rows out before the ledger names them, and from then on until the
    end there is a job. So that is asked again once the rows have been looked for.
    """
    if ShredJob.objects.exists():
        return 0
    gone, last = 0, UUID(int=0)
    old = RecordKey.objects.filter(created_at__lt=at - AGE).order_by("id")
    while batch := list(old.filter(id__gt=last).values_list("id", "model", "object_id")[:BATCH]):
        last = batch[-1][0]
        lone = set()
        for label in {model for _, model, _ in batch}:
            part = {key: row for key, model, row in batch if model == label}
            lone |= {key for key, row in part.items() if row not in _alive_of(label, part.values())}
        lone -= _needed(lone)
        if ShredJob.objects.exists():
            break
        gone += shred_keys(lone)
    return gone


def _alive_of(label: str, rows: Iterable[UUID]) -> set[UUID]:
    """Return which rows exist. A person's key lives as long as a second factor is sealed by it."""
    if label == PEOPLE:
        owners = Authenticator.objects.filter(user_id__in=list(rows))
        return set(owners.values_list("user_id", flat=True))
    try:
        return _alive(apps.get_model(label), list(rows))
    except (LookupError, ValueError):
        return set()


def _needed(keys: set[UUID]) -> set[UUID]:
    """Return the keys that some row names after all: what a key's own row says may be damaged."""
    found: set[UUID] = set()
    for model in apps.get_models():
        if keys and issubclass(model, SealedModel):
            rows = model._base_manager.filter(key_id__in=keys)
            found |= set(rows.values_list("key_id", flat=True))
    if found:
        log.error("keys whose own row names another record: kept", count=len(found))
    return found


def sweep_customer_keys(at: datetime) -> int:
    """Destroy customer keys older than a day whose customer does not exist; return how many.

    Only of the classes that go with the customer: what the law wants kept has outlived it.
    """
    if ShredJob.objects.exists():
        return 0
    old = CustomerKey.objects.filter(created_at__lt=at - AGE, key_class__in=Customer.takes_keys)
    owners = set(old.exclude(customer_id=HOUSE).values_list("customer_id", flat=True))
    gone = customer_keys_of(owners - _alive(Customer, list(owners)), Customer.takes_keys)
    if ShredJob.objects.exists():  # a claim that came after the first look; see sweep_keys
        return 0
    shred_keys([], gone)
    return len(gone)


def _alive(model: type[models.Model], rows: list[UUID]) -> set[UUID]:
    return set(model._base_manager.filter(pk__in=rows).values_list("pk", flat=True))


def sweep_blobs(at: datetime) -> int:
    """Delete sealed objects older than a day whose row does not exist; return how many.

    Also those of which only an old version or a delete marker is left. Objects that are not ours
    stay, and are counted in the log; so do all while a job is under way, as with keys.
    """
    owners = [(model, attribute) for model, attribute, _ in blob_owners()]
    foreign, gone = 0, 0
    batches: dict[type[SealedModel], dict[UUID, str]] = {model: {} for model, _ in owners}
    for stored in blob_store().remains():
        if stored.at >= at - AGE:
            continue
        owner = _owner(stored.name, owners)
        if owner is None:
            foreign += 1
            continue
        model, row = owner
        batches[model][row] = stored.name
        if len(batches[model]) == BATCH:
            gone += _delete_ownerless(model, batches[model])
    gone += sum(_delete_ownerless(model, names) for model, names in batches.items())
    if foreign:
        log.error("objects in the storage that are not ours", count=foreign)
    return gone


def blob_owners() -> Iterator[tuple[type[SealedModel], str, Keep]]:
    """Yield the models whose rows have a sealed object, the attribute that names it, their rule."""
    for model, said in declared():
        if said.blob:
            yield cast(type[SealedModel], model), said.blob, said.keep


def _owner(
    name: str, owners: list[tuple[type[SealedModel], str]]
) -> tuple[type[SealedModel], UUID] | None:
    try:
        row = UUID(name.rsplit("/", 1)[-1])
    except ValueError:
        return None
    for model, attribute in owners:
        if getattr(model(id=row), attribute) == name:
            return model, row
    return None


def _delete_ownerless(model: type[SealedModel], names: dict[UUID, str]) -> int:
    alive = _alive(model, list(names))
    lone = [name for row, name in names.items() if row not in alive]
    names.clear()
    if ShredJob.objects.exists():
        return 0
    blob_store().delete(lone)
    return len(lone)


def sweep_spools(at: datetime) -> int:
    """Remove the ciphertext of uploads whose process died more than a day ago; return how many."""
    limit = (at - AGE).timestamp()
    stale = [p for p in Path(settings.SPOOL_DIR).glob("*.sealing") if p.stat().st_mtime < limit]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)
