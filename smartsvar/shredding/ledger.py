"""The erasure ledger: what was destroyed, written outside the databases before the key goes.

After a restore from backup it says which keys must be destroyed again. One object per batch,
chained per writer by the hash of the writer's previous object, the batch's job in its name. Ids
only. Kept for as long as the oldest backup of the main database (LEDGER_DAYS).
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.conf import settings

from smartsvar.vault.storage import blob_store

GENESIS = "0" * 64
MARKS = "marks/"
_NAME = re.compile(r"([0-9a-f-]{36})/([0-9]{8})-([0-9a-f-]{36})\.json")


class LedgerWriter:
    """One process's chain of ledger objects, shared by its threads."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._lock = Lock()
        self._begin()

    def _begin(self) -> None:
        self.name, self.sequence, self.previous = str(uuid4()), 0, GENESIS

    def write(self, job: UUID, entry: dict[str, object]) -> str:
        """Write one object and return its name. It is durable on return. Raises OSError.

        After a failure nobody knows whether the object is there, so the chain ends with it and
        another one begins.
        """
        with self._lock:
            fact = {
                "installation": settings.INSTALLATION_ID,
                "writer": self.name,
                "sequence": self.sequence,
                "previous": self.previous,
                "job": str(job),
            }
            body = json.dumps(fact | entry, separators=(",", ":")).encode()
            name = f"{self.name}/{self.sequence:08d}-{job}.json"
            try:
                blob_store("ledger").put_bytes(name, body)
            except BaseException:
                self._begin()
                raise
            self.previous = hashlib.sha256(body).hexdigest()
            self.sequence += 1
            return name


_writer: LedgerWriter | None = None
_lock = Lock()


def writer() -> LedgerWriter:
    """Return this process's writer; a forked worker gets a chain of its own."""
    global _writer
    with _lock:
        if _writer is None or _writer.pid != os.getpid():
            _writer = LedgerWriter()
        return _writer


def intend(
    job_id: UUID,
    model: str,
    reason: str,
    at: datetime,
    rows: list[tuple[UUID, UUID]],
    customer_keys: Collection[UUID] = (),
) -> str:
    """Write that these rows, given as (row id, key id), and keys are about to be destroyed."""
    return writer().write(
        job_id,
        {
            "model": model,
            "reason": reason,
            "at": at.isoformat(timespec="seconds"),
            "rows": [[str(row), str(key)] for row, key in rows],
            "customer_keys": [str(key) for key in customer_keys],
        },
    )


class BatchName(NamedTuple):
    """What an object's name says: whose chain, which link, which job, and when it was written."""

    writer: str
    sequence: int
    job: UUID
    path: str
    at: datetime


class Batch(NamedTuple):
    """One batch that was destroyed: row and key ids, and keys of whole customers."""

    job: UUID
    model: str
    reason: str
    at: datetime
    rows: list[tuple[UUID, UUID]]
    customer_keys: list[UUID]


def listed() -> tuple[list[BatchName], list[str]]:
    """Return every batch's name, in the order of the chains, and a fault for each foreign object.

    One listing, nothing is opened. Whether links are missing says the last mark (marks.py). Raises
    OSError.
    """
    found, faults = [], []
    for path, at in blob_store("ledger").names():
        if match := _NAME.fullmatch(path):
            found.append(BatchName(match[1], int(match[2]), UUID(match[3]), path, at))
        elif not path.startswith(MARKS):
            faults.append(f"{path} is no part of a ledger")
    return sorted(found), faults


def read(names: Iterable[BatchName]) -> Iterator[Batch]:
    """Yield the batches in the order given, each checked against its chain.

    Raises BrokenLedger for one that was changed, or is another installation's. Raises OSError.
    """
    writer, sequence, digest = "", -1, ""
    for name in names:
        body = blob_store("ledger").get_bytes(name.path)
        try:
            said = json.loads(body)
            batch = _batch(said)
            follows = said["previous"]
            fits = (said["writer"], said["sequence"]) == (name.writer, name.sequence)
            ours = said["installation"] == settings.INSTALLATION_ID
        except (ValueError, KeyError, TypeError) as error:
            raise BrokenLedger(f"{name.path} cannot be read.") from error
        if not ours:
            raise BrokenLedger(f"{name.path} belongs to another installation.")
        if not fits or name.job != batch.job:
            raise BrokenLedger(f"{name.path} is not what its name says.")
        before = GENESIS if name.sequence == 0 else follows
        if (name.writer, name.sequence) == (writer, sequence + 1):
            before = digest
        if follows != before:
            raise BrokenLedger(f"{name.path} does not follow the link before it.")
        writer, sequence, digest = *name[:2], hashlib.sha256(body).hexdigest()
        yield batch


def _batch(said: dict[str, Any]) -> Batch:
    return Batch(
        job=UUID(said["job"]),
        model=said["model"],
        reason=said["reason"],
        at=datetime.fromisoformat(said["at"]),
        rows=[(UUID(row), UUID(key)) for row, key in said["rows"]],
        customer_keys=[UUID(key) for key in said.get("customer_keys", ())],
    )


class BrokenLedger(Exception):
    """The ledger cannot be trusted; the text says which object and why."""


def prune(before: datetime) -> int:
    """Remove the oldest links of every chain, those written before then; return how many."""
    keeping: set[str] = set()
    old = []
    for name in listed()[0]:
        if name.at >= before:
            keeping.add(name.writer)
        elif name.writer not in keeping:  # only from the front, so that no gap comes about
            old.append(name.path)
    for start in range(0, len(old), 1000):
        blob_store("ledger").delete(old[start : start + 1000])
    return len(old)
