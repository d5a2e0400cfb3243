"""One fault stops nothing but what it is about; and what is on its way out is never overlooked."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from customers.actions.covers import About, end_cover, hold
from customers.models import Customer, Hold, Target
from messages.models import PhoneMessage
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.models import PurgeRun
from privacy.purging import orphans
from privacy.purging.derivations import derive_changed
from privacy.purging.kept import Reason, kept
from privacy.purging.outlook import outlook
from privacy.purging.purge import Incomplete, purge, shreddable
from privacy.tasks import purge_due
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.shredding import actions
from smartsvar.shredding.claims import claim_due
from smartsvar.shredding.models import ShredJob
from smartsvar.vault.errors import RootUnreachable
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.storage import blob_store
from tests import cast
from tests.privacy.test_purge import age
from tests.unreadable.damage import flipped, overwrite

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
ACCOUNT = About(target=Target.CUSTOMER)


def held(house: cast.House, about: About, *, ends_at: datetime | None = None) -> Hold:
    kind, by, at = Hold.Kind.LEGAL, house.administrator, database_now()
    return hold(house.customer, about, kind=kind, reason="Tvist", ends_at=ends_at, by=by, at=at)


def fails(*_: object, **__: object) -> Any:
    raise RuntimeError("nobody foresaw this")


def storage_is_away(*_: object) -> None:
    raise OSError("away")


@pytest.mark.parametrize(
    "first",
    [
        "privacy.tasks.derive_changed",
        "privacy.purging.due.derive_pending",
        "privacy.tasks.note_leavers",
        "privacy.tasks.release_ended",
        "privacy.tasks.finish_removals",
        "privacy.tasks.lift_left",
    ],
)
def test_what_comes_first_and_fails_leaves_the_run_undone_and_all_due_destroyed(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    derive_changed()  # so that no date is behind its declaration
    age(cast.call_of(anna), database_now())
    monkeypatch.setattr(first, fails)
    with pytest.raises(Incomplete):
        purge_due()
    assert not Recording._base_manager.exists()
    assert PurgeRun.objects.get().undone == 1
    assert PurgeRun.last_complete() is None


def test_an_unreadable_hold_keeps_what_it_keeps_and_stops_no_other_release(
    anna: cast.House, cecilia: cast.House, caplog: pytest.LogCaptureFixture
) -> None:
    kept = cast.call_of(anna)
    gone = [cast.call_of(anna, caller_number="+46701740611"), cast.call_of(cecilia)]
    now = database_now()
    damaged = held(anna, ZACHARIAS, ends_at=now)
    sound = held(cecilia, ZACHARIAS, ends_at=now)
    for call in (kept, *gone):
        call.refresh_from_db()
        age(call, database_now())
    RecordKey.objects.filter(id=damaged.key_id).delete()
    forget_keys()
    purge_due()
    assert list(Recording._base_manager.all()) == [kept]
    assert Hold.objects.get(id=sound.id).ended_at is not None
    assert Hold.objects.values_list("ended_at", flat=True).get(id=damaged.id) is None
    assert str(damaged.id) in caplog.text


def test_an_unreadable_hold_is_told_once_and_every_run_is_complete(
    anna: cast.House, caplog: pytest.LogCaptureFixture
) -> None:
    call = cast.call_of(anna)
    now = database_now()
    damaged = held(anna, ZACHARIAS, ends_at=now)
    call.refresh_from_db()
    age(call, now)
    overwrite(damaged, sealed=flipped(bytes(damaged.sealed), 20))
    for _ in range(3):
        purge_due()
    assert list(PurgeRun.objects.values_list("undone", flat=True)) == [0, 0, 0]
    assert PurgeRun.last_complete() is not None
    assert caplog.text.count("record does not open") == 1
    told = AuditEntry.objects.filter(verb="record.unreadable", object_id=damaged.id)
    assert told.count() == 1
    assert list(Recording._base_manager.filter(held=True)) == [call]
    at = database_now() + timedelta(hours=1)
    assert outlook(at).overdue == 0
    assert [line.reasons for line in kept(at)] == [[Reason.HOLD]]


def test_a_hold_ends_beside_one_that_does_not_open_and_what_that_may_cover_stays(
    anna: cast.House,
) -> None:
    call = cast.call_of(anna)
    now = database_now()
    ended = held(anna, ZACHARIAS, ends_at=now)
    damaged = held(anna, ZACHARIAS)
    call.refresh_from_db()
    age(call, now)
    overwrite(damaged, sealed=flipped(bytes(damaged.sealed), 20))
    purge_due()
    assert PurgeRun.objects.get().undone == 0
    assert list(Recording._base_manager.filter(held=True)) == [call]
    assert Hold.objects.get(id=ended.id).ended_at is not None
    assert AuditEntry.objects.filter(verb="record.unreadable", object_id=damaged.id).exists()


def test_a_hold_whose_root_key_is_away_leaves_the_run_undone(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is damaged: it is tried again, and until then the run has not done its part."""
    placed = held(anna, ZACHARIAS, ends_at=database_now())

    def away(*_: object, **__: object) -> Any:
        raise RootUnreachable("away")

    with monkeypatch.context() as patched:
        patched.setattr("customers.actions.covers.take_off", away)
        with pytest.raises(Incomplete):
            purge_due()
    assert PurgeRun.last_complete() is None
    purge_due()
    assert Hold.objects.get(id=placed.id).ended_at is not None


def test_a_model_whose_rows_cannot_be_claimed_stops_no_other(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_ = (model for model, _ in shreddable() if model not in {Recording, PhoneMessage})
    for row in (cast.call_of(anna), cast.message_of(anna)):
        age(row, database_now())

    def failing(model: Any, at: datetime, **more: Any) -> Any:
        return fails() if model is first else claim_due(model, at, **more)

    monkeypatch.setattr("privacy.purging.purge.claim_due", failing)
    with pytest.raises(Incomplete):
        purge_due()
    assert not Recording._base_manager.exists()
    assert not PhoneMessage._base_manager.exists()
    assert PurgeRun.objects.get().undone == 1


class Shelf:
    """A storage that fails as it is told; remembers what it deleted."""

    def __init__(self, failing: Callable[[list[str]], bool]) -> None:
        self.failing, self.gone, self.asked = failing, set[str](), 0

    def delete(self, names: list[str]) -> None:
        self.asked += 1
        if self.failing(names):
            raise OSError("the storage fails")
        self.gone |= set(names)


def job_of_bytes() -> ShredJob:
    at = database_now()
    return ShredJob.objects.create(
        model="recordings.Recording", reason="retention", actor_kind="system",
        lease_until=at, created_at=at,
    )  # fmt: skip


NAMES = [f"sealed/{number}" for number in range(2000)]


def test_a_large_job_ends_though_the_storage_fails_three_deletes_in_ten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance, job = Random(20261122), job_of_bytes()
    shelf = Shelf(lambda _: chance.random() < 0.3)
    monkeypatch.setattr(actions, "blob_store", lambda: shelf)
    for _ in range(4):
        try:
            actions._delete_bytes(job, NAMES)
            break
        except OSError:
            continue
    assert job.state == ShredJob.State.BYTES_GONE
    assert shelf.gone == set(NAMES)


def test_one_object_that_will_not_go_keeps_its_chunk_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job, shelf = job_of_bytes(), Shelf(lambda names: "sealed/0" in names)
    monkeypatch.setattr(actions, "blob_store", lambda: shelf)
    with pytest.raises(OSError, match="the storage fails"):
        actions._delete_bytes(job, NAMES)
    assert shelf.gone == set(NAMES[100:])
    assert ShredJob.objects.get().state == ShredJob.State.KEYS_GONE


def test_a_storage_that_is_away_is_not_asked_for_every_chunk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job, shelf = job_of_bytes(), Shelf(lambda _: True)
    monkeypatch.setattr(actions, "blob_store", lambda: shelf)
    with pytest.raises(OSError, match="the storage fails"):
        actions._delete_bytes(job, NAMES)
    assert shelf.asked == actions.AWAY


def test_a_purge_does_not_go_through_what_a_whole_accounts_hold_keeps(anna: cast.House) -> None:
    age(cast.message_of(anna), database_now())
    cover = held(anna, ACCOUNT)
    assert claim_due(PhoneMessage, database_now()) == (None, None)
    end_cover(cover, by=anna.administrator, at=database_now())
    assert purge(database_now()) == {"phone_messages.PhoneMessage": 1}


@pytest.mark.parametrize("sweep", ["sweep_keys", "sweep_customer_keys", "sweep_blobs"])
def test_a_claim_that_comes_during_a_sweep_keeps_its_keys_and_bytes_until_the_ledger_names_them(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch, sweep: str
) -> None:
    call = cast.call_of(anna)

    def taken_out_just_now(model: Any, rows: list[UUID]) -> set[UUID]:
        if not ShredJob.objects.exists():
            job_of_bytes()
        return set()

    monkeypatch.setattr(orphans, "_alive", taken_out_just_now)
    monkeypatch.setattr(orphans, "_needed", lambda keys: set())
    assert getattr(orphans, sweep)(database_now() + timedelta(days=2)) == 0
    assert RecordKey.objects.filter(id=call.key_id).exists()
    assert CustomerKey.objects.filter(customer_id=anna.customer.id, key_class="content").exists()
    blob_store().open(call.blob_name).close()


def test_an_erasure_is_not_done_while_a_purge_has_the_callers_sound_on_its_way_out(
    anna: cast.House, cecilia: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = cast.call_of(anna)
    age(call, database_now())
    with monkeypatch.context() as patch:
        patch.setattr(actions, "_delete_bytes", storage_is_away)
        purge(database_now())
        asked, elsewhere = (
            ask_erasure(house.customer, ZACHARIAS, by=house.administrator, at=database_now())
            for house in (anna, cecilia)
        )
        assert carry_on(asked.id, database_now()) == "running"
        assert carry_on(elsewhere.id, database_now()) == "done"
    blob_store().open(call.blob_name).close()
    ShredJob.objects.update(lease_until=database_now() - timedelta(seconds=1))
    purge(database_now())
    assert carry_on(asked.id, database_now() + timedelta(hours=1)) == "done"
    with pytest.raises(FileNotFoundError):
        blob_store().open(call.blob_name)
    assert Customer.objects.filter(id=anna.customer.id).exists()
