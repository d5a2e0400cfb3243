"""Restored from backup: told apart, replayed, and nothing living is lost by the repair."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers.actions.covers import About
from customers.models import Customer, Invitation, StaffMember, Target
from messages.models import PhoneMessage
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.purging.lost_keys import lost_keys
from privacy.purging.orphans import sweep
from recordings.models import Recording
from smartsvar.audit import chain
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.shredding import actions, claims, ledger, marks, replay, standing
from smartsvar.shredding.models import ErasedBatch, Gone, Receipt, ShredJob
from smartsvar.startup import NotReady, require_ready
from smartsvar.vault.errors import KeyLost
from smartsvar.vault.keys import Need, create_record_keys, forget_keys
from smartsvar.vault.models import DestroyedBatch, RecordKey
from smartsvar.vault.storage import blob_store
from tests import cast
from tests.shredding.restoring import back_up, restore

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def mark() -> None:
    marks.advance(database_now())


def run_replay(*options: str) -> str:
    out = StringIO()
    call_command("replay_erasures", *options, stdout=out)
    return out.getvalue()


class Story:
    """Anna has two calls and a message; a backup is taken; one call is deleted, a third comes."""

    def __init__(self, anna: cast.House) -> None:
        self.anna = anna
        self.kept, self.doomed = cast.call_of(anna), cast.call_of(anna)
        self.message = cast.message_of(anna)
        mark()
        self.main, self.keys = back_up("default"), back_up("keys")
        actions.shred([self.doomed], by=anna.administrator)
        self.newer = cast.call_of(anna)
        mark()
        self.later = back_up("default"), back_up("keys")
        forget_keys()

    def restore(self, *, main: bool = False, keys: bool = False) -> None:
        if main:
            restore("default", self.main)
        if keys:
            restore("keys", self.keys)
        forget_keys()

    def assert_doomed_is_gone(self) -> None:
        assert not Recording.objects.filter(id=self.doomed.id).exists()
        assert not RecordKey.objects.filter(id=self.doomed.key_id).exists()
        with pytest.raises(FileNotFoundError):
            blob_store().open(self.doomed.blob_name)

    def assert_kept_is_whole(self) -> None:
        forget_keys()
        assert Recording.objects.get(id=self.kept.id).caller_name == cast.PLANTED_NAME
        assert PhoneMessage.objects.get(id=self.message.id).matter == cast.PLANTED_MATTER
        blob_store().open(self.kept.blob_name).close()


@pytest.fixture
def story(anna: cast.House) -> Story:
    return Story(anna)


def test_a_service_in_order_starts(story: Story) -> None:
    require_ready()
    assert standing.standing().sentences() == []
    assert "agree" in run_replay()


def test_both_restored_is_refused_then_replayed(story: Story) -> None:
    story.restore(main=True, keys=True)
    with pytest.raises(NotReady, match=r"(?s)main database is older.*key store is older"):
        require_ready()
    said = run_replay("--accept-older")
    assert "recordings.Recording: 1 destroyed again" in said
    require_ready()
    story.assert_doomed_is_gone()
    story.assert_kept_is_whole()
    receipt = Receipt.objects.get(model="recordings.Recording")
    assert (receipt.count, receipt.reason) == (1, "request")
    assert AuditEntry.objects.filter(object_id=story.doomed.id, verb="recording.deleted").exists()


def test_the_main_database_alone_brings_back_rows_that_do_not_open(story: Story) -> None:
    story.restore(main=True)
    with pytest.raises(KeyLost):
        _ = Recording.objects.get(id=story.doomed.id).caller_name
    with pytest.raises(NotReady) as refused:
        require_ready()
    assert "main database is older" in str(refused.value)
    assert "key store" not in str(refused.value)
    run_replay("--accept-older")
    story.assert_doomed_is_gone()
    story.assert_kept_is_whole()


def test_a_main_database_restored_alone_loses_nothing_that_a_later_backup_has(
    story: Story,
) -> None:
    story.restore(main=True)
    with pytest.raises(CommandError, match="not start yet"):
        run_replay()
    assert sweep(database_now() + timedelta(days=3)) == {}
    assert RecordKey.objects.filter(id=story.newer.key_id).exists()
    restore("default", story.later[0])
    forget_keys()
    require_ready()
    assert Recording.objects.get(id=story.newer.id).caller_name == cast.PLANTED_NAME
    story.assert_doomed_is_gone()


def test_the_key_store_alone_destroys_again_and_keeps_the_rows_without_a_key(story: Story) -> None:
    story.restore(keys=True)
    assert RecordKey.objects.filter(id=story.doomed.key_id).exists()
    with pytest.raises(NotReady) as refused:
        require_ready()
    assert "key store is older" in str(refused.value)
    assert "main database" not in str(refused.value)
    with pytest.raises(CommandError, match="not start yet"):
        run_replay()
    story.assert_doomed_is_gone()
    assert lost_keys() == {"recordings.Recording": [story.newer.id]}
    restore("keys", story.later[1])
    forget_keys()
    require_ready()
    assert lost_keys() == {}
    assert Recording.objects.get(id=story.newer.id).caller_name == cast.PLANTED_NAME


def test_with_lost_keys_nothing_is_swept(story: Story) -> None:
    story.restore(keys=True)
    run_replay("--accept-older")
    require_ready()
    assert sweep(database_now() + timedelta(days=3)) == {}
    assert Recording.objects.filter(id=story.newer.id).exists()
    blob_store().open(story.newer.blob_name).close()


def test_after_acceptance_what_no_row_needs_is_swept(story: Story) -> None:
    story.restore(main=True, keys=True)
    run_replay("--accept-older")
    swept = sweep(database_now() + timedelta(days=3))
    assert swept["blobs"] >= 1
    with pytest.raises(FileNotFoundError):
        blob_store().open(story.newer.blob_name)
    story.assert_kept_is_whole()


def test_restored_to_different_times_is_told_with_both_times(anna: cast.House) -> None:
    mark()
    keys = back_up("keys")
    mark()
    main = back_up("default")
    mark()
    restore("default", main)
    restore("keys", keys)
    with pytest.raises(NotReady) as refused:
        require_ready()
    assert "(mark 2)" in str(refused.value)
    assert "(mark 1)" in str(refused.value)
    assert "(mark 3)" in str(refused.value)


def test_without_the_ledger_the_service_does_not_start(story: Story) -> None:
    store = blob_store("ledger")
    store.delete([each.name for each in store.names()])
    with pytest.raises(NotReady, match="lacks 1 erasures"):
        require_ready()
    with pytest.raises(CommandError, match="Restore the ledger first"):
        run_replay("--accept-older")


def test_with_a_gap_in_the_ledger_the_service_does_not_start(story: Story) -> None:
    for _ in range(2):
        actions.shred([cast.call_of(story.anna)], by=story.anna.administrator)
    name = ledger.listed()[0][1]
    blob_store("ledger").delete([name.path])
    with pytest.raises(NotReady, match=r"(?s)lacks 1 of its links.*lacks 1 erasures"):
        require_ready()


def test_a_chain_that_lost_its_end_is_noticed_even_when_both_databases_were_restored(
    story: Story,
) -> None:
    story.restore(main=True, keys=True)
    last = ledger.listed()[0][-1]
    blob_store("ledger").delete([last.path])
    with pytest.raises(NotReady, match=f"chain {last.writer} lacks 1 of its links"):
        require_ready()
    with pytest.raises(CommandError, match="Restore the ledger first"):
        run_replay("--accept-older")


def test_pruned_links_are_not_missed(story: Story) -> None:
    standing.prune(database_now() + timedelta(days=36))
    assert ledger.listed() == ([], [])
    assert standing.standing().broken == ()
    require_ready()


def test_a_ledger_that_is_lost_for_good_can_be_given_up(story: Story) -> None:
    store = blob_store("ledger")
    store.delete([each.name for each in store.names()])
    with pytest.raises(CommandError, match="--accept-ledger"):
        run_replay()
    assert "Accepted: the ledger as it is." in run_replay("--accept-ledger")
    require_ready()
    mark()
    actions.shred([story.kept], by=story.anna.administrator)
    require_ready()


def test_an_older_copy_of_the_ledger_can_be_accepted(story: Story) -> None:
    store = blob_store("ledger")
    copy = {each.name: store.get_bytes(each.name) for each in store.names()}
    for _ in range(3):
        mark()
    store.delete([each.name for each in store.names()])
    for name, body in copy.items():
        store.put_bytes(name, body)
    with pytest.raises(NotReady, match="ends at mark"):
        require_ready()
    run_replay("--accept-ledger")
    require_ready()
    mark()


def test_a_gap_that_was_accepted_is_not_held_against_the_ledger_again(story: Story) -> None:
    for _ in range(3):
        actions.shred([cast.call_of(story.anna)], by=story.anna.administrator)
    blob_store("ledger").delete([ledger.listed()[0][2].path])
    run_replay("--accept-ledger")
    require_ready()
    mark()
    actions.shred([cast.call_of(story.anna)], by=story.anna.administrator)
    require_ready()


def test_a_customers_batch_that_comes_before_its_calls_is_tried_again(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.call_of(anna)
    cast.message_of(anna)
    mark()
    main, keys = back_up("default"), back_up("keys")
    account = About(target=Target.CUSTOMER)
    asked = ask_erasure(anna.customer, account, by=anna.administrator, at=database_now())
    assert carry_on(asked.id, database_now()) == "done"
    mark()
    restore("default", main)
    restore("keys", keys)
    forget_keys()
    backwards = type("Backwards", (), {"__call__": lambda self, rows: sorted(rows, reverse=True)})
    monkeypatch.setattr(replay, "sorted", backwards(), raising=False)
    run_replay("--accept-older")
    require_ready()
    assert not Customer.objects.filter(id=anna.customer.id).exists()


def test_a_model_that_is_no_more_does_not_stop_the_replay(story: Story) -> None:
    job, key = new_id(), create_record_keys([_need(story.anna)])[0]
    ledger.intend(job, "recordings.Forgotten", "request", database_now(), [(new_id(), key.id)])
    run_replay()
    require_ready()
    assert not RecordKey.objects.filter(id=key.id).exists()


def _need(house: cast.House) -> Need:
    return Need(house.customer.id, "content", "recordings.Recording", new_id())


def test_nothing_new_comes_in_for_a_customer_that_is_being_erased(anna: cast.House) -> None:
    people = [anna.administrator, anna.member, anna.reader]
    for row in (anna.staff, *people, *Invitation.objects.filter(customer=anna.customer)):
        actions.shred([row], by=SYSTEM)
    job = claims.claim_rows(Customer, [anna.customer.id], by=SYSTEM, at=database_now())
    assert job is not None
    with pytest.raises(Gone):
        cast.message_of(anna)
    with pytest.raises(Gone):
        StaffMember.objects.bulk_create([StaffMember(customer=anna.customer)])
    actions.carry_out(job)
    assert lost_keys() == {}


def test_a_ledger_that_ends_too_early_is_refused(story: Story) -> None:
    for _ in range(3):
        mark()
    store = blob_store("ledger")
    store.delete([each.name for each in store.names(ledger.MARKS)])
    with pytest.raises(NotReady, match="ends at mark 0, the databases at 5"):
        require_ready()


def test_a_changed_link_stops_the_replay_before_anything_is_destroyed(story: Story) -> None:
    story.restore(main=True, keys=True)
    name = ledger.listed()[0][0]
    body = blob_store("ledger").get_bytes(name.path)
    other = str(story.kept.key_id).encode()
    forged = body.replace(str(story.doomed.key_id).encode(), other)
    actions.shred([cast.call_of(story.anna)], by=story.anna.administrator)
    blob_store("ledger").put_bytes(name.path, forged)
    with pytest.raises(CommandError, match="does not follow"):
        run_replay()
    story.assert_kept_is_whole()


def test_another_installations_ledger_is_refused(story: Story, settings: Any) -> None:
    settings.INSTALLATION_ID = "another"
    with pytest.raises(NotReady, match="another installation"):
        require_ready()


def test_an_intent_whose_job_is_still_claimed_is_resumed(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(*args: Any, **kwargs: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(actions, "shred_keys", dying)
        with pytest.raises(KeyboardInterrupt):
            actions.shred([story.kept], by=story.anna.administrator)
    require_ready()
    assert ShredJob.objects.exists()
    for job in actions.take_over(database_now() + timedelta(minutes=6)):
        actions.carry_out(job)
    require_ready()
    assert not RecordKey.objects.filter(id=story.kept.key_id).exists()


def test_a_job_that_was_claimed_in_the_backup_is_resumed_after_it(
    anna: cast.House,
) -> None:
    call = cast.call_of(anna)
    mark()
    job = claims.claim_rows(Recording, [call.id], by=anna.member, at=database_now())
    assert job is not None
    main = back_up("default")
    actions.carry_out(job)
    restore("default", main)
    forget_keys()
    require_ready()
    for resumed in actions.take_over(database_now() + timedelta(minutes=6)):
        actions.carry_out(resumed)
    assert not Recording.objects.filter(id=call.id).exists()
    require_ready()


def test_the_replay_may_die_anywhere(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.restore(main=True, keys=True)
    for owner, name in [(replay, "shred_keys"), (replay, "carry_out"), (actions, "_finish")]:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, _die)
            with pytest.raises(KeyboardInterrupt):
                run_replay()
    at = database_now() + timedelta(minutes=6)
    for job in actions.take_over(at):
        actions.carry_out(job)
    run_replay("--accept-older")
    require_ready()
    story.assert_doomed_is_gone()
    story.assert_kept_is_whole()
    assert (
        AuditEntry.objects.filter(object_id=story.doomed.id, verb="recording.deleted").count() == 1
    )


def _die(*args: Any, **kwargs: Any) -> Any:
    raise KeyboardInterrupt


def test_after_an_accepted_restore_the_audit_trail_verifies_and_says_what_is_lost(
    anna: cast.House,
) -> None:
    cast.call_of(anna)
    chain.seal_trail()
    mark()
    main = back_up("default")
    for _ in range(3):
        cast.call_of(anna)
    chain.seal_trail()
    mark()
    restore("default", main)
    forget_keys()
    assert list(chain.faults()), "until it is accepted, the loss is a fault"
    assert "entries of the audit trail's chain" in run_replay("--accept-older")
    assert list(chain.faults()) == []
    for _ in range(2):
        cast.call_of(anna)
    chain.seal_trail()
    assert list(chain.faults()) == []
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "were lost in the restore" in out.getvalue()
    last = AuditEntry.objects.of(anna.customer.id)[0]
    AuditEntry.objects.filter(id=last.id)._raw_delete("default")
    assert list(chain.faults()), "the new tail is bound by its own anchors"


def test_an_interrupted_mark_is_finished_not_mistaken_for_a_restore(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark()
    for name in ("set_keys", "write"):
        with monkeypatch.context() as patch:
            patch.setattr(marks, name, _die)
            with pytest.raises(KeyboardInterrupt):
                mark()
        require_ready()
        mark()
        three = marks.read_marks()
        assert three.main.number == three.keys.number == three.ledger.number
        require_ready()


def test_a_database_put_back_under_a_running_service_is_noticed(story: Story) -> None:
    story.restore(main=True)
    with pytest.raises(marks.OutOfStep):
        mark()


def test_notes_of_batches_are_pruned_later_than_the_ledger(story: Story, settings: Any) -> None:
    at = database_now()
    assert standing.prune(at + timedelta(days=36)) >= 1
    assert ErasedBatch.objects.exists()
    assert DestroyedBatch.objects.exists()
    assert standing.prune(at + timedelta(days=43)) == 0
    assert not ErasedBatch.objects.exists()
    assert not DestroyedBatch.objects.exists()
