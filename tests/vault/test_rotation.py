"""Customers' keys rotated: nothing is lost or comes back, and it may be broken off anywhere."""

import io
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from customers.actions.idempotency import forget
from customers.models import IdempotentRequest
from messages.models import PhoneMessage
from recordings.actions import play_recording
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.shredding.actions import shred
from smartsvar.vault import epochs, memory
from smartsvar.vault.destruction import shred_keys
from smartsvar.vault.epochs import customer_key
from smartsvar.vault.errors import KeyLost
from smartsvar.vault.index import blind_index, blind_indexes
from smartsvar.vault.keys import Need, create_record_keys, forget_keys
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.rotation import moving, reindexing, run, steps
from smartsvar.vault.rotation.swap import swap
from tests import cast
from tests.integrator import MESSAGES, integrator

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

# Where a run can be killed, as (module, function): before it and after it.
STEPS = [
    (run, "begin"),
    (run, "move_records"),
    (moving, "_move_batch"),
    (steps, "reindex"),
    (reindexing, "swap"),
    (steps, "_destroyed"),
    (run, "make_final"),
]


def rotate(*what: str) -> str:
    """Run the command with no other process to wait for; return what it said."""
    out = io.StringIO()
    call_command("rotate_keys", *what, stdout=out)
    return out.getvalue()


def rotate_all() -> str:
    return rotate("--customers", "--wait", "0")


def keys_of(house: cast.House) -> dict[str, list[int]]:
    """Return the epochs there are, by class."""
    found: dict[str, list[int]] = {}
    rows = CustomerKey.objects.filter(customer_id=house.customer.id).order_by("epoch")
    for key_class, epoch in rows.values_list("key_class", "epoch"):
        found.setdefault(key_class, []).append(epoch)
    return found


def all_at(epoch: int) -> dict[str, list[int]]:
    return {kind: [epoch] for kind in CustomerKey.KeyClass.values}


def search(house: cast.House, number: str = cast.PLANTED_NUMBER) -> set[UUID]:
    forget_keys()
    found = PhoneMessage.objects.of(house.customer).from_caller(house.customer, number)
    return set(found.values_list("id", flat=True))


def reads_well(house: cast.House) -> bool:
    forget_keys()
    rows = list(PhoneMessage.objects.of(house.customer))
    return bool(rows) and all(row.matter == cast.PLANTED_MATTER for row in rows)


def rotations_of(house: cast.House) -> int:
    return AuditEntry.objects.filter(customer_id=house.customer.id, verb="keys.rotated").count()


def test_everything_opens_and_is_found_under_new_keys(anna: cast.House) -> None:
    message, call = cast.message_of(anna), cast.call_of(anna, call_id="c1")
    before = set(CustomerKey.objects.values_list("id", flat=True))
    wrapped = bytes(RecordKey.objects.get(id=message.key_id).wrapped)
    rotate_all()
    assert keys_of(anna) == all_at(2)
    assert not CustomerKey.objects.filter(id__in=before).exists()
    assert bytes(RecordKey.objects.get(id=message.key_id).wrapped) != wrapped
    assert reads_well(anna)
    assert search(anna) == {message.id}
    assert list(Recording.objects.of(anna.customer).of_call(anna.customer, "c1")) == [call]
    with play_recording(call, by=anna.administrator, at=database_now()) as audio:
        assert audio.read() == cast.tone()
    assert rotations_of(anna) == 1


def test_a_stolen_old_customer_key_opens_nothing_any_more(anna: cast.House) -> None:
    cast.message_of(anna)
    stolen = customer_key(anna.customer.id, "content")
    rotate_all()
    for row in RecordKey.objects.filter(model="phone_messages.PhoneMessage"):
        with pytest.raises(Exception, match="do not belong together"):
            stolen.unwrap(bytes(row.wrapped), row.model, row.object_id, row.id)


def test_only_the_named_customer_is_rotated(anna: cast.House, cecilia: cast.House) -> None:
    rotate("--customer", str(anna.customer.id), "--wait", "0")
    assert (keys_of(anna), keys_of(cecilia)) == (all_at(2), all_at(1))
    rotate("--customer", str(anna.customer.id), str(cecilia.customer.id), "--wait", "0")
    assert (keys_of(anna), keys_of(cecilia)) == (all_at(3), all_at(2))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("module", "step"), STEPS, ids=[name for _, name in STEPS])
def test_a_rotation_that_dies_at_any_step_is_carried_on(
    anna: cast.House, cecilia: cast.House, monkeypatch: Any, module: Any, step: str, when: str
) -> None:
    messages = {house.customer.id: cast.message_of(house) for house in (anna, cecilia)}
    real = getattr(module, step)

    def dying(*args: Any, **kwargs: Any) -> Any:
        if when == "after":
            real(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, step, dying)
        with pytest.raises(KeyboardInterrupt):
            rotate_all()
    for house in (anna, cecilia):
        assert reads_well(house)
        assert search(house) == {messages[house.customer.id].id}
    unfinished = steps.unfinished()
    rotate_all()
    for house in (anna, cecilia):
        assert reads_well(house)
        assert search(house) == {messages[house.customer.id].id}
        if unfinished:  # else it died before it began, or after it had finished
            assert keys_of(house) == all_at(2)
            assert rotations_of(house) == 1


def test_a_run_over_all_goes_on_where_it_stopped(
    anna: cast.House, cecilia: cast.House, monkeypatch: Any
) -> None:
    done: list[UUID] = []
    real = steps.finish

    def once(customer_id: UUID, *args: Any, **kwargs: Any) -> Any:
        if done:
            raise KeyboardInterrupt
        done.append(customer_id)
        return real(customer_id, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(run, "finish", once)
        with pytest.raises(KeyboardInterrupt):
            rotate_all()
    assert sorted(map(str, [keys_of(anna), keys_of(cecilia)])) != [str(all_at(2))] * 2
    rotate_all()
    assert (keys_of(anna), keys_of(cecilia)) == (all_at(2), all_at(2))
    rotate("--finish", "--wait", "0")
    assert keys_of(anna) == all_at(2)
    rotate_all()
    assert keys_of(anna) == all_at(3)


def test_an_unfinished_rotation_gets_no_third_epoch(anna: cast.House) -> None:
    assert steps.begin(anna.customer.id)
    assert not steps.begin(anna.customer.id)
    assert keys_of(anna) == {kind: [1, 2] for kind in CustomerKey.KeyClass.values}


def test_a_record_shredded_meanwhile_stays_gone(anna: cast.House, monkeypatch: Any) -> None:
    gone, stays = cast.message_of(anna), cast.message_of(anna)
    shredded: list[int] = []
    real = swap

    def shred_first(*args: Any) -> int:
        if not shredded:
            shredded.append(shred([gone], by=anna.administrator))
        return real(*args)

    monkeypatch.setattr(moving, "swap", shred_first)
    rotate_all()
    assert shredded == [1]
    assert not RecordKey.objects.filter(id=gone.key_id).exists()
    assert search(anna) == {stays.id}


def test_a_row_shredded_between_its_reading_and_its_opening_is_no_fault(
    anna: cast.House, monkeypatch: Any
) -> None:
    gone, stays = cast.message_of(anna), cast.message_of(anna)
    shredded: list[int] = []
    seen, real = 0, reindexing._batches

    def shred_after(*args: Any) -> Any:
        nonlocal seen
        for rows in real(*args):
            seen += gone in rows
            if seen == 2 and not shredded:  # the walk that finds nothing left to do
                shredded.append(shred([gone], by=anna.administrator))
            yield rows

    monkeypatch.setattr(reindexing, "_batches", shred_after)
    assert "1 customers finished" in rotate_all()
    assert shredded == [1]
    assert search(anna) == {stays.id}


def test_a_save_during_the_indexing_is_not_undone(anna: cast.House, monkeypatch: Any) -> None:
    message, real = cast.message_of(anna), swap
    saved: list[PhoneMessage] = []

    def save_first(*args: Any) -> int:
        if not saved:
            row = PhoneMessage.objects.get(id=message.id)
            row.caller_number = "+46701740699"
            row.save()
            saved.append(row)
        return real(*args)

    monkeypatch.setattr(reindexing, "swap", save_first)
    rotate_all()
    assert search(anna, "+46701740699") == {message.id}
    assert search(anna) == set()


def test_a_record_made_under_a_destroyed_key_gets_the_fresh_one(anna: cast.House) -> None:
    old = customer_key(anna.customer.id, "content")
    remembered = dict(epochs._current._entries)
    rotate_all()
    epochs._current._entries.update(remembered)  # as another process remembers it
    assert customer_key(anna.customer.id, "content").id == old.id
    message = cast.message_of(anna)
    key = RecordKey.objects.select_related("customer_key").get(id=message.key_id)
    assert key.customer_key.epoch == 2
    assert reads_well(anna)


def test_a_customer_without_any_key_left_is_key_lost(anna: cast.House) -> None:
    customer_key(anna.customer.id, "content")
    remembered = dict(epochs._current._entries)
    CustomerKey.objects.filter(customer_id=anna.customer.id).delete()
    epochs._current._entries.update(remembered)
    with pytest.raises(KeyLost):
        create_record_keys([Need(anna.customer.id, "content", "a.Model", new_id())])


def test_an_epoch_goes_only_when_nothing_is_under_it(anna: cast.House) -> None:
    message = cast.message_of(anna)
    old = CustomerKey.objects.get(customer_id=anna.customer.id, key_class="content")
    assert not steps._destroyed(old)
    assert RecordKey.objects.filter(id=message.key_id, customer_key_id=old.id).exists()


def test_a_key_made_under_the_old_epoch_at_the_last_moment_is_moved_too(
    anna: cast.House, monkeypatch: Any
) -> None:
    cast.message_of(anna)
    old = customer_key(anna.customer.id, "content")
    late: list[PhoneMessage] = []
    real = steps._destroyed

    def make_one_first(row: CustomerKey) -> bool:
        if row.id == old.id and not late:
            epochs._current.put((anna.customer.id, "content"), (old,), since=time.monotonic())
            late.append(cast.message_of(anna))
        return real(row)

    monkeypatch.setattr(steps, "_destroyed", make_one_first)
    rotate_all()
    assert late
    assert keys_of(anna) == all_at(2)
    assert reads_well(anna)


def test_the_new_index_key_seals_only_when_every_process_looks_under_it(
    anna: cast.House, monkeypatch: Any
) -> None:
    house, number = anna.customer.id, cast.PLANTED_NUMBER
    before = blind_index(house, "caller_number", number)
    steps.begin(house)
    assert blind_indexes(house, "caller_number", number) == [before]  # remembered
    forget_keys()
    assert blind_index(house, "caller_number", number) == before
    assert len(blind_indexes(house, "caller_number", number)) == 2
    monkeypatch.setattr(memory, "CACHE_SECONDS", -epochs.MARGIN_SECONDS)  # as if that were over
    forget_keys()
    assert blind_index(house, "caller_number", number) != before
    assert before in blind_indexes(house, "caller_number", number)


def test_search_finds_old_and_new_while_half_is_indexed(anna: cast.House) -> None:
    first = cast.message_of(anna)
    steps.begin(anna.customer.id)
    newest = max(customer_keys_fresh(anna), key=lambda row: row.epoch)
    key = epochs.open_customer_key(newest)
    reindexing.reindex(anna.customer.id, key, lambda text: None)
    second = cast.message_of(anna)  # still under the old one
    indexes = {bytes(row.caller_index) for row in PhoneMessage.objects.of(anna.customer)}
    assert len(indexes) == 2
    assert search(anna) == {first.id, second.id}
    rotate("--finish", "--wait", "0")
    assert search(anna) == {first.id, second.id}


def customer_keys_fresh(house: cast.House) -> list[CustomerKey]:
    return list(CustomerKey.objects.filter(customer_id=house.customer.id, key_class="index"))


def test_a_row_that_does_not_open_is_skipped_and_reported(anna: cast.House) -> None:
    lost, stays = cast.message_of(anna), cast.message_of(anna)
    shred_keys([lost.key_id])
    with pytest.raises(CommandError, match="1 rows do not open"):
        rotate_all()
    assert keys_of(anna) == all_at(2)
    assert search(anna) == {stays.id}
    assert PhoneMessage.objects.filter(id=lost.id).exists()


def test_a_damaged_record_key_is_reported_and_keeps_its_epoch(anna: cast.House) -> None:
    bad, good = cast.message_of(anna), cast.message_of(anna)
    RecordKey.objects.filter(id=bad.key_id).update(wrapped=b"\x01" + b"x" * 92)
    with pytest.raises(CommandError, match="1 record keys do not open"):
        rotate_all()
    found = keys_of(anna)
    assert (found["content"], found["statutory"], found["index"]) == ([1, 2], [2], [2])
    forget_keys()
    assert PhoneMessage.objects.get(id=good.id).matter == cast.PLANTED_MATTER


def test_an_erased_customer_gets_no_new_keys(anna: cast.House, cecilia: cast.House) -> None:
    mine = CustomerKey.objects.filter(customer_id=anna.customer.id)
    doomed = list(mine.exclude(key_class="statutory").values_list("id", flat=True))
    shred_keys([], doomed)
    rotate_all()
    assert keys_of(anna) == {"statutory": [2]}
    assert keys_of(cecilia) == all_at(2)


def test_a_repeated_request_is_known_again_during_and_after_a_rotation(anna: cast.House) -> None:
    def say() -> Any:
        headers = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
        json = "application/json"
        return integrator(anna).post(
            MESSAGES, {"matter": "Ring"}, content_type=json, headers=headers
        )

    first = say()
    assert "within 24 hours" in rotate_all()
    assert keys_of(anna) == all_at(2) | {"index": [1, 2]}
    forget_keys()
    assert say().json() == first.json()
    assert PhoneMessage.objects.count() == 1
    rotate_all()
    assert keys_of(anna)["index"] == [1, 2]
    forget(database_now() + timedelta(hours=25))
    assert not IdempotentRequest.objects.exists()
    rotate("--finish", "--wait", "0")
    assert keys_of(anna) == all_at(2)
    assert rotations_of(anna) == 1


def test_the_status_counts_and_changes_nothing(anna: cast.House) -> None:
    cast.message_of(anna)
    steps.begin(anna.customer.id)
    behind = RecordKey.objects.count()
    said = rotate("--status")
    assert "3  epoch 1" in said
    assert "3  epoch 2" in said
    assert f"{behind}  record keys under an old epoch" in said
    assert "1  customers with a rotation that is not finished" in said
    assert "current" in said
    assert len(keys_of(anna)["content"]) == 2


def test_without_a_choice_the_command_says_what_there_is(anna: cast.House) -> None:
    with pytest.raises(CommandError, match="--customers"):
        rotate()
    assert keys_of(anna) == all_at(1)


def test_progress_is_a_line_per_batch(anna: cast.House, monkeypatch: Any) -> None:
    for _ in range(4):
        cast.message_of(anna)
    monkeypatch.setattr(moving, "BATCH", 2)
    said = rotate_all()
    assert "2/" in said
    assert "/s)" in said


def test_a_rotation_waits_for_what_others_remember(anna: cast.House, monkeypatch: Any) -> None:
    waits: list[float] = []
    monkeypatch.setattr("smartsvar.vault.rotation.run.time.sleep", waits.append)
    said = rotate("--customers")
    longest = max(waits)
    assert 2 * memory.CACHE_SECONDS < longest <= steps.wait_seconds()
    assert "may remember an old key" in said


def test_the_files_hold_no_old_customer_key(anna: cast.House) -> None:
    old = bytes(CustomerKey.objects.get(customer_id=anna.customer.id, key_class="content").wrapped)
    rotate_all()
    if connections["keys"].vendor == "sqlite":
        name = str(connections["keys"].settings_dict["NAME"])
        for path in (name, f"{name}-wal"):
            with open(path, "rb") as file:
                assert old not in file.read()
    assert not CustomerKey.objects.filter(wrapped=old).exists()
