"""Write tests/vault/vectors/formats.json. See the README beside it before you do."""

import hashlib
import json
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from smartsvar.vault.blobs import CHUNK
from smartsvar.vault.context import context
from tests.vault.places import (
    CUSTOMER_SECRET,
    PURPOSES,
    RECORD_SECRET,
    Place,
    Purpose,
    index_of,
)

FILE = Path(__file__).parent / "vectors" / "formats.json"
SALT = bytes(range(24))
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1)
PLAIN = '{"caller_name":"Zacharias Ödlund"}'.encode()


def context_of(purpose: str, place: Place) -> bytes:
    """Return the context of a place: its parts in their order, behind the purpose."""
    return context(purpose, *place.values())


def blob_bytes(place: Place, plain: bytes, salt: bytes = SALT) -> bytes:
    """Seal a blob by the specification alone, with a given salt (c2sp.org/chunked-encryption)."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + context_of("blob", place)
    derived = HKDFExpand(SHA512(), 76, info).derive(RECORD_SECRET[32:])
    key, nonce, commitment = derived[:32], int.from_bytes(derived[32:44], "big"), derived[44:]
    parts = [
        AESGCM(key).encrypt(
            (nonce ^ number).to_bytes(12, "big"), plain[number * CHUNK : (number + 1) * CHUNK], None
        )
        for number in range(len(plain) // CHUNK + 1)
    ]
    return b"\x02" + salt + commitment + b"".join(parts)


def plain_of(size: int) -> bytes:
    """Return so many bytes that do not repeat with the chunks."""
    return (b"%d," * 4000 % tuple(range(4000)))[:size]


def sealed_vector(name: str, purpose: Purpose) -> dict[str, Any]:
    plain = {"customer-key": CUSTOMER_SECRET, "record-key": RECORD_SECRET}.get(name, PLAIN)
    if name == "blob":
        sealed = blob_bytes(purpose.place, plain)
    else:
        with mock.patch("smartsvar.vault.roots.root.os.urandom", return_value=bytes(range(12))):
            sealed = purpose.seal(purpose.place, plain)
    place = {part: str(value) for part, value in purpose.place.items()}
    return {
        "place": place, "context": context_of(name, purpose.place).hex(), "plain": plain.hex(),
        "sealed": sealed.hex(),
    }  # fmt: skip


def vectors() -> dict[str, Any]:
    """Return every vector as today's code makes it."""
    blob = PURPOSES["blob"].place
    blobs = [
        {"size": size, "sha256": hashlib.sha256(blob_bytes(blob, plain_of(size))).hexdigest()}
        for size in SIZES
    ]
    index = {"context": context("index", "caller_number", "+46701740666").hex()}
    index["index"] = index_of("caller_number", "+46701740666").hex()
    sealed = {name: sealed_vector(name, purpose) for name, purpose in PURPOSES.items()}
    return {"sealed": sealed, "blobs": blobs, "index": index}


def parsed(place: dict[str, str]) -> Place:
    """Return a place as the file holds it, with its ids as UUIDs."""
    return {k: UUID(v) if v.count("-") == 4 else v for k, v in place.items()}


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), indent=2) + "\n", encoding="utf-8")
