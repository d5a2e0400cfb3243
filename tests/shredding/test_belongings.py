"""What is a person's in somebody else's row goes with the person, whoever takes the person out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from customers.actions.covers import About
from customers.actions.staff import remove_staff
from customers.models import Customer, StaffMember, Target
from messages.delivery import claim, deliver, deliver_due
from messages.models import Delivery, PhoneMessage
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.purging.due import derive_again
from privacy.purging.purge import purge_all
from smartsvar.clock import database_now
from smartsvar.shredding import actions, belongings, ledger
from smartsvar.shredding.models import ShredJob
from smartsvar.vault.errors import RootUnreachable
from smartsvar.vault.rows import SealedQuerySet
from tests import cast
from tests.unreadable.damage import envelope_flipped

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
State = Delivery.State


def erase(anna: cast.House) -> None:
    about = About(
        target=Target.STAFF, object_model=StaffMember._meta.label, object_id=anna.staff.id
    )
    asked = ask_erasure(anna.customer, about, by=anna.administrator, at=database_now())
    assert carry_on(asked.id, database_now()) == "done"


def remove(anna: cast.House) -> None:
    remove_staff(anna.staff, by=anna.administrator)


def purge_away(anna: cast.House) -> None:
    """Let the person's time be up, which is before the message's."""
    due = database_now() - timedelta(seconds=1)
    StaffMember.objects.filter(id=anna.staff.id).update(due_at=due)
    ended = database_now() - timedelta(days=1000)
    Customer.objects.filter(id=anna.customer.id).update(contract_ended_at=ended)
    derive_again(anna.customer.id)
    PhoneMessage.objects.update(due_at=database_now() + timedelta(days=30))
    assert purge_all(database_now()).gone[StaffMember._meta.label] == 1


WAYS = [erase, remove, purge_away]


def the_delivery() -> Delivery:
    found: Delivery = Delivery.objects.get()
    return found


def page_of(message: PhoneMessage, browser: Any) -> str:
    address = reverse("portal:message", args=[message.customer.number, message.pk])
    text: str = browser.get(address).content.decode()
    return text


@pytest.mark.parametrize("way", WAYS)
def test_stinas_address_leaves_what_was_sent_to_her(
    anna: cast.House, way: Callable[[cast.House], None]
) -> None:
    cast.message_of(anna, staff=anna.staff)
    assert deliver(the_delivery().id) == State.ACCEPTED
    other = cast.message_of(anna)
    before = the_delivery_of(other).sealed
    way(anna)
    sent = Delivery.objects.exclude(message=other).get()
    assert (sent.address, sent.state) == ("", State.ACCEPTED)
    assert the_delivery_of(other).sealed == before, "nobody else's is touched"


def the_delivery_of(message: PhoneMessage) -> Delivery:
    found: Delivery = Delivery.objects.get(message=message)
    return found


def test_annas_page_says_that_the_address_is_erased(anna: cast.House, sign_in: Any) -> None:
    message = cast.message_of(anna, staff=anna.staff)
    deliver(the_delivery().id)
    browser, address = sign_in(anna.administrator), anna.staff.email
    assert address in page_of(message, browser)
    erase(anna)
    shown = page_of(message, browser)
    assert address not in shown
    assert "adressen är raderad" in shown


@pytest.mark.parametrize("way", [erase, remove])
def test_what_waited_for_stina_goes_to_the_customer_and_not_to_her(
    anna: cast.House, way: Callable[[cast.House], None]
) -> None:
    cast.message_of(anna, staff=anna.staff)
    way(anna)
    assert deliver_due() == 1
    assert [sent.to for sent in mail.outbox] == [[anna.customer.email]]
    delivery = the_delivery()
    assert (delivery.state, delivery.address) == (State.ACCEPTED, anna.customer.email)


@pytest.mark.parametrize("way", [erase, remove])
def test_the_customers_own_address_is_not_stinas_and_stays(
    anna: cast.House, way: Callable[[cast.House], None]
) -> None:
    anna.staff.email = ""
    anna.staff.save()
    cast.message_of(anna, staff=anna.staff)
    assert deliver(the_delivery().id) == State.ACCEPTED
    way(anna)
    assert the_delivery().address == anna.customer.email


def test_without_an_address_of_the_customers_it_is_given_up_and_says_why(
    anna: cast.House, sign_in: Any
) -> None:
    message = cast.message_of(anna, staff=anna.staff)
    customer = Customer.objects.get(id=anna.customer.id)
    customer.email = ""
    customer.save()
    remove(anna)
    assert deliver(the_delivery().id) == State.DEAD
    delivery = the_delivery()
    assert (delivery.error, delivery.settled_at is None) == ("recipient_erased", False)
    assert mail.outbox == []
    assert "adressen är raderad" in page_of(message, sign_in(anna.administrator))


def test_a_delivery_under_way_is_settled_by_its_worker_and_keeps_no_address(
    anna: cast.House,
) -> None:
    cast.message_of(anna, staff=anna.staff)
    mine = claim(the_delivery().id, database_now())
    assert mine is not None
    remove(anna)
    assert mine.let_go(state=State.ACCEPTED, settled_at=database_now())
    assert (the_delivery().state, the_delivery().address) == (State.ACCEPTED, "")


def test_nothing_is_sent_to_stina_while_her_removal_waits(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.message_of(anna, staff=anna.staff)

    def away(*args: object) -> str:
        raise OSError("the ledger is away")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "intend", away)
        with pytest.raises(OSError, match="away"):
            remove(anna)
    assert deliver_due() == 0
    purge_all(database_now() + timedelta(minutes=10))
    assert deliver_due() == 1
    assert [sent.to for sent in mail.outbox] == [[anna.customer.email]]


def test_while_the_root_key_is_away_the_removal_waits_whole(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.message_of(anna, staff=anna.staff)

    def away(*args: Any, **kwargs: Any) -> int:
        raise RootUnreachable("away")

    with monkeypatch.context() as patch:
        patch.setattr(SealedQuerySet, "write_sealed", away)
        with pytest.raises(RootUnreachable):
            remove(anna)
        assert StaffMember._base_manager.filter(id=anna.staff.id).exists()
        later = database_now() + timedelta(minutes=10)
        run = purge_all(later)
        assert (run.waiting, run.failed) == ([StaffMember._meta.label], [])
    purge_all(later + timedelta(minutes=10))
    assert not StaffMember._base_manager.exists()
    assert the_delivery().address == ""
    assert not ShredJob.objects.exists()


def test_many_are_emptied_in_batches(anna: cast.House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(belongings, "BATCH", 3)
    for _ in range(8):
        cast.message_of(anna, staff=anna.staff)
    remove(anna)
    assert {each.address for each in Delivery.objects.all()} == {""}


def test_a_delivery_that_does_not_open_keeps_nobody_from_being_removed(anna: cast.House) -> None:
    for _ in range(2):
        cast.message_of(anna, staff=anna.staff)
    damaged, whole = Delivery.objects.order_by("id")
    envelope_flipped(damaged, whole)
    actions.shred([anna.staff], by=anna.administrator)
    assert Delivery.objects.get(id=whole.id).address == ""
