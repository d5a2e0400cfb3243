"""Sweeps take what nobody needs, after a day, and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections

from customers.models import StaffMember, User
from privacy.purging.lost_keys import lost_keys
from privacy.purging.orphans import sweep, sweep_blobs
from privacy.purging.purge import purge
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.shredding import actions, claims
from smartsvar.vault import finality
from smartsvar.vault.epochs import create_customer_keys
from smartsvar.vault.errors import KeyLost
from smartsvar.vault.keys import Need, create_record_keys, forget_keys
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.second_factor import forget_person, open_secret, seal_secret
from smartsvar.vault.storage import blob_store
from tests import cast

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
    assert finality.finish(now + timedelta(days=9)) is postgres, "however long nobody came to it"
    assert finality.finish(now) is False
    forget_person([anna.reader.user_id])
    assert finality.finish(now) is False, "there was nothing to destroy"
    seal_secret(anna.reader.user_id, "JBSWY3DPEHPK3PXP")
    forget_person([anna.reader.user_id])
    assert finality.finish(now) is postgres
    assert RecordKey.objects.filter(id=anna.customer.key_id).exists()


def test_a_person_who_left_long_ago_leaves_no_key_of_a_second_factor(anna: cast.House) -> None:
    person = anna.reader.user
    token = seal_secret(person.id, "JBSWY3DPEHPK3PXP")
    ended = database_now()
    actions.shred([anna.reader], by=anna.administrator)
    User.objects.filter(id=person.id).update(left_at=ended)
    assert open_secret(person.id, token) == "JBSWY3DPEHPK3PXP"
    purge(ended + timedelta(days=732))
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
