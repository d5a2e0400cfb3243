"""The doing of a deletion: order, idempotence, and what remains."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Q

from customers.actions.leaving import remove_member
from customers.actions.members import LastAdministrator, NotAllowed, change_role
from customers.models import Member, StaffMember
from messages.models import Delivery, PhoneMessage
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.leases import LostLease
from smartsvar.shredding import actions, claims, ledger
from smartsvar.shredding.models import Gone, Receipt, ShredJob
from smartsvar.vault.destruction import shred_keys
from smartsvar.vault.models import RecordKey
from smartsvar.vault.storage import blob_store
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

STEPS = ["intend", "shred_keys", "blob_store", "_finish"]


def named_in_ledger(row: Recording) -> bool:
    batches = ledger.read(ledger.listed()[0])
    return any((row.id, row.key_id) in batch.rows for batch in batches)


def bytes_of(row: Recording) -> bool:
    try:
        blob_store().open(row.blob_name).close()
    except FileNotFoundError:
        return False
    return True


def test_a_deleted_recording_leaves_no_key_no_bytes_no_row_but_a_receipt(anna: cast.House) -> None:
    call = cast.call_of(anna)
    assert bytes_of(call)
    assert actions.shred([call], by=anna.administrator) == 1
    assert not RecordKey.objects.filter(id=call.key_id).exists()
    assert not bytes_of(call)
    assert not Recording.objects.filter(id=call.id).exists()
    receipt = Receipt.objects.get(customer_id=anna.customer.id, model="recordings.Recording")
    assert (receipt.count, receipt.reason) == (1, "request")
    assert AuditEntry.objects.filter(object_id=call.id, verb="recording.deleted").count() == 1
    assert named_in_ledger(call)
    assert not ShredJob.objects.exists()


def test_a_messages_deliveries_go_with_it(anna: cast.House) -> None:
    message = cast.message_of(anna)
    actions.shred([message], by=anna.member)
    assert not Delivery.objects.filter(message_id=message.id).exists()
    assert not PhoneMessage.objects.filter(id=message.id).exists()


def test_a_leavers_calls_and_messages_stay_without_the_name(anna: cast.House) -> None:
    call, message = cast.call_of(anna, staff=anna.staff), cast.message_of(anna, staff=anna.staff)
    actions.shred([anna.staff], by=anna.administrator)
    call.refresh_from_db()
    message.refresh_from_db()
    assert call.staff_id is None
    assert message.staff_id is None
    assert message.matter == cast.PLANTED_MATTER


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_dies_at_any_step_is_taken_over_and_all_ends_well(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    call, bystander = cast.call_of(anna), cast.call_of(anna)
    at = database_now()
    job = claims.claim_rows(Recording, [call.id], by=anna.member, at=at)
    assert job is not None
    job_id = job.id
    with monkeypatch.context() as patch:
        _die_at(patch, step, when)
        with pytest.raises(KeyboardInterrupt):
            actions.carry_out(job)
    assert not Recording.objects.of(anna.customer).filter(id=call.id).exists()
    jobs = list(actions.take_over(at + timedelta(minutes=6)))
    done = {job.id for job in jobs}
    for job in jobs:
        actions.carry_out(job)
    assert (job_id in done) == ((step, when) != ("_finish", "after"))
    assert not Recording.objects.filter(id=call.id).exists()
    assert not RecordKey.objects.filter(id=call.key_id).exists()
    assert not bytes_of(call)
    assert AuditEntry.objects.filter(object_id=call.id, verb="recording.deleted").count() == 1
    assert Recording.objects.of(anna.customer).get() == bystander
    assert bytes_of(bystander)


def _die_at(patch: pytest.MonkeyPatch, step: str, when: str) -> None:
    owner: Any = ledger if step == "intend" else actions
    real = getattr(owner, step)

    def dying(*args: Any, **kwargs: Any) -> Any:
        if when == "after":
            real(*args, **kwargs)
        raise KeyboardInterrupt

    patch.setattr(owner, step, dying)


def test_the_ledger_names_the_key_before_it_is_destroyed(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = cast.call_of(anna)
    real = shred_keys
    seen = []

    def watching(*args: Any, **kwargs: Any) -> int:
        seen.append(named_in_ledger(call))
        return real(*args, **kwargs)

    monkeypatch.setattr(actions, "shred_keys", watching)
    actions.shred([call], by=anna.member)
    assert seen == [True]


def test_a_ledger_that_cannot_be_written_keeps_the_key(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = cast.call_of(anna)

    def full(*args: Any, **kwargs: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ledger, "intend", full)
    with pytest.raises(OSError, match="No space"):
        actions.shred([call], by=anna.member)
    assert RecordKey.objects.filter(id=call.key_id).exists()
    assert not Recording.objects.of(anna.customer).filter(id=call.id).exists()


def test_a_worker_that_was_taken_over_cannot_finish(anna: cast.House) -> None:
    call = cast.call_of(anna)
    at = database_now()
    job = claims.claim_rows(Recording, [call.id], by=anna.member, at=at)
    assert job is not None
    next(actions.take_over(at + timedelta(minutes=6)))
    with pytest.raises(LostLease):
        actions.carry_out(job)
    assert Recording.objects.filter(id=call.id).exists()


def test_a_row_is_claimed_once(anna: cast.House) -> None:
    call = cast.call_of(anna)
    at = database_now()
    assert claims.claim_rows(Recording, [call.id], by=anna.member, at=at) is not None
    assert claims.claim_rows(Recording, [call.id], by=anna.member, at=at) is None
    assert actions.shred([call], by=anna.member) == 0


def test_a_stale_copy_cannot_undo_a_claim(anna: cast.House) -> None:
    stale = StaffMember.objects.get(id=anna.staff.id)
    job = claims.claim_rows(StaffMember, [stale.id], by=anna.member, at=database_now())
    assert job is not None
    stale.title = "Chef"
    with pytest.raises(Gone):
        stale.save()
    assert actions.carry_out(job) == 1
    assert not StaffMember.objects.filter(id=stale.id).exists()


def test_a_stale_copy_cannot_bring_a_shredded_row_back(anna: cast.House) -> None:
    stale = StaffMember.objects.get(id=anna.staff.id)
    _ = stale.name
    actions.shred([anna.staff], by=anna.member)
    stale.title = "Chef"
    with pytest.raises(Gone):
        stale.save()
    with pytest.raises(Gone):
        stale.save(update_fields=["sealed"])
    assert not StaffMember.objects.filter(id=stale.id).exists()


def test_a_live_recording_is_not_abandoned(anna: cast.House) -> None:
    call = cast.call_of(anna)
    assert actions.shred([call], by=anna.key, reason="abandoned", only=Q(state="pending")) == 0
    assert bytes_of(call)


def test_two_administrators_cannot_remove_each_other(anna: cast.House) -> None:
    change_role(anna.member, "administrator", by=anna.administrator, at=database_now())
    one, other = anna.administrator, Member.objects.get(id=anna.member.id)
    remove_member(one, by=other, at=database_now())
    with pytest.raises(NotAllowed):  # whoever is removed decides nothing any more
        remove_member(other, by=one, at=database_now())
    with pytest.raises(LastAdministrator):
        remove_member(other, by=other, at=database_now())


def test_a_removal_that_fails_half_way_is_a_removal(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **kwargs: Any) -> str:
        raise OSError("the ledger is away")

    monkeypatch.setattr(ledger, "intend", away)
    with pytest.raises(OSError, match="away"):
        remove_member(anna.reader, by=anna.administrator, at=database_now())
    assert not Member.objects.of(anna.customer).filter(id=anna.reader.id).exists()
    anna.reader.user.refresh_from_db()
    assert anna.reader.user.left_at is not None
