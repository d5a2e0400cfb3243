"""Ways to damage what is stored, as only somebody with the database in hand can."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, connections

from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.rows import SealedModel

Damage = Callable[[SealedModel, SealedModel], None]


def overwrite(row: SealedModel, **columns: Any) -> None:
    """Write columns of a row past the application."""
    table = row._meta.db_table
    names = ", ".join(f'"{name}" = %s' for name in columns)
    values = [_raw(value) for value in [*columns.values(), row.pk]]
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{table}" SET {names} WHERE id = %s', values)
    forget_keys()


def _raw(value: Any) -> Any:
    return value.hex if isinstance(value, UUID) and connection.vendor == "sqlite" else value


def _wrapped(row: SealedModel) -> bytes:
    return bytes(RecordKey.objects.get(id=row.key_id).wrapped)


def _rewrap(row: SealedModel, wrapped: bytes) -> None:
    RecordKey.objects.filter(id=row.key_id).update(wrapped=wrapped)
    forget_keys()


def flipped(data: bytes, place: int) -> bytes:
    """Return the data with one bit turned."""
    found = bytearray(data)
    found[place] ^= 1
    return bytes(found)


def envelope_flipped(row: SealedModel, other: SealedModel) -> None:
    overwrite(row, sealed=flipped(bytes(row.sealed), 20))


def envelope_cut(row: SealedModel, other: SealedModel) -> None:
    overwrite(row, sealed=bytes(row.sealed)[:-1])


def envelope_empty(row: SealedModel, other: SealedModel) -> None:
    overwrite(row, sealed=b"")


def envelope_of_another_suite(row: SealedModel, other: SealedModel) -> None:
    overwrite(row, sealed=b"\x07" + bytes(row.sealed)[1:])


def envelope_of_another_row(row: SealedModel, other: SealedModel) -> None:
    overwrite(row, sealed=bytes(other.sealed))


def envelope_and_key_of_another_row(row: SealedModel, other: SealedModel) -> None:
    overwrite(row, sealed=bytes(other.sealed), key_id=other.key_id)


def key_flipped(row: SealedModel, other: SealedModel) -> None:
    _rewrap(row, flipped(_wrapped(row), -1))


def key_cut(row: SealedModel, other: SealedModel) -> None:
    _rewrap(row, _wrapped(row)[:40])


def key_empty(row: SealedModel, other: SealedModel) -> None:
    _rewrap(row, b"")


def key_of_another_suite(row: SealedModel, other: SealedModel) -> None:
    _rewrap(row, b"\x02" + _wrapped(row)[1:])


def key_of_another_record(row: SealedModel, other: SealedModel) -> None:
    _rewrap(row, _wrapped(other))


def key_under_another_customer(row: SealedModel, other: SealedModel) -> None:
    theirs = RecordKey.objects.get(id=other.key_id).customer_key_id
    RecordKey.objects.filter(id=row.key_id).update(customer_key_id=theirs)
    forget_keys()


def _mislabel(row: SealedModel, **columns: Any) -> None:
    RecordKey.objects.filter(id=row.key_id).update(**columns)
    forget_keys()


def key_of_nothing(row: SealedModel, other: SealedModel) -> None:
    _mislabel(row, object_id=uuid4())


def key_names_another_record(row: SealedModel, other: SealedModel) -> None:
    _mislabel(row, object_id=other.pk)


def key_of_another_model(row: SealedModel, other: SealedModel) -> None:
    _mislabel(row, model="customers.Invitation")


def key_of_an_unknown_model(row: SealedModel, other: SealedModel) -> None:
    _mislabel(row, model="nowhere.Nothing")


def key_of_no_model(row: SealedModel, other: SealedModel) -> None:
    _mislabel(row, model="nothing")


def key_in_another_customers_name(row: SealedModel, other: SealedModel) -> None:
    """The key's row says in every column that it is the other record's."""
    theirs = RecordKey.objects.get(id=other.key_id)
    _mislabel(row, customer_key=theirs.customer_key, object_id=other.pk, model=theirs.model)


def customers_key_flipped(row: SealedModel) -> None:
    """The content key of the row's customer does not open, and nothing under it."""
    keys = CustomerKey.objects.filter(customer_id=row.vault_customer_id, key_class="content")
    for key in keys:
        keys.filter(id=key.id).update(wrapped=flipped(bytes(key.wrapped), -1))
    forget_keys()


def key_missing(row: SealedModel, other: SealedModel) -> None:
    with connections["keys"].cursor() as cursor:
        value = row.key_id.hex if connections["keys"].vendor == "sqlite" else row.key_id
        cursor.execute("DELETE FROM vault_recordkey WHERE id = %s", [value])
    forget_keys()


DAMAGES: list[Damage] = [
    envelope_flipped, envelope_cut, envelope_empty, envelope_of_another_suite,
    envelope_of_another_row, envelope_and_key_of_another_row, key_flipped, key_cut, key_empty,
    key_of_another_suite, key_of_another_record, key_missing,
]  # fmt: skip
MISLABELLED: list[Damage] = [
    key_of_nothing, key_names_another_record, key_of_another_model, key_of_an_unknown_model,
    key_of_no_model, key_under_another_customer, key_in_another_customers_name,
]  # fmt: skip
