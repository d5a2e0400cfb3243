"""Which papers wait for a customer: an agreement to sign, terms to accept, a change to object to.

Asked on every first page, so it is remembered for some minutes: three facts, no content. Whoever
signs or accepts forgets it; a change that is announced shows after that time.
"""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.core.cache import cache

from customers.models import Customer
from privacy.agreements.versions import is_current
from privacy.terms.standing import to_accept
from smartsvar.unreadable import noticed
from smartsvar.vault.errors import Unreadable
from subprocessors.models import Notice
from subprocessors.notices import notices_for, today

REMEMBERED = 300  # seconds


class Waiting(NamedTuple):
    """agreement: "first", "new" (another version than the signed one) or ""."""

    agreement: str
    terms: bool
    object_until: date | None


def waiting_for(customer: Customer, at: datetime) -> Waiting:
    """Return what waits for the customer; what its damaged row would say is told, and left out."""
    chosen = customer.recording_days  # which the agreement's appendix says
    known: tuple[int | None, Waiting] | None = cache.get(_name(customer.id))
    if known is None or known[0] != chosen:
        day = today(at)
        papers = _agreement(customer, day), bool(to_accept(customer, day))
        known = chosen, Waiting(*papers, _object_until(customer, at))
        cache.set(_name(customer.id), known, REMEMBERED)
    return known[1]


def forget(customer_id: UUID) -> None:
    """Look anew the next time: something was signed or accepted."""
    cache.delete(_name(customer_id))


def _name(customer_id: UUID) -> str:
    return f"papers:{customer_id}"


def _agreement(customer: Customer, day: date) -> str:
    try:
        current = is_current(customer, day)
    except Unreadable as error:
        noticed(error, customer.place)
        return ""
    return {None: "first", False: "new", True: ""}[current]


def _object_until(customer: Customer, at: datetime) -> date | None:
    """Return the nearest last day on which the customer may still object to something."""
    day = today(at)
    notices: list[Any] = list(notices_for(customer, at))
    open_for = [
        each.until
        for each in notices
        if each.kind != Notice.Kind.END and each.objection is None and each.until >= day
    ]
    return min(open_for, default=None)
