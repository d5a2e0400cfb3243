"""What hands out names, texts or who has called leaves a trace: that it was read, and by whom."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.core.cache import cache

from customers.models import Customer
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record

LISTING = timedelta(hours=1)  # what one actor reads of one list within this is one reading


class Listed(StrEnum):
    """Which list, as the trail has it."""

    EVENTS = "customer.events_listed"
    CALLS = "customer.calls_listed"
    MESSAGES = "customer.messages_listed"
    REGISTER = "customer.register_listed"


def note_sought(customer: Customer, *, by: Acting, at: datetime) -> None:
    """Leave a trace that what there is about a caller was looked up; not whom."""
    record("customer.caller_sought", customer, by=by, customer_id=customer.id, at=at)


def note_listed(what: Listed, customer: Customer, *, by: Acting, at: datetime) -> None:
    """Leave a trace that a list was read: once an hour for each list and reader.

    Not of each row: a page of fifty would bury what somebody opened. The cache remembers that it
    is written, so it costs one statement an hour. Forgotten or raced, it is written twice.
    """
    kind, identity = by.actor
    name = f"{what}:{customer.id}:{kind}:{identity}"
    if cache.get(name) is None:
        record(what, customer, by=by, customer_id=customer.id, at=at)
        cache.set(name, True, LISTING.total_seconds())
