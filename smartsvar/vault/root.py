"""The root key (KEK) and its providers.

A provider wraps and unwraps customer keys and never shows its own. Today: a key from the
environment or a file, for one machine. A provider on a key management service has the same verbs.
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from smartsvar.vault.errors import Tampered

SUITE = b"\x01"  # AES-256-GCM, 96-bit random nonce, 128-bit tag
NONCE = 12


class RootKey(Protocol):
    """What every provider can do. `name` tells which root wrapped a key, not the key."""

    name: str

    def wrap(self, secret: bytes, context: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes: ...


class LocalRoot:
    """A root key held in this process: 32 random bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ImproperlyConfigured("ROOT_KEY must be the base64 of exactly 32 random bytes.")
        self._aead = AESGCM(key)
        self.name = (
            "local:" + hmac.new(key, b"smartsvar root name", hashlib.sha256).hexdigest()[:16]
        )

    def __repr__(self) -> str:
        return f"<LocalRoot {self.name}>"

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        return seal(self._aead, secret, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        return unseal(self._aead, wrapped, context)


def seal(aead: AESGCM, plaintext: bytes, context: bytes) -> bytes:
    """Return suite byte, nonce, ciphertext and tag."""
    nonce = os.urandom(NONCE)
    return SUITE + nonce + aead.encrypt(nonce, plaintext, context)


def unseal(aead: AESGCM, sealed: bytes, context: bytes) -> bytes:
    """Return the plaintext. Raises Tampered when anything does not fit."""
    if sealed[:1] != SUITE:
        raise Tampered("Unknown suite.")
    try:
        return aead.decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], context)
    except (InvalidTag, ValueError) as error:
        raise Tampered("Ciphertext, key and context do not belong together.") from error


@lru_cache(maxsize=1)
def _local_root(encoded: str) -> LocalRoot:
    try:
        return LocalRoot(base64.b64decode(encoded, validate=True))
    except ValueError as error:
        raise ImproperlyConfigured("ROOT_KEY is not base64.") from error


def root_key() -> RootKey:
    """Return the configured root key. Raises ImproperlyConfigured when there is none."""
    encoded = settings.ROOT_KEY
    if not encoded and settings.ROOT_KEY_FILE:
        encoded = Path(settings.ROOT_KEY_FILE).read_text(encoding="ascii").strip()
    if not encoded:
        raise ImproperlyConfigured("Set ROOT_KEY or ROOT_KEY_FILE: base64 of 32 random bytes.")
    return _local_root(encoded)
