"""Where ciphertext lies: a folder or a bucket, through Django's storages.

A thin class of ours over django-storages: range reads without downloading the object, and a
deletion that takes every version and delete marker of a versioned bucket.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, cast

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from smartsvar.vault.blobs import FileRanges, Ranges


class BlobStore(Protocol):
    """What every store can do. Names are made by the application, never by an uploader."""

    def put(self, name: str, path: Path) -> None:
        """Store the file at `path` under `name`; durable on return, and `path` may be gone."""

    def open(self, name: str) -> Ranges:
        """Open for range reads. Raises FileNotFoundError."""
        ...

    def delete(self, name: str) -> None:
        """Remove every version; a name that is not there is no error."""

    def check(self) -> None:
        """Return if the store answers. Raises OSError, or what the S3 client raises."""


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

    def check(self) -> None:
        folder = Path(self._storage.location)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "The storage folder cannot be written.")


class MovableFile(File):  # type: ignore[type-arg]
    """A file that FileSystemStorage renames into place instead of copying."""

    def __init__(self, file: Any, path: Path) -> None:
        super().__init__(file, name=path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """Whatever a bucket fails with is an OSError, as on a disk: callers know one family."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        missing = code in {"404", "NoSuchKey", "NotFound"}
        raise (FileNotFoundError if missing else OSError)(f"The bucket answered {code}.") from error
    except (BotoCoreError, S3UploadFailedError) as error:
        raise OSError(f"The bucket cannot be reached: {type(error).__name__}.") from error


class S3Ranges:
    """One object in a bucket as Ranges."""

    def __init__(self, bucket: Any, name: str) -> None:
        self._object = bucket.Object(name)
        with _as_os_errors():
            self.size = int(self._object.content_length)

    def read_at(self, offset: int, size: int) -> bytes:
        span = f"bytes={offset}-{min(offset + size, self.size) - 1}"
        with _as_os_errors():
            return cast(bytes, self._object.get(Range=span)["Body"].read())

    def close(self) -> None:
        """Nothing is held open between reads."""


class S3Store:
    """Objects in the bucket of a django-storages S3Storage."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def put(self, name: str, path: Path) -> None:
        # By path, not as an open file: of that, boto3 holds ten parts of 8 MiB in memory at once.
        with _as_os_errors():
            self._storage.bucket.upload_file(str(path), name, Config=self._storage.transfer_config)
        path.unlink(missing_ok=True)

    def open(self, name: str) -> Ranges:
        return S3Ranges(self._storage.bucket, name)

    def delete(self, name: str) -> None:
        with _as_os_errors():
            versions = self._storage.bucket.object_versions.filter(Prefix=name)
            batch = [
                {"Key": each.object_key, "VersionId": each.id}
                for each in versions
                if each.object_key == name
            ]
            if batch:
                answer = self._storage.bucket.delete_objects(
                    Delete={"Objects": batch, "Quiet": True}
                )
                if answer.get("Errors"):
                    raise OSError(
                        f"{len(answer['Errors'])} versions of {name} could not be deleted."
                    )

    def check(self) -> None:
        bucket = self._storage.bucket
        bucket.meta.client.head_bucket(Bucket=bucket.name)


def blob_store(alias: str = "sealed") -> BlobStore:
    """Return the store behind a Django storage alias."""
    storage: Storage = storages[alias]
    if isinstance(storage, FileSystemStorage):
        return DiskStore(storage)
    return S3Store(storage)
