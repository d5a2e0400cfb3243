"""Customers' keys rotated: a next epoch is begun, everything is moved to it, the old destroyed.

begin → move the record keys → wait until no process remembers the old epoch → move what came
meanwhile, compute the indexes again → audit → destroy the old epoch. The key rows are the state:
more than one epoch means unfinished, so a rotation that was killed anywhere is simply carried on,
also by several at once. Reads and writes go on meanwhile.
"""

import time
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, QuerySet
from django.db.models.functions import Now

from smartsvar.vault.epochs import (
    INDEX,
    forget_customer_keys,
    new_customer_key,
    open_customer_key,
    spread_seconds,
)
from smartsvar.vault.errors import Place
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.rotation.moving import move
from smartsvar.vault.rotation.reindexing import marks_remain, reindex

PASSES = 10  # over a customer's rows, until one finds nothing to do
PAUSE = 0.05  # seconds for whoever is in the way
Say = Callable[[str], None]
Witness = Callable[[CustomerKey], None]


class Outcome(NamedTuple):
    """What came of one customer's rotation."""

    finished: bool
    damaged: set[UUID]  # record keys that do not open: they stay, and their epoch with them
    unreadable: set[Place]  # rows whose index could not be computed again, or that were going
    marked: bool  # the old index key stays until marks made under it are gone
    settled: bool  # every index is new; else the old index key stays until the next run


def wait_seconds() -> float:
    """Return the age of a new epoch at which no process uses the old one any more.

    A process learns of the index epoch and of its turn to seal one memory after the other.
    """
    return 2 * spread_seconds()


def unfinished(only: Collection[UUID] | None = None) -> list[UUID]:
    """Return the customers with more than one epoch of a class, the last begun first."""
    keys = CustomerKey.objects.order_by() if only is None else _of(only)
    groups = keys.values("customer_id", "key_class").annotate(n=Count("id"), at=Max("created_at"))
    last_first = groups.filter(n__gt=1).order_by("-at").values_list("customer_id", flat=True)
    return list(dict.fromkeys(last_first))


def not_begun(only: Collection[UUID] | None = None) -> list[UUID]:
    """Return the customers whose next epoch is to be begun.

    While a rotation of all is unfinished, those that it has not reached: it begins with all and
    finishes the last begun first, so whatever is older than the oldest unfinished was not reached.
    """
    begun = unfinished(only)
    keys = CustomerKey.objects.order_by() if only is None else _of(only)
    groups = (
        keys.exclude(customer_id__in=begun).values("customer_id").annotate(at=Max("created_at"))
    )
    if begun and only is None:
        newest = _of([begun[-1]]).values("key_class").annotate(n=Count("id"), at=Max("created_at"))
        groups = groups.filter(at__lt=min(group["at"] for group in newest if group["n"] > 1))
    return list(groups.order_by("at").values_list("customer_id", flat=True))


def _of(customers: Collection[UUID]) -> "QuerySet[CustomerKey]":
    return CustomerKey.objects.order_by().filter(customer_id__among=customers)


def begin(customer_id: UUID) -> bool:
    """Create the next epoch of every class the customer has; False when another did, or erased it.

    Raises RootUnreachable with nothing stored.
    """
    old = list(_of([customer_id]))
    if not old or len({row.key_class for row in old}) != len(old):
        return False
    new = [new_customer_key(customer_id, row.key_class, row.epoch + 1) for row in old]
    try:
        with transaction.atomic("keys"):
            held = CustomerKey.objects.filter(id__in=[row.id for row in old])
            if len(held.select_for_update(no_key=True)) != len(old):
                return False
            CustomerKey.objects.bulk_create(new)
            # Its age counts, and the database's clock is the one that all processes share.
            CustomerKey.objects.filter(id__in=[row.id for row in new]).update(created_at=Now())
    except IntegrityError:
        return False
    return True


def move_records(customer_id: UUID, say: Say) -> set[UUID]:
    """Move the customer's record keys under the newest epoch; return those that do not open."""
    damaged: set[UUID] = set()
    for old, newest in _pairs(customer_id):
        if old.key_class != INDEX:
            damaged |= move(old, newest, say)
    return damaged


def _pairs(customer_id: UUID) -> list[tuple[CustomerKey, CustomerKey]]:
    """Return every older epoch with its class's newest."""
    newest: dict[str, CustomerKey] = {}
    pairs = []
    for row in _of([customer_id]).order_by("-epoch"):
        if row.key_class in newest:
            pairs.append((row, newest[row.key_class]))
        newest.setdefault(row.key_class, row)
    return pairs


def seconds_left(customers: Collection[UUID], wait: float) -> float:
    """Return how long until the youngest epoch of these customers is `wait` seconds old."""
    youngest = _of(customers).annotate(now=Now()).order_by("-created_at").first()
    if youngest is None:
        return 0.0
    now = youngest.now
    return max(0.0, wait - float((now - youngest.created_at).total_seconds()))


def finish(customer_id: UUID, say: Say, witness: Witness, *, wait: float) -> Outcome:
    """Move what came meanwhile, compute the indexes again, destroy the old epochs.

    `witness` is told the newest key before anything is destroyed, and may be told it again. Call
    when seconds_left() is 0. Raises RootUnreachable.
    """
    forget_customer_keys(customer_id)
    damaged, unreadable = move_records(customer_id, say), set[Place]()
    settled, marked = True, False
    pairs = _pairs(customer_id)
    for old, newest in pairs:
        if old.key_class == INDEX:
            settled, unreadable = _reindex(newest, say)
            marked = marks_remain(customer_id, newest.created_at + timedelta(seconds=wait))
    if pairs:
        witness(_of([customer_id]).order_by("key_class", "-epoch")[0])
    for old, newest in pairs:
        if old.key_class != INDEX or (settled and not marked):
            damaged |= _retire(old, newest, say)
    forget_customer_keys(customer_id)
    return Outcome(not _pairs(customer_id), damaged, unreadable, marked, settled)


def _reindex(newest: CustomerKey, say: Say) -> tuple[bool, set[Place]]:
    """Walk the rows until a walk finds every index new; return whether one did.

    A save under way may have put an old one back. And return which rows cannot be read.
    """
    for _ in range(PASSES):
        found = reindex(newest.customer_id, open_customer_key(newest), say)
        if not found.old:
            return True, found.unreadable
        time.sleep(PAUSE)
    return False, found.unreadable


def _retire(old: CustomerKey, newest: CustomerKey, say: Say) -> set[UUID]:
    """Destroy an old epoch once nothing is under it; return the record keys that hold it."""
    damaged: set[UUID] = set()
    while not _destroyed(old) and not damaged:
        time.sleep(PAUSE)  # somebody made a key under it, or held one: move that too
        damaged = move(old, newest, say)
    return damaged


@transaction.atomic("keys")
def _destroyed(old: CustomerKey) -> bool:
    """Destroy the key unless a record key is under it; one being made waits for our answer."""
    row = CustomerKey.objects.filter(id=old.id)
    list(row.select_for_update())
    if RecordKey.objects.filter(customer_key_id=old.id).exists():
        return False
    row._raw_delete("keys")
    return True
