"""Blind indexes: equality search on a sealed value without showing it to the database."""

import hashlib
import hmac
from uuid import UUID

from smartsvar.vault.context import context
from smartsvar.vault.epochs import INDEX, customer_key, customer_keys
from smartsvar.vault.handles import WrappingKey

SIZE = 16  # bytes


def blind_index(customer_id: UUID, purpose: str, value: str) -> bytes:
    """Return 16 bytes of HMAC-SHA-256 over the value, under the customer's index key: to store.

    The same number gives different bytes at another customer and for another purpose, so indexes
    cannot be compared across tenants. Equal values of one customer are visibly equal.
    """
    return index_under(customer_key(customer_id, INDEX), purpose, value)


def blind_indexes(customer_id: UUID, purpose: str, value: str) -> list[bytes]:
    """Return the value's index under every epoch that a row may carry: to search with `__in`."""
    keys = customer_keys(customer_id, INDEX)
    return [index_under(key, purpose, value) for key in keys]


def index_under(key: WrappingKey, purpose: str, value: str) -> bytes:
    """Return the value's index under this key of class `index`."""
    message = context("index", purpose, value)
    return hmac.new(key.mac_key(), message, hashlib.sha256).digest()[:SIZE]
