"""What every store of ciphertext can do, a folder or a bucket."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from smartsvar.vault.blobs import Ranges


class Stored(NamedTuple):
    """An object's name and when its newest version was written."""

    name: str
    at: datetime


class BlobStore(Protocol):
    """What every store can do. Names are made by the application, never by an uploader."""

    def put(self, name: str, path: Path) -> None:
        """Store the file at `path` under `name`; durable on return, and `path` may be gone."""

    def put_bytes(self, name: str, body: bytes) -> None:
        """Store a small object whole or not at all; durable on return. Raises OSError."""

    def open(self, name: str) -> Ranges:
        """Open for range reads. Raises FileNotFoundError."""
        ...

    def get_bytes(self, name: str) -> bytes:
        """Return a small object whole. Raises FileNotFoundError, OSError."""
        ...

    def delete(self, names: Sequence[str]) -> None:
        """Remove every version of each; a name that is not there is no error. Raises OSError."""

    def names(self, prefix: str = "") -> Iterator[Stored]:
        """Yield every object below `prefix`, in no order to rely on. Raises OSError."""
        ...

    def missing(self, names: Sequence[str]) -> set[str]:
        """Return which of these are not there; by listing, not one by one, where asking costs.

        Names that lie beside each other in the store cost least. Raises OSError.
        """
        ...

    def remains(self) -> Iterator[Stored]:
        """Yield every object of which anything is left, be it an old version or a marker."""
        ...

    def abort_unfinished(self, before: datetime) -> int:
        """Throw away uploads begun before then and never finished; return how many."""
        ...

    def check(self) -> None:
        """Return if the store answers. Raises OSError, or what the S3 client raises."""
