"""Fetch and authorise in one step: what a member may reach, or 404.

Nobody learns whether something exists that is not theirs.
"""

from typing import cast
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404

from customers.models import Customer, Member, TenantOwned, TenantQuerySet, User


def memberships_of(user: User | AnonymousUser) -> "QuerySet[Member]":
    """Return the live memberships of a signed-in person; support staff have none."""
    if not isinstance(user, User) or user.is_staff or not user.is_active:
        return cast("QuerySet[Member]", Member.objects.none())
    rows: QuerySet[Member] = Member.objects.filter(user=user).live().select_related("customer")
    return rows


def member_at(user: User | AnonymousUser, number: int) -> Member:
    """Return the person's membership of the customer with this number. Raises Http404."""
    member = memberships_of(user).filter(customer__number=number).first()
    if member is None:
        raise Http404
    return member


def fetch_owned(rows: TenantQuerySet[TenantOwned], customer: Customer, identity: UUID) -> TenantOwned:
    """Return the customer's row with this id. Raises Http404, also for another tenant's."""
    row = rows.of(customer).filter(id=identity).first()
    if row is None:
        raise Http404
    return row
