"""A message is sent once more: to the same address, or to a colleague."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from customers.actions.members import members_of
from customers.actions.staff import register_of
from customers.models import Member, StaffMember
from messages.actions import queue_delivery
from messages.handling import still_there
from messages.models import Delivery, PhoneMessage
from smartsvar.audit.trail import record
from smartsvar.paging import openable
from smartsvar.shredding.models import Gone

MOST = 10  # deliveries of one message that members asked for: nobody's mailbox is filled from here
Cause = Delivery.Cause


class UnderWay(Exception):
    """The message is on its way already: one delivery at a time."""


class RecipientGone(Exception):
    """Whoever it was to go to has been removed meanwhile."""


class SentOften(Exception):
    """The message has been sent on MOST times."""


@dataclass(frozen=True)
class Recipient:
    """Where to, and whose address that is. A member's is read as the mail is written."""

    cause: str
    address: str = ""
    staff: StaffMember | None = None
    member: Member | None = None

    @property
    def where(self) -> str:
        """The address, to read before it is sent there."""
        return self.address or (self.member.user.email if self.member else "")


def again_to(message: PhoneMessage) -> dict[str, Recipient]:
    """Return where it may be sent again, by a name for each: last time's address, today's."""
    found: dict[str, Recipient] = {}
    last = (
        message.deliveries.select_related("staff", "member__user").order_by("-created_at").first()
    )
    if last is not None and _stands(last, message):
        found["last"] = Recipient(Cause.AGAIN, last.address, last.staff, last.member)
    person = message.staff
    if person is not None and _may_be_told(person) and person.email:
        found["person"] = Recipient(Cause.AGAIN, person.email, staff=person)
    if message.customer.email:
        found["company"] = Recipient(Cause.AGAIN, message.customer.email)
    first = {to.where: name for name, to in reversed(found.items()) if to.where}
    return {name: to for name, to in found.items() if first.get(to.where) == name}


def _stands(last: Delivery, message: PhoneMessage) -> bool:
    """Whether that address is still its reader's: one that was replaced may be somebody else's.

    Nor is it sent again to a member who is not shown it any more.
    """
    if not (_may_be_told(last.staff) and _may_be_told(last.member)):
        return False
    if last.member is not None:
        return last.member.may_see(message)
    reader = last.staff or message.customer
    return bool(reader.email == last.address)


def _may_be_told(person: StaffMember | Member | None) -> bool:
    """Article 18: nothing is sent to somebody restricted, or who is being removed.

    Nor to somebody whose row is damaged, whose address nobody can tell.
    """
    if person is None:
        return True
    return not person.restricted and person.shred_job_id is None and bool(openable([person]))


def colleagues(message: PhoneMessage) -> dict[str, Recipient]:
    """Return the people of the register who have an address, by `staff-` and id."""
    return {
        f"staff-{person.pk}": Recipient(Cause.FORWARDED, person.email, staff=person)
        for person in register_of(message.customer)
        if person.email
    }


def members(message: PhoneMessage) -> dict[str, Recipient]:
    """Return the members who are shown the message anyway, by `member-` and id."""
    return {
        f"member-{member.pk}": Recipient(Cause.FORWARDED, member=member)
        for member in members_of(message.customer)
        if member.may_see(message)
    }


def send_on(message: PhoneMessage, to: Recipient, *, by: Member, at: datetime) -> Delivery:
    """Queue one more delivery. Raises Gone, UnderWay, SentOften, RecipientGone.

    Whoever asks twice, or at the same time as a colleague, sends it once: the message is locked.
    """
    with transaction.atomic():
        living = PhoneMessage.objects.filter(id=message.id, shred_job_id=None)
        if not living.select_for_update(no_key=True).values_list("id"):
            raise Gone
        if message.deliveries.under_way().exists():
            raise UnderWay
        if message.deliveries.exclude(cause=Cause.TAKEN).count() >= MOST:
            raise SentOften
        for person in (to.staff, to.member):
            if person is not None and not still_there(person):
                raise RecipientGone
        delivery = queue_delivery(
            message, to.address, at=at, staff=to.staff, member=to.member, asked_by=by,
            cause=to.cause,
        )  # fmt: skip
        verb = f"phonemessage.{'sent_again' if to.cause == Cause.AGAIN else 'forwarded'}"
        record(verb, message, by=by, customer_id=message.customer_id, at=at)
    return delivery
