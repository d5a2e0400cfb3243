"""Take a message, and hand it over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from customers.models import Customer, Member, StaffMember
from messages.models import Delivery, PhoneMessage
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record, record_once
from smartsvar.jobs import enqueue
from smartsvar.shredding.actions import shred

READING = timedelta(minutes=30)  # reads within this time are one reading
FACTS = (
    "caller_name", "caller_company", "caller_number", "caller_email", "called_number",
    "matter", "call_id",
)  # fmt: skip


class AlreadyDue(Exception):
    """The message is older than messages are kept."""


@dataclass(frozen=True, kw_only=True)
class MessageFacts:
    """What the caller said. Numbers are normalised (smartsvar.callers)."""

    matter: str
    taken_at: datetime
    caller_name: str = ""
    caller_company: str = ""
    caller_number: str = ""
    caller_email: str = ""
    called_number: str = ""
    call_id: str = ""
    staff: StaffMember | None = None


def take_message(
    customer: Customer,
    facts: MessageFacts,
    *,
    by: Acting,
    at: datetime,
    settle: Callable[[UUID], None] | None = None,
) -> PhoneMessage:
    """Write down a message and its delivery in one transaction, then nudge a worker to send it.

    It goes to the staff member's address, else to the customer's. With neither, there is nothing
    to send, and the message waits on Mina Sidor. `settle` is called with the id in the same
    transaction. Raises AlreadyDue.
    """
    message = PhoneMessage(
        customer=customer, staff=facts.staff, taken_at=facts.taken_at, received_at=at
    )
    for name in FACTS:
        setattr(message, name, getattr(facts, name))
    due = message.derive_due()
    if due is not None and due <= at:
        raise AlreadyDue
    person = facts.staff if facts.staff and facts.staff.email else None
    address = person.email if person else customer.email
    with transaction.atomic():
        message.save(force_insert=True)
        record("phonemessage.taken", message, by=by, customer_id=customer.id, at=at)
        if address:
            queue_delivery(message, address, at=at, staff=person)
        if settle is not None:
            settle(message.pk)
    return message


def queue_delivery(message: PhoneMessage, address: str, *, at: datetime, **facts: Any) -> Delivery:
    """Write the outbox row, in the caller's transaction.

    `staff`: the person whose address it is. `member`: the one it goes to, with no address here.
    """
    delivery = Delivery(
        customer_id=message.customer_id, message=message, channel=Delivery.Channel.EMAIL,
        created_at=at, next_attempt_at=at, **facts,
    )  # fmt: skip
    delivery.address = address
    delivery.save(force_insert=True)
    enqueue("messages.deliver", delivery.id)
    return delivery


def read_message(message: PhoneMessage, *, by: Acting, at: datetime) -> None:
    """Note that the message was read; one trace per half hour and reader.

    Only a person's reading marks the message as read: a system that fetches is no reader.
    """
    customer = message.customer_id
    with transaction.atomic():
        record_once(
            "phonemessage.read", message, by=by, customer_id=customer, at=at, within=READING
        )
        if message.read_at is None and isinstance(by, Member):
            PhoneMessage.objects.filter(id=message.id, read_at=None).update(read_at=at)


def delete_message(message: PhoneMessage, *, by: Acting) -> None:
    """Destroy a message and its deliveries at the customer's request."""
    shred([message], by=by)
