"""Erasures beside what else is open at the customer: exports and their requests, the account's."""

from typing import Any

import pytest

from customers.actions.covers import About, end_cover, hold
from customers.models import Customer, Hold, Target
from messages.models import PhoneMessage
from privacy.cases.steps import open_case
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.exports.ask import ask_for_export
from privacy.models import Case, CaseKind, CaseState, Erasure, ErasureState, Export
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from smartsvar.vault.keys import forget_keys
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
ACCOUNT = About(target=Target.CUSTOMER)


def ask(house: cast.House, about: About) -> Erasure:
    return ask_erasure(house.customer, about, by=house.administrator, at=database_now())


def go_on(erasure: Erasure) -> str:
    """Carry it on now, however long it was to rest."""
    Erasure._base_manager.filter(id=erasure.id).update(lease_until=None)
    return carry_on(erasure.id, database_now())


def export_of(house: cast.House, about: About) -> Export:
    by = house.administrator
    return ask_for_export(house.customer, about, case=None, by=by, at=database_now())


def request_of(export: Export) -> Case:
    return Case.objects.get(id__in=[export.case_id])


def held(house: cast.House, about: About) -> Hold:
    return hold(
        house.customer, about, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None, by=SYSTEM,
        at=database_now(),
    )  # fmt: skip


def test_zacharias_is_erased_though_an_export_about_him_waited(anna: cast.House) -> None:
    """The export goes first, its request is closed with it, and the request's hold ends."""
    cast.message_of(anna)
    export = export_of(anna, ZACHARIAS)
    asked = ask(anna, ZACHARIAS)
    states = [go_on(asked) for _ in range(3)]
    assert ErasureState.DONE in states
    assert not Export._base_manager.filter(id=export.id).exists()
    assert not PhoneMessage._base_manager.exists()
    request = request_of(export)
    assert (request.state, request.closed_at is None) == (CaseState.WITHDRAWN, False)
    assert not Hold.objects.in_force().exists()


def test_an_export_erased_by_itself_leaves_no_request_and_no_hold(anna: cast.House) -> None:
    cast.message_of(anna)
    export = export_of(anna, ZACHARIAS)
    record = About(target=Target.RECORD, object_model="privacy.Export", object_id=export.id)
    assert go_on(ask(anna, record)) == ErasureState.DONE
    assert request_of(export).state == CaseState.WITHDRAWN
    assert not Hold.objects.in_force().exists()
    assert PhoneMessage.objects.count() == 1


def test_an_export_that_answers_a_letter_leaves_the_request_open(anna: cast.House) -> None:
    """Support asked for it to answer somebody: without it the request is still to be answered."""
    cast.message_of(anna)
    case = open_case(anna.customer, CaseKind.ACCESS, ZACHARIAS, by=SYSTEM, at=database_now())
    export = ask_for_export(anna.customer, ZACHARIAS, case=case, by=SYSTEM, at=database_now())
    record = About(target=Target.RECORD, object_model="privacy.Export", object_id=export.id)
    assert go_on(ask(anna, record)) == ErasureState.DONE
    assert Case.objects.get(id=case.id).closed_at is None
    assert Hold.objects.in_force().count() == 1


def test_an_erasure_that_waits_ends_with_the_account_and_forgets_the_number(
    anna: cast.House,
) -> None:
    cast.message_of(anna)
    kept = held(anna, ZACHARIAS)
    asked = ask(anna, ZACHARIAS)
    assert go_on(asked) == ErasureState.HELD
    end_cover(kept, by=anna.administrator, at=database_now())
    assert go_on(ask(anna, ACCOUNT)) == ErasureState.DONE
    assert not Customer._base_manager.exists()
    forget_keys()
    assert go_on(asked) == ErasureState.DONE
    after: Any = Erasure.objects.get(id=asked.id)
    assert (after.caller, after.calls, after.closed_at is None) == ("", [], False)
    assert after.due_at is not None
    assert after.certificate["fact"]["result"] == "done"
    assert cast.PLANTED_NUMBER not in str(after.certificate)
