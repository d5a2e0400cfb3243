"""Open a customer and change what the customer decides about its account."""

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import transaction

from customers.actions.invitations import invite
from customers.actions.numbers import next_number
from customers.models import Customer, Member, Role, TenantOwned
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.ids import new_id
from smartsvar.jobs import enqueue
from smartsvar.personal_data import Keep, declared
from smartsvar.vault.epochs import create_customer_keys

FIRST_NUMBER = 10001
RECORDING_DAYS = "customer.recording_days"  # as declarations name the customer's choice
DETAILS = ("company_name", "organisation_number", "contact_name", "phone", "email", "language")


@dataclass(frozen=True, kw_only=True)
class CustomerDetails:
    """What we hold about the contracting party (seed row A1)."""

    company_name: str
    organisation_number: str
    contact_name: str
    phone: str
    email: str
    language: str = "sv"


def open_customer(
    details: CustomerDetails,
    *,
    administrator_email: str,
    administrator_name: str = "",
    by: Acting,
    at: datetime,
    customer_id: UUID | None = None,
) -> Customer:
    """Open a customer and invite its first administrator; nobody else is ever added by support.

    The keys are made before the row that needs them.
    """
    identity = customer_id or new_id()
    create_customer_keys(identity)
    customer = _insert(identity, details, by, at)
    invite(
        customer,
        email=administrator_email,
        name=administrator_name,
        role=Role.ADMINISTRATOR,
        by=by,
        at=at,
    )
    return customer


def _insert(identity: UUID, details: CustomerDetails, by: Acting, at: datetime) -> Customer:
    customer = Customer(id=identity, opened_at=at)
    for name in DETAILS:
        setattr(customer, name, getattr(details, name))
    with transaction.atomic():
        customer.number = next_number(Customer, first=FIRST_NUMBER)
        customer.save(force_insert=True)
        record("customer.opened", customer, by=by, customer_id=identity, at=at)
    return customer


def change_details(
    customer: Customer,
    details: CustomerDetails,
    *,
    by: Acting,
    at: datetime,
    fields: Sequence[str] = DETAILS,
) -> None:
    """Change who the contracting party is and where its messages go: these fields and no others.

    What the customer has changed of the others meanwhile stays.
    """
    if not fields:
        return
    with transaction.atomic():
        fresh = Customer.objects.select_for_update(no_key=True).get(id=customer.id)
        for name in fields:
            setattr(fresh, name, getattr(details, name))
        for name in DETAILS:
            setattr(customer, name, getattr(fresh, name))
        customer.save(update_fields=DETAILS)
        record("customer.changed", customer, by=by, customer_id=customer.id, at=at)


def count_due_with(customer: Customer, days: int, *, at: datetime) -> int:
    """Return how many of the customer's rows would go at `at` if it chose `days`.

    Which rows, the declarations say: those whose period the customer's choice can shorten. As the
    purge takes them: restricted ones, too, and none that a hold keeps.
    """
    with_days = copy(customer)
    with_days.recording_days = days
    return sum(
        _is_due(row, declaration.keep, with_days, at)
        for model, declaration in declared()
        if declaration.keep.shortened_by == RECORDING_DAYS
        for row in _free(cast(type[TenantOwned], model), customer, at)
    )


def _free(model: type[TenantOwned], customer: Customer, at: datetime) -> Iterator[TenantOwned]:
    """Yield the customer's rows that are not due yet and that nothing would keep if they were."""
    rows = model.objects.filter(customer=customer).timely(at).exclude(model.holding())
    yield from rows.defer("sealed").iterator()


def _is_due(row: TenantOwned, keep: Keep, customer: Customer, at: datetime) -> bool:
    row.customer = customer
    due = keep.due(row)
    return due is not None and due <= at


def shorten_recordings(customer: Customer, days: int | None, *, by: Member, at: datetime) -> None:
    """Keep this customer's recordings fewer days than their declaration says; None: as long.

    The dates of what is already stored are derived again by a job.
    """
    with transaction.atomic():
        customer.recording_days, customer.dates_pending_since = days, at
        customer.save(update_fields=["recording_days", "dates_pending_since"])
        record("customer.retention_changed", customer, by=by, customer_id=customer.id, at=at)
        enqueue("privacy.derive_due_again", customer.id)
