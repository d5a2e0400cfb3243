"""Record keys: made, opened, forgotten.

A key is created before the row that needs it and destroyed before the row that had it; two
databases share no transaction, and this order is the one that never leaves data readable.
"""

import os
import time
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError

from smartsvar.ids import new_id
from smartsvar.vault.epochs import customer_key, forget_customer_keys, open_customer_key
from smartsvar.vault.errors import KeyLost, Place, Tampered, Unreadable
from smartsvar.vault.handles import HALF, WrappingKey
from smartsvar.vault.handles import DataKey as DataKey  # what everybody here holds
from smartsvar.vault.memory import Memory
from smartsvar.vault.models import CustomerKey, RecordKey

_records: Memory[UUID, DataKey] = Memory()


def forget_records(ids: Iterable[UUID]) -> None:
    """Drop these record keys from this process's memory."""
    _records.forget(ids)


def forget_customer(customer_id: UUID) -> None:
    """Drop everything of a customer's from this process's memory: its keys and its records'."""
    forget_customer_keys(customer_id)
    _records.forget_where(lambda key: key.customer_id == customer_id)


def forget_keys() -> None:
    """Drop every unwrapped key that this process remembers."""
    _records.clear()
    forget_customer_keys()


class Need(NamedTuple):
    """A record that needs a key: whose, of which class, for what."""

    customer_id: UUID
    key_class: str
    model: str
    object_id: UUID


class _Made(NamedTuple):
    """A new key and what it is for, before it is wrapped."""

    id: UUID
    secret: bytes
    need: Need


def create_record_keys(needs: Sequence[Need]) -> list[DataKey]:
    """Create and store one random key per record, in one statement; in the order of `needs`.

    Raises KeyLost when a customer has no key of the class, RootUnreachable with nothing stored.
    """
    since = time.monotonic()
    made = [_Made(new_id(), os.urandom(2 * HALF), need) for need in needs]
    try:
        _store(made)
    except IntegrityError:  # a rotation destroyed the customer's key while we remembered it
        for customer in {need.customer_id for need in needs}:
            forget_customer(customer)
        _store_again(made)
    opened = [DataKey(new.id, new.need.customer_id, new.secret) for new in made]
    for key in opened:
        _records.put(key.id, key, since=since)
    return opened


def _store(made: list[_Made]) -> None:
    """Wrap each under its customer's newest key and store all. Raises KeyLost, IntegrityError."""
    rows = []
    for new in made:
        customer_id, key_class, model, object_id = new.need
        parent = customer_key(customer_id, key_class)
        rows.append(
            RecordKey(
                id=new.id, customer_key_id=parent.id, model=model, object_id=object_id,
                wrapped=parent.wrap(new.secret, model, object_id, new.id),
            )
        )  # fmt: skip
    RecordKey.objects.bulk_create(rows)


def _store_again(made: list[_Made]) -> None:
    try:
        _store(made)
    except IntegrityError as error:
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
    root_name: str


_Parents = dict[UUID, WrappingKey | None]  # None: the root did not open it
COLUMNS = ("id", "model", "object_id", "wrapped", "customer_key_id")
PARENT = tuple(
    f"customer_key__{name}" for name in ("customer_id", "key_class", "wrapped", "root_name")
)


def _parent(row: _Stored, since: float, parents: _Parents) -> WrappingKey:
    if row.parent_id not in parents:
        parents[row.parent_id] = None
        stored = CustomerKey(
            id=row.parent_id, customer_id=row.customer_id, key_class=row.key_class,
            wrapped=row.parent_wrapped, root_name=row.root_name,
        )  # fmt: skip
        parents[row.parent_id] = open_customer_key(stored, since=since)
    known = parents[row.parent_id]
    if known is None:
        raise Tampered("The customer's key does not open.")
    return known


def _unwrap(row: _Stored, since: float, parents: _Parents) -> DataKey:
    """Open a row that was read after `since`. Raises Tampered, WrongRoot, RootUnreachable.

    `parents` are the customers' keys of this reading: the root is asked for each only once.
    """
    try:
        parent = _parent(row, since, parents)
        secret = parent.unwrap(bytes(row.wrapped), row.model, row.object_id, row.id)
    except Tampered as error:
        error.at(Place(row.customer_id, row.model, row.object_id))
        raise
    return DataKey(row.id, parent.customer_id, secret)


def remembered_key(key_id: UUID) -> DataKey | None:
    """Return the key if this process read it in the store within the last CACHE_SECONDS."""
    return _records.get(key_id)


def open_keys(ids: Collection[UUID]) -> dict[UUID, DataKey | Unreadable]:
    """Return the opened keys of `ids`, with one query for all that are not remembered.

    In place of a key that is not in the store, or is damaged, stands what is wrong with it: it must
    not take the rest of a list along.
    """
    found: dict[UUID, DataKey | Unreadable] = {}
    for key_id in ids:
        if (remembered := _records.get(key_id)) is not None:
            found[key_id] = remembered
    unknown = set(ids) - found.keys()
    since, parents = time.monotonic(), _Parents()
    for stored in _stored(unknown):
        unknown.remove(stored.id)
        try:
            found[stored.id] = known = _unwrap(stored, since, parents)
        except Tampered as error:
            found[stored.id] = error
        else:
            _records.put(stored.id, known, since=since)
    return found | {key_id: _lost(key_id) for key_id in unknown}


def _lost(key_id: UUID) -> KeyLost:
    return KeyLost(f"Key {key_id} is not in the key store.")


def _stored(ids: Collection[UUID]) -> list[_Stored]:
    if not ids:
        return []
    rows = RecordKey.objects.filter(id__among=ids).values_list(*COLUMNS, *PARENT)
    return [_Stored._make(row) for row in rows]


def open_key(key_id: UUID, *, fresh: bool = False) -> DataKey:
    """Return one opened key; `fresh` rereads the key store. Raises KeyLost, Tampered."""
    if fresh:
        _records.forget([key_id])
    known = _records.get(key_id)
    if known is None:
        since = time.monotonic()
        stored = _stored([key_id])
        if not stored:
            raise _lost(key_id)
        known = _unwrap(stored[0], since, {})
        _records.put(key_id, known, since=since)
    return known
