"""Invitations: by mail, once, for two weeks; accepted, somebody is a member."""

import hashlib
import secrets
from datetime import datetime
from typing import Literal

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from customers.actions.members import NotAllowed, join
from customers.models import Customer, Invitation, Member, Sees, StaffMember, User
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.jobs import enqueue
from smartsvar.paging import openable
from smartsvar.shredding.actions import carry_out, shred
from smartsvar.shredding.claims import claim_rows
from smartsvar.shredding.models import Held, ShredJob

LINK = ("token", "token_hash")


class InvitationUsed(Exception):
    """Somebody accepted or withdrew the invitation, or its time ran out."""


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
