"""After an upload: no name, number or audio byte in any file or database, not even in passing."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.utils import timezone

from tests.cast import PLANTED_NAME, PLANTED_NUMBER, House, tone
from tests.integrator import RECORDINGS, integrator, problem

pytestmark = pytest.mark.django_db(databases="__all__")

AUDIO = tone(20, kind="PCM_16")
CALL_ID = "pbx-planterat-4711"
PLANTED = [
    PLANTED_NAME.encode(),
    "Planterad".encode("utf-16-le"),
    PLANTED_NUMBER.encode(),
    PLANTED_NUMBER.removeprefix("+46").encode(),
    CALL_ID.encode(),
    *(AUDIO[start : start + 24] for start in range(len(AUDIO) // 2, len(AUDIO) - 24, 7919)),
]


def dumped(alias: str) -> bytes:
    """Return everything in a database as its driver gives it."""
    parts = []
    with connections[alias].cursor() as cursor:
        for table in connections[alias].introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for value in row:
                    raw = (
                        bytes(value)
                        if isinstance(value, bytes | memoryview)
                        else str(value).encode()
                    )
                    parts.append(raw)
    return b"\x00".join(parts)


def objects() -> Iterator[tuple[str, bytes]]:
    """Yield what lies in the store of sealed audio."""
    storage = storages["sealed"]
    if isinstance(storage, FileSystemStorage):
        yield from files(Path(storage.location))
    else:
        for each in storage.bucket.objects.all():  # type: ignore[attr-defined]
            yield each.key, each.get()["Body"].read()


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()


class Watch:
    """Notes every file that this process opens to write, while it is on."""

    on = False
    written: set[str] = set()

    @classmethod
    def hook(cls, event: str, args: Any) -> None:
        if cls.on and event == "open" and isinstance(args[0], str | bytes | Path):
            mode, flags = args[1], args[2]
            if (isinstance(mode, str) and set(mode) & set("wax+")) or (flags or 0) & 0b11:
                cls.written.add(str(args[0]))


sys.addaudithook(Watch.hook)


def leaks(where: str, content: bytes) -> list[str]:
    return [f"{where}: {what!r}" for what in PLANTED if what in content]


def deliver(anna: House, how: str, audio: bytes) -> Any:
    began = timezone.now().isoformat()
    facts = {"caller_name": PLANTED_NAME, "caller_number": PLANTED_NUMBER, "call_id": CALL_ID}
    if how == "form":
        fields = facts | {
            "started_at": began,
            "audio": SimpleUploadedFile(f"{PLANTED_NAME}.wav", audio),
        }
        return integrator(anna).post(RECORDINGS, fields)
    headers = {
        f"Smartsvar-{name.title().replace('_', '-')}": value.encode().decode("latin-1")
        for name, value in (facts | {"started_at": began}).items()
    }
    return integrator(anna).post(RECORDINGS, audio, content_type="audio/wav", headers=headers)


@pytest.mark.parametrize("how", ["form", "raw"])
@pytest.mark.parametrize("outcome", ["kept", "refused"])
def test_zacharias_is_nowhere_in_clear(
    anna: House, how: str, outcome: str, tmp_path: Path, monkeypatch: Any, caplog: Any
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    Watch.written, Watch.on = set(), True
    try:
        if outcome == "kept":
            response = deliver(anna, how, AUDIO)
            assert response.status_code == 201, response.content
        else:
            problem(deliver(anna, how, AUDIO[:-400]), 422, "truncated")
    finally:
        Watch.on = False
    found = leaks("main database", dumped("default")) + leaks("key database", dumped("keys"))
    folders = [Path(settings.SPOOL_DIR), tmp_path, Path(settings.ANCHOR_DIR)]
    for name, content in [*objects(), *(each for folder in folders for each in files(folder))]:
        found += leaks(name, content)
    found += leaks("log", caplog.text.encode())
    assert found == []
    outside = {name for name in Watch.written if not _sealed_place(name)}
    assert outside == set()


def _sealed_place(name: str) -> bool:
    """Whether a written file is one that holds ciphertext, or hashes, only."""
    places = [settings.SPOOL_DIR, settings.STORAGES["sealed"]["OPTIONS"].get("location", "")]
    places += [settings.STORAGES["ledger"]["OPTIONS"].get("location", ""), "/dev/null"]
    return any(place and name.startswith(str(place)) for place in places)


def test_the_planted_words_would_be_found(anna: House) -> None:
    """The search itself can fail: what is planted in clear is seen."""
    assert leaks("here", b"..." + PLANTED_NUMBER.encode())
    assert leaks("here", AUDIO)
    anna.key.label = PLANTED_NAME
    anna.key.save()
    assert leaks("main database", dumped("default"))
    assert apps.ready
