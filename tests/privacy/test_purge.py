"""The purge: exactly what is due, exactly then, in every door's eyes and in storage."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, models

from customers.actions.accounts import shorten_recordings
from customers.actions.contract import end_contract
from customers.actions.members import note_leavers
from customers.models import Customer, Member, Session, StaffMember
from messages.models import PhoneMessage
from privacy.purging import orphans
from privacy.purging.due import derive_again, differences
from privacy.purging.purge import Incomplete, preview, purge
from privacy.tasks import purge_due
from recordings.models import Recording
from recordings.receiving import CallFacts, begin_upload, receive_recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.chain import faults, seal_trail
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.shredding import actions
from smartsvar.shredding.models import Receipt, ShredJob
from smartsvar.vault.keys import Need, create_record_keys
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.storage import blob_store
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def age(row: Any, due: datetime) -> None:
    """Move a row back in time so that by its own rule it is due at `due`, or just before.

    Not every moment can be hit: three months after no day is the 31st of May.
    """
    while row.due_at > due:
        shift = row.due_at - due
        for name in ("ended_at", "received_at", "started_at", "taken_at"):
            if hasattr(row, name):
                setattr(row, name, getattr(row, name) - shift)
        row.due_at = row.derive_due()
    row.save()
    assert due - row.due_at < timedelta(days=4)


def has_bytes(call: Recording) -> bool:
    try:
        blob_store().open(call.blob_name).close()
    except FileNotFoundError:
        return False
    return True


def test_one_run_removes_exactly_what_is_due(anna: cast.House, cecilia: cast.House) -> None:
    now = database_now()
    old_call, old_message = cast.call_of(anna), cast.message_of(cecilia)
    new_call, new_message = cast.call_of(cecilia), cast.message_of(anna)
    for row in (old_call, old_message):
        age(row, now)
    for row in (new_call, new_message):
        age(row, now + timedelta(days=1))
    assert purge(now) == {"recordings.Recording": 1, "phone_messages.PhoneMessage": 1}
    assert list(Recording.objects.all()) == [new_call]
    assert list(PhoneMessage.objects.all()) == [new_message]
    assert not RecordKey.objects.filter(id__in=[old_call.key_id, old_message.key_id]).exists()
    assert has_bytes(new_call)
    assert not has_bytes(old_call)
    assert purge(now) == {}


def test_a_second_before_nothing_goes_and_at_the_second_it_is_hidden_and_goes(
    anna: cast.House,
) -> None:
    call = cast.call_of(anna)
    age(call, database_now() + timedelta(days=10))
    second, due = timedelta(seconds=1), call.due_at
    assert due is not None
    visible = Recording.objects.filter(customer=anna.customer)
    assert visible.live(due - second).exists()
    assert not visible.live(due).exists()
    assert purge(due - second) == {}
    assert purge(due) == {"recordings.Recording": 1}


def test_a_due_row_is_hidden_before_any_purge_ran(anna: cast.House) -> None:
    call = cast.call_of(anna)
    age(call, database_now())
    assert not Recording.objects.of(anna.customer).exists()


def test_a_stale_date_is_put_right_and_the_row_spared(anna: cast.House) -> None:
    call = cast.call_of(anna)
    right = call.due_at
    Recording.objects.filter(id=call.id).update(due_at=database_now())
    assert purge(database_now()) == {}
    call.refresh_from_db()
    assert call.due_at == right
    assert has_bytes(call)


def test_each_purged_row_is_audited_once_and_receipted(anna: cast.House) -> None:
    calls = [cast.call_of(anna) for _ in range(3)]
    for call in calls:
        age(call, database_now())
    purge(database_now())
    for call in calls:
        assert AuditEntry.objects.filter(object_id=call.id, verb="recording.purged").count() == 1
    assert [r.count for r in Receipt.objects.filter(model="recordings.Recording")] == [3]


def test_annas_register_is_never_purged_while_she_is_a_customer(anna: cast.House) -> None:
    purge(database_now() + timedelta(days=20_000))
    assert StaffMember.objects.filter(id=anna.staff.id).exists()


def classes_of(house: cast.House) -> set[str]:
    keys = CustomerKey.objects.filter(customer_id=house.customer.id)
    return set(keys.values_list("key_class", flat=True))


def test_two_years_after_the_contract_the_whole_account_goes(
    anna: cast.House, cecilia: cast.House
) -> None:
    cast.call_of(anna)
    cast.message_of(anna, staff=anna.staff)
    ended = database_now()
    end_contract(anna.customer, ends_at=ended, by=SYSTEM, at=ended)
    derive_again(anna.customer.id)
    assert differences() == {}
    purge(ended + timedelta(days=729))
    assert Customer.objects.filter(id=anna.customer.id).exists()
    purge(ended + timedelta(days=732))
    assert not Customer.objects.filter(id=anna.customer.id).exists()
    assert not StaffMember.objects.filter(id=anna.staff.id).exists()
    assert classes_of(anna) == {"statutory"}
    assert Customer.objects.filter(id=cecilia.customer.id).exists()
    assert classes_of(cecilia) == {"content", "statutory", "index"}


def test_a_half_received_recording_goes_after_a_day(anna: cast.House) -> None:
    half = Recording(customer=anna.customer)
    half.started_at = half.ended_at = half.received_at = database_now()
    half.save()
    assert not Recording.objects.of(anna.customer).exists()
    assert purge(half.received_at + timedelta(hours=23)) == {}
    assert purge(half.received_at + timedelta(hours=24)) == {"recordings.Recording": 1}


def test_a_shorter_time_is_derived_for_what_is_stored(anna: cast.House) -> None:
    call = cast.call_of(anna)
    shorten_recordings(anna.customer, 5, by=anna.administrator, at=database_now())
    assert differences() == {"recordings.Recording": 1}
    assert derive_again(anna.customer.id) == 1
    assert differences() == {}
    call.refresh_from_db()
    assert call.due_at is not None
    assert call.due_at - call.ended_at < timedelta(days=5, hours=2)


def test_one_storage_fault_does_not_stop_the_others_and_is_made_good(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, message = cast.call_of(anna), cast.message_of(anna)
    for row in (call, message):
        age(row, database_now())
    store = type(blob_store())
    with monkeypatch.context() as patch:

        def broken(self: Any, name: str) -> None:
            raise OSError("storage is away")

        patch.setattr(store, "delete", broken)
        assert purge(database_now()) == {"phone_messages.PhoneMessage": 1}
    assert ShredJob.objects.count() == 1
    assert not RecordKey.objects.filter(id=call.key_id).exists()
    purge(database_now() + timedelta(minutes=6))
    assert not Recording.objects.exists()
    assert not has_bytes(call)
    assert not ShredJob.objects.exists()


def test_expired_sessions_go_too(sign_in: Any, anna: cast.House) -> None:
    sign_in(anna.member)
    assert Session.objects.count() == 1
    Session.objects.update(expire_date=database_now() - timedelta(seconds=1))
    assert purge(database_now()) == {"customers.Session": 1}
    assert not Session.objects.exists()


def test_the_trail_is_pruned_by_its_own_rule_and_still_verifies(anna: cast.House) -> None:
    seal_trail()
    assert AuditEntry.objects.exists()
    purge(database_now() + timedelta(days=700))
    assert AuditEntry.objects.exists()
    seal_trail()
    purge(database_now() + timedelta(days=740))
    assert not AuditEntry.objects.filter(customer_id=anna.customer.id).exists()
    assert list(faults(at=database_now() + timedelta(days=740))) == []


def test_an_orphan_key_is_swept_after_a_day_and_a_living_one_never(anna: cast.House) -> None:
    need = Need(anna.customer.id, "content", "recordings.Recording", new_id())
    orphan = create_record_keys([need])[0]
    before = RecordKey.objects.count()
    assert orphans.sweep_keys(database_now() + timedelta(hours=23)) == 0
    assert orphans.sweep_keys(database_now() + timedelta(hours=25)) == 1
    assert not RecordKey.objects.filter(id=orphan.id).exists()
    assert RecordKey.objects.count() == before - 1


def test_a_dry_run_says_what_and_why_and_touches_nothing(
    anna: cast.House, capsys: pytest.CaptureFixture[str]
) -> None:
    call = cast.call_of(anna)
    call_command("purge", "--dry-run", "--at", "2099-01-01")
    said = capsys.readouterr().out
    assert "1  recordings.Recording: 3 months after ended_at" in said
    assert Recording.objects.filter(id=call.id).exists()
    assert {due.model for due in preview(database_now())} >= {
        "recordings.Recording",
        "customers.Session",
    }


def test_a_real_run_cannot_be_told_another_time() -> None:
    with pytest.raises(CommandError, match="dry runs only"):
        call_command("purge", "--at", "2099-01-01")


@pytest.mark.parametrize("nonsense", ["soon", "2026-13-45", "2026-02-30T12:00"])
def test_a_nonsense_date_is_refused_in_words(nonsense: str) -> None:
    with pytest.raises(CommandError, match="--at"):
        call_command("purge", "--dry-run", "--at", nonsense)


def test_a_real_run_says_what_went(anna: cast.House, capsys: pytest.CaptureFixture[str]) -> None:
    age(cast.message_of(anna), database_now())
    call_command("purge")
    assert "1  phone_messages.PhoneMessage" in capsys.readouterr().out


def test_no_stored_date_differs_from_its_rule(anna: cast.House) -> None:
    cast.call_of(anna)
    cast.message_of(anna)
    assert differences() == {}
    assert isinstance(Recording._meta.get_field("due_at"), models.DateTimeField)


def test_an_unforeseen_fault_stops_neither_the_other_jobs_nor_the_other_tables(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, message = cast.call_of(anna), cast.message_of(anna)
    for row in (call, message):
        age(row, database_now())
    sign_in(anna.member)
    Session.objects.update(expire_date=database_now() - timedelta(seconds=1))
    real = actions._finish

    def poisoned(model: type[models.Model], *rest: Any) -> None:
        if model is Recording:
            raise IntegrityError("a row that nobody thought of")
        real(model, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(actions, "_finish", poisoned)
    with pytest.raises(Incomplete) as failure:
        purge(database_now())
    assert failure.value.args[0] == ["recordings.Recording"]
    assert not PhoneMessage.objects.exists()
    assert not Session.objects.exists()


def test_a_lost_nudge_after_a_shortening_is_made_good_by_the_next_tick(anna: cast.House) -> None:
    call = cast.call_of(anna)
    age(call, database_now() + timedelta(days=60))
    Customer.objects.filter(id=anna.customer.id).update(
        recording_days=5, dates_pending_since=database_now()
    )
    assert differences() == {"recordings.Recording": 1}
    purge_due()
    assert differences() == {}
    assert not Recording.objects.filter(id=call.id).exists()
    assert Customer.objects.get(id=anna.customer.id).dates_pending_since is None


def test_an_upload_in_flight_while_the_time_is_shortened_gets_the_shorter_time(
    anna: cast.House,
) -> None:
    now = database_now()
    upload = begin_upload(anna.customer, at=now)
    upload.write(cast.tone())
    upload.finish()
    customer = Customer.objects.get(id=anna.customer.id)
    shorten_recordings(customer, 5, by=anna.administrator, at=now)
    derive_again(customer.id)
    call = receive_recording(upload, CallFacts(started_at=now), by=anna.key, at=now)
    assert call.due_at is not None
    assert call.due_at < now + timedelta(days=6)
    assert differences() == {}


def test_when_the_last_membership_ended_is_noted(anna: cast.House) -> None:
    user = anna.reader.user
    Member.objects.filter(id=anna.reader.id).update(shred_job_id=new_id())
    at = database_now()
    assert note_leavers(at) == 1
    user.refresh_from_db()
    assert user.left_at == at


def test_a_leaver_who_is_named_by_an_upload_in_flight_is_left_out_of_it(anna: cast.House) -> None:
    now = database_now()
    upload = begin_upload(anna.customer, at=now)
    upload.write(cast.tone())
    upload.finish()
    actions.shred([anna.staff], by=anna.administrator)
    facts = CallFacts(started_at=now, staff=anna.staff)
    call = receive_recording(upload, facts, by=anna.key, at=now)
    assert call.staff is None
    assert Recording.objects.of(anna.customer).get() == call
