"""Memberships: the customer decides who is in, as what, and what they are shown."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Exists, OuterRef

from customers.actions.staff import registered, sort_key
from customers.models import Customer, Member, Role, Sees, StaffMember, User
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.paging import openable


class NotAllowed(Exception):
    """The rules forbid it; the message is for the person who asked."""


class StillLeaving(Exception):
    """The person's earlier membership is being destroyed: there is one row for both."""


class LastAdministrator(NotAllowed):
    """A customer always has an administrator."""


def members_of(customer: Customer) -> list[Member]:
    """Return the customer's members with their sign-ins, sorted by name as Swedes sort.

    Also while the customer is restricted: who has access is then decided about all the same.
    """
    rows = Member.objects.decided_by(customer).select_related("user")
    return sorted(openable(list(rows)), key=lambda member: sort_key(member.name))


def protected_among(people: Collection[UUID]) -> set[UUID]:
    """Return which of these people have a second factor: all that their administrators learn."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    found = Authenticator.objects.filter(user_id__in=people, type__in=kinds)
    return set(found.values_list("user_id", flat=True))


def join(
    customer: Customer,
    user: User,
    *,
    role: str,
    name: str,
    at: datetime,
    sees: str = Sees.ALL,
    staff: StaffMember | None = None,
) -> Member:
    """Make a user a member, in the caller's transaction; a member already keeps the role it has.

    Raises StillLeaving while the earlier membership is being destroyed.
    """
    mine = Member.objects.filter(customer=customer, user=user)
    existing: Member | None = mine.timely().first()  # restricted or not
    if existing is not None:
        return existing
    if mine.exists():
        raise StillLeaving
    member = Member(
        customer=customer, user=user, role=role, sees=sees, staff=registered(staff), joined_at=at
    )
    member.name = name
    member.save(force_insert=True)
    User.objects.filter(id=user.id).update(left_at=None)
    record("member.joined", member, by=member, customer_id=customer.id, at=at)
    return member


def guard_last_administrator(member: Member) -> None:
    """Raise LastAdministrator when nobody else could decide; call under the customer's lock.

    What role the member has is read anew: the caller's copy may be from before somebody's change.
    """
    mine = Member.objects.decided_by(member.customer).filter(role=Role.ADMINISTRATOR)
    others = mine.exclude(id=member.id)
    decides = Member._base_manager.filter(id=member.id, role=Role.ADMINISTRATOR, shred_job_id=None)
    if decides.exists() and not others.exists():
        raise LastAdministrator("Make somebody else administrator first.")


def decide(by: Acting) -> None:
    """Lock the customer; raise NotAllowed for who was an administrator when the page was asked for.

    Call in a transaction: of two administrators who end each other's role, one is first. Whoever
    writes a row of the customer's meanwhile is not waited for: it may wait for what is locked next.
    Of a key, support and the service itself their own doors have asked.
    """
    if not isinstance(by, Member):
        return
    Customer.objects.select_for_update(no_key=True).get(id=by.customer_id)
    mine = Member.objects.filter(id=by.id, role=Role.ADMINISTRATOR, restricted=False)
    if not mine.timely().exists():
        raise NotAllowed("Only an administrator decides about members.")


def change_role(member: Member, role: str, *, by: Member, at: datetime) -> None:
    """Give a member another role. Raises LastAdministrator, NotAllowed."""
    with transaction.atomic():
        decide(by)
        if role != Role.ADMINISTRATOR:
            guard_last_administrator(member)
        member.role = role
        member.save(update_fields=["role"])
        record("member.role_changed", member, by=by, customer_id=member.customer_id, at=at)


def hand_over(to: Member, *, by: Member, at: datetime) -> None:
    """Make `to` administrator in the place of `by`, who is a member from then on.

    In one step, so that the last administrator can: at no moment is there none. Raises NotAllowed.
    """
    with transaction.atomic():
        decide(by)
        if to.id == by.id or to.customer_id != by.customer_id:
            raise NotAllowed("Choose another member.")
        for member, role in ((to, Role.ADMINISTRATOR), (by, Role.MEMBER)):
            member.role = role
            member.save(update_fields=["role"])
            record("member.role_changed", member, by=by, customer_id=by.customer_id, at=at)


def change_sight(
    member: Member, *, sees: str, staff: StaffMember | None, by: Member, at: datetime
) -> None:
    """Say whose calls and messages a member is shown, and who it is on the staff register.

    Raises NotAllowed.
    """
    with transaction.atomic():
        decide(by)
        member.sees, member.staff = sees, registered(staff)
        member.save(update_fields=["sees", "staff"])
        record("member.sight_changed", member, by=by, customer_id=by.customer_id, at=at)


def note_leavers(at: datetime) -> int:
    """Note when people's last membership ended, however it did; return how many there were."""
    living = Member.objects.filter(user=OuterRef("pk"), shred_job_id=None)
    alone = User.objects.filter(is_staff=False, left_at=None).exclude(Exists(living))
    return alone.update(left_at=at)
