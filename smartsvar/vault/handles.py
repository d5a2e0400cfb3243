"""Opened keys: what the rest of the vault holds instead of secret bytes."""

from typing import NoReturn
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from smartsvar.vault.context import context
from smartsvar.vault.errors import Tampered
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.roots.kms import SECRET
from smartsvar.vault.roots.root import root_named, seal, unseal

HALF = 32  # bytes: a record's key is two halves, for its rows and for its blobs


class Unpicklable:
    """A handle to secret bytes: never in a repr, a pickle or a task argument."""

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} does not leave this process.")


def place_of(row: CustomerKey) -> bytes:
    """Return the context that ties a wrapped customer key to its row."""
    return context("customer-key", row.customer_id, row.key_class, row.id)


def secret_of(row: CustomerKey) -> bytes:
    """Return a customer's key as its root opens it: 32 bytes.

    Raises Tampered, also when a provider gives anything else, WrongRoot and RootUnreachable.
    """
    secret: object = root_named(row.root_name).unwrap(bytes(row.wrapped), place_of(row))
    if not isinstance(secret, bytes) or len(secret) != SECRET:
        raise Tampered("What the root opened is no customer's key.")
    return secret


class WrappingKey(Unpicklable):
    """A customer's key, opened: wraps and unwraps the keys of that customer's records.

    Opening one raises Tampered, WrongRoot, RootUnreachable.
    """

    __slots__ = ("_aead", "_secret", "customer_id", "id", "key_class")

    def __init__(self, row: CustomerKey) -> None:
        self._secret = secret_of(row)
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

    def of(self, customer_id: UUID) -> "DataKey":
        """Return this key if it is the customer's. Raises Tampered.

        The key knows its own customer: without this question, a row (or its audio) that was moved
        to another customer together with the name of its key would open there.
        """
        if customer_id != self.customer_id:
            raise Tampered("The key is another customer's.")
        return self

    def seal_row(self, plaintext: bytes, model: str, row: UUID) -> bytes:
        """Seal one row's envelope for its place."""
        return seal(self._aead, plaintext, context("row", self.customer_id, model, row, self.id))

    def open_row(self, sealed: bytes, model: str, row: UUID) -> bytes:
        """Open one row's envelope. Raises Tampered."""
        return unseal(self._aead, sealed, context("row", self.customer_id, model, row, self.id))

    def seal_second_factor(self, plaintext: bytes, model: str, person: UUID) -> bytes:
        """Seal a secret that a person signs in with."""
        place = context("second-factor", self.customer_id, model, person, self.id)
        return seal(self._aead, plaintext, place)

    def open_second_factor(self, sealed: bytes, model: str, person: UUID) -> bytes:
        """Open a secret that this person signs in with. Raises Tampered."""
        place = context("second-factor", self.customer_id, model, person, self.id)
        return unseal(self._aead, sealed, place)

    def blob(self, model: str, field: str, row: UUID) -> tuple[bytes, bytes]:
        """Return key and context of one of the record's blobs; for smartsvar.vault.blobs only."""
        return self._blob, context("blob", self.customer_id, model, field, row, self.id)
