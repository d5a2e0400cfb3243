"""The root keys (KEK): which one seals, and which others may still open.

A provider wraps and unwraps customer keys and never shows its own. Three come with the vault: a key
from the environment or a file, for one machine, and AWS KMS (smartsvar/vault/roots/kms.py). Another
is the dotted path of a callable that returns a RootKey: setting ROOT_PROVIDER.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Protocol, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from smartsvar.vault.errors import RootUnreachable, Tampered, WrongRoot
from smartsvar.vault.roots.kms import KmsRoot

SUITE = b"\x01"  # AES-256-GCM, 96-bit random nonce, 128-bit tag
NONCE = 12
SOURCES = ("ROOT_KEY", "ROOT_KEY_FILE", "ROOT_KMS_KEY_ID", "ROOT_PROVIDER")


class RootKey(Protocol):
    """What every provider can do. `name` tells which root wrapped a key, not the key.

    At most 200 characters, the same in every process, another for another key. A provider that
    cannot be reached raises RootUnreachable, one that refuses what it was given raises Tampered.
    """

    @property
    def name(self) -> str: ...

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Seal 32 bytes so that only the same root opens them, in the same context."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Open what wrap() returned. Raises Tampered, RootUnreachable."""
        ...


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


def root_key() -> RootKey:
    """Return the root that seals: the one the settings name.

    Raises ImproperlyConfigured when there is none or more than one, RootUnreachable when its file
    cannot be read.
    """
    given = [source for source in SOURCES if getattr(settings, source)]
    if len(given) != 1:
        raise ImproperlyConfigured(f"Set exactly one of {', '.join(SOURCES)}.")
    value: str = getattr(settings, given[0])
    return _MAKERS[given[0]](value)


def _previous() -> Iterator[RootKey]:
    """Yield the roots that only open, each made when it is asked for."""
    yield from map(_local, settings.ROOT_KEY_PREVIOUS)
    yield from map(_kms, settings.ROOT_KMS_PREVIOUS)
    yield from map(_provided, settings.ROOT_PROVIDER_PREVIOUS)


def root_keys() -> dict[str, RootKey]:
    """Return every configured root by name, the one that seals first."""
    current = root_key()
    return {current.name: current} | {
        root.name: root for root in _previous() if root.name != current.name
    }


def root_named(name: str) -> RootKey:
    """Return the configured root of this name. Raises WrongRoot, RootUnreachable."""
    current = root_key()
    if current.name == name:
        return current
    for root in _previous():
        if root.name == name:
            return root
    raise WrongRoot(f"A customer key is wrapped by the root {name}, which is not configured.")


@lru_cache(maxsize=8)
def _local(encoded: str) -> LocalRoot:
    try:
        return LocalRoot(base64.b64decode(encoded, validate=True))
    except ValueError as error:
        raise ImproperlyConfigured("ROOT_KEY is not base64.") from error


def _from_file(path: str) -> LocalRoot:
    """Read afresh each time: a file that was taken away opens nothing any more."""
    try:
        encoded = Path(path).read_text(encoding="ascii").strip()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RootUnreachable(f"ROOT_KEY_FILE cannot be read: {reason}.") from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured("ROOT_KEY_FILE holds no base64.") from error
    return _local(encoded)


def _kms(key_id: str) -> KmsRoot:
    return KmsRoot(
        key_id,
        region=settings.ROOT_KMS_REGION,
        endpoint=settings.ROOT_KMS_ENDPOINT,
        access_key=settings.ROOT_KMS_ACCESS_KEY,
        secret_key=settings.ROOT_KMS_SECRET_KEY,
    )


def _provided(path: str) -> RootKey:
    try:
        provider = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"ROOT_PROVIDER: {error}.") from error
    return cast(RootKey, provider())


_MAKERS: dict[str, Callable[[str], RootKey]] = {
    "ROOT_KEY": _local,
    "ROOT_KEY_FILE": _from_file,
    "ROOT_KMS_KEY_ID": _kms,
    "ROOT_PROVIDER": _provided,
}
