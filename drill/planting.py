"""Put planted strings in through the actions behind the real doors."""

from datetime import datetime, timedelta
from uuid import uuid4

from customers.actions.accounts import CustomerDetails, open_customer
from customers.actions.keys import create_api_key
from customers.actions.staff import StaffDetails, add_staff
from customers.models import Customer, Scope, StaffMember
from drill.plants import Plants
from messages.actions import MessageFacts, delete_message, take_message
from messages.models import Delivery, PhoneMessage
from recordings.actions import delete_recording
from recordings.models import Recording
from recordings.receiving import CallFacts, begin_upload, receive_recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.chain import seal_trail
from smartsvar.clock import database_now
from smartsvar.demo.voices import make_call
from smartsvar.shredding.marks import advance

PER_CUSTOMER = 200  # strings


def plant(count: int, seed: int) -> dict[str, list[str]]:
    """Plant at least `count` strings; return them all, and those that are mailed."""
    plants, at = Plants(seed), database_now()
    mailed: list[str] = []
    while len(plants.given) < count:
        customer = _customer(plants, at)
        end = min(count, len(plants.given) + PER_CUSTOMER)
        while len(plants.given) < end:
            person = _person(customer, plants, at)
            _call(customer, person, plants, at)
            for _ in range(4):
                mailed += _message(customer, person, plants, at)
    return {"planted": plants.given, "mailed": mailed}


def _customer(plants: Plants, at: datetime) -> Customer:
    details = CustomerDetails(
        company_name=plants.name(), organisation_number="556016-0680",
        contact_name=plants.name(), phone=plants.number(), email=plants.address(),
    )  # fmt: skip
    # Sign-in addresses are readable by design: none is planted.
    address = f"{uuid4().hex}@chef.example"
    return open_customer(details, administrator_email=address, by=SYSTEM, at=at)


def _person(customer: Customer, plants: Plants, at: datetime) -> StaffMember:
    details = StaffDetails(
        name=plants.name(), title=plants.name(), phone=plants.number(), email=plants.address(),
        keywords=[plants.name(), plants.name()], answer_notice=plants.phrase(),
    )  # fmt: skip
    return add_staff(customer, details, by=SYSTEM, at=at)


def _call(customer: Customer, person: StaffMember, plants: Plants, at: datetime) -> None:
    upload = begin_upload(customer, at=at)
    upload.write(make_call(1, "wav", seed=len(plants.given)))
    upload.finish()
    facts = CallFacts(
        started_at=at - timedelta(minutes=5), staff=person, caller_name=plants.name(),
        caller_number=plants.number(), call_id=plants.phrase(),
    )  # fmt: skip
    receive_recording(upload, facts, by=SYSTEM, at=at)


def _message(
    customer: Customer, person: StaffMember, plants: Plants, at: datetime
) -> tuple[str, ...]:
    """Take a message; return what of it the mail says in so many words."""
    name, company, matter = plants.name(), plants.name(), plants.phrase()
    facts = MessageFacts(
        taken_at=at, staff=person, caller_name=name, caller_company=company, matter=matter,
        caller_number=plants.number(), caller_email=plants.address(),
    )  # fmt: skip
    take_message(customer, facts, by=SYSTEM, at=at)
    return name, company, matter


def api_key() -> str:
    """Make a key of a planted customer; return its secret."""
    customer = Customer.objects.order_by("number")[0]
    _, secret = create_api_key(
        customer, label="Växel", scopes=Scope.values, days=1, by=SYSTEM, at=database_now()
    )
    return secret


def work() -> None:
    """Delete, seal the trail and mark, so that ledger and anchors have something to tell."""
    for recording in Recording.objects.order_by("id")[:1]:
        delete_recording(recording, by=SYSTEM)
    for message in PhoneMessage.objects.order_by("id")[:1]:
        delete_message(message, by=SYSTEM)
    seal_trail()
    advance(database_now())


def undelivered() -> int:
    """Count the deliveries that have not been handed over."""
    return Delivery.objects.exclude(state=Delivery.State.ACCEPTED).count()
