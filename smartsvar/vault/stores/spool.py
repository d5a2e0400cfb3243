"""An upload in flight: plaintext goes in, and only ciphertext touches the disk."""

import hashlib
import os
from pathlib import Path
from uuid import UUID

from django.conf import settings

from smartsvar.vault.blobs import BlobReader, BlobSealer, FileRanges
from smartsvar.vault.keys import DataKey


class TooLarge(Exception):
    """More bytes than the limit came in."""


class SealingSpool:
    """Seals and hashes (SHA-256) in one pass into a file of ciphertext.

    Memory stays flat whatever the size. OSError (a full disk) passes through to the caller, who
    calls discard() on every way out that is not success.
    """

    def __init__(self, key: DataKey, model: str, field: str, row: UUID, *, limit: int) -> None:
        self._place = (key, model, field, row)
        self._sealer = BlobSealer(*self._place)
        self._hash = hashlib.sha256()
        self._limit = limit
        self.size = 0
        self.path = self.folder() / f"{row}.sealing"
        self._file = self.path.open("xb")

    @staticmethod
    def folder() -> Path:
        """Return the spool's folder, made if need be, for our own eyes only."""
        path = Path(settings.SPOOL_DIR)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def write(self, plaintext: bytes) -> None:
        """Take more plaintext. Raises TooLarge past the limit, OSError when the disk is full."""
        self.size += len(plaintext)
        if self.size > self._limit:
            raise TooLarge
        self._hash.update(plaintext)
        self._file.write(self._sealer.update(plaintext))

    def finish(self) -> str:
        """Seal the last chunk and flush; return the plaintext's SHA-256 in hex."""
        self._file.write(self._sealer.finish())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._hash.hexdigest()

    def reader(self) -> BlobReader:
        """Open what has been sealed, to probe it. Call after finish()."""
        return BlobReader(FileRanges(self.path.open("rb")), *self._place)

    def discard(self) -> None:
        """Leave nothing behind, also on a disk too full to flush what is still buffered."""
        try:
            self._file.close()
        except OSError:
            pass
        self.path.unlink(missing_ok=True)
