"""The erasure ledger: what was destroyed, written outside the databases before the key goes.

After a restore from backup it says which keys must be destroyed again. One object per batch,
chained per writer by the hash of the writer's previous object. Ids only.
"""

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages

GENESIS = "0" * 64


class LedgerWriter:
    """One process's chain of ledger objects."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.name = str(uuid4())
        self.sequence = 0
        self.previous = GENESIS

    def write(self, entry: dict[str, object]) -> str:
        """Write one object and return its name. It is durable on return. Raises OSError."""
        body = json.dumps(
            {
                "installation": settings.INSTALLATION_ID,
                "writer": self.name,
                "sequence": self.sequence,
                "previous": self.previous,
                **entry,
            },
            separators=(",", ":"),
        ).encode()
        name = f"{self.name}/{self.sequence:08d}.json"
        _store(name, body)
        self.previous = hashlib.sha256(body).hexdigest()
        self.sequence += 1
        return name


def _store(name: str, body: bytes) -> None:
    storage = storages["ledger"]
    if not isinstance(storage, FileSystemStorage):
        storage.save(name, ContentFile(body))
        return
    path = Path(storage.path(name))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


_writer: LedgerWriter | None = None


def writer() -> LedgerWriter:
    """Return this process's writer; a forked worker gets a chain of its own."""
    global _writer
    if _writer is None or _writer.pid != os.getpid():
        _writer = LedgerWriter()
    return _writer


def intend(
    job_id: UUID, model: str, reason: str, at: datetime, rows: list[tuple[UUID, UUID]]
) -> str:
    """Write that these rows, given as (row id, key id), are about to be destroyed."""
    return writer().write(
        {
            "job": str(job_id),
            "model": model,
            "reason": reason,
            "at": at.isoformat(timespec="seconds"),
            "rows": [[str(row), str(key)] for row, key in rows],
        }
    )
