"""Restrictions and holds beside a purge, beside damage, and beside exports."""

import os
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connections, transaction

from customers.actions.covers import DeletionUnderWay
from customers.models import Customer, Hold, Target
from messages.models import PhoneMessage
from privacy.exports.ask import ask_for_export
from privacy.models import Export
from privacy.purging.purge import purge
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.shredding.claims import claim_due
from smartsvar.shredding.models import Gone
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import RecordKey
from tests import cast
from tests.customers.test_covers import (
    OTHER,
    ZACHARIAS,
    About,
    held,
    long_ago,
    restricted,
    shown,
    single,
)

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

on_postgres = pytest.mark.skipif(
    os.environ["TEST_STACK"] != "postgres", reason="SQLite's writers are one at a time"
)


def test_a_hold_on_what_a_purge_has_taken_out_is_refused(anna: cast.House) -> None:
    call = cast.call_of(anna)
    long_ago(call)
    claim_due(Recording, database_now())
    with pytest.raises(DeletionUnderWay):
        held(anna, single(call))
    assert not Hold.objects.exists()


def test_a_hold_on_what_another_hold_keeps_already_is_placed(anna: cast.House) -> None:
    call = cast.call_of(anna)
    assert held(anna, single(call)) != held(anna, single(call))


def test_a_damaged_restriction_refuses_no_call_and_covers_its_caller_all_the_same(
    anna: cast.House,
) -> None:
    damaged = restricted(anna, About(target=Target.CALLER, caller=OTHER))
    restricted(anna)
    RecordKey.objects.filter(id=damaged.key_id).delete()
    forget_keys()
    cast.call_of(anna)
    cast.call_of(anna, caller_number=OTHER)
    free = cast.call_of(anna, caller_number="+46701740612")
    assert shown(anna) == {free.pk}


def test_a_later_hold_on_the_caller_keeps_the_calls_and_not_the_list_of_an_export(
    anna: cast.House,
) -> None:
    call, at = cast.call_of(anna), database_now()
    asked = ask_for_export(anna.customer, ZACHARIAS, case=None, by=anna.administrator, at=at)
    held(anna, ZACHARIAS)
    assert not Export.objects.get(id=asked.id).held
    purge(at + timedelta(days=400))
    assert not Export._base_manager.exists()
    assert list(Recording._base_manager.all()) == [call]


def test_nothing_is_stored_for_a_customer_that_was_taken_out(anna: cast.House) -> None:
    rows = [PhoneMessage(customer_id=anna.customer.id), PhoneMessage(customer_id=new_id())]
    with pytest.raises(Gone), transaction.atomic():
        PhoneMessage._refuse_claimed(rows)


@on_postgres
def test_a_purge_does_not_wait_for_who_is_placing_a_hold_and_leaves_it_the_rows(
    anna: cast.House, cecilia: cast.House
) -> None:
    """The one has the rows and wants the customer, the other the customer and wants the rows."""
    for house in (anna, cecilia):
        long_ago(cast.call_of(house))
    claimed: list[Any] = []

    def claim() -> None:
        claimed.append(claim_due(Recording, database_now())[0])
        connections.close_all()

    claiming = Thread(target=claim)
    with transaction.atomic():
        Customer.objects.select_for_update().get(id=anna.customer.id)
        claiming.start()
        claiming.join(10)
        waited = claiming.is_alive()
        mine = Recording._base_manager.filter(customer=anna.customer)
        assert mine.update(held=True) == 1
    claiming.join()
    assert not waited
    assert [row.customer_id for job in claimed for row in job.noted] == [cecilia.customer.id]
