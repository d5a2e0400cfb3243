"""Purge: key, row, receipt and audit entry of 20,000 due messages among many that stay."""

import tempfile
import time
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.test import override_settings

from bench.report import line, title
from bench.stock import LONG_AGO, analyze, fill_messages, open_account
from privacy.purge import purge
from smartsvar.clock import database_now

DUE = 20_000
STORED = (100_000, 1_000_000)


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


def run() -> None:
    """Measure with the ledger on disk: the bench's S3 endpoint is a simulator, 30 ms a write."""
    disk = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tempfile.mkdtemp(prefix="smartsvar-bench-")},
    }
    with override_settings(STORAGES=settings.STORAGES | {"ledger": disk}):
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
        old = now - LONG_AGO
        fill_messages(customer, DUE, taken=old, due=old + timedelta(days=181), tag=uuid4().hex)
        analyze()
        start = time.perf_counter()
        gone = purge(database_now())
        seconds[size] = time.perf_counter() - start
        assert gone == {"phone_messages.PhoneMessage": DUE}, gone
        rate = DUE / seconds[size]
        beside = f"one bare DELETE {DUE / bare:,.0f}/s"
        line(f"{size:,} stored", f"{rate:,.0f} records/s", beside, "≥ 10,000/s")
    ratio = seconds[STORED[-1]] / seconds[STORED[0]]
    line(f"{STORED[-1]:,} against {STORED[0]:,} stored", f"{ratio:.2f} ×", "", "≤ 1.5 ×")
