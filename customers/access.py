"""Fetch and authorise in one step: what a member may reach, or 404; what the role allows, or 403.

Nobody learns whether something exists that is not theirs. Within the own customer a refusal is
said plainly.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from customers.actions.members import NotAllowed
from customers.models import Customer, Member, TenantOwned, User
from customers.models.tenancy import TenantQuerySet

Allowed = Callable[[Member], bool]
View = Callable[..., HttpResponseBase]
T = TypeVar("T", bound=TenantOwned, covariant=True)


class Owned(Protocol[T]):
    """A manager or queryset of what belongs to customers."""

    def of(self, customer: Customer) -> "QuerySet[T]": ...


class Shown(Protocol[T]):
    """A manager or queryset of what concerns a customer's staff."""

    def visible_to(self, member: Member) -> "QuerySet[T]": ...


def memberships_of(user: User | AnonymousUser) -> "QuerySet[Member]":
    """Return the live memberships of a signed-in person; support staff have none.

    Also those of a customer whose processing is restricted: it still has its rights.
    """
    if not isinstance(user, User) or user.is_staff or not user.is_active:
        return cast("QuerySet[Member]", Member.objects.none())
    mine = Member.objects.filter(user=user, restricted=False).timely()
    rows: QuerySet[Member] = mine.select_related("customer")
    return rows


def member_at(user: User | AnonymousUser, number: int) -> Member:
    """Return the person's membership of the customer with this number. Raises Http404.

    With the database's time, `asked_at`: every page wants it, and need not ask again.
    """
    # Few; whether there are others the navigation asks.
    rows: Any = memberships_of(user)
    mine: list[Member] = list(rows.annotate(asked_at=Now()))
    member = next((each for each in mine if each.customer.number == number), None)
    if member is None:
        raise Http404
    member.elsewhere = len(mine) > 1
    return member


def reads(member: Member) -> bool:
    """Every member reads and listens."""
    return True


def changes(member: Member) -> bool:
    """Who keeps the staff register and deletes calls and messages."""
    return member.may_change


def administers(member: Member) -> bool:
    """Who decides about members, keys and settings."""
    return member.is_administrator


def member_page(*, may: Allowed = reads, restricted: bool = False) -> Callable[[View], View]:
    """Make a view a page of a customer: it gets the request and the member, never the number.

    A stranger is sent to sign in; somebody without a membership here gets 404, whether the
    customer exists or not; a member whose role is not enough gets 403. A customer whose processing
    is restricted has only the pages that say `restricted`: those by which it uses its rights.
    """

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def page(request: HttpRequest, number: int, **kwargs: Any) -> HttpResponseBase:
            member = member_at(cast(User, request.user), number)
            if not may(member):
                raise PermissionDenied
            if member.customer.restricted and not restricted:
                return render(request, "customers/restricted.html", {"member": member}, status=403)
            try:
                return view(request, member, **kwargs)
            except NotAllowed as error:  # the right was lost since the page was asked for
                raise PermissionDenied from error

        return cast(View, page)

    return decorate


def fetch_owned(rows: Owned[T], customer: Customer, identity: UUID) -> T:
    """Return the customer's row with this id. Raises Http404, also for another tenant's."""
    row = rows.of(customer).filter(id=identity).first()
    if row is None:
        raise Http404
    return row


def fetch_decided(rows: "TenantQuerySet[Any]", customer: Customer, identity: UUID) -> Any:
    """Return the row with this id that says who has access, also in a restricted customer.

    Raises Http404, also for what is restricted itself, and for another tenant's.
    """
    row = rows.decided_by(customer).filter(id=identity).first()
    if row is None:
        raise Http404
    return row


def fetch_visible(rows: Shown[T], member: Member, identity: UUID) -> T:
    """Return the call or message with this id, if the member is shown it. Raises Http404.

    To a member who is shown its own only, somebody else's is not there.
    """
    row = rows.visible_to(member).filter(id=identity).first()
    if row is None:
        raise Http404
    return row
