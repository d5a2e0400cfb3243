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
from smartsvar.vault.roots.kms import SECRET, KmsRoot

SUITE = b"\x01"  # AES-256-GCM, 96-bit random nonce, 128-bit tag
NONCE = 12
SOURCES = ("ROOT_KEY", "ROOT_KEY_FILE", "ROOT_KMS_KEY_ID", "ROOT_PROVIDER")
PREVIOUS = ("ROOT_KEY_PREVIOUS", "ROOT_KMS_PREVIOUS", "ROOT_PROVIDER_PREVIOUS")


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
    """A root key held in this process: 32 random bytes. Making one raises ValueError."""

    def __init__(self, key: bytes) -> None:
        if len(key) != SECRET:
            raise ValueError("A root key is exactly 32 random bytes.")
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

    Raises ImproperlyConfigured when there is none or more than one or it is no key, and
    RootUnreachable when its file cannot be read or holds no key.
    """
    given = [source for source in SOURCES if getattr(settings, source).strip()]
    if len(given) != 1:
        raise ImproperlyConfigured(f"Set exactly one of {', '.join(SOURCES)}.")
    return _made(given[0], getattr(settings, given[0]))


def _made(setting: str, value: str) -> RootKey:
    return _MAKERS[setting](setting, value.strip())


def _previous() -> Iterator[RootKey]:
    """Yield the roots that only open, each made when it is asked for."""
    for setting in PREVIOUS:
        for value in filter(str.strip, getattr(settings, setting)):
            yield _made(setting, value)


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


def wrap_surely(root: RootKey, secret: bytes, place: bytes) -> bytes:
    """Return the secret wrapped, once the same root has opened it again: for what is to be stored.

    What a root takes and does not give back is lost. Raises RootUnreachable.
    """
    try:
        wrapped = root.wrap(secret, place)
        returned = root.unwrap(wrapped, place)
    except Tampered as error:
        raise RootUnreachable(f"The root {root.name} does not open what it sealed.") from error
    if returned != secret:
        raise RootUnreachable(f"The root {root.name} gives back something else than it sealed.")
    return wrapped


@lru_cache(maxsize=8)
def _local(encoded: str | bytes) -> LocalRoot:
    """Raise ValueError for what is not the base64 of 32 bytes."""
    return LocalRoot(base64.b64decode(encoded, validate=True))


def _from_setting(setting: str, encoded: str) -> LocalRoot:
    try:
        return _local(encoded)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{setting} must be the base64 of exactly 32 random bytes."
        ) from error


def _from_file(setting: str, path: str) -> LocalRoot:
    """Read afresh each time: a file that was taken away opens nothing any more.

    Nor does one that is being written, which may hold anything for a moment: that passes too.
    """
    try:
        return _local(Path(path).read_bytes().strip())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise RootUnreachable(f"{setting} cannot be read: {reason}.") from error
    except ValueError as error:
        raise RootUnreachable(
            f"{setting}: the file holds no key, the base64 of exactly 32 random bytes."
        ) from error


def _kms(setting: str, key_id: str) -> KmsRoot:
    return KmsRoot(
        key_id,
        region=settings.ROOT_KMS_REGION,
        endpoint=settings.ROOT_KMS_ENDPOINT,
        access_key=settings.ROOT_KMS_ACCESS_KEY,
        secret_key=settings.ROOT_KMS_SECRET_KEY,
    )


def _provided(setting: str, path: str) -> RootKey:
    try:
        provider = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"{setting}: {error}.") from error
    return cast(RootKey, provider())


_MAKERS: dict[str, Callable[[str, str], RootKey]] = {
    "ROOT_KEY": _from_setting,
    "ROOT_KEY_PREVIOUS": _from_setting,
    "ROOT_KEY_FILE": _from_file,
    "ROOT_KMS_KEY_ID": _kms,
    "ROOT_KMS_PREVIOUS": _kms,
    "ROOT_PROVIDER": _provided,
    "ROOT_PROVIDER_PREVIOUS": _provided,
}
