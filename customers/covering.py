"""Which rows a restriction or hold covers, and the two flags by which rows are selected.

The flags stand on the rows, so that every list and every purge leaves them out with the index it
uses anyway; what a whole customer's flag says, TenantQuerySet asks the customer.
"""

import hashlib
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from customers.calling import (
    CALL,
    NOTHING,
    Tenant,
    addresses_of,
    beside,
    call_of,
    calls_of,
    knows_callers,
    of_caller,
    of_calls,
    tenant_models,
)
from customers.models import Customer, Member, StaffMember
from customers.models.cover import Cover, Hold, Restriction, Target
from customers.models.tenancy import TenantOwned
from smartsvar.personal_data import Restrict, declaration_of
from smartsvar.unreadable import noticed
from smartsvar.vault.errors import Unreadable
from smartsvar.vault.index import blind_indexes


def covered(model: Tenant, cover: Cover, calls: Collection[bytes] = ()) -> Q:
    """Return which rows of the model a restriction or hold covers, beside the customer's flag.

    `calls`: for a caller, in which calls rows without a number are that caller's.
    """
    if cover.target == Target.CALLER:
        if not model.goes_with_caller:
            return NOTHING
        return of_caller(model, cover.customer_id, cover.caller, calls=calls)
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
    reached = sum(_flag(model, cover, covered(model, cover)) for model in tenant_models())
    if cover.target == Target.CALLER:
        # Only now: the rows that name the caller are locked, so none of them goes and leaves what
        # is the caller's by its call alone covered for good.
        calls = calls_of(cover.customer_id, cover.caller)
        reached += sum(_flag(model, cover, of_calls(model, calls)) for model in tenant_models())
    return reached


def being_deleted(cover: Cover) -> int:
    """Return how many rows that it is about came too late for it: somebody has claimed them."""
    calls = calls_of(cover.customer_id, cover.caller)
    found = 0
    for model in tenant_models():
        which = covered(model, cover, calls)
        if which is not NOTHING:
            rows = model._base_manager.filter(which, customer_id=cover.customer_id)
            found += rows.exclude(shred_job_id=None).count()
    return found


def _flag(model: Tenant, cover: Cover, which: Q) -> int:
    """Put the cover's flags on these rows of its customer; return how many it reached."""
    flags = _fitting(model, flags_of(cover))
    reaches = model.goes_with_caller or cover.target != Target.CALLER
    if not flags or which is NOTHING or not reaches:
        return 0
    rows = model._base_manager.filter(which, customer_id=cover.customer_id)
    return rows.filter(shred_job_id=None).update(**flags)


def take_off(cover: Cover) -> None:
    """Clear the flags of what it covered, and set again what others in force still cover.

    One among them that does not open names its caller by the index alone: what it may cover stays
    as it is, and nobody else's restriction or hold has to wait for it. Raises Unreadable where the
    one to end does not open itself: nobody knows any more what it covered.
    """
    cleared = dict.fromkeys(flags_of(cover), False)
    same = (type(cover), cover.id)
    others = [each for each in in_force([cover.customer_id]) if (type(each), each.id) != same]
    damaged = [each for each in others if not _opens(each)]
    if cover.target == Target.CUSTOMER:
        Customer._base_manager.filter(id=cover.customer_id).update(**cleared)
    else:
        about_caller = cover.target == Target.CALLER
        calls = calls_of(cover.customer_id, cover.caller) if about_caller else set()
        for model in tenant_models():
            which = covered(model, cover, calls)
            if which is not NOTHING:
                rows = model._base_manager.filter(which, customer_id=cover.customer_id)
                rows.exclude(pk__in=_in_doubt(rows, damaged)).update(**cleared)
    for other in others:
        if other not in damaged:
            put_on(other)


def _opens(cover: Cover) -> bool:
    """Whether it says what it covers: only one of a caller has to be opened for that."""
    if cover.target != Target.CALLER:
        return True
    try:
        cover.opened()
    except Unreadable as error:
        noticed(error, cover.place)
        return False
    return True


def _in_doubt(rows: Any, damaged: Collection[Cover]) -> list[UUID]:
    """Return which of these rows one of the covers that do not open may cover."""
    names = {bytes(cover.caller_index or b"") for cover in damaged}
    return [row.pk for row in rows if not _surely_others(row, names)] if names else []


def _surely_others(row: TenantOwned, names: set[bytes]) -> bool:
    try:
        return not names & _as_covers_name([row, *beside(row)])
    except Unreadable:
        return False  # doubt never shows, and never deletes


def in_force(customers: Collection[UUID], **narrowed: Any) -> list[Cover]:
    """Return the restrictions and holds in force at these customers."""
    found: list[Cover] = []
    for kind in (Restriction, Hold):
        found += kind.objects.filter(customer_id__in=customers, **narrowed).in_force()
    return found


def cover_new(model: Tenant, rows: Sequence[TenantOwned]) -> None:
    """Flag rows that were just written, if they are about a caller who is covered.

    And with them what is of the same call and without a number. Compares blind indexes and opens no
    cover: one that is damaged must not refuse every call.
    """
    if not knows_callers(model) or not model.goes_with_caller:
        return
    covers = in_force({row.customer_id for row in rows}, target=Target.CALLER)
    owners = {cover.customer_id for cover in covers}
    new = [row for row in rows if row.customer_id in owners]
    _one_at_a_time(new)
    about = {row: _as_covers_name([row, *beside(row)]) for row in new}
    for cover in covers:
        name = bytes(cover.caller_index or b"")
        met = [row for row, names in about.items() if name in names]
        if met:
            _flag(model, cover, Q(id__in=[row.pk for row in met]))
            calls = {call for row in met for call in call_of(row)}
            for other in tenant_models():
                _flag(other, cover, of_calls(other, calls))


def _one_at_a_time(rows: Sequence[TenantOwned]) -> None:
    """Wait, until commit, for whoever writes a row of the same calls: else neither sees the other.

    On SQLite writers are one at a time anyway.
    """
    if connection.vendor != "postgresql":
        return
    calls = {f"{row.customer_id} {getattr(row, CALL)}" for row in rows if call_of(row)}
    with connection.cursor() as cursor:
        for call in sorted(calls):
            number = hashlib.blake2b(call.encode(), digest_size=8).digest()
            lock = int.from_bytes(number, "big", signed=True)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])


def _as_covers_name(rows: Sequence[TenantOwned]) -> set[bytes]:
    """Return the indexes under which a cover may name these rows' callers, at their customer."""
    named = Restriction._meta.get_field("caller_index")
    return {
        index
        for row in rows
        for address in addresses_of(row)
        for index in blind_indexes(row.customer_id, named.of, named.written(address))
    }


def _fitting(model: Tenant, flags: dict[str, bool]) -> dict[str, bool]:
    """Leave out what the model's declaration says a restriction does not do to it."""
    said = declaration_of(model)
    hidden = getattr(said, "restrict", Restrict.HIDE) is Restrict.HIDE
    return {name: on for name, on in flags.items() if name != "restricted" or hidden}
