"""The tests' subprocessors: Molnhotellet runs servers, Postduvan sends mail, both in the EEA."""

import base64
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from customers.models import Customer
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from subprocessors.models import Agreement, Engagement, Notice, Objection, Subprocessor
from subprocessors.notices import announce, earliest_day

CONTACT = "Molly Molnfors"


def engaged(
    name: str = "Molnhotellet AB", *, purpose: str = "hosting", starts_on: date, **facts: Any
) -> Engagement:
    """Engage a company from that day."""
    company, _ = Subprocessor.objects.get_or_create(
        name=name, defaults={"country": "SE", "website": "https://example.se"}
    )
    known: dict[str, Any] = {"country": "SE", "purpose": purpose, "starts_on": starts_on}
    return Engagement.objects.create(subprocessor=company, **(known | facts))


def agreed(engagement: Engagement, **facts: Any) -> Agreement:
    """Sign an agreement with the company."""
    agreement = Agreement(subprocessor=engagement.subprocessor, **facts)
    agreement.contact_name, agreement.contact_email = CONTACT, "molly@example.se"
    agreement.save()
    return agreement


def announced() -> Notice:
    """Announce that another company is to send our mail."""
    at = database_now()
    name = f"Postduva {uuid4().hex[:6]} AB"
    planned = engaged(name, purpose="mail", starts_on=earliest_day(at))
    return announce(planned, Notice.Kind.NEW, planned.starts_on, by=SYSTEM, at=at)


def company_with_file() -> Subprocessor:
    """A company whose signed agreement is stored."""
    engagement = engaged(f"Molnet {uuid4().hex[:6]} AB", starts_on=database_now().date())
    agreement = agreed(engagement)
    agreement.file = base64.b64encode(b"%PDF-1.7").decode()
    agreement.save()
    return engagement.subprocessor


def objected(customer: Customer, reason: str = "Vi litar inte på duvor.") -> Objection:
    """A customer's objection that waits for its answer."""
    objection = Objection(
        customer=customer, notice=announced(), made_by=uuid4(), made_at=database_now()
    )
    objection.reason = reason
    objection.save()
    return objection


def row_of_register(model: Any, customer: Customer) -> UUID:
    """Return the id of a row of one of the register's models, made for the occasion."""
    rows: dict[Any, Any] = {
        Subprocessor: company_with_file,
        Engagement: lambda: announced().engagement,
        Notice: announced,
        Objection: lambda: objected(customer),
    }
    found: UUID = rows[model]().pk
    return found
