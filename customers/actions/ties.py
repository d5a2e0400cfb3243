"""What hangs on a person: the membership of somebody on the register, what a member has made.

Who leaves the register may still sign in; who leaves Mina Sidor may know keys, and whom it invited.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from customers.actions.invitations import withdraw_invitation
from customers.actions.keys import keys_of, revoke_api_key
from customers.actions.leaving import remove_member
from customers.actions.members import LastAdministrator
from customers.models import ApiKey, Customer, Invitation, Member
from smartsvar.audit.models import AuditEntry
from smartsvar.paging import openable


@dataclass(frozen=True)
class Ties:
    """Memberships and open invitations of people on the register."""

    members: Sequence[Member] = ()
    invitations: Sequence[Invitation] = ()

    def __bool__(self) -> bool:
        return bool(self.members or self.invitations)


@dataclass(frozen=True)
class Made:
    """Usable keys that a member made, and open invitations that it sent."""

    keys: Sequence[ApiKey] = ()
    invitations: Sequence[Invitation] = ()

    def __bool__(self) -> bool:
        return bool(self.keys or self.invitations)


def ties_of(customer: Customer, people: Collection[UUID]) -> Ties:
    """Return who of the customer's members and invited is one of these people on the register.

    Ask before they are removed: afterwards nothing says so.
    """
    if not people:
        return Ties()
    members = Member.objects.of(customer).filter(staff__id__among=list(people))
    invited = Invitation.objects.open().of(customer).filter(staff__id__among=list(people))
    return Ties(openable(list(members.select_related("user"))), openable(list(invited)))


def end_ties(ties: Ties, chosen: Collection[str], *, by: Member, at: datetime) -> list[Member]:
    """End the chosen of these memberships and withdraw the chosen invitations, named by their ids.

    Returns who stays a member though chosen: oneself, the last administrator.
    """
    for each in ties.invitations:
        if str(each.pk) in chosen:
            withdraw_invitation(each, by=by, at=at)
    return [
        each for each in ties.members if str(each.pk) in chosen and not _removed(each, by=by, at=at)
    ]


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
    """Revoke the chosen keys and withdraw the chosen invitations, named by their ids."""
    for key in made.keys:
        if str(key.pk) in chosen:
            revoke_api_key(key, by=by, at=at)
    for invitation in made.invitations:
        if str(invitation.pk) in chosen:
            withdraw_invitation(invitation, by=by, at=at)
