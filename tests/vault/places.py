"""Everything that the vault seals, with fixed keys, at places that can be varied part by part.

No database and no settings: the formats themselves, through the code that the service runs.
"""

import base64
import io
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from smartsvar.vault import second_factor
from smartsvar.vault.blobs import BlobReader, BlobSealer, FileRanges
from smartsvar.vault.handles import DataKey, WrappingKey, place_of
from smartsvar.vault.index import index_under
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.roots.root import LocalRoot

ROOT = LocalRoot(bytes(range(32)))
CUSTOMER_SECRET = bytes(range(32, 64))
RECORD_SECRET = bytes(range(64, 128))

Place = dict[str, Any]


class Purpose(NamedTuple):
    """One kind of sealed thing: the parts of its context, a place, another, and both verbs.

    The second place differs from the first in every part.
    """

    place: Place
    other: Place
    seal: Callable[[Place, bytes], bytes]
    open: Callable[[Place, bytes], bytes]


class _Wrapping(WrappingKey):
    """A customer's key without the store that it usually comes from."""

    def __init__(self, place: Place) -> None:
        self._secret, self._aead = CUSTOMER_SECRET, AESGCM(CUSTOMER_SECRET)
        self.id, self.customer_id = UUID(int=0xA1), place.get("customer", UUID(int=0))
        self.key_class = place.get("class", "index")


def key_of(place: Place) -> DataKey:
    return DataKey(place["key"], place["customer"], RECORD_SECRET)


def _stored(place: Place, wrapped: bytes = b"") -> CustomerKey:
    return CustomerKey(
        id=place["key"], customer_id=place["customer"], key_class=place["class"],
        wrapped=wrapped, root_name=ROOT.name,
    )  # fmt: skip


def seal_blob(place: Place, plain: bytes, step: int = 50_000) -> bytes:
    """Seal a blob in pieces of `step` bytes."""
    sealer = BlobSealer(key_of(place), place["model"], place["field"], place["row"])
    parts = [sealer.update(plain[start : start + step]) for start in range(0, len(plain), step)]
    return b"".join(parts) + sealer.finish()


def reader_of(place: Place, sealed: bytes) -> BlobReader:
    """Open a blob at a place. Raises Tampered."""
    source = FileRanges(io.BytesIO(sealed))
    return BlobReader(source, key_of(place), place["model"], place["field"], place["row"])


def _open_blob(place: Place, sealed: bytes) -> bytes:
    with reader_of(place, sealed) as reader:
        return reader.read()


def _seal_token(place: Place, plain: bytes) -> bytes:
    sealed = key_of(place).seal_second_factor(plain, place["model"], place["person"])
    coded = base64.urlsafe_b64encode(sealed).decode()
    return f"{second_factor.VERSION}.{place['key'].hex}.{coded}".encode()


def _open_token(place: Place, token: bytes) -> bytes:
    """Open as open_secret() does, with a key of whatever id the token names."""
    name, sealed = second_factor._read(token.decode("latin-1"))
    key = key_of(place | {"key": name})
    return key.open_second_factor(sealed, place["model"], place["person"])


def _id(number: int) -> UUID:
    return UUID(int=number)


PURPOSES: dict[str, Purpose] = {
    "customer-key": Purpose(
        {"customer": _id(0xC1), "class": "content", "key": _id(0xA1)},
        {"customer": _id(0xC2), "class": "statutory", "key": _id(0xA2)},
        lambda place, plain: ROOT.wrap(plain, place_of(_stored(place))),
        lambda place, sealed: WrappingKey(_stored(place, sealed))._secret,
    ),
    "record-key": Purpose(
        {"customer": _id(0xC1), "class": "content", "model": "customers.Member",
         "object": _id(0xB1), "key": _id(0xA1)},
        {"customer": _id(0xC2), "class": "statutory", "model": "customers.Invitation",
         "object": _id(0xB2), "key": _id(0xA2)},
        lambda place, plain: _Wrapping(place).wrap(
            plain, place["model"], place["object"], place["key"]),
        lambda place, sealed: _Wrapping(place).unwrap(
            sealed, place["model"], place["object"], place["key"]),
    ),
    "row": Purpose(
        {"customer": _id(0xC1), "model": "customers.Member", "row": _id(0xB1), "key": _id(0xA1)},
        {"customer": _id(0xC2), "model": "customers.Customer", "row": _id(0xB2), "key": _id(0xA2)},
        lambda place, plain: key_of(place).seal_row(plain, place["model"], place["row"]),
        lambda place, sealed: key_of(place).open_row(sealed, place["model"], place["row"]),
    ),
    "blob": Purpose(
        {"customer": _id(0xC1), "model": "recordings.Recording", "field": "audio",
         "row": _id(0xB1), "key": _id(0xA1)},
        {"customer": _id(0xC2), "model": "phone_messages.PhoneMessage", "field": "voice",
         "row": _id(0xB2), "key": _id(0xA2)},
        seal_blob,
        _open_blob,
    ),
    "second-factor": Purpose(
        {"customer": second_factor.HOUSE, "model": "customers.User", "person": _id(0xB1),
         "key": _id(0xA1)},
        {"customer": _id(0xC2), "model": "customers.Member", "person": _id(0xB2), "key": _id(0xA2)},
        _seal_token,
        _open_token,
    ),
}  # fmt: skip


def index_of(purpose: str, value: str) -> bytes:
    """Return the blind index of a value under the fixed key."""
    return index_under(_Wrapping({}), purpose, value)
