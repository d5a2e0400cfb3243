"""Which rows a restriction or hold covers, and the two flags by which rows are selected.

The flags stand on the rows, so that every list and every purge leaves them out with the index it
uses anyway; what a whole customer's flag says, TenantQuerySet asks the customer.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from customers.models import Customer, Member, StaffMember
from customers.models.cover import Cover, Hold, Restriction, Target
from customers.models.tenancy import TenantOwned
from smartsvar.personal_data import Erase, Restrict, declaration_of, declared
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.index import blind_indexes
from smartsvar.vault.rows import BlindIndex

Tenant = type[TenantOwned]
NOTHING = Q(pk__in=[])


def tenant_models() -> Iterator[Tenant]:
    """Yield every declared model whose rows belong to a customer and are shredded one by one."""
    for model, said in declared():
        if said.erase is Erase.SHRED and issubclass(model, TenantOwned):
            yield model


def caller_indexes(model: type[Shreddable]) -> list[BlindIndex]:
    """Return the blind indexes by which a caller is found in this model."""
    callers = model.personal_data.callers
    return [field for field in model.indexes() if field.of in callers]


def of_caller(model: type[Shreddable], customer_id: UUID, address: str) -> Q:
    """Return what finds a customer's rows about the caller with this number or e-mail."""
    found = NOTHING
    for field in caller_indexes(model):
        found |= field.matches(customer_id, address)
    return found


def covered(model: Tenant, cover: Cover) -> Q:
    """Return which rows of the model a restriction or hold covers, beside the customer's flag."""
    if cover.target == Target.CALLER:
        if not model.goes_with_caller:
            return NOTHING
        return of_caller(model, cover.customer_id, cover.caller)
    labels = {Target.STAFF: StaffMember._meta.label, Target.MEMBER: Member._meta.label}
    label = labels.get(Target(cover.target), cover.object_model)
    if cover.target == Target.CUSTOMER or model._meta.label != label:
        return NOTHING
    return Q(id=cover.object_id)


def flags_of(cover: Cover) -> dict[str, bool]:
    """Return the flags that it sets on what it covers."""
    if isinstance(cover, Restriction):
        return {"restricted": True} | ({"held": True} if cover.keeps else {})
    return {"held": True}


def put_on(cover: Cover) -> int:
    """Flag what it covers, in the caller's transaction; return how many rows it reached.

    What is being destroyed is not among them: a claim is the point of no return.
    """
    if cover.target == Target.CUSTOMER:
        mine = Customer._base_manager.filter(id=cover.customer_id)
        return mine.update(**flags_of(cover))
    reached = 0
    for model in tenant_models():
        flags = _fitting(model, flags_of(cover))
        which = covered(model, cover)
        if flags and which is not NOTHING:
            rows = model._base_manager.filter(which, customer_id=cover.customer_id)
            reached += rows.filter(shred_job_id=None).update(**flags)
    return reached


def take_off(cover: Cover) -> None:
    """Clear the flags of what it covered, and set again what others in force still cover."""
    cleared = dict.fromkeys(flags_of(cover), False)
    if cover.target == Target.CUSTOMER:
        Customer._base_manager.filter(id=cover.customer_id).update(**cleared)
    else:
        for model in tenant_models():
            which = covered(model, cover)
            if which is not NOTHING:
                rows = model._base_manager.filter(which, customer_id=cover.customer_id)
                rows.update(**cleared)
    for other in in_force([cover.customer_id]):
        if (type(other), other.id) != (type(cover), cover.id):
            put_on(other)


def in_force(customers: Collection[UUID], **narrowed: Any) -> list[Cover]:
    """Return the restrictions and holds in force at these customers."""
    found: list[Cover] = []
    for kind in (Restriction, Hold):
        found += kind.objects.filter(customer_id__in=customers, **narrowed).in_force()
    return found


def cover_new(model: Tenant, rows: Sequence[TenantOwned]) -> None:
    """Flag rows that were just written, if they are about a caller who is covered.

    Compares blind indexes and opens no cover: one that is damaged must not refuse every call.
    """
    fields = caller_indexes(model)
    if not fields or not model.goes_with_caller:
        return
    covers = in_force({row.customer_id for row in rows}, target=Target.CALLER)
    owners = {cover.customer_id for cover in covers}
    about = {row: _as_covers_name(row, fields) for row in rows if row.customer_id in owners}
    for cover in covers:
        flags, name = _fitting(model, flags_of(cover)), bytes(cover.caller_index or b"")
        met = [row.pk for row, names in about.items() if name in names]
        if met and flags:
            model._base_manager.filter(id__in=met).update(**flags)


def _as_covers_name(row: TenantOwned, fields: list[BlindIndex]) -> set[bytes]:
    """Return the indexes under which a cover may name the row's caller, at its customer alone."""
    named = Restriction._meta.get_field("caller_index")
    addresses = {named.written(getattr(row, field.of) or "") for field in fields} - {""}
    return {
        index
        for address in addresses
        for index in blind_indexes(row.customer_id, named.of, address)
    }


def _fitting(model: Tenant, flags: dict[str, bool]) -> dict[str, bool]:
    """Leave out what the model's declaration says a restriction does not do to it."""
    said = declaration_of(model)
    hidden = getattr(said, "restrict", Restrict.HIDE) is Restrict.HIDE
    return {name: on for name, on in flags.items() if name != "restricted" or hidden}
