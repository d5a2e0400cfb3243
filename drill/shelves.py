"""Storage and ledger of a drill: folders or buckets, copied and broken."""

import os
import shutil
from pathlib import Path
from typing import Any, Protocol

import boto3

from tools.buckets import make_bucket


class Shelf(Protocol):
    """A folder or a bucket; `settings` are the variables that point an installation to it."""

    settings: dict[str, str]

    def copy_to(self, other: "Shelf") -> None:
        """Make the other shelf hold what this one holds, and nothing else."""

    def names(self) -> list[str]:
        """Return the names of what can be fetched, sorted."""
        ...

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, body: bytes) -> None: ...

    def remove(self, name: str) -> None: ...

    def remains(self) -> list[tuple[str, bytes]]:
        """Return name and bytes of everything that lies there, old versions included."""
        ...


class FolderShelf:
    """A folder that the setting `variable` names."""

    def __init__(self, variable: str, folder: Path) -> None:
        self.settings = {variable: str(folder)}
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def copy_to(self, other: Shelf) -> None:
        if not isinstance(other, FolderShelf):
            raise TypeError(other)
        shutil.rmtree(other._folder)
        shutil.copytree(self._folder, other._folder)

    def names(self) -> list[str]:
        files = (path for path in self._folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self._folder).as_posix() for path in files)

    def read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def write(self, name: str, body: bytes) -> None:
        (self._folder / name).write_bytes(body)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink()

    def remains(self) -> list[tuple[str, bytes]]:
        return [(name, self.read(name)) for name in self.names()]


class BucketShelf:
    """A versioned bucket that the setting `variable` names."""

    def __init__(self, variable: str, bucket: str) -> None:
        self.settings = {variable: bucket}
        self._name = bucket
        self._client: Any = _client()
        make_bucket(self._client, bucket, region=os.environ["S3_REGION"])

    def copy_to(self, other: Shelf) -> None:
        if not isinstance(other, BucketShelf):
            raise TypeError(other)
        for name, version, _ in other._versions():
            self._client.delete_object(Bucket=other._name, Key=name, VersionId=version)
        for name in self.names():
            other.write(name, self.read(name))

    def names(self) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name)
        return sorted(each["Key"] for page in pages for each in page.get("Contents", ()))

    def read(self, name: str) -> bytes:
        body: bytes = self._client.get_object(Bucket=self._name, Key=name)["Body"].read()
        return body

    def write(self, name: str, body: bytes) -> None:
        self._client.put_object(Bucket=self._name, Key=name, Body=body)

    def remove(self, name: str) -> None:
        for key, version, _ in self._versions():
            if key == name:
                self._client.delete_object(Bucket=self._name, Key=key, VersionId=version)

    def remains(self) -> list[tuple[str, bytes]]:
        found = []
        for name, version, marker in self._versions():
            fetch = {"Bucket": self._name, "Key": name, "VersionId": version}
            body = b"" if marker else self._client.get_object(**fetch)["Body"].read()
            found.append((name, body))
        return found

    def _versions(self) -> list[tuple[str, str, bool]]:
        """Return name, version and "is a delete marker" of everything that lies there."""
        found = []
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self._name):
            for kind in ("Versions", "DeleteMarkers"):
                found += [
                    (each["Key"], each["VersionId"], kind == "DeleteMarkers")
                    for each in page.get(kind, ())
                ]
        return found


def _client() -> Any:
    return boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT"],
        region_name=os.environ["S3_REGION"],
        aws_access_key_id=os.environ["S3_ACCESS_KEY"],
        aws_secret_access_key=os.environ["S3_SECRET_KEY"],
    )


def shelf(kind: str, name: str, folder: Path) -> Shelf:
    """Return the `storage` or `ledger` of the installation `name`, made if need be."""
    if os.environ["STORAGE"] == "s3":
        variable = {"storage": "S3_BUCKET", "ledger": "LEDGER_BUCKET"}[kind]
        return BucketShelf(variable, f"{name}-{kind}".replace("_", "-"))
    variable = {"storage": "STORAGE_DIR", "ledger": "LEDGER_DIR"}[kind]
    return FolderShelf(variable, folder / name / kind)
