"""What goes wrong around a purge, small: `make faults` does the same with thousands of rows.

Whatever dies, doubles or lies: nothing due stays, nothing else goes, each is noted once.
"""

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from celery import current_app
from django.db import connections
from django.utils import timezone

from messages.models import PhoneMessage
from privacy.models import SignedReceipt, SigningKey
from privacy.purging import orphans
from privacy.receipts import keys, verify
from privacy.tasks import purge_due
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.shredding import actions, claims
from smartsvar.shredding.models import Receipt, ShredJob
from smartsvar.vault.models import RecordKey
from smartsvar.vault.storage import blob_store
from tests import cast
from tests.privacy.test_purge import age
from tests.privacy.test_receipts import file_of
from tests.processes import celery_worker, wait_until

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


class Killed(BaseException):
    """kill -9, as far as Python can tell."""


def fill(house: cast.House, count: int) -> tuple[list[Any], list[Any]]:
    """Return calls and messages that are due, and as many that are not."""
    sound = cast.tone(0.2)
    due: list[Any] = [cast.call_of(house, audio=sound) for _ in range(count)]
    due += [cast.message_of(house) for _ in range(count)]
    for row in due:
        age(row, database_now())
    return due, [cast.call_of(house, audio=sound), cast.message_of(house)]


def assert_clean(due: list[Any], staying: list[Any]) -> None:
    """Exactly what was due is gone, without a remainder, and each row is on record once."""
    rows = {*Recording._base_manager.all(), *PhoneMessage._base_manager.all()}
    assert rows == set(staying)
    assert not ShredJob.objects.exists()
    gone = AuditEntry.objects.filter(verb__endswith=".purged").values_list("object_id", flat=True)
    assert Counter(gone) == Counter(row.id for row in due)
    assert not RecordKey.objects.filter(id__in=[row.key_id for row in due]).exists()
    assert RecordKey.objects.filter(id__in=[row.key_id for row in staying]).count() == len(staying)
    names = {stored.name for stored in blob_store().remains()}
    assert not names & {row.blob_name for row in due if isinstance(row, Recording)}
    assert {row.blob_name for row in staying if isinstance(row, Recording)} <= names
    assert sum(Receipt.objects.values_list("count", flat=True)) == len(due)


def assert_receipted(house: cast.House, count: int) -> None:
    """Every deletion is in one signed receipt, and the chain holds."""
    document = file_of(house)
    assert list(verify.faults(document, keys.published())) == []
    counts = [each["count"] for r in document["receipts"] for each in r["fact"]["deleted"]]
    assert sum(counts) == count


def pass_leases() -> None:
    ShredJob.objects.update(lease_until=database_now() - timedelta(seconds=1))


def dying(step: Any, times: int) -> Any:
    """Return the step, which works so many times and then is the process's last."""
    calls: list[int] = []

    def dies(*given: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) > times:
            raise Killed
        return step(*given, **named)

    return dies


def test_killed_a_dozen_times_at_random_points_it_ends_as_if_nothing_had_been(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    due, staying = fill(anna, 12)
    monkeypatch.setattr("privacy.purging.purge.claim_due", partial(claims.claim_due, limit=1))
    chance, met = Random(20261122), []
    points = ["doomed_by", "_advance", "_customer_keys", "_delete_bytes", "_finish", "record_many"]
    for _ in range(12):
        point = chance.choice(points)
        with monkeypatch.context() as patch:
            patch.setattr(actions, point, dying(getattr(actions, point), chance.randrange(3)))
            try:
                purge_due()
            except Killed:
                met.append(point)
        pass_leases()
    assert len(met) >= 10, "the kills must meet a purge at work"
    purge_due()
    assert_clean(due, staying)
    assert_receipted(anna, len(due))


def test_two_workers_share_the_work_and_do_none_of_it_twice(anna: cast.House) -> None:
    due, staying = fill(anna, 15)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            purge_due()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    purge_due()
    assert_clean(due, staying)
    assert_receipted(anna, len(due))


def test_storage_that_fails_three_deletes_in_ten_delays_and_loses_nothing(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    due, staying = fill(anna, 10)
    monkeypatch.setattr("privacy.purging.purge.claim_due", partial(claims.claim_due, limit=2))
    store, chance, failed = type(blob_store()), Random(7), []
    real = store.delete
    with monkeypatch.context() as patch:

        def shaky(self: Any, names: Any) -> None:
            if chance.random() < 0.3:
                failed.append(1)
                raise OSError("the storage fails")
            real(self, names)

        patch.setattr(store, "delete", shaky)
        for _ in range(12):
            purge_due()
            pass_leases()
    assert failed
    purge_due()
    assert_clean(due, staying)
    assert_receipted(anna, len(due))


def test_beat_that_was_down_for_three_days_catches_up_in_one_run(
    anna: cast.House, sign_in: Any
) -> None:
    calls = [cast.call_of(anna) for _ in range(4)]
    now = database_now()
    for days, call in enumerate(calls):
        age(call, now - timedelta(days=days, hours=1))
    staying = cast.call_of(anna)
    assert list(Recording.objects.of(anna.customer)) == [staying]  # hidden all the while
    assert purge_due() == {"recordings.Recording": 4}
    assert_clean(calls, [staying])


class Ahead(datetime):
    """The clock of a worker that runs ninety days ahead."""

    @classmethod
    def now(cls, tz: Any = None) -> "Ahead":
        ahead = super().now(tz) + timedelta(days=90)
        return cls.fromisoformat(ahead.isoformat())


def test_a_worker_whose_clock_runs_ninety_days_ahead_deletes_nothing_early(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    due, staying = fill(anna, 2)
    soon = cast.call_of(anna)
    age(soon, database_now() + timedelta(days=5))
    real_time, real_ns = time.time, time.time_ns
    ninety = 90 * 24 * 3600
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: real_time() + ninety)
        patch.setattr(time, "time_ns", lambda: real_ns() + ninety * 10**9)
        patch.setattr(timezone, "now", lambda: Ahead.now(UTC))
        patch.setattr("smartsvar.audit.chain.datetime", Ahead)
        assert time.time() - real_time() > ninety - 60
        purge_due()
        orphans.sweep(database_now())
    assert_clean(due, [*staying, soon])
    receipt = SignedReceipt.objects.get()
    assert abs(receipt.at - database_now()) < timedelta(minutes=5)


def test_a_flushed_broker_and_two_beats_cost_time_and_nothing_else(
    anna: cast.House, tmp_path: Path
) -> None:
    due, staying = fill(anna, 10)
    current_app.send_task("privacy.purge_due")
    current_app.control.purge()  # the nudge is gone, the rows are not
    with celery_worker(tmp_path / "one.log"), celery_worker(tmp_path / "two.log"):
        time.sleep(1)
        for _ in range(4):  # two beats, two ticks
            current_app.send_task("privacy.purge_due")
        wait_until(lambda: not _left(due), 60, "the purge")
        wait_until(lambda: not Receipt.objects.filter(signed_in=None).exists(), 30, "receipts")
    assert_clean(due, staying)
    assert_receipted(anna, len(due))


def _left(due: list[Any]) -> bool:
    ids = [row.id for row in due]
    rows = Recording._base_manager.filter(id__in=ids).count()
    return bool(rows + PhoneMessage._base_manager.filter(id__in=ids).count())


def test_the_signing_key_is_no_orphan(anna: cast.House) -> None:
    due, _ = fill(anna, 1)
    purge_due()
    assert orphans.sweep_keys(database_now() + timedelta(days=2)) == 0
    assert RecordKey.objects.filter(id=SigningKey.objects.get().key_id).exists()
    assert due
