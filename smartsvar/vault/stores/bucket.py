"""A bucket as a store of blobs, through django-storages.

A thin class of ours: range reads without downloading the object, and a deletion that takes every
version and delete marker of a versioned bucket.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError

from smartsvar.vault.blobs import Ranges
from smartsvar.vault.stores.store import Stored

MOST = 1000  # objects that one deletion may name


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


class ObjectRanges:
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


class Bucket:
    """Objects in the bucket of a django-storages S3Storage."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def put(self, name: str, path: Path) -> None:
        # By path, not as an open file: of that, boto3 holds ten parts of 8 MiB in memory at once.
        with _as_os_errors():
            self._storage.bucket.upload_file(
                str(path), self._key(name), Config=self._storage.transfer_config
            )
        path.unlink(missing_ok=True)

    def open(self, name: str) -> Ranges:
        return ObjectRanges(self._storage.bucket, self._key(name))

    def put_bytes(self, name: str, body: bytes) -> None:
        with _as_os_errors():
            self._storage.bucket.put_object(Key=self._key(name), Body=body)

    def get_bytes(self, name: str) -> bytes:
        with _as_os_errors():
            return cast(bytes, self._storage.bucket.Object(self._key(name)).get()["Body"].read())

    def delete(self, names: Sequence[str]) -> None:
        batch: list[dict[str, str]] = []
        for name in names:
            batch += self._versions(name)
            if len(batch) >= MOST:
                self._delete(batch)
                batch = []
        self._delete(batch)

    def _delete(self, batch: list[dict[str, str]]) -> None:
        for start in range(0, len(batch), MOST):
            objects = batch[start : start + MOST]
            with _as_os_errors():
                answer = self._storage.bucket.delete_objects(
                    Delete={"Objects": objects, "Quiet": True}
                )
            if answer.get("Errors"):
                raise OSError(f"{len(answer['Errors'])} versions could not be deleted.")

    def _versions(self, name: str) -> list[dict[str, str]]:
        """Return every version and delete marker of one object, as a deletion names them."""
        key = self._key(name)
        with _as_os_errors():
            return [
                {"Key": each.object_key, "VersionId": each.id}
                for each in self._storage.bucket.object_versions.filter(Prefix=key)
                if each.object_key == key
            ]

    def names(self, prefix: str = "") -> Iterator[Stored]:
        with _as_os_errors():
            for each in self._storage.bucket.objects.filter(Prefix=self._key(prefix)):
                if each.key.endswith("/"):  # a console's "folder"
                    continue
                yield Stored(self._name(each.key), each.last_modified)

    def missing(self, names: Sequence[str]) -> set[str]:
        gone = set(names)
        for _, beside in groupby(sorted(gone), key=lambda name: name.rpartition("/")[0]):
            gone -= self._listed(list(beside))
        return gone

    def _listed(self, names: list[str]) -> set[str]:
        """Return what lies from the first to the last of these, sorted names of one folder."""
        keys = [self._key(name) for name in names]
        folder = keys[0].rpartition("/")[0]
        found = set()
        with _as_os_errors():
            listing = self._storage.bucket.objects.filter(
                Prefix=f"{folder}/".lstrip("/"), Marker=keys[0][:-1]
            )
            for each in listing.page_size(min(MOST, len(keys) + 1)):
                if each.key > keys[-1]:
                    break
                found.add(self._name(each.key))
        return found

    def remains(self) -> Iterator[Stored]:
        newest: Stored | None = None  # versions of one object come one after the other
        with _as_os_errors():
            for each in self._storage.bucket.object_versions.filter(Prefix=self._key("")):
                found = Stored(self._name(each.object_key), each.last_modified)
                if newest is not None and newest.name != found.name:
                    yield newest
                    newest = None
                newest = found if newest is None else max(newest, found)
            if newest is not None:
                yield newest

    def abort_unfinished(self, before: datetime) -> int:
        with _as_os_errors():
            uploads = self._storage.bucket.multipart_uploads.all()
            old = [each for each in uploads if each.initiated < before]
            for each in old:
                each.abort()
        return len(old)

    def _key(self, name: str) -> str:
        """Return the object's key: the store may be a folder of its bucket."""
        return f"{self._storage.location.strip('/')}/{name}".lstrip("/")

    def _name(self, key: str) -> str:
        return str(key.removeprefix(self._key("")))

    def check(self) -> None:
        bucket = self._storage.bucket
        bucket.meta.client.head_bucket(Bucket=bucket.name)
