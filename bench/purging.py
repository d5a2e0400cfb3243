"""Purge: key, row, receipt and audit entry of 20,000 due messages among many that stay."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import connection, connections
from django.test import override_settings

from bench.neighbour import beside
from bench.report import line, title
from bench.stock import LONG_AGO, analyze, fill_messages, open_account
from customers.models import Customer
from privacy.purging.purge import purge
from smartsvar.clock import database_now

DUE = 20_000
STORED = (100_000, 3_000_000)
ROUNDS = 3
READING = 10  # seconds


def floor(count: int) -> float:
    """One DELETE of as many bare rows: what the database alone needs, in seconds."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_bare")
        cursor.execute(
            "CREATE TABLE bench_bare AS SELECT gen_random_uuid() id, now() - interval '1 day' due,"
            " decode(repeat(md5(n::text), 20), 'hex') body FROM generate_series(1, %s) n",
            [count],
        )
        cursor.execute("CREATE INDEX ON bench_bare (due)")
        start = time.perf_counter()
        cursor.execute("DELETE FROM bench_bare WHERE due <= now()")
        seconds = time.perf_counter() - start
        cursor.execute("DROP TABLE bench_bare")
    return seconds


@contextmanager
def ledger_on_disk() -> Iterator[None]:
    """Keep the ledger on disk: the bench's S3 endpoint is a simulator, 30 ms a write."""
    disk = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tempfile.mkdtemp(prefix="smartsvar-bench-")},
    }
    with override_settings(STORAGES=settings.STORAGES | {"ledger": disk}):
        yield


def busy(seconds: float) -> None:
    """Work both databases as a purge does, in batches, on tables that nobody else needs."""
    end = time.perf_counter() + seconds
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bench_busy")
            cursor.execute("CREATE TABLE bench_busy (id uuid PRIMARY KEY, body text)")
    while time.perf_counter() < end:
        for alias in ("default", "keys"):
            with connections[alias].cursor() as cursor:
                cursor.execute(
                    "INSERT INTO bench_busy SELECT gen_random_uuid(), repeat(md5(n::text), 20)"
                    " FROM generate_series(1, 2000) n"
                )
                cursor.execute("DELETE FROM bench_busy")
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            cursor.execute("DROP TABLE bench_busy")


def run() -> None:
    with ledger_on_disk():
        measure()


def measure() -> None:
    title(f"Purge of {DUE:,} due messages (PostgreSQL, two clusters; key + row + receipt + audit)")
    customer = open_account()
    bare = floor(DUE)
    now = database_now()
    seconds: dict[int, float] = {}
    stored = 0
    for size in STORED:
        fill_messages(
            customer, size - stored, taken=now, due=now + timedelta(days=90), tag=uuid4().hex
        )
        stored = size
        seconds[size] = statistics.median(timed(customer) for _ in range(ROUNDS))
        rate = DUE / seconds[size]
        beside = f"one bare DELETE {DUE / bare:,.0f}/s"
        line(f"{size:,} stored", f"{rate:,.0f} records/s", beside, "≥ 10,000/s")
        if size == STORED[0]:
            beside_a_transaction(customer)
            beside_a_reader(customer)
    ratio = seconds[STORED[-1]] / seconds[STORED[0]]
    line(f"{STORED[-1]:,} against {STORED[0]:,} stored", f"{ratio:.2f} ×", "", "≤ 1.5 ×")


def timed(customer: Customer, count: int = DUE) -> float:
    """Make more messages due and purge them; return the seconds that the purge took."""
    fill_due(customer, count)
    return purged(count)


def fill_due(customer: Customer, count: int) -> None:
    taken = database_now() - LONG_AGO
    fill_messages(customer, count, taken=taken, due=taken + timedelta(days=181), tag=uuid4().hex)
    analyze()


def purged(count: int) -> float:
    start = time.perf_counter()
    gone = purge(database_now())
    took = time.perf_counter() - start
    assert gone == {"phone_messages.PhoneMessage": count}, gone
    return took


@contextmanager
def snapshot() -> Iterator[None]:
    """Hold a transaction open in both databases that sees all as it was, as a dump does."""
    others = [connections[alias].copy(alias) for alias in ("default", "keys")]
    for other in others:
        with other.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM django_migrations")
    try:
        yield
    finally:
        for other in others:
            other.close()


def beside_a_transaction(customer: Customer) -> None:
    """Compare purges with and without a long transaction open, in turns, by their medians."""
    alone, slowed = [], []
    for _ in range(ROUNDS):
        alone.append(timed(customer))
        with snapshot():
            slowed.append(timed(customer))
    rate = statistics.median(alone) / statistics.median(slowed)
    line("with a long transaction open beside it", f"{rate:.2f} of the rate", "", "≥ 0.8")


def beside_a_reader(customer: Customer) -> None:
    """Time another process that reads a list and takes messages: alone, and while purges run."""
    alone = beside(customer, lambda: time.sleep(READING))
    other = beside(customer, lambda: busy(READING))
    fill_due(customer, 5 * DUE)
    purging = beside(customer, lambda: purged(5 * DUE))
    line(
        "a list of 25 messages read beside it, p99",
        f"{purging.read * 1000:.1f} ms",
        f"alone {alone.read * 1000:.1f}, other work {other.read * 1000:.1f} ms",
        "as beside other work",
    )
