"""A customer's erasure: its content key goes with everything under it, its statutory key stays."""

from datetime import timedelta

import pytest

from customers.models import Customer
from privacy.erasure import NotErased, erase_customer
from privacy.purge import purge
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.shredding import ledger
from smartsvar.vault.errors import KeyLost
from smartsvar.vault.keys import Need, create_record_keys, forget_keys, open_key
from smartsvar.vault.models import CustomerKey, RecordKey
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def content_keys(house: cast.House) -> list[CustomerKey]:
    return list(CustomerKey.objects.filter(customer_id=house.customer.id, key_class="content"))


def test_annas_erasure_leaves_nothing_but_what_the_law_wants_kept(
    anna: cast.House, cecilia: cast.House
) -> None:
    cast.call_of(anna, staff=anna.staff)
    cast.message_of(anna, staff=anna.staff)
    theirs = cast.call_of(cecilia)
    invoice, orphan = create_record_keys(
        [
            Need(anna.customer.id, kind, "customers.Customer", new_id())
            for kind in ("statutory", "content")
        ]
    )
    (content,) = content_keys(anna)
    gone = erase_customer(anna.customer, by=anna.administrator, at=database_now())
    assert gone["customers.Customer"] == gone["recordings.Recording"] == 1
    assert gone["customers.Member"] == 3
    assert not Customer.objects.filter(id=anna.customer.id).exists()
    forget_keys()
    assert open_key(invoice.id).id == invoice.id
    with pytest.raises(KeyLost):
        open_key(orphan.id)
    assert content_keys(anna) == []
    assert Recording.objects.get(id=theirs.id).caller_name == cast.PLANTED_NAME
    batches = ledger.read(ledger.listed()[0])
    assert any(content.id in batch.customer_keys for batch in batches)


def test_an_erasure_that_was_interrupted_ends_when_called_again(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [cast.call_of(anna) for _ in range(3)]

    def full(*args: object, **kwargs: object) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "intend", full)
        with pytest.raises(OSError, match="No space"):
            erase_customer(anna.customer, by=anna.administrator, at=database_now())
    assert Customer.objects.filter(id=anna.customer.id).exists()
    assert content_keys(anna), "nothing is destroyed that the ledger does not name"
    with pytest.raises(NotErased):
        erase_customer(anna.customer, by=anna.administrator, at=database_now())
    assert not Recording.objects.of(anna.customer).exists()
    purge(database_now() + timedelta(minutes=6))
    erase_customer(anna.customer, by=anna.administrator, at=database_now())
    assert not Customer.objects.filter(id=anna.customer.id).exists()
    assert not RecordKey.objects.filter(id__in=[call.key_id for call in calls]).exists()
