"""Sweeps take what nobody needs, after a day, and nothing else."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse

from customers.actions.covers import About, hold
from customers.models import Hold, StaffMember, Target, User
from privacy.models import StorageLook
from privacy.purging import lost_bytes
from privacy.purging.lost_bytes import look_for_bytes
from privacy.purging.lost_keys import lost_keys
from privacy.purging.orphans import sweep, sweep_blobs
from privacy.purging.purge import purge
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.shredding import actions, claims
from smartsvar.unreadable import VERB
from smartsvar.vault import finality
from smartsvar.vault.epochs import create_customer_keys
from smartsvar.vault.errors import KeyLost
from smartsvar.vault.keys import Need, create_record_keys, forget_keys
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.second_factor import forget_person, open_secret, seal_secret
from smartsvar.vault.storage import blob_store
from tests import cast
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture(autouse=True)
def _empty_storage() -> None:
    store = blob_store()
    store.delete([stored.name for stored in store.remains()])


def lone_blob(tmp_path: Path) -> str:
    name = Recording(id=new_id()).blob_name
    path = tmp_path / "sealed"
    path.write_bytes(b"ciphertext of a row that is no more")
    blob_store().put(name, path)
    return name


def has(name: str) -> bool:
    try:
        blob_store().open(name).close()
    except FileNotFoundError:
        return False
    return True


def test_bytes_without_a_row_go_after_a_day_and_the_others_stay(
    anna: cast.House, tmp_path: Path
) -> None:
    call, lone, now = cast.call_of(anna), lone_blob(tmp_path), database_now()
    assert sweep(now + timedelta(hours=23))["blobs"] == 0
    assert sweep(now + timedelta(hours=25))["blobs"] == 1
    assert not has(lone)
    assert has(call.blob_name)


def test_objects_that_are_not_ours_are_left_alone(anna: cast.House) -> None:
    blob_store().put_bytes("somebody/elses.txt", b"hej")
    blob_store().put_bytes(f"elsewhere/{new_id()}", b"hej")
    assert sweep_blobs(database_now() + timedelta(days=2)) == 0
    assert has("somebody/elses.txt")


def test_a_key_without_a_row_goes_after_a_day(anna: cast.House) -> None:
    (orphan,) = create_record_keys(
        [Need(anna.customer.id, "content", "recordings.Recording", new_id())]
    )
    now = database_now()
    assert sweep(now + timedelta(hours=23))["keys"] == 0
    assert sweep(now + timedelta(hours=25))["keys"] == 1
    assert not RecordKey.objects.filter(id=orphan.id).exists()
    assert lost_keys() == {}


def test_a_lost_key_is_an_alarm_and_stops_every_sweep(
    anna: cast.House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lone = lone_blob(tmp_path)
    RecordKey.objects.filter(id=anna.staff.key_id).delete()
    assert sweep(database_now() + timedelta(days=2)) == {}
    assert "keys lost, nothing swept" in caplog.text
    assert lost_keys() == {"customers.StaffMember": [anna.staff.id]}
    assert has(lone)
    assert StaffMember.objects.filter(id=anna.staff.id).exists()


def test_a_row_on_its_way_to_destruction_is_not_mistaken_for_a_lost_key(anna: cast.House) -> None:
    job = claims.claim_rows(StaffMember, [anna.staff.id], by=anna.member, at=database_now())
    assert job is not None
    RecordKey.objects.filter(id=anna.staff.key_id).delete()
    assert lost_keys() == {}


def test_the_key_tables_are_rewritten_after_a_deletion_and_not_otherwise(anna: cast.House) -> None:
    postgres = connections["keys"].vendor == "postgresql"
    now = database_now()
    assert finality.finish(now) is False
    actions.shred([anna.staff], by=anna.administrator)
    if postgres:  # as every hour: the server's own ANALYZE may still see what was deleted
        late = now + timedelta(days=9)
        wait_until(lambda: finality.finish(late), 60, "however long nobody came to it")
    assert finality.finish(now) is False
    forget_person([anna.reader.user_id])
    assert finality.finish(now) is False, "there was nothing to destroy"
    seal_secret(anna.reader.user_id, "JBSWY3DPEHPK3PXP")
    forget_person([anna.reader.user_id])
    if postgres:
        wait_until(lambda: finality.finish(now), 60, "a second factor's key")
    assert finality.finish(now) is False
    assert RecordKey.objects.filter(id=anna.customer.key_id).exists()


def test_a_person_who_left_leaves_no_key_of_a_second_factor(anna: cast.House) -> None:
    person = anna.reader.user
    token = seal_secret(person.id, "JBSWY3DPEHPK3PXP")
    ended = database_now()
    actions.shred([anna.reader], by=anna.administrator)
    User.objects.filter(id=person.id).update(left_at=ended)
    assert open_secret(person.id, token) == "JBSWY3DPEHPK3PXP"
    purge(ended)
    assert not User.objects.filter(id=person.id).exists()
    assert not RecordKey.objects.filter(object_id=person.id).exists()
    forget_keys()
    with pytest.raises(KeyLost):
        open_secret(person.id, token)


def test_keys_of_a_customer_that_was_never_opened_go_after_a_day(anna: cast.House) -> None:
    never = new_id()
    create_customer_keys(never)
    now = database_now()
    assert sweep(now + timedelta(hours=23))["customer keys"] == 0
    assert sweep(now + timedelta(hours=25))["customer keys"] == 2
    left = CustomerKey.objects.filter(customer_id__in=[never, anna.customer.id])
    assert sorted(left.values_list("key_class", flat=True)) == [
        "content", "index", "statutory", "statutory",
    ]  # fmt: skip


LABEL = "recordings.Recording"
TOMORROW = timedelta(hours=25)


def told_of() -> set[Any]:
    """Which rows the trail says are damaged."""
    return set(AuditEntry.objects.filter(verb=VERB).values_list("object_id", flat=True))


def without_bytes(house: cast.House) -> Recording:
    call = cast.call_of(house, audio=cast.tone(0.2))
    blob_store().delete([call.blob_name])
    return call


def test_a_call_whose_bytes_are_gone_is_found_told_and_kept(
    anna: cast.House, caplog: pytest.LogCaptureFixture, sign_in: Any, sven: User, settings: Any
) -> None:
    whole, lost = cast.call_of(anna), without_bytes(anna)
    assert look_for_bytes(database_now() + TOMORROW) == {LABEL: 1}
    assert told_of() == {lost.id}
    assert "rows without their bytes" in caplog.text
    assert set(Recording.objects.of(anna.customer)) == {whole, lost}
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    page = sign_in(sven).get(reverse("admin:privacy_purgerun_changelist"))
    assert page.context["looks"]["count"] == 1
    assert "1 post saknar" in page.content.decode()


def test_what_is_made_good_is_not_told_any_more(anna: cast.House, tmp_path: Path) -> None:
    lost = without_bytes(anna)
    look_for_bytes(database_now() + TOMORROW)
    path = tmp_path / "copy"
    path.write_bytes(b"from a copy of the storage")
    blob_store().put(lost.blob_name, path)
    assert look_for_bytes(database_now() + TOMORROW) == {LABEL: 0}
    assert StorageLook.told()["count"] == 0


def test_what_is_young_half_received_or_being_destroyed_is_not_looked_for(
    anna: cast.House,
) -> None:
    young, claimed, half = without_bytes(anna), without_bytes(anna), Recording()
    half.customer, half.id = anna.customer, new_id(database_now() - TOMORROW)
    half.started_at = half.ended_at = half.received_at = database_now()
    half.save(force_insert=True)
    about = About(target=Target.RECORD, object_model=LABEL, object_id=half.id)
    said: Any = {"kind": Hold.Kind.LEGAL, "reason": "x", "ends_at": None, "by": anna.administrator}
    hold(anna.customer, about, at=database_now(), **said)
    assert look_for_bytes(database_now() + timedelta(hours=23)) == {LABEL: 0}
    claims.claim_rows(Recording, [claimed.id], by=anna.administrator, at=database_now())
    assert look_for_bytes(database_now() + TOMORROW) == {LABEL: 1}
    assert told_of() == {young.id}


def test_bytes_that_come_or_a_claim_that_comes_while_it_looks_are_no_damage(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, gone = cast.call_of(anna), without_bytes(anna)
    store = type(blob_store())

    def late(self: Any, names: list[str]) -> set[str]:
        """The listing is behind, and meanwhile somebody deletes the call."""
        claims.claim_rows(Recording, [gone.id], by=anna.administrator, at=database_now())
        return set(names)

    monkeypatch.setattr(store, "missing", late)
    assert look_for_bytes(database_now() + TOMORROW) == {LABEL: 0}
    assert told_of() == set()
    assert Recording.objects.filter(id=whole.id).exists()


@pytest.mark.parametrize("page", [1, 2, 100])
def test_a_look_stops_in_time_goes_on_where_it_was_and_tells_each_row_once(
    page: int, anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_bytes, "PAGE", page)
    calls = [cast.call_of(anna, audio=cast.tone(0.2)) for _ in range(5)]
    lost = {call.id for call in calls[1::2]}
    blob_store().delete([call.blob_name for call in calls[1::2]])
    rounds = []
    while not (looks := StorageLook.objects.exclude(ended_at=None)).exists():
        rounds.append(look_for_bytes(database_now() + TOMORROW, seconds=-1)[LABEL])
        assert len(rounds) < 9, "it goes on"
    assert sum(rounds) == looks.get().found == len(lost) == 2
    assert max(rounds) == 1
    assert len(rounds) > 2
    assert told_of() == lost
    looks.update(cursor=None)
    assert look_for_bytes(database_now() + TOMORROW) == {LABEL: 2}, "and begins anew"


def test_a_storage_that_does_not_answer_is_not_taken_for_an_empty_one(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.call_of(anna)

    def away(self: Any, names: list[str]) -> set[str]:
        raise OSError("storage is away")

    monkeypatch.setattr(type(blob_store()), "missing", away)
    with pytest.raises(OSError, match="away"):
        look_for_bytes(database_now() + TOMORROW)
    assert told_of() == set()
    assert StorageLook.objects.get().cursor is None
