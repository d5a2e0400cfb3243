"""Invitations and memberships: the customer decides who is in."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from customers.actions.staff import sort_key
from customers.models import Customer, Invitation, Member, Role, Sees, StaffMember, User
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.jobs import enqueue
from smartsvar.paging import openable
from smartsvar.shredding.actions import carry_out, shred
from smartsvar.shredding.claims import claim_rows
from smartsvar.shredding.models import Held, ShredJob

LINK = ("token", "token_hash")


class NotAllowed(Exception):
    """The rules forbid it; the message is for the person who asked."""


class StillLeaving(Exception):
    """The person's earlier membership is being destroyed: there is one row for both."""


class InvitationUsed(Exception):
    """Somebody accepted or withdrew the invitation, or its time ran out."""


class LastAdministrator(NotAllowed):
    """A customer always has an administrator."""


def hash_token(token: str) -> bytes:
    """Return what is stored of an invitation's token."""
    return hashlib.sha256(token.encode()).digest()


def invite(
    customer: Customer,
    *,
    email: str,
    name: str,
    role: str,
    by: Acting,
    at: datetime,
    sees: str = Sees.ALL,
    staff: StaffMember | None = None,
) -> Invitation:
    """Invite somebody by mail. The link works once, for two weeks."""
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        customer=customer, role=role, sees=sees, staff=staff, token_hash=hash_token(token),
        created_at=at,
    )  # fmt: skip
    invitation.email, invitation.name, invitation.token = email.strip().lower(), name, token
    with transaction.atomic():
        invitation.save(force_insert=True)
        record("member.invited", invitation, by=by, customer_id=customer.id, at=at)
        enqueue("customers.send_invitation", invitation.id)
    return invitation


def members_of(customer: Customer) -> list[Member]:
    """Return the customer's members with their sign-ins, sorted by name as Swedes sort."""
    rows = Member.objects.of(customer).select_related("user")
    return sorted(openable(list(rows)), key=lambda member: sort_key(member.name))


def protected_among(people: Collection[UUID]) -> set[UUID]:
    """Return which of these people have a second factor: all that their administrators learn."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    found = Authenticator.objects.filter(user_id__in=people, type__in=kinds)
    return set(found.values_list("user_id", flat=True))


def invitations_of(customer: Customer) -> list[Invitation]:
    """Return the customer's open invitations, newest first."""
    return openable(list(Invitation.objects.of(customer).order_by("-created_at", "-id")))


def find_addressee(customer: Customer, email: str) -> Literal["member", "invited", ""]:
    """Tell whether this address belongs to a member, or has an open invitation."""
    members = Member.objects.filter(customer=customer, user__email=email)
    if members.timely().exists():  # a restricted one too: nobody is invited twice
        return "member"
    return "invited" if any(each.email == email for each in invitations_of(customer)) else ""


def withdraw_invitation(invitation: Invitation, *, by: Member) -> None:
    """Destroy an open invitation; its link leads nowhere any more."""
    shred([invitation], by=by)


def find_invitation(token: str) -> Invitation | None:
    """Return the live invitation that this link belongs to."""
    found: Invitation | None = (
        Invitation.objects.filter(token_hash=hash_token(token))
        .live()
        .select_related("customer")
        .first()
    )
    return found


def accept_invitation(
    invitation: Invitation, *, user: User | None, password: str, name: str, at: datetime
) -> Member:
    """Make the invited person a member, creating the sign-in if the address has none.

    Raises NotAllowed for support staff: a support agent is never a member of a customer;
    InvitationUsed when another request was first; and StillLeaving.
    """
    if user is not None and user.is_staff:
        raise NotAllowed("Support staff cannot be members of a customer.")
    with transaction.atomic():
        if not Invitation.objects.select_for_update().filter(id=invitation.id).live().exists():
            raise InvitationUsed
        user = user or _new_sign_in(invitation.email, password)
        member = join(
            invitation.customer, user, role=invitation.role, name=name, at=at,
            sees=invitation.sees, staff=invitation.staff,
        )  # fmt: skip
        spent = _use_up(invitation, by=member, at=at)
    if spent is not None:
        carry_out(spent)
    return member


def _new_sign_in(email: str, password: str) -> User:
    """Create a sign-in. Raises InvitationUsed when the address has got one meanwhile."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password)
    except IntegrityError as error:  # an invitation of another customer, accepted at the same time
        raise InvitationUsed from error
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _use_up(invitation: Invitation, *, by: Member, at: datetime) -> ShredJob | None:
    """Claim an accepted invitation; where a hold keeps it, its link ends all the same.

    In the transaction that makes the member: whoever waits for the invitation finds it used.
    """
    try:
        return claim_rows(Invitation, [invitation.id], by=by, at=at)
    except Held:
        invitation.token, invitation.token_hash = "", hash_token(secrets.token_urlsafe(32))
        invitation.save(update_fields=LINK)
        return None


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
        customer=customer, user=user, role=role, sees=sees, staff=_registered(staff), joined_at=at
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
    others = (
        Member.objects.of(member.customer).filter(role=Role.ADMINISTRATOR).exclude(id=member.id)
    )
    decides = Member._base_manager.filter(id=member.id, role=Role.ADMINISTRATOR, shred_job_id=None)
    if decides.exists() and not others.exists():
        raise LastAdministrator("Make somebody else administrator first.")


def _decide(by: Member) -> None:
    """Lock the customer; raise NotAllowed for who was an administrator when the page was asked for.

    Call in a transaction: of two administrators who end each other's role, one is first. Whoever
    writes a row of the customer's meanwhile is not waited for: it may wait for what is locked next.
    """
    Customer.objects.select_for_update(no_key=True).get(id=by.customer_id)
    if not Member.objects.filter(id=by.id, role=Role.ADMINISTRATOR).live().exists():
        raise NotAllowed("Only an administrator decides about members.")


def change_role(member: Member, role: str, *, by: Member, at: datetime) -> None:
    """Give a member another role. Raises LastAdministrator, NotAllowed."""
    with transaction.atomic():
        _decide(by)
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
        _decide(by)
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
        _decide(by)
        member.sees, member.staff = sees, _registered(staff)
        member.save(update_fields=["sees", "staff"])
        record("member.sight_changed", member, by=by, customer_id=by.customer_id, at=at)


def _registered(person: StaffMember | None) -> StaffMember | None:
    """Return the person under a lock; None when it left the register meanwhile."""
    if person is None:
        return None
    living = StaffMember.objects.filter(id=person.id, shred_job_id=None)
    found: StaffMember | None = living.select_for_update(no_key=True, of=("self",)).first()
    return found


def note_leavers(at: datetime) -> int:
    """Note when people's last membership ended, however it did; return how many there were."""
    living = Member.objects.filter(user=OuterRef("pk"), shred_job_id=None)
    alone = User.objects.filter(is_staff=False, left_at=None).exclude(Exists(living))
    return alone.update(left_at=at)
