"""Blind indexes: equality search on a sealed value without showing it to the database."""

import hashlib
import hmac
from uuid import UUID

from smartsvar.vault.context import context
from smartsvar.vault.keys import customer_key

SIZE = 16  # bytes


def blind_index(customer_id: UUID, purpose: str, value: str) -> bytes:
    """Return 16 bytes of HMAC-SHA-256 over the value, under the customer's index key.

    The same number gives different bytes at another customer and for another purpose, so indexes
    cannot be compared across tenants. Equal values of one customer are visibly equal.
    """
    message = context("index", purpose, value)
    key = customer_key(customer_id, "index").mac_key()
    return hmac.new(key, message, hashlib.sha256).digest()[:SIZE]
