"""Signatures (Ed25519, RFC 8032) by keys whose seeds lie sealed and never leave this room.

A signing key belongs to the house, the pseudo-customer with the nil UUID: it says what the service
did, for every customer. What is signed can be checked by anybody who has the public key.
"""

import os
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from smartsvar.vault.destruction import shred_keys
from smartsvar.vault.epochs import create_customer_keys, customer_key
from smartsvar.vault.errors import KeyLost, Place, Unreadable
from smartsvar.vault.keys import Need, create_record_keys, open_key
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.second_factor import HOUSE

SEED = 32  # bytes
CONTENT = CustomerKey.KeyClass.CONTENT


class SealedSeed(NamedTuple):
    """A signing key as it is stored: the key that seals it, the sealed seed, the public key."""

    key_id: UUID
    sealed: bytes
    public: bytes


def new_seed(model: str, row: UUID) -> SealedSeed:
    """Make a signing key for this row. Call before the row is written, as for every key.

    Raises RootUnreachable, WrongRoot.
    """
    try:
        customer_key(HOUSE, CONTENT)
    except KeyLost:
        create_customer_keys(HOUSE)
    key = create_record_keys([Need(HOUSE, CONTENT, model, row)])[0]
    seed = os.urandom(SEED)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return SealedSeed(key.id, key.seal_row(seed, model, row), public)


def sign(seed: SealedSeed, message: bytes, *, model: str, row: UUID) -> bytes:
    """Return the signature of `message`: 64 bytes.

    Raises KeyLost and Tampered when the key will never sign again; RootUnreachable, WrongRoot.
    """
    try:
        opened = open_key(seed.key_id).of(HOUSE).open_row(seed.sealed, model, row)
    except Unreadable as error:
        error.place = Place(HOUSE, model, row)
        raise
    return Ed25519PrivateKey.from_private_bytes(opened).sign(message)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the key with this public half signed the message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def destroy_seed(seed: SealedSeed) -> None:
    """Make sure that nobody signs with this key any more; what it signed stays verifiable."""
    shred_keys([seed.key_id])
