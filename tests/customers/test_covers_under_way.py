"""Restrictions and holds beside a purge, beside damage, and beside exports."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connections, transaction

from customers.actions.covers import DeletionUnderWay, end_cover
from customers.models import Customer, Hold, Target
from messages.models import PhoneMessage
from privacy.erasures import work
from privacy.erasures.steps import ask_erasure
from privacy.exports.ask import ask_for_export
from privacy.models import Erasure, ErasureState, Export
from privacy.purging.purge import purge
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.shredding.actions import carry_out, take_over
from smartsvar.shredding.claims import claim_due, claim_rows
from smartsvar.shredding.models import Gone
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import RecordKey
from tests import cast
from tests.at_once import on_postgres
from tests.customers.test_covers import (
    ACCOUNT,
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


def test_a_hold_on_what_a_purge_has_taken_out_is_refused(anna: cast.House) -> None:
    call = cast.call_of(anna)
    long_ago(call)
    claim_due(Recording, database_now())
    with pytest.raises(DeletionUnderWay):
        held(anna, single(call))
    assert not Hold.objects.exists()


def test_a_hold_or_restriction_of_an_account_that_goes_already_is_refused(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.call_of(anna)
    cast.message_of(anna)
    by, at = anna.administrator, database_now()
    erasure = ask_erasure(anna.customer, ACCOUNT, by=by, at=at)
    end_cover(held(anna, ACCOUNT), by=by, at=at)  # nothing has gone: it could be kept
    died: list[Any] = []

    def dying(job: Any) -> int:
        died.append(job)
        if len(died) > 1:
            raise RuntimeError
        return carry_out(job)

    with monkeypatch.context() as once:
        once.setattr(work, "carry_out", dying)
        with pytest.raises(RuntimeError):
            work.carry_on(erasure.id, at)
    for place in (held, restricted):
        with pytest.raises(DeletionUnderWay):
            place(anna, ACCOUNT)
    assert not Hold.objects.filter(ended_at=None).exists()
    assert not Customer.objects.get(id=anna.customer.id).restricted
    for job in take_over(at + timedelta(hours=1)):
        carry_out(job)
    Erasure.objects.update(lease_until=None)
    assert work.carry_on(erasure.id, at) == ErasureState.DONE
    assert not Customer.objects.filter(id=anna.customer.id).exists()


def test_a_caller_some_of_whose_calls_go_already_is_covered_for_the_rest(anna: cast.House) -> None:
    going, free = cast.call_of(anna), cast.call_of(anna)
    cast.call_of(anna, caller_number=OTHER)
    claim_rows(Recording, [going.id], by=anna.administrator, at=database_now())
    for place, flag in ((held, "held"), (restricted, "restricted")):
        cover = place(anna, ZACHARIAS)
        assert cover.too_late == 1
        flagged = Recording.objects.filter(**{flag: True})
        assert list(flagged.values_list("id", flat=True)) == [free.id]


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
