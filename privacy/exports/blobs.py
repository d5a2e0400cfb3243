"""The sealed object of a row, opened as the export reads it."""

from collections.abc import Iterator
from typing import Any

from smartsvar.personal_data import PersonalData
from smartsvar.vault.blobs import BlobReader
from smartsvar.vault.keys import open_key
from smartsvar.vault.storage import blob_store

STEP = 1024 * 1024  # bytes that are opened at a time: on a bucket, each step is a request


def open_blob(row: Any, said: PersonalData) -> BlobReader:
    """Open the row's object with a key read afresh. Raises Unreadable, FileNotFoundError."""
    key = open_key(row.key_id, fresh=True).of(row.vault_customer_id)
    source = blob_store().open(getattr(row, said.blob))
    return BlobReader(source, key, row._meta.label, row.blob_field, row.pk)


def steps_of(reader: BlobReader) -> Iterator[bytes]:
    """Yield the plaintext in steps. Raises Tampered, OSError."""
    for offset in range(0, reader.size, STEP):
        yield reader.read_range(offset, STEP)
