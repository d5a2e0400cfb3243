"""What Anna and support see of the purge, and what she can take along."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from customers.actions.covers import About, hold, restrict
from customers.models import Customer, Hold, Target, User
from privacy.models import PurgeRun, SignedReceipt, SigningKey
from privacy.purging.outlook import ON_TIME, outlook
from privacy.receipts import keys, verify
from privacy.tasks import purge_due
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.settings import BASE_DIR
from smartsvar.shredding.models import ShredJob
from tests import cast
from tests.privacy.test_purge import age

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def page(sign_in: Any, house: cast.House) -> str:
    address = reverse("privacy:receipts", args=[house.customer.number])
    text: str = sign_in(house.reader).get(address).content.decode()
    return text


def chip(text: str) -> str:
    return text.split('class="chip', 1)[1].split("<", 1)[0].split(">", 1)[1]


def test_rut_sees_what_was_deleted_what_is_next_and_that_nothing_is_overdue(
    anna: cast.House, sign_in: Any
) -> None:
    age(cast.message_of(anna), database_now())
    purge_due()
    soon = cast.call_of(anna)
    age(soon, database_now() + timedelta(days=20))
    with translation.override("sv"):
        text = page(sign_in, anna)
    assert chip(text) == "0"
    assert "1 telefonmeddelande " in text  # one, not many
    assert "tiden var ute" in text
    assert "kvitto 1" in text
    coming = {each.name: each for each in outlook(database_now(), anna.customer).coming}
    (calls,) = [each for each in coming.values() if each.first == soon.due_at]
    assert (calls.day, calls.week, calls.month) == (0, 0, 1)


def test_an_empty_house_sees_that_there_is_nothing_yet(anna: cast.House, sign_in: Any) -> None:
    text = page(sign_in, anna)
    assert "Inga kvitton ännu" in text
    assert chip(text) == "0"


def test_what_is_due_for_longer_than_it_may_be_is_counted_as_overdue(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    call = cast.call_of(anna)
    age(call, database_now())
    at = call.due_at
    assert at is not None
    assert outlook(at + ON_TIME - timedelta(seconds=1), anna.customer).overdue == 0
    assert outlook(at + ON_TIME, anna.customer).overdue == 1
    assert outlook(at + ON_TIME, cecilia.customer).overdue == 0
    assert outlook(at + ON_TIME).overdue == 1
    Recording.objects.filter(id=call.id).update(due_at=database_now() - timedelta(hours=1))
    assert chip(page(sign_in, anna)) == "1"


def test_a_deletion_that_is_stuck_is_overdue_one_that_has_just_begun_is_under_way(
    anna: cast.House,
) -> None:
    call, now = cast.call_of(anna), database_now()
    job = ShredJob.objects.create(
        model="recordings.Recording", reason="request", actor_kind="system",
        lease_until=now, created_at=now,
    )  # fmt: skip
    Recording.objects.filter(id=call.id).update(shred_job_id=job.id)
    fresh = outlook(now, anna.customer)
    assert (fresh.under_way, fresh.overdue) == (1, 0)
    stuck = outlook(now + ON_TIME + timedelta(seconds=1), anna.customer)
    assert (stuck.under_way, stuck.overdue) == (1, 1)


def test_what_a_purge_has_taken_out_and_not_destroyed_counts_for_its_owner_alone(
    anna: cast.House, cecilia: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(cast.call_of(anna), database_now())

    def away(*_: object) -> None:
        raise OSError("the storage is away")

    monkeypatch.setattr("smartsvar.shredding.actions._delete_bytes", away)
    purge_due()
    now = database_now()
    fresh = outlook(now, anna.customer)
    assert (fresh.under_way, fresh.overdue) == (1, 0)
    later = now + ON_TIME + timedelta(seconds=5)
    assert outlook(later, anna.customer).overdue == 1
    assert outlook(later, cecilia.customer).overdue == 0
    assert outlook(later).overdue == 1


def test_what_is_held_is_not_overdue_and_what_is_restricted_is_not_announced(
    anna: cast.House,
) -> None:
    held, restricted = cast.call_of(anna), cast.message_of(anna)
    age(held, database_now())
    now = database_now()
    record = About(target=Target.RECORD, object_model=held._meta.label, object_id=held.id)
    hold(
        anna.customer, record, kind=Hold.Kind.LEGAL, reason="tvist", ends_at=None,
        by=anna.administrator, at=now,
    )  # fmt: skip
    other = About(
        target=Target.RECORD, object_model=restricted._meta.label, object_id=restricted.id
    )
    restrict(anna.customer, other, reason="bestrids", keeps=False, by=anna.administrator, at=now)
    seen = outlook(now + timedelta(hours=1), anna.customer)
    assert seen.overdue == 0
    firsts = {each.first for each in seen.coming}
    assert restricted.due_at not in firsts
    assert held.due_at not in firsts


def test_anna_takes_her_chain_along_and_it_holds_with_the_published_keys(
    anna: cast.House, cecilia: cast.House, client: Client, sign_in: Any
) -> None:
    for house in (anna, cecilia, anna):
        age(cast.message_of(house), database_now())
        purge_due()
    number = anna.customer.number
    answer = sign_in(anna.reader).get(reverse("privacy:receipt_chain", args=[number]))
    assert f'filename="kvitton-{number}.json"' in answer["Content-Disposition"]
    document = json.loads(answer.getvalue())
    published = client.get("/kvitton/nycklar.json").json()
    assert published == keys.published()
    assert len(document["receipts"]) == 2
    assert list(verify.faults(document, published)) == []
    second = SignedReceipt.objects.get(customer_id=anna.customer.id, sequence=2)
    address = reverse("privacy:receipt", args=[number, second.id])
    single = json.loads(sign_in(anna.reader).get(address).content)
    assert single["receipts"] == document["receipts"][1:]
    assert list(verify.faults(single, published)) == []


def test_cecilias_receipt_is_nothing_at_annas_address(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    age(cast.message_of(cecilia), database_now())
    purge_due()
    theirs = SignedReceipt.objects.get()
    address = reverse("privacy:receipt", args=[anna.customer.number, theirs.id])
    assert sign_in(anna.administrator).get(address).status_code == 404


def test_the_published_keys_hold_no_secret(anna: cast.House, client: Client) -> None:
    age(cast.message_of(anna), database_now())
    purge_due()
    key = SigningKey.objects.get()
    answer = client.get("/kvitton/nycklar.json").json()
    (said,) = answer["keys"]
    assert set(said) == {"name", "public", "from", "until"}
    assert bytes(key.sealed).hex() not in json.dumps(answer)


def test_the_program_that_checks_is_the_one_we_test(client: Client) -> None:
    answer = client.get("/kvitton/verify.py")
    assert answer.content == (BASE_DIR / "privacy" / "receipts" / "verify.py").read_bytes()


def test_a_customer_whose_processing_is_restricted_still_gets_its_receipts(
    anna: cast.House, sign_in: Any
) -> None:
    Customer.objects.filter(id=anna.customer.id).update(restricted=True)
    address = reverse("privacy:receipts", args=[anna.customer.number])
    assert sign_in(anna.reader).get(address).status_code == 200


def test_support_sees_the_runs_and_what_is_overdue_of_all(
    anna: cast.House, cecilia: cast.House, sven: User, sign_in: Any, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    for house in (anna, cecilia):
        call = cast.call_of(house)
        Recording.objects.filter(id=call.id).update(due_at=database_now() - timedelta(hours=1))
    PurgeRun.objects.create(started_at=database_now())
    with translation.override("sv"):
        text = sign_in(sven).get(reverse("admin:privacy_purgerun_changelist")).content.decode()
    assert "<strong>2</strong>" in text
    assert cast.PLANTED_NAME not in text
