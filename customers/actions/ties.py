"""What hangs on a person: the membership of somebody on the register, what a member has made.

Who leaves the register may still sign in; who leaves Mina Sidor may know keys, and whom it invited.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db.models import QuerySet

from customers.actions.invitations import invitations_of, withdraw_invitation
from customers.actions.keys import keys_of, revoke_api_key
from customers.actions.leaving import remove_member
from customers.actions.members import LastAdministrator
from customers.actions.staff import register_of
from customers.models import ApiKey, Customer, Invitation, Member, StaffMember
from smartsvar.audit.models import AuditEntry
from smartsvar.paging import openable

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ties:
    """Memberships and open invitations of people on the register.

    doubtful: the ids of those that are theirs by an address alone which others have too.
    """

    members: Sequence[Member] = ()
    invitations: Sequence[Invitation] = ()
    doubtful: frozenset[UUID] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.members or self.invitations)


@dataclass(frozen=True)
class Made:
    """Usable keys that a member made, and open invitations that it sent."""

    keys: Sequence[ApiKey] = ()
    invitations: Sequence[Invitation] = ()

    def __bool__(self) -> bool:
        return bool(self.keys or self.invitations)


def ties_of(customer: Customer, people: Collection[StaffMember]) -> Ties:
    """Return who of the customer's members and invited is one of these people on the register.

    By what an administrator has chosen, else by the address: who signs in by a leaver's own
    address leaves too. Ask before they are removed: afterwards nothing says so.
    """
    if not people:
        return Ties()
    ids = {person.pk for person in people}
    addresses = {person.email.casefold() for person in people} - {""}
    members: QuerySet[Any] = Member.objects.of(customer).select_related("user")
    found: list[Member] = list(members.filter(staff__id__among=list(ids)))
    found += members.filter(staff=None, user__email__in=addresses)
    invited: list[Invitation] = [
        each
        for each in invitations_of(customer)
        if each.staff_id in ids or (each.staff_id is None and each.email in addresses)
    ]
    everybody: list[Member | Invitation] = [*found, *invited]
    by_address = [each for each in everybody if each.staff_id is None]
    shared = _shared(customer, ids, addresses) if by_address else set()
    doubtful = frozenset(each.pk for each in by_address if _address_of(each) in shared)
    return Ties(openable(found), invited, doubtful)


def _address_of(each: Member | Invitation) -> str:
    return (each.user.email if isinstance(each, Member) else each.email).casefold()


def _shared(customer: Customer, leaving: set[UUID], addresses: set[str]) -> set[str]:
    """Return which of the leavers' addresses others have who stay, or the company itself."""
    staying = {each.email.casefold() for each in register_of(customer) if each.pk not in leaving}
    return addresses & (staying | {customer.email.casefold()})


def end_ties(ties: Ties, chosen: Collection[str], *, by: Member, at: datetime) -> list[Member]:
    """End the chosen of these memberships and withdraw the chosen invitations, named by their ids.

    Returns who stays a member though chosen: oneself, the last administrator. Where the ledger or
    the storage fails for one, the others are ended all the same, and then it raises.
    """
    stay: list[Member] = []

    def end(member: Member) -> None:
        if not _removed(member, by=by, at=at):
            stay.append(member)

    invited = [each for each in ties.invitations if str(each.pk) in chosen]
    members = [each for each in ties.members if str(each.pk) in chosen]
    _all_of(
        [partial(withdraw_invitation, each, by=by, at=at) for each in invited]
        + [partial(end, each) for each in members]
    )
    return stay


def _all_of(steps: Sequence[Callable[[], object]]) -> None:
    """Do every step, whichever fails; raise the first failure at the end."""
    failures: list[Exception] = []
    for step in steps:
        try:
            step()
        except Exception as error:
            log.exception("not ended", error=type(error).__name__)
            failures.append(error)
    if failures:
        raise failures[0]


def _removed(member: Member, *, by: Member, at: datetime) -> bool:
    if member.pk == by.pk:  # a membership of one's own ends on its own page, which says so
        return False
    try:
        remove_member(member, by=by, at=at)
    except LastAdministrator:
        return False
    return True


def made_by(member: Member, *, at: datetime) -> Made:
    """Return what the member has made and therefore may know, as far as it still opens something.

    By the audit trail: of a key that is older than its entries nobody knows who made it.
    """
    keys = list(keys_of(member.customer).filter(revoked_at=None, expires_at__gt=at))
    invited = list(Invitation.objects.open().decided_by(member.customer))
    entries = AuditEntry.objects.filter(
        object_id__in=[each.pk for each in (*keys, *invited)],
        verb__in=("apikey.created", "member.invited"),
        actor_id=member.pk,
    )
    mine = set(entries.values_list("object_id", flat=True))
    return Made(
        [each for each in keys if each.pk in mine],
        openable([each for each in invited if each.pk in mine]),
    )


def end_made(made: Made, chosen: Collection[str], *, by: Member, at: datetime) -> None:
    """Revoke the chosen keys and withdraw the chosen invitations, named by their ids.

    Every one is tried, as by end_ties().
    """
    keys = [each for each in made.keys if str(each.pk) in chosen]
    invited = [each for each in made.invitations if str(each.pk) in chosen]
    _all_of(
        [partial(revoke_api_key, each, by=by, at=at) for each in keys]
        + [partial(withdraw_invitation, each, by=by, at=at) for each in invited]
    )
