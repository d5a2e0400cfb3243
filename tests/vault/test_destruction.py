"""After a shred: what is left of a key in the key store's own files."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from recordings.models import Recording
from smartsvar.shredding import actions
from smartsvar.shredding.models import ShredJob
from smartsvar.vault import destruction, finality
from smartsvar.vault.destruction import NotFinal, empty_write_ahead_log, shred_keys
from smartsvar.vault.models import CustomerKey, DestroyedBatch, RecordKey
from tests import cast
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

on_sqlite = pytest.mark.skipif(os.environ["TEST_STACK"] != "sqlite", reason="SQLite's own files")
on_postgres = pytest.mark.skipif(
    os.environ["TEST_STACK"] != "postgres", reason="PostgreSQL's own files"
)


def key_files() -> list[Path]:
    name = Path(str(connections["keys"].settings_dict["NAME"]))
    return [path for path in name.parent.glob(f"{name.name}*") if path.is_file()]


def found_in_files(needle: bytes) -> int:
    """Return how many of the key store's files hold these bytes."""
    return sum(needle in path.read_bytes() for path in key_files())


def wrapped(row: Recording) -> bytes:
    return bytes(RecordKey.objects.get(id=row.key_id).wrapped)


@on_sqlite
def test_nothing_of_a_shredded_key_is_left_in_file_or_log(anna: cast.House) -> None:
    calls = [cast.call_of(anna) for _ in range(40)]
    keys = [wrapped(call) for call in calls]
    assert all(found_in_files(key) for key in keys), "or this test could not fail"
    actions.shred(calls[::2], by=anna.administrator)
    assert [found_in_files(key) for key in keys[::2]] == [0] * 20
    assert all(found_in_files(key) for key in keys[1::2])


@on_sqlite
def test_nothing_of_a_customers_key_or_of_one_that_was_wrapped_anew_is_left(
    anna: cast.House,
) -> None:
    call = cast.call_of(anna)
    old, content = (
        wrapped(call),
        CustomerKey.objects.get(customer_id=anna.customer.id, key_class="content"),
    )
    RecordKey.objects.filter(id=call.key_id).update(wrapped=os.urandom(len(old)))
    empty_write_ahead_log()
    assert found_in_files(old) == 0
    new = wrapped(call)
    assert found_in_files(new)
    shred_keys([], [content.id])
    assert found_in_files(new) == 0
    assert found_in_files(bytes(content.wrapped)) == 0


@on_sqlite
def test_a_reader_that_holds_the_log_makes_the_deletion_wait_and_it_is_made_good(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destruction, "PATIENCE", 0.3)
    call = cast.call_of(anna)
    key = wrapped(call)
    with connections["keys"].cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")
    reader = sqlite3.connect(str(connections["keys"].settings_dict["NAME"]))
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM vault_recordkey").fetchone()
        with pytest.raises(NotFinal):
            actions.shred([call], by=anna.administrator)
    finally:
        reader.close()
        with connections["keys"].cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 20000")
    job = ShredJob.objects.get()
    assert job.state == ShredJob.State.LEDGERED
    actions.carry_out(job)
    assert found_in_files(key) == 0
    assert not Recording.objects.filter(id=call.id).exists()


CHECKPOINTING = """
import fcntl, sys, time
with open(sys.argv[1], "r+b") as shared:
    fcntl.lockf(shared, fcntl.LOCK_EX, 1, 121)  # SQLite's lock for the one that checkpoints
    print("held", flush=True)
    time.sleep(0.5)
"""


@on_sqlite
def test_another_process_that_empties_the_log_is_waited_for(anna: cast.House) -> None:
    call = cast.call_of(anna)
    key = wrapped(call)
    shared = f"{connections['keys'].settings_dict['NAME']}-shm"
    holder = subprocess.Popen(
        [sys.executable, "-c", CHECKPOINTING, shared], stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert actions.shred([call], by=anna.administrator) == 1
    assert found_in_files(key) == 0


@on_postgres
def test_the_rewrite_leaves_nothing_of_a_shredded_key_in_the_clusters_files(
    anna: cast.House,
) -> None:
    calls = [cast.call_of(anna) for _ in range(30)]
    keys = [wrapped(call) for call in calls]
    _checkpoint()
    assert all(_in_cluster(keys)), "or this test could not fail"
    actions.shred(calls[::3], by=anna.administrator)
    wait_until(finality.rewrite, 60, "rewritten")
    _checkpoint()
    assert not any(_in_cluster(keys[::3]))
    assert all(_in_cluster(keys[1::3]))


def _checkpoint() -> None:
    with psycopg.connect(os.environ["TEST_PG_ADMIN_KEYS"], autocommit=True) as connection:
        connection.execute("SELECT pg_switch_wal()")
        connection.execute("CHECKPOINT")


def _in_cluster(needles: list[bytes]) -> list[bool]:
    """Whether each stands in any table or log file of the keys cluster."""
    found = [False] * len(needles)
    for folder in ("base", "pg_wal"):
        for path in Path(os.environ["TEST_PGDATA_KEYS"], folder).rglob("*"):
            if path.is_file():
                body = path.read_bytes()
                found = [was or needle in body for was, needle in zip(found, needles, strict=True)]
    return found


@on_postgres
def test_a_long_transaction_puts_the_rewrite_off(anna: cast.House) -> None:
    name = str(connections["keys"].settings_dict["NAME"])
    address = os.environ["KEYS_DATABASE_URL"].rsplit("/", 1)[0]
    with psycopg.connect(f"{address}/{name}") as reader:
        reader.execute("SELECT count(*) FROM vault_recordkey")
        assert finality.rewrite() is False
    wait_until(finality.rewrite, 60, "rewritten")


@on_postgres
def test_a_transaction_that_may_still_see_the_deleted_is_noticed(anna: cast.House) -> None:
    call = cast.call_of(anna)
    name = str(connections["keys"].settings_dict["NAME"])
    address = os.environ["KEYS_DATABASE_URL"].rsplit("/", 1)[0]
    with psycopg.connect(f"{address}/{name}") as elsewhere:
        elsewhere.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        elsewhere.execute("SELECT count(*) FROM django_migrations")
        actions.shred([call], by=anna.administrator)
        assert finality.rewrite() is False
    wait_until(finality.rewrite, 60, "rewritten")


def test_the_batch_is_noted_with_the_deletion_and_once(anna: cast.House) -> None:
    job = anna.customer.id
    assert shred_keys([anna.staff.key_id], job=job) == 1
    assert shred_keys([anna.staff.key_id], job=job) == 0
    assert DestroyedBatch.objects.filter(job_id=job).count() == 1
