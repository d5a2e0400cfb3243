"""The tests' fictional cast, so that isolation reads as a story.

Anna runs Ankdamms Bygg, with Bertil as member and Rut as reader. Cecilia runs Cykelhuset. Sven is
a curious support agent and a superuser. Pia's PBX delivers for every customer. Zacharias calls.
"""

import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import numpy as np
import soundfile
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from customers.actions.accounts import CustomerDetails, open_customer
from customers.actions.keys import create_api_key
from customers.actions.members import join
from customers.actions.staff import StaffDetails, add_staff
from customers.models import ApiKey, Customer, Member, Role, Scope, StaffMember, User
from messages.actions import MessageFacts, take_message
from messages.models import PhoneMessage
from recordings.models import Recording
from recordings.receiving import CallFacts, begin_upload, receive_recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now

PASSWORD = "korrekt häst batteri"
PLANTED_NAME = "Zacharias Ödlund-Planterad"
PLANTED_NUMBER = "+46701740666"
PLANTED_COMPANY = "Planterad Plåt AB"
PLANTED_MATTER = "Planterat ärende: taket läcker vid Sockenplan"
PLANTED_EMAIL = "zacharias@planterad.example"


def tone(
    seconds: float = 2.0, *, rate: int = 8000, form: str = "WAV", kind: str | None = None
) -> bytes:
    """Return real audio bytes: a tone that swells, in the given libsndfile format."""
    t = np.arange(int(seconds * rate)) / rate
    wave = 0.6 * np.sin(2 * np.pi * 440 * t) * np.linspace(0.1, 1, len(t))
    file = io.BytesIO()
    soundfile.write(file, wave, rate, format=form, subtype=kind)
    return file.getvalue()


@cache
def hashed_password() -> str:
    """Hash everybody's password once: it is slow, as it should be."""
    return make_password(PASSWORD)


@dataclass
class House:
    """One customer with everything it has."""

    customer: Customer
    administrator: Member
    member: Member
    reader: Member
    staff: StaffMember
    key: ApiKey
    secret: str
    extra: dict[str, Any] = field(default_factory=dict)


def open_house(name: str, *, at: datetime | None = None) -> House:
    """Open a customer with a member of each role, a staff member and an integrator's key."""
    at = at or database_now()
    slug = f"{name.split()[0].lower()}-{uuid4().hex[:6]}"
    details = CustomerDetails(
        company_name=name, organisation_number="556016-0680", contact_name=f"Kontakt {name}",
        phone="+46701740605", email=f"vaxel@{slug}.example",
    )  # fmt: skip
    customer = open_customer(details, administrator_email=f"chef@{slug}.example", by=SYSTEM, at=at)
    people = {}
    for role in Role.values:
        user = User.objects.create(email=f"{role}@{slug}.example", password=hashed_password())
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        people[role] = join(customer, user, role=role, name=f"{role} på {name}", at=at)
    person = StaffDetails(name=f"Stina på {name}", title="Säljare", email=f"stina@{slug}.example")
    staff = add_staff(customer, person, by=people["administrator"], at=at)
    key, secret = create_api_key(
        customer, label="Växel", scopes=Scope.values, days=30, by=people["administrator"], at=at
    )
    return House(
        customer, people["administrator"], people["member"], people["reader"], staff, key, secret
    )


def call_of(
    house: House, *, at: datetime | None = None, audio: bytes | None = None, **facts: Any
) -> Recording:
    """Receive a real recording of a call from Zacharias."""
    at = at or database_now()
    known: dict[str, Any] = {
        "started_at": at - timedelta(minutes=5),
        "caller_name": PLANTED_NAME,
        "caller_number": PLANTED_NUMBER,
        "called_number": "+46846500401",
    }
    upload = begin_upload(house.customer, at=at)
    upload.write(tone() if audio is None else audio)
    upload.finish()
    return receive_recording(upload, CallFacts(**(known | facts)), by=house.key, at=at)


def message_of(house: House, *, at: datetime | None = None, **facts: Any) -> PhoneMessage:
    """Take a message from Zacharias."""
    at = at or database_now()
    known: dict[str, Any] = {
        "matter": PLANTED_MATTER,
        "taken_at": at,
        "caller_name": PLANTED_NAME,
        "caller_number": PLANTED_NUMBER,
        "caller_company": PLANTED_COMPANY,
        "caller_email": PLANTED_EMAIL,
    }
    return take_message(house.customer, MessageFacts(**(known | facts)), by=house.key, at=at)


def support_agent(email: str = "sven@support.example") -> User:
    """Return Sven: support staff and superuser."""
    user = User.objects.create(
        email=email, password=hashed_password(), is_staff=True, is_superuser=True
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user
