"""The archive, made from the vault as it is read: a ZIP to a stream that nobody can seek in.

Nothing of it is stored. Sound is stored in it as it is, texts are deflated. What has gone or
changed since the list was frozen is named in the manifest, which comes last and names every
member's hash.
"""

import errno
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

import structlog

from privacy.exports.ask import about_of
from privacy.exports.blobs import open_blob, steps_of
from privacy.exports.facts import digest_of, facts_of, written
from privacy.exports.listing import Item
from privacy.exports.readers import owner_of
from privacy.exports.reading import index_page, people_of, style
from privacy.exports.schema import NAME as SCHEMA_NAME
from privacy.exports.schema import document
from privacy.exports.selection import Portion, portions
from privacy.exports.sheets import Sheets
from privacy.models import Export, ExportPage
from smartsvar.clock import STOCKHOLM, database_now
from smartsvar.unreadable import LATER, noticed
from smartsvar.vault.errors import Unreadable
from smartsvar.vault.keys import forget_records

log = structlog.get_logger(__name__)

ENOUGH = 64 * 1024  # bytes that are passed on at a time
RECHECK = 4 * 1024 * 1024  # bytes of sound after which the right to them is asked for again …
PATIENCE = 5.0  # … or so many seconds, for whoever fetches slowly
Missing = dict[str, str]


class Broken(ConnectionResetError):
    """The archive ends before its end: headers have gone out, so the connection is cut."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.ECONNRESET, reason)


class Outlet:
    """Where zipfile writes: what has come is handed on, and forgotten."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def drain(self) -> bytes:
        data = b"".join(self._waiting)
        self._waiting, self.size = [], 0
        return data


class Archive:
    """One part of a ready export as an iterator of bytes. `allowed` is asked again as it goes."""

    def __init__(self, export: Export, part: int, *, allowed: Callable[[], bool]) -> None:
        self._export, self._part, self._allowed = export, part, allowed
        self._outlet, self._unasked, self._asked = Outlet(), 0, monotonic()
        self._beside = ThreadPoolExecutor(1)  # takes the hash of a step while it is written
        self._zip = zipfile.ZipFile(self._outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self.files: list[dict[str, Any]] = []
        self.missing: list[Missing] = []
        self.changed: list[Missing] = []
        self.counts: dict[str, int] = {}

    def __iter__(self) -> Iterator[bytes]:
        try:
            with self._beside:
                for _ in self._work():
                    if self._outlet.size >= ENOUGH:
                        yield self._outlet.drain()
        except (*LATER, OSError) as error:
            log.error("export cut", object=str(self._export.id), error=type(error).__name__)
            raise Broken("The archive could not be finished.") from error
        yield self._outlet.drain()

    def _work(self) -> Iterator[None]:
        """Write member after member, pausing wherever something may be passed on."""
        about, owner = about_of(self._export), owner_of(self._export)
        known = {e.key: e for e in portions(self._export.customer, about, owner=owner)}
        people = people_of(self._export)
        sheets: Sheets | None = None
        pages = ExportPage.objects.filter(export=self._export, part=self._part).order_by("number")
        for number in list(pages.values_list("number", flat=True)):
            self._ask()
            page = pages.filter(number=number).first()
            if page is None:
                raise Broken("The export was thrown away.")
            portion = known[page.portion]
            if sheets is None or sheets.portion.key != portion.key:
                yield from self._finish(sheets)
                sheets = Sheets(portion, self._export, people)
            yield from self._rows(portion, [Item(*each) for each in page.items], sheets)
        yield from self._finish(sheets)
        yield from self._close()

    def _finish(self, sheets: Sheets | None) -> Iterator[None]:
        for name, text in sheets.flush() if sheets else []:
            self.add(name, text)
            yield

    def _rows(self, portion: Portion, items: list[Item], sheets: Sheets) -> Iterator[None]:
        at = database_now()
        key = portion.model._meta.pk
        ids = [key.to_python(item.key) for item in items]
        among = "pk__among" if all(isinstance(each, UUID) for each in ids) else "pk__in"
        found = {str(row.pk): row for row in portion.rows(at).filter(**{among: ids})}
        for item in items:
            self._ask_in_time()
            row = found.get(item.key)
            if row is None:
                self._miss(portion, item.key, "gone since")
                continue
            yield from self._row(portion, item, row, sheets)
            if sheets.full:
                yield from self._finish(sheets)
        forget_records(row.key_id for row in found.values() if hasattr(row, "key_id"))

    def _ask(self) -> None:
        """Ask whether the download may go on. Raises Broken."""
        self._unasked, self._asked = 0, monotonic()
        if not self._allowed():
            raise Broken("The right to download ended.")

    def _ask_in_time(self) -> None:
        """Ask when there was much sound, or time, since it was asked. Raises Broken."""
        if self._unasked > RECHECK or monotonic() - self._asked > PATIENCE:
            self._ask()

    def _row(self, portion: Portion, item: Item, row: Any, sheets: Sheets) -> Iterator[None]:
        try:
            facts = facts_of(row, portion.said, portion.names)
        except Unreadable as error:
            self._miss(portion, item.key, "damaged" if noticed(error, row.place) else "gone since")
            return
        record = written(facts)
        if item.sha256 and digest_of(record) != item.sha256:
            self._changed(portion, item.key)
        if portion.said.blob and not portion.mention:
            name = f"audio/{item.key}.{row.blob_ending}"
            facts["audio"] = name
            yield from self._blob(portion, item, row, name, facts)
            record = written(facts)
        sheets.add(facts, record)
        self.counts[portion.key] = self.counts.get(portion.key, 0) + 1
        yield

    def _blob(
        self, portion: Portion, item: Item, row: Any, name: str, facts: dict[str, Any]
    ) -> Iterator[None]:
        """Store the sound as a member; where it fails halfway, the manifest says so."""
        try:
            reader = open_blob(row, portion.said)
        except (Unreadable, FileNotFoundError) as error:
            facts["audio"] = None
            here = noticed(error, row.place)
            self._miss(portion, item.key, "file damaged" if here else "gone since")
            return
        sha, size = hashlib.sha256(), 0
        try:
            with reader, self._zip.open(self._info(name, zipfile.ZIP_STORED), "w") as member:
                for step in steps_of(reader):
                    self._unasked += len(step)
                    self._ask_in_time()
                    summed = self._beside.submit(sha.update, step)
                    member.write(step)
                    summed.result()
                    size += len(step)
                    yield
        except (Unreadable, FileNotFoundError) as error:
            here = noticed(error, row.place)
            self._miss(portion, item.key, "file incomplete" if here else "gone since")
        self._note(name, size, sha.hexdigest())
        if item.blob_sha256 and sha.hexdigest() != item.blob_sha256:
            self._miss(portion, item.key, "file differs from what was verified")

    def _miss(self, portion: Portion, key: str, reason: str) -> None:
        self.missing.append({"model": portion.model._meta.label, "id": key, "reason": reason})

    def _changed(self, portion: Portion, key: str) -> None:
        """Note it; but collecting changes the export's own row and its request's."""
        if key not in {str(self._export.id), str(self._export.case_id)}:
            self.changed.append({"model": portion.model._meta.label, "id": key})

    def _close(self) -> Iterator[None]:
        """The page to begin with, what explains the data, and last the manifest."""
        self.add("index.html", index_page(self._export, self._part, self))
        self.add("style.css", style())
        self.add(SCHEMA_NAME, document())
        yield
        manifest = self._manifest(database_now())
        self.add("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
        self._zip.close()
        yield

    def _manifest(self, at: datetime) -> dict[str, Any]:
        export = self._export
        return {
            "export": str(export.id), "part": self._part, "parts": export.parts,
            "about": export.target, "collected_at": _written(export.ready_at),
            "made_at": _written(at), "schema": SCHEMA_NAME, "records": self.counts,
            "files": self.files, "not_included": self.missing, "changed_since": self.changed,
        }  # fmt: skip

    def add(self, name: str, text: str) -> None:
        data = text.encode()
        with self._zip.open(self._info(name, zipfile.ZIP_DEFLATED), "w") as member:
            member.write(data)
        self._note(name, len(data), hashlib.sha256(data).hexdigest())

    def _note(self, name: str, size: int, sha256: str) -> None:
        self.files.append({"name": name, "size": size, "sha256": sha256})

    def _info(self, name: str, method: int) -> zipfile.ZipInfo:
        moment = (self._export.ready_at or self._export.asked_at).astimezone(STOCKHOLM)
        info = zipfile.ZipInfo(name, moment.timetuple()[:6])
        info.compress_type, info.external_attr = method, 0o600 << 16
        info._compresslevel = 1  # type: ignore[attr-defined]
        return info


def _written(at: datetime | None) -> str:
    return "" if at is None else at.isoformat().replace("+00:00", "Z")
