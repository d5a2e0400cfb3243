"""A recording without a number is Zacharias's when a message of the same call names him."""

import os
import re
from functools import partial
from typing import Any

import pytest
from django.db import connection

from customers.actions.covers import About, end_cover, hold, restrict
from customers.calling import of_caller
from customers.models import Hold, Target
from messages.models import PhoneMessage
from privacy.erasures.preview import preview
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.exports.selection import portions
from privacy.finder import find_caller
from privacy.models import Erasure, ErasureState
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.vault import epochs
from smartsvar.vault.index import blind_index, index_under
from smartsvar.vault.rotation import steps
from tests import cast
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

on_postgres = pytest.mark.skipif(
    os.environ["TEST_STACK"] != "postgres", reason="SQLite plans and writes otherwise"
)
ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
CALL = "pbx-1"
OTHER = "+46701740611"


def withheld(house: cast.House, call_id: str = CALL) -> Recording:
    return cast.call_of(house, call_id=call_id, caller_number="")


def found(house: cast.House, address: str = cast.PLANTED_NUMBER) -> dict[Any, int]:
    return {kind.model: kind.count for kind in find_caller(house.customer, address).kinds}


def shown(house: cast.House) -> set[Any]:
    models = (Recording, PhoneMessage)
    return {row.pk for model in models for row in model.objects.of(house.customer)}


def restricted(house: cast.House) -> Any:
    by, at = house.administrator, database_now()
    return restrict(house.customer, ZACHARIAS, reason="Bestrids", keeps=False, by=by, at=at)


def held(house: cast.House, about: About) -> Hold:
    by, at, kind = house.administrator, database_now(), Hold.Kind.LEGAL
    return hold(house.customer, about, kind=kind, reason="Tvist", ends_at=None, by=by, at=at)


def erase(house: cast.House) -> Erasure:
    by, at = house.administrator, database_now()
    erasure = ask_erasure(house.customer, ZACHARIAS, by=by, at=at)
    carry_on(erasure.id, database_now())
    erasure.refresh_from_db()
    return erasure


def test_the_finder_finds_the_recording_by_the_messages_number_and_mail(anna: cast.House) -> None:
    cast.message_of(anna, call_id=CALL)
    withheld(anna)
    assert found(anna) == {Recording: 1, PhoneMessage: 1}
    assert found(anna, cast.PLANTED_EMAIL) == {Recording: 1, PhoneMessage: 1}
    assert found(anna, OTHER) == {}


def test_a_message_without_a_number_is_found_by_the_recordings(anna: cast.House) -> None:
    cast.call_of(anna, call_id=CALL)
    cast.message_of(anna, call_id=CALL, caller_number="")
    assert found(anna) == {Recording: 1, PhoneMessage: 1}


def test_what_has_another_number_call_or_customer_is_not_his(
    anna: cast.House, cecilia: cast.House
) -> None:
    cast.message_of(anna, call_id=CALL)
    cast.call_of(anna, call_id=CALL, caller_number=OTHER)
    withheld(anna, "pbx-2")
    withheld(anna, "")
    withheld(cecilia)
    assert found(anna) == {PhoneMessage: 1}
    assert found(cecilia) == {}


def test_his_export_holds_the_recording(anna: cast.House) -> None:
    cast.message_of(anna, call_id=CALL)
    call = withheld(anna)
    (part,) = [one for one in portions(anna.customer, ZACHARIAS) if one.model is Recording]
    assert list(part.rows(database_now())) == [call]


def test_his_restriction_hides_the_recording_until_it_is_lifted(anna: cast.House) -> None:
    message, call = cast.message_of(anna, call_id=CALL), withheld(anna)
    cover = restricted(anna)
    assert shown(anna) == set()
    end_cover(cover, by=anna.administrator, at=database_now())
    assert shown(anna) == {message.pk, call.pk}


def test_a_recording_that_comes_after_the_restricted_message_is_hidden(anna: cast.House) -> None:
    restricted(anna)
    cast.message_of(anna, call_id=CALL)
    withheld(anna)
    other = withheld(anna, "pbx-2")
    assert shown(anna) == {other.pk}


def test_a_recording_that_came_before_the_restricted_message_is_hidden(anna: cast.House) -> None:
    restricted(anna)
    call = withheld(anna)
    assert shown(anna) == {call.pk}
    cast.message_of(anna, call_id=CALL)
    assert shown(anna) == set()


def test_a_hold_keeps_the_recording_too(anna: cast.House) -> None:
    cast.message_of(anna, call_id=CALL)
    call = withheld(anna)
    cover = held(anna, ZACHARIAS)
    assert Recording.objects.get(id=call.id).held
    end_cover(cover, by=anna.administrator, at=database_now())
    assert not Recording.objects.get(id=call.id).held


def test_his_erasure_takes_the_recording(anna: cast.House) -> None:
    cast.message_of(anna, call_id=CALL)
    withheld(anna)
    other = withheld(anna, "pbx-2")
    going = {line.model: line.count for line in preview(anna.customer.id, ZACHARIAS).going}
    assert (going[Recording], going[PhoneMessage]) == (1, 1)
    assert erase(anna).state == ErasureState.DONE
    assert shown(anna) == {other.pk}


def test_a_held_recording_goes_after_its_hold_though_the_message_went_before(
    anna: cast.House,
) -> None:
    cast.message_of(anna, call_id=CALL)
    call = withheld(anna)
    single = About(target=Target.RECORD, object_model=call._meta.label, object_id=call.pk)
    cover = held(anna, single)
    erasure = erase(anna)
    assert (erasure.state, shown(anna)) == (ErasureState.HELD, {call.pk})
    assert erasure.calls
    end_cover(cover, by=anna.administrator, at=database_now())
    Erasure.objects.filter(id=erasure.id).update(lease_until=None)
    assert carry_on(erasure.id, database_now()) == ErasureState.DONE
    assert shown(anna) == set()
    assert Erasure.objects.get(id=erasure.id).calls == []


def test_the_recording_is_found_while_half_is_indexed_under_the_next_key(anna: cast.House) -> None:
    message, call = cast.message_of(anna, call_id=CALL), withheld(anna)
    old = bytes(Recording.objects.get(id=call.id).call_index)
    steps.begin(anna.customer.id)
    epochs.forget_customer_keys()
    newest = epochs.customer_keys(anna.customer.id, epochs.INDEX)[-1]
    moved = index_under(newest, "call_id", CALL)
    PhoneMessage.objects.filter(id=message.id).update(call_index=moved)
    assert moved != old == blind_index(anna.customer.id, "call_id", CALL)
    assert found(anna)[Recording] == 1


def many_like(call: Recording, rows: int) -> None:
    """Insert copies of the row, of other calls, half of them with other callers' numbers.

    And let the database count them.
    """
    table = call._meta.db_table
    columns = [str(field.column) for field in call._meta.concrete_fields]
    others = {
        "id": "gen_random_uuid()",
        "caller_index": "CASE WHEN n %% 2 = 0 THEN decode(md5(n::text), 'hex') END",
        "call_index": "decode(md5('call' || n), 'hex')",
    }
    values = ", ".join(others.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}"
            " CROSS JOIN generate_series(1, %s) n WHERE id = %s",
            [rows, call.pk],
        )
        cursor.execute(f"ANALYZE {table}")


@on_postgres
def test_the_database_finds_his_rows_by_both_indexes(anna: cast.House) -> None:
    cast.message_of(anna, call_id=CALL)
    many_like(withheld(anna), 5000)
    which = of_caller(Recording, anna.customer.id, cast.PLANTED_NUMBER)
    rows = Recording._base_manager.filter(which, customer=anna.customer).order_by()
    plan = rows.explain()
    used = set(re.findall(r"Index Scan on (\w+)", plan))
    assert used == {"recording_caller", "recording_call"}, plan
    assert rows.count() == 1


@on_postgres
def test_of_two_rows_of_a_call_that_come_at_once_neither_is_shown(anna: cast.House) -> None:
    restricted(anna)
    for turn in range(12):
        call = partial(cast.message_of, anna, caller_email="", call_id=f"pbx-{turn}")
        at_once(
            partial(call, caller_number=""),
            partial(call, caller_number=cast.PLANTED_NUMBER),
        )
    assert PhoneMessage.objects.count() == 24
    assert shown(anna) == set()
