"""Invitations: by mail, once, for two weeks; accepted, somebody is a member."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from customers.actions.members import NotAllowed, decide, join
from customers.models import Customer, Invitation, Member, Sees, StaffMember, User
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.jobs import enqueue
from smartsvar.paging import openable
from smartsvar.shredding.actions import carry_out
from smartsvar.shredding.claims import claim_rows
from smartsvar.shredding.models import Gone, Held, ShredJob

LINK = ("token", "token_hash", "ended_at")
RENEWED = ("token", "token_hash", "created_at", "lease_until", "sent_at")
RESEND_AFTER = timedelta(minutes=5)  # else the button writes to a stranger at each press


class InvitationUsed(Exception):
    """Somebody accepted or withdrew the invitation, or its time ran out."""


class TooSoon(Exception):
    """The invitation was mailed a moment ago."""


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
    """Invite somebody by mail. The link works once, for two weeks. Raises NotAllowed."""
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        customer=customer, role=role, sees=sees, staff=staff, token_hash=hash_token(token),
        created_at=at,
    )  # fmt: skip
    invitation.email, invitation.name, invitation.token = email.strip().lower(), name, token
    with transaction.atomic():
        decide(by)
        invitation.save(force_insert=True)
        record("member.invited", invitation, by=by, customer_id=customer.id, at=at)
        enqueue("customers.send_invitation", invitation.id)
    return invitation


def invitations_of(customer: Customer) -> list[Invitation]:
    """Return the customer's open invitations, newest first; also while it is restricted."""
    rows = Invitation.objects.open().decided_by(customer)
    return openable(list(rows.order_by("-created_at", "-id")))


def find_addressee(customer: Customer, email: str) -> Literal["member", "invited", ""]:
    """Tell whether this address belongs to a member, or has an open invitation."""
    members = Member.objects.filter(customer=customer, user__email=email)
    if members.timely().exists():  # a restricted one too: nobody is invited twice
        return "member"
    return "invited" if any(each.email == email for each in invitations_of(customer)) else ""


def withdraw_invitation(invitation: Invitation, *, by: Acting, at: datetime) -> None:
    """End an open invitation: its link leads nowhere any more, and what it says is destroyed.

    Where a hold keeps the row, the link is dead all the same, and the row goes in its own time.
    """
    with transaction.atomic():
        spent = _use_up(invitation, by=by, at=at)
        if invitation.ended_at is not None:
            owner = invitation.customer_id
            record("invitation.withdrawn", invitation, by=by, customer_id=owner, at=at)
    if spent is not None:
        carry_out(spent)


def send_again(invitation: Invitation, *, by: Member, at: datetime) -> None:
    """Mail a new link, good for two weeks from now; the old one is dead.

    Raises TooSoon within RESEND_AFTER of the last mail or while it is on its way, Gone, NotAllowed.
    """
    with transaction.atomic():
        decide(by)
        rows = Invitation.objects.select_for_update(of=("self",)).filter(id=invitation.id)
        mine: Invitation | None = rows.open().live().first()
        if mine is None:
            raise Gone
        if mine.sent_at is None or at - mine.sent_at < RESEND_AFTER:
            raise TooSoon
        renew(mine, by=by, at=at)


def renew(invitation: Invitation, *, by: Acting, at: datetime) -> None:
    """Give an invitation a new link and have it mailed, in the caller's transaction."""
    token = secrets.token_urlsafe(32)
    invitation.token, invitation.token_hash = token, hash_token(token)
    invitation.created_at, invitation.lease_until, invitation.sent_at = at, None, None
    invitation.save(update_fields=RENEWED)
    record("member.invited_again", invitation, by=by, customer_id=invitation.customer_id, at=at)
    enqueue("customers.send_invitation", invitation.id)


def find_invitation(token: str) -> Invitation | None:
    """Return the live invitation that this link belongs to."""
    found: Invitation | None = (
        Invitation.objects.filter(token_hash=hash_token(token))
        .open()
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
        rows = Invitation.objects.select_for_update().filter(id=invitation.id)
        if not rows.open().live().exists():
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


def _use_up(invitation: Invitation, *, by: Acting, at: datetime) -> ShredJob | None:
    """Claim an accepted or withdrawn invitation; where a hold keeps it, its link ends all the same.

    In the transaction that makes the member: whoever waits for the invitation finds it used.
    """
    try:
        return claim_rows(Invitation, [invitation.id], by=by, at=at)
    except Held:
        invitation.token, invitation.token_hash = "", hash_token(secrets.token_urlsafe(32))
        invitation.ended_at = at
        invitation.save(update_fields=LINK)
        return None
