"""The erasure ledger itself: its chains, what a change to it looks like, and its end."""

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings

from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.shredding import ledger, marks
from smartsvar.vault.storage import blob_store

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain of its own for every test."""
    monkeypatch.setattr(ledger, "_writer", ledger.LedgerWriter())


def write(count: int) -> list[UUID]:
    jobs = [new_id() for _ in range(count)]
    for job in jobs:
        ledger.intend(job, "recordings.Recording", "request", AT, [(new_id(), new_id())])
    return jobs


def read_all() -> list[ledger.Batch]:
    return list(ledger.read(ledger.listed()[0]))


def alter(path: str, **changes: Any) -> None:
    said = json.loads(blob_store("ledger").get_bytes(path))
    blob_store("ledger").put_bytes(path, json.dumps(said | changes).encode())


def test_what_was_written_is_read_in_order() -> None:
    jobs = write(3)
    names, faults = ledger.listed()
    assert faults == []
    assert [name.job for name in names] == jobs
    assert [batch.job for batch in read_all()] == jobs
    assert read_all()[0].at == AT


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": []},
        {"job": str(UUID(int=1))},
        {"sequence": 7},
        {"writer": str(UUID(int=1))},
        {"previous": "0" * 64},
        {"installation": "another"},
        {"at": "soon"},
    ],
)
def test_a_changed_link_is_noticed(changes: dict[str, Any]) -> None:
    write(3)
    alter(ledger.listed()[0][1].path, **changes)
    with pytest.raises(ledger.BrokenLedger):
        read_all()


def test_a_first_link_that_claims_to_follow_another_is_noticed() -> None:
    write(1)
    alter(ledger.listed()[0][0].path, previous="ab" * 32)
    with pytest.raises(ledger.BrokenLedger):
        read_all()


def test_a_missing_link_is_a_fault() -> None:
    write(3)
    marks.advance(database_now())
    names = ledger.listed()[0]
    chains = marks.read_marks().ledger.chains
    assert list(marks.missing(names, chains)) == []
    for lost in range(3):
        left = names[:lost] + names[lost + 1 :]
        assert list(marks.missing(left, chains)) == [
            f"chain {names[0].writer} lacks 1 of its links, {lost} among them"
        ]
    write(3)
    names = ledger.listed()[0]
    assert list(marks.missing(names, chains)) == []
    assert "4 among them" in next(iter(marks.missing(names[:4] + names[5:], chains)))


def test_a_foreign_object_is_a_fault() -> None:
    blob_store("ledger").put_bytes("readme.txt", b"hej")
    assert ledger.listed()[1] == ["readme.txt is no part of a ledger"]


def test_threads_of_one_process_share_a_chain_without_a_fork_in_it() -> None:
    threads = [threading.Thread(target=write, args=(5,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names, faults = ledger.listed()
    assert faults == []
    assert [name.sequence for name in names] == list(range(30))
    assert len(read_all()) == 30


def test_after_a_failed_write_a_new_chain_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    write(1)

    class Full:
        def put_bytes(self, name: str, body: bytes) -> None:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "blob_store", lambda alias: Full())
        with pytest.raises(OSError, match="No space"):
            write(1)
    write(1)
    names, faults = ledger.listed()
    assert faults == []
    assert [name.sequence for name in names] == [0, 0]
    assert len(read_all()) == 2


def test_only_old_links_are_pruned_and_only_from_the_front() -> None:
    jobs = write(3)
    now = ledger.listed()[0][-1].at
    assert ledger.prune(now - timedelta(days=1)) == 0
    if django_settings.STORAGE == "disk":  # a bucket's dates cannot be set back
        for name in ledger.listed()[0][:2]:
            path = os.path.join(
                django_settings.STORAGES["ledger"]["OPTIONS"]["location"], name.path
            )
            os.utime(path, (now.timestamp() - 36 * 86400,) * 2)
        assert ledger.prune(now - timedelta(days=35)) == 2
        assert [batch.job for batch in read_all()] == jobs[2:]
    assert ledger.prune(now + timedelta(days=1)) > 0
    assert read_all() == []
