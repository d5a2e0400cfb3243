"""Customer keys and their epochs: which one seals, and which others still open.

A rotation makes the next epoch; everything that an older one sealed opens until it has been moved
and the older one is destroyed (smartsvar/vault/rotation/steps.py).
"""

import os
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from smartsvar.vault import memory
from smartsvar.vault.errors import KeyLost
from smartsvar.vault.handles import WrappingKey, place_of
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.roots.kms import SECRET
from smartsvar.vault.roots.root import root_key, wrap_surely

MARGIN_SECONDS = 5.0  # for a statement under way
INDEX = CustomerKey.KeyClass.INDEX

_current: memory.Memory[tuple[UUID, str], tuple[WrappingKey, ...]] = memory.Memory()
_opened: memory.Memory[UUID, WrappingKey] = memory.Memory()


def spread_seconds() -> float:
    """Return the age at which a new epoch is known to every process."""
    return memory.CACHE_SECONDS + MARGIN_SECONDS


def forget_customer_keys(customer_id: UUID | None = None) -> None:
    """Drop a customer's opened keys, or everybody's, from this process's memory."""
    if customer_id is None:
        _current.clear()
        _opened.clear()
        return
    _current.forget((customer_id, kind) for kind in CustomerKey.KeyClass.values)
    _opened.forget_where(lambda key: key.customer_id == customer_id)


def new_customer_key(customer_id: UUID, key_class: str, epoch: int) -> CustomerKey:
    """Return a new random key, wrapped by the current root and not stored yet.

    Raises RootUnreachable, also when the root does not open what it sealed.
    """
    root = root_key()
    row = CustomerKey(
        customer_id=customer_id, key_class=key_class, epoch=epoch, root_name=root.name
    )
    row.wrapped = wrap_surely(root, os.urandom(SECRET), place_of(row))
    return row


def create_customer_keys(customer_id: UUID) -> None:
    """Create the customer's keys of every class that it lacks. Call before the customer's row.

    All or none: when the root cannot be reached, nothing is stored. Raises RootUnreachable.
    """
    keys = CustomerKey.objects.filter(customer_id=customer_id)
    have = set(keys.values_list("key_class", flat=True))
    lacking = [kind for kind in CustomerKey.KeyClass.values if kind not in have]
    rows = [new_customer_key(customer_id, kind, epoch=1) for kind in lacking]
    CustomerKey.objects.bulk_create(rows, ignore_conflicts=True)  # two at once: the first wins


def open_customer_key(row: CustomerKey, *, since: float | None = None) -> WrappingKey:
    """Return the opened key of this row, of any epoch. Raises as WrappingKey does.

    `since` is a time.monotonic() before the row was read; without it, the row was read just now.
    """
    since = time.monotonic() if since is None else since
    known = _opened.get(row.id)
    if known is None:
        known = WrappingKey(row)
        _opened.put(row.id, known, since=since)
    return known


def customer_key(customer_id: UUID, key_class: str) -> WrappingKey:
    """Return the customer's key that seals now. Raises KeyLost when the store has none."""
    return customer_keys(customer_id, key_class)[0]


def customer_keys(customer_id: UUID, key_class: str) -> tuple[WrappingKey, ...]:
    """Return the key that seals, followed for class `index` by every other epoch.

    Raises KeyLost when the key store has none.
    """
    known = _current.get((customer_id, key_class))
    if known is None:
        since = time.monotonic()
        rows = _rows(customer_id, key_class)
        known = tuple(open_customer_key(row, since=since) for row in rows)
        if not known:
            raise KeyLost(f"No {key_class} key for customer {customer_id}.")
        _current.put((customer_id, key_class), known, since=since)
    return known


def _rows(customer_id: UUID, key_class: str) -> Sequence[CustomerKey]:
    """Return the rows to open, the one that seals first: the newest.

    A new epoch of class `index` seals only once every process looks under it too: a record that one
    process indexed would not be found by another that has not heard of the epoch.
    """
    keys = CustomerKey.objects.filter(customer_id=customer_id, key_class=key_class)
    if key_class != INDEX:
        return list(keys.order_by("-epoch")[:1])
    spread = Q(created_at__lte=Now() - timedelta(seconds=spread_seconds()))
    rows = keys.annotate(known=ExpressionWrapper(spread, BooleanField()))
    return sorted(rows, key=lambda row: (not row.known, -row.epoch if row.known else row.epoch))
