"""The list of what an export holds: each row verified, and kept page by page in parts."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from time import monotonic
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Sum

from privacy.exports.blobs import open_blob, steps_of
from privacy.exports.facts import digest_of, facts_of, written
from privacy.exports.selection import Portion
from privacy.models import Export, ExportPage
from smartsvar.clock import database_now
from smartsvar.unreadable import noticed
from smartsvar.vault.errors import Unreadable

PART_BYTES = 1_900_000_000  # of a part before compression: a file of less than 2 GB
PART_FILES = 5_000  # sealed objects of a part: what is remembered of each stays in memory
LEASE = timedelta(minutes=5)
RENEW = 30.0  # seconds, well below the lease
OVERHEAD = 4  # the same facts as JSON, CSV and HTML are at most so many times the JSON


class Item(NamedTuple):
    """One row as it was verified. `trouble`: why it, or its object, could not be; "" for none."""

    key: str
    sha256: str = ""
    size: int = 0
    blob_sha256: str = ""
    trouble: str = ""


class Lister:
    """Adds rows to an export's list, under its lease."""

    def __init__(self, export: Export) -> None:
        self._export = export
        last = ExportPage.objects.filter(export=export, part=export.parts)
        sums = last.aggregate(size=Sum("size"), files=Sum("files"))
        self._size, self._files = sums["size"] or 0, sums["files"] or 0
        self._held_at = monotonic()
        self._coming = self._coming_files = 0  # of the page that is being made

    def take(self, portion: Portion, rows: Sequence[Any]) -> None:
        """Verify the rows and keep them as a page; as two where a part is full between them."""
        items: list[Item] = []
        for row in rows:
            self._stay()
            found = examine(portion, row)
            if found is None:
                continue
            if items and self._full(items, found):
                self._keep(portion, items)
                items = []
            if self._full(items, found):
                self._export.parts += 1
                self._size = self._files = 0
            items.append(found)
            self._coming += found.size
            self._coming_files += bool(found.blob_sha256)
        self._keep(portion, items, after=str(rows[-1].pk))

    def _stay(self) -> None:
        """Hold on to the lease while long sounds are read. Raises LostLease."""
        if monotonic() - self._held_at > RENEW:
            self._export.hold_on(database_now() + LEASE)
            self._held_at = monotonic()

    def _full(self, items: list[Item], more: Item) -> bool:
        begun = bool(items) or self._size > 0
        full = self._size + self._coming + more.size > PART_BYTES
        return begun and (full or self._files + self._coming_files >= PART_FILES)

    @transaction.atomic
    def _keep(self, portion: Portion, items: list[Item], after: str = "") -> None:
        """Keep a page with the cursor behind it. Raises LostLease."""
        export = self._export
        size, files = sum(each.size for each in items), sum(bool(i.blob_sha256) for i in items)
        export.at_portion, export.after = portion.key, after or items[-1].key
        export.done += len(items)
        export.size += size
        export.left_out += sum(bool(each.trouble) for each in items)
        cursor = ("at_portion", "after", "done", "size", "left_out", "parts")
        export.hold_on(
            database_now() + LEASE, pages_made=export.pages_made + 1,
            **{name: getattr(export, name) for name in cursor},
        )  # fmt: skip
        if items:
            page = ExportPage(
                customer_id=export.customer_id, export=export, number=export.pages_made,
                part=export.parts, portion=portion.key, count=len(items), size=size, files=files,
            )  # fmt: skip
            page.items = [list(each) for each in items]
            page.save(force_insert=True)
        export.pages_made += 1
        self._size += size
        self._files += files
        self._coming = self._coming_files = 0


def examine(portion: Portion, row: Any) -> Item | None:
    """Open a row and its object; None for what is being destroyed.

    Raises RootUnreachable, WrongRoot, OSError: then nothing is said of the row.
    """
    said, key = portion.said, str(row.pk)
    try:
        facts = facts_of(row, said, portion.names)
    except Unreadable as error:
        return Item(key, trouble="damaged") if noticed(error, row.place) else None
    record = written(facts)
    digest, size = digest_of(record), OVERHEAD * len(record.encode())
    if not said.blob or portion.mention:
        return Item(key, digest, size)
    try:
        with open_blob(row, said) as reader:
            sha = hashlib.sha256()
            for step in steps_of(reader):
                sha.update(step)
            return Item(key, digest, size + reader.size, sha.hexdigest())
    except (Unreadable, FileNotFoundError) as error:
        here = noticed(error, row.place)
        return Item(key, digest, size, trouble="file damaged") if here else None
