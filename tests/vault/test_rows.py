"""Sealed rows: what the database sees, what it may be asked, and what moving them does."""

import pickle
import time
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, StaffMember
from messages.models import Delivery, PhoneMessage
from recordings.models import Recording
from smartsvar.vault import keys, memory
from smartsvar.vault.context import context
from smartsvar.vault.epochs import customer_key
from smartsvar.vault.errors import KeyLost, SealedFieldError, Tampered
from smartsvar.vault.models import RecordKey
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_row_reads_back_what_was_sealed(anna: cast.House) -> None:
    message = PhoneMessage.objects.get(id=cast.message_of(anna).id)
    assert message.matter == cast.PLANTED_MATTER
    assert message.caller_name == cast.PLANTED_NAME


def test_the_database_sees_no_planted_word(anna: cast.House) -> None:
    cast.message_of(anna)
    for alias in ("default", "keys"):
        dumped = _dump(alias)
        for word in (cast.PLANTED_NAME, cast.PLANTED_NUMBER, cast.PLANTED_MATTER, "Ödlund"):
            assert word.encode() not in dumped, f"{word} stands in {alias}"


def _dump(alias: str) -> bytes:
    found = b""
    with connections[alias].cursor() as cursor:
        for table in connections[alias].introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                found += b"\n".join(
                    bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row
                )
    return found


def test_an_envelope_does_not_open_in_another_row(anna: cast.House) -> None:
    one, other = cast.message_of(anna), cast.message_of(anna, matter="annat")
    connection.cursor().execute(
        "UPDATE phone_messages_phonemessage SET sealed = %s, key_id = %s WHERE id = %s",
        [bytes(one.sealed), *(_raw(x) for x in (one.key_id, other.id))],
    )
    with pytest.raises(Tampered):
        _ = PhoneMessage.objects.get(id=other.id).matter


def test_an_envelope_does_not_open_at_another_customer(
    anna: cast.House, cecilia: cast.House
) -> None:
    message = cast.message_of(anna)
    connection.cursor().execute(
        "UPDATE phone_messages_phonemessage SET customer_id = %s WHERE id = %s",
        [_raw(cecilia.customer.id), _raw(message.id)],
    )
    keys.forget_keys()
    moved = PhoneMessage.objects.get(id=message.id)
    assert moved.customer_id == cecilia.customer.id
    with pytest.raises(Tampered):
        _ = moved.matter
    moved.customer = anna.customer
    assert moved.matter == cast.PLANTED_MATTER, "it is the customer that was wrong"


def _raw(value: Any) -> Any:
    return value.hex if connection.vendor == "sqlite" else value


@pytest.mark.parametrize("position", [0, 1, 13, 40, -1])
def test_one_flipped_bit_is_refused(anna: cast.House, position: int) -> None:
    message = cast.message_of(anna)
    sealed = bytearray(message.sealed)
    sealed[position] ^= 1
    key = keys.open_key(message.key_id)
    with pytest.raises(Tampered):
        key.open_row(bytes(sealed), message._meta.label, message.id)


def test_every_part_of_the_context_counts(anna: cast.House) -> None:
    message, other = cast.message_of(anna), cast.message_of(anna)
    key = keys.open_key(message.key_id)
    sealed = bytes(message.sealed)
    assert key.open_row(sealed, message._meta.label, message.id)
    with pytest.raises(Tampered):
        key.open_row(sealed, "recordings.Recording", message.id)
    with pytest.raises(Tampered):
        key.open_row(sealed, message._meta.label, other.id)
    with pytest.raises(Tampered):
        keys.open_key(other.key_id).open_row(sealed, message._meta.label, message.id)


def test_a_context_cannot_be_shifted_between_its_parts() -> None:
    assert context("ab", "c") != context("a", "bc")
    assert context("ab") != context("ab", "")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Recording.objects.filter(caller_name="x"),
        lambda: Recording.objects.exclude(caller_number="x"),
        lambda: Recording.objects.get(call_id="x"),
        lambda: Recording.objects.order_by("caller_name"),
        lambda: Recording.objects.values("caller_name"),
        lambda: Recording.objects.values_list("peaks"),
        lambda: Recording.objects.update(caller_name="x"),
        lambda: Recording.objects.update(sealed=b"x"),
        lambda: Recording.objects.bulk_update([], ["caller_name"]),
    ],
)
def test_a_query_on_a_sealed_field_raises_and_names_the_alternative(ask: Any) -> None:
    with pytest.raises(SealedFieldError, match=r"sealed\. \w+"):
        ask()


def test_a_list_opens_with_one_key_query(anna: cast.House) -> None:
    for number in range(12):
        cast.message_of(anna, matter=f"ärende {number}")
    keys.forget_keys()
    rows = list(PhoneMessage.objects.of(anna.customer))
    with (
        CaptureQueriesContext(connections["keys"]) as queries,
        CaptureQueriesContext(connection) as main,
    ):
        assert {row.matter for row in rows} == {f"ärende {n}" for n in range(12)}
    assert len(queries) == 1
    assert len(main) == 0


def test_select_related_rows_share_the_key_query(anna: cast.House) -> None:
    for _ in range(5):
        cast.message_of(anna, staff=anna.staff)
    keys.forget_keys()
    rows = list(PhoneMessage.objects.of(anna.customer).select_related("staff", "customer"))
    with CaptureQueriesContext(connections["keys"]) as queries:
        names = {(row.matter, row.staff.name, row.customer.company_name) for row in rows}
    assert len(queries) == 1
    assert names == {(cast.PLANTED_MATTER, anna.staff.name, "Ankdamms Bygg AB")}


def test_saving_one_sealed_field_keeps_the_others(anna: cast.House) -> None:
    person = StaffMember.objects.get(id=anna.staff.id)
    person.title = "Chef"
    person.save(update_fields=["title"])
    again = StaffMember.objects.get(id=anna.staff.id)
    assert (again.title, again.name) == ("Chef", anna.staff.name)


def test_bulk_created_rows_are_sealed_each_under_its_own_key(anna: cast.House) -> None:
    people = [StaffMember(customer=anna.customer) for _ in range(3)]
    for number, person in enumerate(people):
        person.name = f"Person {number}"
    StaffMember.objects.bulk_create(people)
    found = StaffMember.objects.of(anna.customer).filter(id__in=[p.id for p in people])
    assert sorted(p.name for p in found) == ["Person 0", "Person 1", "Person 2"]
    assert len({p.key_id for p in found}) == 3


def test_a_delivery_is_sealed_under_its_messages_key(anna: cast.House) -> None:
    message = cast.message_of(anna)
    delivery = Delivery.objects.get(message=message)
    assert delivery.key_id == message.key_id
    assert delivery.address == anna.customer.email


def test_a_missing_key_is_key_lost_not_an_empty_value(anna: cast.House) -> None:
    message = cast.message_of(anna)
    RecordKey.objects.filter(id=message.key_id).delete()
    keys.forget_keys()
    with pytest.raises(KeyLost):
        _ = PhoneMessage.objects.get(id=message.id).matter


def test_an_unwrapped_key_is_forgotten_after_its_time(anna: cast.House, monkeypatch: Any) -> None:
    message = cast.message_of(anna)
    keys.open_key(message.key_id)
    RecordKey.objects.filter(id=message.key_id).delete()
    keys.open_key(message.key_id)  # remembered
    later = time.monotonic() + memory.CACHE_SECONDS
    monkeypatch.setattr("smartsvar.vault.memory.time.monotonic", lambda: later)
    with pytest.raises(KeyLost):
        keys.open_key(message.key_id)


def test_opening_afresh_does_not_trust_the_memory(anna: cast.House) -> None:
    message = cast.message_of(anna)
    keys.open_key(message.key_id)
    RecordKey.objects.filter(id=message.key_id).delete()
    with pytest.raises(KeyLost):
        keys.open_key(message.key_id, fresh=True)


def test_an_opened_key_refuses_to_be_pickled_or_shown(anna: cast.House) -> None:
    key = keys.open_key(anna.customer.key_id)
    with pytest.raises(TypeError):
        pickle.dumps(key)
    assert "secret" not in repr(key).lower()


def test_a_sealed_row_shows_only_its_id(anna: cast.House) -> None:
    assert str(anna.customer) == str(anna.customer.id)
    assert "Ankdamms" not in repr(anna.customer)


def test_the_same_number_has_different_indexes_at_two_customers(
    anna: cast.House, cecilia: cast.House
) -> None:
    one, other = cast.message_of(anna), cast.message_of(cecilia)
    assert bytes(one.caller_index) != bytes(other.caller_index)
    assert list(
        PhoneMessage.objects.of(anna.customer).from_caller(anna.customer, cast.PLANTED_NUMBER)
    ) == [one]


def test_a_withheld_caller_has_no_index(anna: cast.House) -> None:
    assert cast.message_of(anna, caller_number="").caller_index is None


def test_a_stored_customer_key_of_another_customer_does_not_unwrap(
    anna: cast.House, cecilia: cast.House
) -> None:
    row = RecordKey.objects.select_related("customer_key").get(id=anna.customer.key_id)
    theirs = customer_key(cecilia.customer.id, "content")
    with pytest.raises(Tampered):
        theirs.unwrap(bytes(row.wrapped), row.model, row.object_id, row.id)
    assert Customer.objects.get(id=anna.customer.id).company_name == "Ankdamms Bygg AB"
