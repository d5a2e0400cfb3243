"""Sealed blobs: a suite byte, then C2SP chunked encryption (Cobblestone-256).

Writing streams through pyca/cryptography. Reading any range is our own, written from the public
specification (c2sp.org/chunked-encryption): 16 KiB chunks of AES-256-GCM, the last one always
shorter; key, base nonce and commitment from HKDF-Expand-SHA-512 over salt and context.
"""

import hmac
import io
from typing import BinaryIO, Protocol
from uuid import UUID

from cryptography.cobblestone import Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from smartsvar.vault.errors import Place, Tampered
from smartsvar.vault.keys import DataKey

SUITE = b"\x02"  # Cobblestone-256
SALT, COMMITMENT, NONCE, TAG = 24, 32, 12, 16
CHUNK = 16 * 1024
HEADER = len(SUITE) + SALT + COMMITMENT
_LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"


def sealed_size(size: int) -> int:
    """Return how many bytes `size` bytes of plaintext become."""
    return HEADER + size + (size // CHUNK + 1) * TAG


def plain_size(sealed: int) -> int:
    """Return the plaintext's size. Raises Tampered for a length that no blob can have."""
    full, rest = divmod(sealed - HEADER, CHUNK + TAG)
    if sealed < HEADER + TAG or rest < TAG:
        raise Tampered("Truncated blob.")
    return full * CHUNK + rest - TAG


class BlobSealer:
    """Seals one blob as it streams: update() any number of times, then finish() once."""

    def __init__(self, key: DataKey, model: str, field: str, row: UUID) -> None:
        secret, place = key.blob(model, field, row)
        self._encryptor = Cobblestone256Encryptor(secret, place)
        self._head = SUITE

    def update(self, plaintext: bytes) -> bytes:
        """Return the ciphertext that is ready after these bytes."""
        head, self._head = self._head, b""
        return head + self._encryptor.update(plaintext)

    def finish(self) -> bytes:
        """Return the last of the ciphertext."""
        head, self._head = self._head, b""
        return head + self._encryptor.finalize()


class Ranges(Protocol):
    """Ciphertext at rest that can be read anywhere: its size in bytes, and a range of them."""

    size: int

    def read_at(self, offset: int, size: int) -> bytes: ...

    def close(self) -> None: ...


class FileRanges:
    """A local file as Ranges."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)

    def read_at(self, offset: int, size: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(size)

    def close(self) -> None:
        self._file.close()


class BlobReader(io.RawIOBase):
    """The plaintext of a sealed blob as a seekable file; every byte is authenticated first.

    Opening checks the commitment and the last chunk, so a truncated, swapped or foreign blob is
    refused before its first byte. Raises Tampered.
    """

    def __init__(self, source: Ranges, key: DataKey, model: str, field: str, row: UUID) -> None:
        self._source = source
        self._place = Place(key.customer_id, model, row)
        try:
            self._begin(*key.blob(model, field, row))
        except Tampered as error:
            error.at(self._place)
            raise

    def _begin(self, secret: bytes, place: bytes) -> None:
        """Read the header and check it, and the last chunk."""
        self.size = plain_size(self._source.size)
        header = self._source.read_at(0, HEADER)
        if header[:1] != SUITE:
            raise Tampered("Unknown suite.")
        salt, commitment = header[1 : 1 + SALT], header[1 + SALT :]
        derived = HKDFExpand(SHA512(), 32 + NONCE + COMMITMENT, _LABEL + salt + place).derive(
            secret
        )
        if not hmac.compare_digest(derived[32 + NONCE :], commitment):
            raise Tampered("Blob, key and context do not belong together.")
        self._aead = AESGCM(derived[:32])
        self._nonce = int.from_bytes(derived[32 : 32 + NONCE], "big")
        self._position = 0
        self._last: tuple[int, bytes] = (-1, b"")
        final = self.size // CHUNK
        if len(self._chunks(final, final)) != self.size % CHUNK:
            raise Tampered("The last chunk has the wrong length.")

    def _chunks(self, first: int, last: int) -> bytes:
        """Return the plaintext of whole chunks first..last, read in one go."""
        if first == last == self._last[0]:
            return self._last[1]
        step = CHUNK + TAG
        sealed = memoryview(self._source.read_at(HEADER + first * step, (last - first + 1) * step))
        opened = []
        for number in range(first, last + 1):
            nonce = (self._nonce ^ number).to_bytes(NONCE, "big")
            part = sealed[(number - first) * step : (number - first + 1) * step]
            try:
                opened.append(self._aead.decrypt(nonce, part, None))
            except (InvalidTag, ValueError) as error:
                reason = f"Chunk {number} does not authenticate."
                raise Tampered(reason, place=self._place) from error
        self._last = (last, opened[-1])
        return b"".join(opened)

    def read_range(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes at `offset`; fewer only at the end."""
        end = min(offset + size, self.size)
        if offset >= end:
            return b""
        first, last = offset // CHUNK, (end - 1) // CHUNK
        plain = self._chunks(first, last)
        expected = min((last + 1) * CHUNK, self.size) - first * CHUNK
        if len(plain) != expected:
            raise Tampered("A chunk has the wrong length.", place=self._place)
        return plain[offset - first * CHUNK : end - first * CHUNK]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        data = self.read_range(self._position, len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
