"""What every store of ciphertext promises, asked of the one that this stack has."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.files.storage import storages

from smartsvar.ids import new_id
from smartsvar.vault.storage import blob_store

ON_S3 = os.environ["STORAGE"] == "s3"


def name() -> str:
    return f"tried/{new_id()}"


def names() -> set[str]:
    return {stored.name for stored in blob_store().names("tried/")}


def put(at: str, body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "spooled"
    path.write_bytes(body)
    blob_store().put(at, path)


def test_a_small_object_comes_back_whole() -> None:
    here = name()
    blob_store().put_bytes(here, b"hej")
    assert blob_store().get_bytes(here) == b"hej"
    assert here in names()
    blob_store().put_bytes(here, b"igen")
    assert blob_store().get_bytes(here) == b"igen"


def test_what_is_not_there_is_said_so() -> None:
    with pytest.raises(FileNotFoundError):
        blob_store().get_bytes(name())
    with pytest.raises(FileNotFoundError):
        blob_store().open(name())
    blob_store().delete([name()])


def test_what_is_missing_among_many_is_told_by_a_look_at_the_listing() -> None:
    there, gone = sorted(f"tried/{part}/{new_id()}" for part in "ab" for _ in range(4)), []
    for each in there:
        blob_store().put_bytes(each, b"hej")
    for each in (there[0], there[2], there[5], there[7]):  # the first, the last, and between
        blob_store().delete([each])
        gone.append(each)
    assert blob_store().missing(there) == set(gone)
    never = name()
    assert blob_store().missing([*there[3:5], never]) == {never}
    assert blob_store().missing(there[3:5]) == set()
    assert blob_store().missing([]) == set()


def test_a_deletion_takes_every_version(tmp_path: Path) -> None:
    here, other = name(), name()
    for body in (b"first", b"second"):
        put(here, body, tmp_path)
    put(other, b"stays", tmp_path)
    blob_store().delete([here])
    assert here not in {stored.name for stored in blob_store().remains()}
    assert blob_store().get_bytes(other) == b"stays"


@pytest.mark.skipif(not ON_S3, reason="a folder keeps no versions")
def test_an_object_behind_a_delete_marker_is_still_seen_and_deleted(tmp_path: Path) -> None:
    here = name()
    put(here, b"old", tmp_path)
    bucket = cast(Any, storages["sealed"]).bucket
    bucket.Object(here).delete()  # as a provider's console does: leaves the version
    assert here not in names()
    assert here in {stored.name for stored in blob_store().remains()}
    blob_store().delete([here])
    assert here not in {stored.name for stored in blob_store().remains()}
    assert list(bucket.object_versions.filter(Prefix=here)) == []


def test_an_upload_that_was_never_finished_is_aborted_after_its_time() -> None:
    before = datetime.now(UTC)
    if ON_S3:
        bucket = cast(Any, storages["sealed"]).bucket
        begun = bucket.Object(name()).initiate_multipart_upload()
        begun.Part(1).upload(Body=b"x" * 1024)
    else:
        draft = Path(cast(Any, storages["sealed"]).location, "tried", ".draft-left")
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(b"half")
    if not ON_S3:  # the tests' S3 server dates every unfinished upload 2010
        assert blob_store().abort_unfinished(before - timedelta(days=1)) == 0
    assert blob_store().abort_unfinished(datetime.now(UTC) + timedelta(seconds=5)) == 1
    assert blob_store().abort_unfinished(datetime.now(UTC) + timedelta(seconds=5)) == 0


@pytest.mark.skipif(ON_S3, reason="a bucket has no half-written objects")
def test_a_write_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    here = name()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("smartsvar.vault.stores.folder.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        blob_store().put_bytes(here, b"hej")
    assert here not in names()
    location = Path(cast(Any, storages["sealed"]).location)
    assert not list((location / "tried").glob(".draft-*"))


@pytest.mark.skipif(ON_S3, reason="a bucket's refusal is tested where the service starts")
def test_a_folder_that_cannot_be_read_does_not_look_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def denied(path: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", denied)
    with pytest.raises(PermissionError):
        list(blob_store().names())
