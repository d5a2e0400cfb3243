"""What support staff do: be made, open a customer's page, invite its first administrator."""

from contextlib import suppress
from datetime import datetime

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from customers.actions.invitations import invite, renew, withdraw_invitation
from customers.actions.members import NotAllowed
from customers.models import Customer, Invitation, Member, Role, User
from smartsvar.audit.actors import SYSTEM, Acting
from smartsvar.audit.trail import record
from smartsvar.paging import openable
from smartsvar.shredding.models import Gone


def create_support_agent(email: str, password: str, *, at: datetime) -> User:
    """Make a support agent's sign-in, its address taken as verified.

    Only ever a new sign-in: a member who became support would keep a foot in the customer's data.
    Raises NotAllowed for an address that can already sign in, ValidationError for a poor password.
    """
    email = email.strip().lower()
    if (
        User.objects.filter(email=email).exists()
        or EmailAddress.objects.filter(email=email).exists()
    ):
        raise NotAllowed(
            "This address already signs in; support staff need an address of their own."
        )
    validate_password(password, User(email=email))
    with transaction.atomic():
        user = User.objects.create_user(email, password, is_staff=True, date_joined=at)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        record("support.created", user, by=SYSTEM, customer_id=None, at=at)
    return user


def see_customer(customer: Customer, *, by: User, at: datetime) -> None:
    """Leave a trace that support opened the customer's page."""
    record("customer.seen", customer, by=by, customer_id=customer.id, at=at)


def first_invitation(customer: Customer) -> Invitation | None:
    """Return the invitation that opened the customer, while nobody has ever accepted one."""
    if has_members(customer):
        return None
    waiting = Invitation.objects.open().of(customer).filter(role=Role.ADMINISTRATOR)
    found: Invitation | None = waiting.order_by("created_at").first()
    return found


def has_members(customer: Customer) -> bool:
    """Whether somebody has accepted: from then on members invite."""
    return Member.objects.filter(customer=customer).exists()


def resend_first_invitation(customer: Customer, *, by: Acting, at: datetime) -> Invitation:
    """Send the first administrator a new link, to the same address; the old link ends.

    Raises NotAllowed once the customer has a member: from then on members invite.
    """
    with transaction.atomic():
        Customer.objects.select_for_update().get(id=customer.id)
        invitation = first_invitation(customer)
        if invitation is None:
            raise NotAllowed("There is no first invitation waiting to be accepted.")
        renew(invitation, by=by, at=at)
    return invitation


def invite_first_administrator(
    customer: Customer, *, email: str, name: str, by: Acting, at: datetime
) -> Invitation:
    """Invite a first administrator anew, after two weeks or a mistyped address; older links end.

    Raises NotAllowed once the customer has a member: from then on members invite.
    """
    waiting = Invitation.objects.open().filter(customer=customer)
    for invitation in () if has_members(customer) else waiting:
        with suppress(Gone):  # accepted or due meanwhile
            withdraw_invitation(invitation, by=by, at=at)
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(id=customer.id)
        if has_members(customer):
            raise NotAllowed("The customer has members, who invite.")
        for made in openable(list(waiting.all())):  # by a second press, while the first was busy
            if made.email == email.strip().lower():
                return made
        return invite(customer, email=email, name=name, role=Role.ADMINISTRATOR, by=by, at=at)
