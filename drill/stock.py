"""What a drill's installation holds: customers with people, calls with real audio, messages."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from customers.actions.accounts import CustomerDetails, open_customer
from customers.actions.members import join
from customers.actions.staff import StaffDetails, add_staff
from customers.models import Customer, Member, Role, StaffMember, User
from messages.actions import MessageFacts, take_message
from recordings.receiving import CallFacts, begin_upload, receive_recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from smartsvar.demo.fiction import CALLERS, DENTIST, MATTERS
from smartsvar.demo.voices import make_call

COMPANIES = ("Ankdamms Bygg AB", "Cykelhuset i Lund AB", "Doften av Hav HB", "Ekbackens Åkeri AB")
SECONDS = 1.5
T = TypeVar("T")


def fill(calls: int, messages: int) -> list[str]:
    """Open the companies with so many calls and messages each; return the customers' ids."""
    at = database_now()
    for number, name in enumerate(COMPANIES):
        customer = open_account(name, at=at)
        receive(customer, calls, seed=number * 100, at=at)
        take(customer, messages, at=at)
    return [str(each.id) for each in Customer.objects.order_by("number")]


def more(calls: int, messages: int, seed: int) -> None:
    """Receive so many calls and messages more at every customer that is there."""
    at = database_now()
    for number, customer in enumerate(Customer.objects.live(at).order_by("number")):
        receive(customer, calls, seed=seed + number * 100, at=at)
        take(customer, messages, at=at)


def open_more(count: int) -> None:
    """Open so many customers more, without calls and messages."""
    at = database_now()
    for number in range(count):
        open_account(f"Bolag nummer {number}", at=at)


def open_account(name: str, *, at: datetime) -> Customer:
    """Open a customer with an administrator and two people on its register."""
    details = CustomerDetails(
        company_name=name, organisation_number="556016-0680", contact_name=f"Kontakt på {name}",
        phone="+46701740605", email=f"vaxel@{uuid4().hex}.example",
    )  # fmt: skip
    address = f"chef@{uuid4().hex}.example"
    customer = open_customer(details, administrator_email=address, by=SYSTEM, at=at)
    user = User.objects.create(email=address)
    chief = join(customer, user, role=Role.ADMINISTRATOR, name=f"Chef på {name}", at=at)
    for person, title, keywords, notice in DENTIST.staff[:2]:
        facts = StaffDetails(
            name=person, title=title, keywords=keywords.split(", "), answer_notice=notice
        )
        add_staff(customer, facts, by=chief, at=at)
    return customer


def receive(customer: Customer, count: int, *, seed: int, at: datetime) -> None:
    """Receive calls with audio of their own, as a provider's uploads come."""
    for number, (name, _, caller) in zip(range(count), _again(CALLERS), strict=False):
        upload = begin_upload(customer, at=at)
        upload.write(make_call(SECONDS, "wav", seed=seed + number))
        upload.finish()
        facts = CallFacts(
            started_at=at - timedelta(minutes=5 + number), caller_name=name, caller_number=caller,
            called_number="+46846500401", call_id=f"samtal-{seed + number}",
        )  # fmt: skip
        receive_recording(upload, facts, by=SYSTEM, at=at)


def take(customer: Customer, count: int, *, at: datetime) -> None:
    """Take messages; each has a delivery to the customer's address."""
    staff = StaffMember.objects.of(customer).first()
    rounds = zip(range(count), _again(CALLERS), _again(MATTERS), strict=False)
    for number, (name, company, caller), matter in rounds:
        facts = MessageFacts(
            matter=f"{matter} ({uuid4().hex[:8]})", taken_at=at - timedelta(minutes=number),
            caller_name=name, caller_company=company, caller_number=caller, staff=staff,
        )  # fmt: skip
        take_message(customer, facts, by=SYSTEM, at=at)


def _again(things: Iterable[T]) -> Iterable[T]:
    while True:
        yield from things


def chief_of(customer: Customer) -> Member:
    """Return the customer's administrator."""
    found: Member = Member.objects.of(customer).filter(role=Role.ADMINISTRATOR).get()
    return found
