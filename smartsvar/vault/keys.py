"""Customer keys and record keys: made, opened, destroyed.

A key is created before the row that needs it and destroyed before the row that had it; two
databases share no transaction, and this order is the one that never leaves data readable.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from threading import Lock
from typing import Generic, NamedTuple, NoReturn, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import IntegrityError

from smartsvar.ids import new_id
from smartsvar.vault.context import context
from smartsvar.vault.errors import KeyLost
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.root import root_key, seal, unseal

CACHE_SECONDS = 30.0  # an unwrapped key is remembered no longer, in any process
CACHE_SIZE = 20_000
HALF = 32
K = TypeVar("K")
V = TypeVar("V")


class Unpicklable:
    """A handle to secret bytes: never in a repr, a pickle or a task argument."""

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} does not leave this process.")


class WrappingKey(Unpicklable):
    """A customer's key, opened: wraps and unwraps the keys of that customer's records."""

    __slots__ = ("_aead", "_secret", "customer_id", "id", "key_class")

    def __init__(self, row: CustomerKey) -> None:
        place = context("customer-key", row.customer_id, row.key_class, row.id)
        self._secret = root_key().unwrap(bytes(row.wrapped), place)
        self._aead = AESGCM(self._secret)
        self.id, self.customer_id, self.key_class = row.id, row.customer_id, row.key_class

    def _place(self, model: str, object_id: UUID, key_id: UUID) -> bytes:
        return context("record-key", self.customer_id, self.key_class, model, object_id, key_id)

    def wrap(self, secret: bytes, model: str, object_id: UUID, key_id: UUID) -> bytes:
        return seal(self._aead, secret, self._place(model, object_id, key_id))

    def unwrap(self, wrapped: bytes, model: str, object_id: UUID, key_id: UUID) -> bytes:
        return unseal(self._aead, wrapped, self._place(model, object_id, key_id))

    def mac_key(self) -> bytes:
        """Return the raw key of class `index`, for HMAC. Raises TypeError for another class."""
        if self.key_class != CustomerKey.KeyClass.INDEX:
            raise TypeError("Only the index key computes blind indexes.")
        return self._secret


class DataKey(Unpicklable):
    """One record's key, opened: 32 bytes for its rows and 32 for its blobs."""

    __slots__ = ("_aead", "_blob", "customer_id", "id")

    def __init__(self, key_id: UUID, customer_id: UUID, secret: bytes) -> None:
        self.id, self.customer_id = key_id, customer_id
        self._aead, self._blob = AESGCM(secret[:HALF]), secret[HALF:]

    def seal_row(self, plaintext: bytes, model: str, row: UUID) -> bytes:
        """Seal one row's envelope for its place."""
        return seal(self._aead, plaintext, context("row", self.customer_id, model, row, self.id))

    def open_row(self, sealed: bytes, model: str, row: UUID) -> bytes:
        """Open one row's envelope. Raises Tampered."""
        return unseal(self._aead, sealed, context("row", self.customer_id, model, row, self.id))

    def blob(self, model: str, field: str, row: UUID) -> tuple[bytes, bytes]:
        """Return key and context of one of the record's blobs; for smartsvar.vault.blobs only."""
        return self._blob, context("blob", self.customer_id, model, field, row, self.id)


class _Cache(Generic[K, V]):
    """A bounded memory of opened keys, each for at most CACHE_SECONDS."""

    def __init__(self) -> None:
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._lock = Lock()

    def get(self, name: K) -> V | None:
        entry = self._entries.get(name)
        return entry[1] if entry and entry[0] > time.monotonic() else None

    def put(self, name: K, value: V) -> None:
        with self._lock:
            self._entries[name] = (time.monotonic() + CACHE_SECONDS, value)
            self._entries.move_to_end(name)
            while len(self._entries) > CACHE_SIZE:
                self._entries.popitem(last=False)

    def forget(self, names: Iterable[K]) -> None:
        with self._lock:
            for name in names:
                self._entries.pop(name, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


_records: _Cache[UUID, DataKey] = _Cache()
_customers: _Cache[tuple[UUID, str], WrappingKey] = _Cache()


def forget_records(ids: Iterable[UUID]) -> None:
    """Drop these record keys from this process's memory."""
    _records.forget(ids)


def forget_customer(customer_id: UUID) -> None:
    """Drop a customer's keys of every class from this process's memory."""
    _customers.forget((customer_id, kind) for kind in CustomerKey.KeyClass.values)


def forget_keys() -> None:
    """Drop every unwrapped key that this process remembers."""
    _records.clear()
    _customers.clear()


def create_customer_keys(customer_id: UUID) -> None:
    """Create the customer's keys of every class that it lacks. Call before the customer's row."""
    have = set(
        CustomerKey.objects.filter(customer_id=customer_id).values_list("key_class", flat=True)
    )
    for key_class in CustomerKey.KeyClass.values:
        if key_class in have:
            continue
        row = CustomerKey(customer_id=customer_id, key_class=key_class, root_name=root_key().name)
        place = context("customer-key", customer_id, key_class, row.id)
        row.wrapped = root_key().wrap(os.urandom(32), place)
        row.save(force_insert=True)


def customer_key(customer_id: UUID, key_class: str) -> WrappingKey:
    """Return the customer's opened key. Raises KeyLost when the key store does not have it."""
    known = _customers.get((customer_id, key_class))
    if known is None:
        row = CustomerKey.objects.filter(customer_id=customer_id, key_class=key_class).first()
        if row is None:
            raise KeyLost(f"No {key_class} key for customer {customer_id}.")
        known = WrappingKey(row)
        _customers.put((customer_id, key_class), known)
    return known


class Need(NamedTuple):
    """A record that needs a key: whose, of which class, for what."""

    customer_id: UUID
    key_class: str
    model: str
    object_id: UUID


def create_record_keys(needs: Sequence[Need]) -> list[DataKey]:
    """Create and store one random key per record, in one statement; in the order of `needs`."""
    rows, opened = [], []
    for need in needs:
        parent = customer_key(need.customer_id, need.key_class)
        secret, key_id = os.urandom(2 * HALF), new_id()
        wrapped = parent.wrap(secret, need.model, need.object_id, key_id)
        rows.append(
            RecordKey(
                id=key_id, customer_key_id=parent.id, wrapped=wrapped,
                model=need.model, object_id=need.object_id,
            )
        )  # fmt: skip
        opened.append(DataKey(key_id, need.customer_id, secret))
    _insert(rows, {need.customer_id for need in needs})
    for key in opened:
        _records.put(key.id, key)
    return opened


def _insert(rows: list[RecordKey], customers: set[UUID]) -> None:
    try:
        RecordKey.objects.bulk_create(rows)
    except IntegrityError as error:  # the customer's key was destroyed while we remembered it
        for customer in customers:
            forget_customer(customer)
        raise KeyLost("The customer's key is gone.") from error


class _Stored(NamedTuple):
    """A record key as it lies in the store."""

    id: UUID
    model: str
    object_id: UUID
    wrapped: bytes
    parent_id: UUID
    customer_id: UUID
    key_class: str
    parent_wrapped: bytes


COLUMNS = ("id", "model", "object_id", "wrapped", "customer_key_id")
PARENT = ("customer_key__customer_id", "customer_key__key_class", "customer_key__wrapped")


def _unwrap(row: _Stored) -> DataKey:
    name = (row.customer_id, row.key_class)
    parent = _customers.get(name)
    if parent is None or parent.id != row.parent_id:
        parent = WrappingKey(
            CustomerKey(
                id=row.parent_id, customer_id=row.customer_id,
                key_class=row.key_class, wrapped=row.parent_wrapped,
            )
        )  # fmt: skip
        _customers.put(name, parent)
    secret = parent.unwrap(bytes(row.wrapped), row.model, row.object_id, row.id)
    return DataKey(row.id, parent.customer_id, secret)


def remembered_key(key_id: UUID) -> DataKey | None:
    """Return the key if this process opened it within the last CACHE_SECONDS."""
    return _records.get(key_id)


def open_keys(ids: Collection[UUID]) -> dict[UUID, DataKey]:
    """Return the opened keys among `ids`, with one query for all that are not remembered.

    A key that is not in the store is not in the answer; the caller decides what that means.
    """
    found = {key_id: known for key_id in ids if (known := _records.get(key_id)) is not None}
    missing = [key_id for key_id in ids if key_id not in found]
    if missing:
        rows = RecordKey.objects.filter(id__among=missing).values_list(*COLUMNS, *PARENT)
        for stored in map(_Stored._make, rows):
            found[stored.id] = _unwrap(stored)
            _records.put(stored.id, found[stored.id])
    return found


def open_key(key_id: UUID, *, fresh: bool = False) -> DataKey:
    """Return one opened key; `fresh` rereads the key store. Raises KeyLost when it is not there."""
    if fresh:
        _records.forget([key_id])
    try:
        return open_keys([key_id])[key_id]
    except KeyError:
        raise KeyLost(f"Key {key_id} is not in the key store.") from None
