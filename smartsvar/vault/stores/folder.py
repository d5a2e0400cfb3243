"""A folder as a store of blobs, through Django's FileSystemStorage."""

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage

from smartsvar.vault.blobs import FileRanges, Ranges
from smartsvar.vault.stores.store import Stored

DRAFT = ".draft-"  # how a small object's file begins until it is whole
SYSTEM = "lost+found"  # a file system's own, where the folder is its root


class Folder:
    """Files below STORAGE_DIR."""

    def __init__(self, storage: FileSystemStorage) -> None:
        self._storage = storage

    def put(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self._storage.save(name, MovableFile(file, path))
        _sync(Path(self._storage.path(name)).parent)

    def open(self, name: str) -> Ranges:
        return FileRanges(Path(self._storage.path(name)).open("rb"))

    def put_bytes(self, name: str, body: bytes) -> None:
        path = Path(self._storage.path(name))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(prefix=DRAFT, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise
        for folder in (path.parent, path.parent.parent):  # the names must be durable too
            _sync(folder)

    def get_bytes(self, name: str) -> bytes:
        return Path(self._storage.path(name)).read_bytes()

    def delete(self, names: Sequence[str]) -> None:
        for name in names:
            Path(self._storage.path(name)).unlink(missing_ok=True)

    def names(self, prefix: str = "") -> Iterator[Stored]:
        root = Path(self._storage.location)
        for folder, inner, files in os.walk(root / prefix, onerror=_unless_missing):
            inner[:] = [each for each in inner if not each.startswith(".") and each != SYSTEM]
            for file in files:
                path = Path(folder, file)
                if not file.startswith(".") and (at := _written(path)):
                    yield Stored(path.relative_to(root).as_posix(), at)

    def missing(self, names: Sequence[str]) -> set[str]:
        root = Path(self._storage.location)
        if not root.is_dir():  # not mounted: that says nothing of what lies in it
            raise FileNotFoundError(errno.ENOENT, "The storage folder is not there.")
        return {name for name in names if not Path(self._storage.path(name)).exists()}

    def remains(self) -> Iterator[Stored]:
        return self.names()

    def abort_unfinished(self, before: datetime) -> int:
        drafts = Path(self._storage.location).rglob(f"{DRAFT}*")
        old = [path for path in drafts if (at := _written(path)) and at < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def check(self) -> None:
        folder = Path(self._storage.location)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "The storage folder cannot be written.")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unless_missing(error: OSError) -> None:
    """What cannot be read must not look empty; what was never made, or is gone by now, is."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _written(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:  # deleted while the folder was read
        return None


class MovableFile(File):  # type: ignore[type-arg]
    """A file that FileSystemStorage renames into place instead of copying."""

    def __init__(self, file: Any, path: Path) -> None:
        super().__init__(file, name=path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)
