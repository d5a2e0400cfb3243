"""Where ciphertext lies: a folder or a bucket, through Django's storages.

A thin class of ours over django-storages: range reads without downloading the object, and a
deletion that takes every version and delete marker of a versioned bucket.
"""

from pathlib import Path
from typing import Any, Protocol, cast

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from smartsvar.vault.blobs import FileRanges, Ranges


class BlobStore(Protocol):
    """What every store can do. Names are made by the application, never by an uploader."""

    def put(self, name: str, path: Path) -> None:
        """Store the file at `path` under `name`; it is durable on return, and `path` may be gone."""

    def open(self, name: str) -> Ranges:
        """Open for range reads. Raises FileNotFoundError."""
        ...

    def delete(self, name: str) -> None:
        """Remove every version; a name that is not there is no error."""


class DiskStore:
    """Files below STORAGE_DIR."""

    def __init__(self, storage: FileSystemStorage) -> None:
        self._storage = storage

    def put(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self._storage.save(name, MovableFile(file, path))

    def open(self, name: str) -> Ranges:
        return FileRanges(Path(self._storage.path(name)).open("rb"))

    def delete(self, name: str) -> None:
        Path(self._storage.path(name)).unlink(missing_ok=True)


class MovableFile(File):  # type: ignore[type-arg]
    """A file that FileSystemStorage renames into place instead of copying."""

    def __init__(self, file: Any, path: Path) -> None:
        super().__init__(file, name=path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


class S3Ranges:
    """One object in a bucket as Ranges."""

    def __init__(self, bucket: Any, name: str) -> None:
        self._object = bucket.Object(name)
        try:
            self.size = int(self._object.content_length)
        except self._object.meta.client.exceptions.ClientError as error:
            raise FileNotFoundError(name) from error

    def read_at(self, offset: int, size: int) -> bytes:
        span = f"bytes={offset}-{min(offset + size, self.size) - 1}"
        return cast(bytes, self._object.get(Range=span)["Body"].read())

    def close(self) -> None:
        """Nothing is held open between reads."""


class S3Store:
    """Objects in the bucket of a django-storages S3Storage."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def put(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self._storage.save(name, File(file))
        path.unlink(missing_ok=True)

    def open(self, name: str) -> Ranges:
        return S3Ranges(self._storage.bucket, name)

    def delete(self, name: str) -> None:
        versions = self._storage.bucket.object_versions.filter(Prefix=name)
        batch = [
            {"Key": each.object_key, "VersionId": each.id}
            for each in versions
            if each.object_key == name
        ]
        if batch:
            answer = self._storage.bucket.delete_objects(Delete={"Objects": batch, "Quiet": True})
            if answer.get("Errors"):
                raise OSError(f"{len(answer['Errors'])} versions of {name} could not be deleted.")


def blob_store(alias: str = "sealed") -> BlobStore:
    """Return the store behind a Django storage alias."""
    storage: Storage = storages[alias]
    if isinstance(storage, FileSystemStorage):
        return DiskStore(storage)
    return S3Store(storage)
