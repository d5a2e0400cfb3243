"""Which rows are a caller's, in whatever model: by number or e-mail, or by the call they are of.

A recording whose number was withheld and a message that names the caller are shown together when
they share a call's id. So they are one caller's here too: a row without a number of its own belongs
to whoever another row of the same call names.
"""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q

from customers.models.tenancy import TenantOwned
from smartsvar.paging import openable
from smartsvar.personal_data import Erase, declared
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.epochs import INDEX, customer_keys
from smartsvar.vault.index import blind_indexes
from smartsvar.vault.rows import BlindIndex

Tenant = type[TenantOwned]
NOTHING = Q(pk__in=[])
CALL = "call_id"  # the sealed field by whose index rows of different models are of one call


def tenant_models() -> Iterator[Tenant]:
    """Yield every declared model whose rows belong to a customer and are shredded one by one."""
    for model, said in declared():
        if said.erase is Erase.SHRED and issubclass(model, TenantOwned):
            yield model


def caller_indexes(model: type[Shreddable]) -> list[BlindIndex]:
    """Return the blind indexes by which a caller is found in this model."""
    callers = model.personal_data.callers
    return [field for field in model.indexes() if field.of in callers]


def call_index(model: type[Shreddable]) -> BlindIndex | None:
    """Return the blind index by which the model's rows are of one call with others, if any."""
    return next((field for field in model.indexes() if field.of == CALL), None)


def knows_callers(model: type[Shreddable]) -> bool:
    """Whether the model's rows can be a caller's: by an address of their own, or by their call."""
    return bool(caller_indexes(model)) or call_index(model) is not None


def of_caller(
    model: type[Shreddable],
    customer_id: UUID,
    address: str,
    *,
    calls: Collection[bytes] | None = None,
) -> Q:
    """Return what finds a customer's rows about the caller with this number or e-mail.

    `calls`: the caller's calls, as calls_of() returns them, where they are known already. They are
    values and no subquery: beside the address's index, the database then uses that of the call.
    """
    found = _naming(model, customer_id, address)
    if call_index(model) is None:
        return found
    return found | of_calls(model, calls_of(customer_id, address) if calls is None else calls)


def _naming(model: type[Shreddable], customer_id: UUID, address: str) -> Q:
    """Return what finds the rows that have this number or e-mail themselves."""
    found = NOTHING
    for field in caller_indexes(model):
        found |= field.matches(customer_id, address)
    return found


def calls_of(customer_id: UUID, address: str) -> set[bytes]:
    """Return the indexes of the calls in which a row names this caller, under every epoch.

    While there are several epochs, the rows are opened: each bears its call's index under one only.
    """
    found: set[bytes] = set()
    for model in tenant_models():
        field = call_index(model)
        if field is None or not caller_indexes(model):
            continue
        named = Q(_naming(model, customer_id, address), customer_id=customer_id, shred_job_id=None)
        rows = model._base_manager.filter(named).exclude(**{field.attname: None})
        if len(customer_keys(customer_id, INDEX)) == 1:
            found |= {bytes(call) for call in rows.values_list(field.attname, flat=True).distinct()}
            continue
        for row in openable(list(rows)):
            found |= call_of(row)
    return found


def of_calls(model: type[Shreddable], calls: Collection[bytes]) -> Q:
    """Return what finds the rows of these calls that have no caller's number of their own."""
    field = call_index(model)
    if field is None or not calls:
        return NOTHING
    withheld: dict[str, Any] = {number.attname: None for number in _numbers(model)}
    return Q(**{f"{field.attname}__in": calls}, **withheld)


def _numbers(model: type[Shreddable]) -> list[BlindIndex]:
    """Return the indexes of callers' numbers: in an e-mail address alone, case is folded."""
    return [field for field in caller_indexes(model) if not field.fold]


def call_of(row: TenantOwned) -> set[bytes]:
    """Return the index of the row's call under every epoch; empty when it has no call's id."""
    field = call_index(type(row))
    call = getattr(row, field.of) if field else ""
    return set(blind_indexes(row.customer_id, CALL, call)) if call else set()


def addresses_of(row: TenantOwned) -> set[str]:
    """Return the numbers and e-mail addresses of the caller that are in the row itself."""
    return {getattr(row, field.of) for field in caller_indexes(type(row))} - {""}


def beside(row: TenantOwned) -> list[TenantOwned]:
    """Return what names the caller of a row that has no number itself: the others of its call."""
    calls = call_of(row)
    if not calls or any(getattr(row, number.of) for number in _numbers(type(row))):
        return []
    found: list[TenantOwned] = []
    for model in tenant_models():
        field = call_index(model)
        if field is not None and caller_indexes(model):
            same = Q(**{f"{field.attname}__in": calls}, customer_id=row.customer_id)
            found += openable(list(model._base_manager.filter(same, shred_job_id=None)))
    return found
