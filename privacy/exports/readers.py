"""Whose an export is: the administrators' of the account, or one member's alone."""

from typing import cast
from uuid import UUID

from django.db.models import F, Q, QuerySet

from customers.models import Customer, Member, Role, Target
from privacy.models import Export


def personal() -> Q:
    """Exports of what a member asked about itself: that is between the person and us.

    Where the request is gone, nobody can tell any more who asked: then it is the subject's alone.
    """
    own = Q(case__opened_by_kind="member", case__opened_by=F("object_id"))
    return Q(target=Target.MEMBER) & (Q(case=None) | own)


def exports_at(customer: Customer) -> "QuerySet[Export]":
    """Return the exports that all administrators of the account, and its keys, may know of."""
    rows = Export.objects.filter(~personal(), customer=customer).timely()
    return cast("QuerySet[Export]", rows)


def exports_of(member: Member) -> "QuerySet[Export]":
    """Return the exports that the member may list, fetch and delete."""
    seen = personal() & Q(object_id=member.id)
    if member.is_administrator:
        seen |= ~personal()
    rows = Export.objects.filter(seen, customer=member.customer).timely()
    return cast("QuerySet[Export]", rows)


def owner_of(export: Export) -> UUID | None:
    """Return the only member whom the export is for; None when it is the administrators'."""
    alone = Export._base_manager.filter(personal(), id=export.id).exists()
    return export.object_id if alone else None


def fetchers_of(export: Export) -> "QuerySet[Member]":
    """Return the members who may fetch the export now."""
    rows = Member.objects.filter(customer_id=export.customer_id, restricted=False).timely()
    owner = owner_of(export)
    whose = Q(role=Role.ADMINISTRATOR) if owner is None else Q(id=owner)
    return cast("QuerySet[Member]", rows.filter(whose, user__is_active=True))
